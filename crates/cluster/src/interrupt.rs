//! How a caller that waits for a server is interrupted.

use std::cell::RefCell;

use crate::ClusterError;

type Hook = Box<dyn Fn() -> bool>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Has `asked` called at least once a second while this thread waits inside `work`; if it returns true, the wait ends with
/// [`ClusterError::Interrupted`].
///
/// An interpreter runs its signal handlers there. A wait that was interrupted has lost nothing: it can be begun again.
pub fn with<T>(asked: impl Fn() -> bool + 'static, work: impl FnOnce() -> T) -> T {
    struct Restore(Option<Hook>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let former = self.0.take();
            // A thread that is ending has nothing to restore.
            let _ = HOOK.try_with(|hook| hook.replace(former));
        }
    }
    let _restore = Restore(HOOK.replace(Some(Box::new(asked))));
    work()
}

/// To be called between the slices of a wait.
pub(crate) fn check() -> Result<(), ClusterError> {
    // Not while it is borrowed: the hook may run code that waits as well.
    let Some(hook) = HOOK.take() else {
        return Ok(());
    };
    let is_interrupted = hook();
    HOOK.set(Some(hook));
    match is_interrupted {
        true => Err(ClusterError::Interrupted),
        false => Ok(()),
    }
}
