//! Processes in the tests of a program that uses procession.

/// Makes it possible to start processes in a `#[test]`; must be the first statement of it.
///
/// It is what [`init`](crate::init) is for `main`, which a test does not have: a process that is
/// started in the test runs the test's executable again, asks the test harness for this very
/// test, and leaves it here. It works under `cargo test` and under `cargo nextest`.
///
/// It goes by the path of the function around it. So use it in the test function itself, not in
/// a function that the test calls; and where another macro makes several tests out of one function
/// and gives them names of its own, write a plain test instead.
///
/// # Examples
///
/// ```
/// use procession::Process;
///
/// fn double(x: u32) -> u32 {
///     2 * x
/// }
///
/// #[test]
/// fn doubles_in_another_process() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init_test!();
///     assert_eq!(Process::spawn(double, (21,))?.join()?, 42);
///     Ok(())
/// }
/// # fn main() {}
/// ```
// The example is compiled as a program here, and run as a test in `tests/process.rs`.
#[allow(clippy::test_attr_in_doctest)]
#[macro_export]
macro_rules! init_test {
    () => {{
        fn here() {}
        $crate::__private::init_test(::std::any::type_name_of_val(&here))
    }};
}

/// Takes the type name of a function `here` that is local to the test.
pub fn init_test(here: &'static str) {
    procession_engine::init_test(test_path(here));
}

/// What the test harness calls the test around `here`: its path without the crate.
fn test_path(here: &'static str) -> &'static str {
    let test = here
        .strip_suffix("::here")
        .unwrap_or(here)
        .trim_end_matches("::{{closure}}");
    test.split_once("::").map_or(test, |(_crate, path)| path)
}

#[cfg(test)]
mod tests {
    use super::test_path;
    use std::any::type_name_of_val;

    #[test]
    fn a_test_is_called_by_its_path_without_the_crate() {
        fn here() {}
        assert_eq!(
            test_path(type_name_of_val(&here)),
            "testing::tests::a_test_is_called_by_its_path_without_the_crate"
        );
    }

    #[test]
    fn processes_can_be_started_in_a_unit_test() -> Result<(), Box<dyn std::error::Error>> {
        crate::init_test!();
        assert_eq!(crate::Process::spawn(|x: u32| 2 * x, (21,))?.join()?, 42);
        Ok(())
    }

    #[test]
    fn a_closure_within_a_test_does_not_count() {
        let path = Some(()).map(|()| {
            fn here() {}
            test_path(type_name_of_val(&here))
        });
        assert_eq!(
            path,
            Some("testing::tests::a_closure_within_a_test_does_not_count")
        );
    }
}
