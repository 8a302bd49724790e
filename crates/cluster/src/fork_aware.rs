//! Values that a forked copy of the process does not take over.

use std::sync::OnceLock;

use procession_arena::sys::fork_epoch;

/// A value that each process makes for itself: a copy made by `fork` finds none and makes its own.
///
/// What the original had is left alone there, since its locks may be held by threads that the copy does not have, and its connections
/// are the original's. Hence a chain instead of a lock: the first link is the value of the process that made this, and a copy adds one
/// behind the last.
pub(crate) struct ForkAware<T> {
    first: Link<T>,
}

struct Link<T> {
    content: OnceLock<(u64, T)>,
    next: OnceLock<Box<Link<T>>>,
}

impl<T> Link<T> {
    const fn new() -> Link<T> {
        Link {
            content: OnceLock::new(),
            next: OnceLock::new(),
        }
    }
}

impl<T> ForkAware<T> {
    pub(crate) const fn new() -> ForkAware<T> {
        ForkAware { first: Link::new() }
    }

    /// The value of this process, made by `make` if there is none yet.
    pub(crate) fn get_or_make(&self, make: impl Fn() -> T) -> &T {
        let epoch = fork_epoch();
        let mut link = &self.first;
        loop {
            let (made_in, value) = link.content.get_or_init(|| (epoch, make()));
            if *made_in == epoch {
                return value;
            }
            link = link.next.get_or_init(|| Box::new(Link::new()));
        }
    }

    /// The value of this process, if there is one.
    pub(crate) fn get(&self) -> Option<&T> {
        let epoch = fork_epoch();
        let mut link = Some(&self.first);
        while let Some(current) = link {
            match current.content.get() {
                Some((made_in, value)) if *made_in == epoch => return Some(value),
                _ => link = current.next.get().map(Box::as_ref),
            }
        }
        None
    }
}
