//! Where a process that was started leaves the path of the one that started it.

/// Makes this program one that can start processes; must be the first thing in `main`.
///
/// In the process that somebody started by hand, the call returns at once. In one that
/// [`Process::spawn`](crate::Process::spawn) started, which runs the same `main`, it never returns:
/// it runs the function that the process is for, and ends the process. Later calls do nothing.
///
/// What comes before it in `main` happens in every process. So no thread must have been started
/// by then, and nothing been printed.
///
/// In a test, which has no `main`, use [`init_test!()`](crate::init_test!).
///
/// # Examples
///
/// ```
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     println!("This is printed once.");
///     procession::Process::spawn(|| println!("And this by another process."), ())?.join()?;
///     Ok(())
/// }
/// ```
pub fn init() {
    procession_engine::init();
}
