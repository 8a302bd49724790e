//! What a process knows about itself.

use procession_engine::{Current, current};

/// What a process knows about itself; got by [`current_process`].
#[derive(Clone, Copy, Debug)]
pub struct CurrentProcess(Option<&'static Current>);

/// What this process knows about itself.
///
/// # Examples
///
/// ```
/// use procession::{Process, current_process};
///
/// fn introduce_yourself() -> String {
///     format!("I am {}", current_process().name())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let process = Process::builder().name("Vreneli").spawn(introduce_yourself, ())?;
///     assert_eq!(process.join()?, "I am Vreneli");
///     assert!(!current_process().is_child());
///     Ok(())
/// }
/// ```
pub fn current_process() -> CurrentProcess {
    CurrentProcess(current())
}

impl CurrentProcess {
    /// The name that the process was given; `"main"` for the first process of a session.
    pub fn name(self) -> &'static str {
        self.0.map_or("main", Current::name)
    }

    /// Whether the process was started by procession.
    pub fn is_child(self) -> bool {
        self.0.is_some()
    }

    /// Whether the process ends together with the one that started it.
    pub fn is_daemon(self) -> bool {
        self.0.is_some_and(Current::is_daemon)
    }
}
