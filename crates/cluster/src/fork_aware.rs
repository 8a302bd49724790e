//! Values that a forked copy of the process does not take over.

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use procession_arena::sys::fork_epoch;

/// A value that each process makes for itself: a copy made by `fork` finds none and makes its own.
///
/// What the original had is left alone there, and not even dropped: its locks may be held by threads that the copy does not have, and its
/// connections are the original's. For the same reason there is no lock here, and none of the standard library's cells: whoever is just filling
/// one while the process is copied would keep the copy waiting for ever. Instead, a list to which links are only ever added, each in one step.
pub(crate) struct ForkAware<T> {
    newest: AtomicPtr<Link<T>>,
    owns: PhantomData<Box<T>>,
}

struct Link<T> {
    made_in: u64,
    value: T,
    older: *mut Link<T>,
}

impl<T> ForkAware<T> {
    pub(crate) const fn new() -> ForkAware<T> {
        ForkAware {
            newest: AtomicPtr::new(ptr::null_mut()),
            owns: PhantomData,
        }
    }
}

impl<T: Send + Sync> ForkAware<T> {
    /// Holds a value of this process already.
    pub(crate) fn with(value: T) -> ForkAware<T> {
        let made = ForkAware::new();
        made.get_or_make(|| value);
        made
    }

    /// The value of this process, if there is one.
    pub(crate) fn get(&self) -> Option<&T> {
        self.links()
            .find(|link| link.made_in == fork_epoch())
            .map(|link| &link.value)
    }

    /// The value of this process, made by `make` if there is none yet. Should two threads make one, that of the second is dropped.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        let made: Result<&T, std::convert::Infallible> = self.get_or_try_make(|| Ok(make()));
        match made {
            Ok(value) => value,
        }
    }

    /// As [`get_or_make`](Self::get_or_make), for what may fail; the next one tries again then.
    pub(crate) fn get_or_try_make<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let mut link = Box::new(Link {
            made_in: fork_epoch(),
            value: make()?,
            older: ptr::null_mut(),
        });
        loop {
            let newest = self.newest.load(Ordering::Acquire);
            if let Some(faster) = self.get() {
                return Ok(faster);
            }
            link.older = newest;
            let new = Box::into_raw(link);
            let pushed =
                self.newest
                    .compare_exchange(newest, new, Ordering::AcqRel, Ordering::Acquire);
            match pushed {
                // SAFETY: links are freed only by `drop`, which nobody can call while `self` is borrowed.
                Ok(_) => return Ok(unsafe { &(*new).value }),
                // SAFETY: it comes from `into_raw` above and has not been given to anybody.
                Err(_) => link = unsafe { Box::from_raw(new) },
            }
        }
    }

    fn links(&self) -> impl Iterator<Item = &Link<T>> {
        let mut next = self.newest.load(Ordering::Acquire);
        std::iter::from_fn(move || {
            // SAFETY: links are initialized before they are added, are not changed afterwards, and are freed only by `drop`, which nobody can
            // call while `self` is borrowed.
            let link = unsafe { next.as_ref() }?;
            next = link.older;
            Some(link)
        })
    }
}

impl<T> Drop for ForkAware<T> {
    fn drop(&mut self) {
        let mut next = *self.newest.get_mut();
        while !next.is_null() {
            // SAFETY: every link comes from `Box::into_raw`, is in the list once, and nobody has a reference any more.
            let link = unsafe { Box::from_raw(next) };
            next = link.older;
            if link.made_in != fork_epoch() {
                // Another process's: see above.
                std::mem::forget(link);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn what_could_not_be_made_is_made_later_and_then_once() {
        let aware: ForkAware<u32> = ForkAware::new();
        assert_eq!(aware.get(), None);
        assert_eq!(aware.get_or_try_make(|| Err("no")), Err("no"));
        assert_eq!(aware.get_or_try_make(|| Ok::<_, &str>(1)), Ok(&1));
        assert_eq!(aware.get_or_make(|| 2), &1);
    }

    #[test]
    fn many_threads_get_the_same_value_and_every_value_is_dropped() {
        struct Counted(Arc<AtomicUsize>, usize);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let living = Arc::new(AtomicUsize::new(0));
        let aware = ForkAware::new();
        let make = |number| {
            living.fetch_add(1, Ordering::Relaxed);
            Counted(Arc::clone(&living), number)
        };
        let numbers: Vec<usize> = std::thread::scope(|scope| {
            let ask = |number| {
                let aware = &aware;
                scope.spawn(move || aware.get_or_make(|| make(number)).1)
            };
            let threads: Vec<_> = (0..8).map(ask).collect();
            threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        });
        assert_eq!(numbers.len(), 8);
        assert!(numbers.iter().all(|number| Some(number) == numbers.first()));
        assert_eq!(living.load(Ordering::Relaxed), 1);
        drop(aware);
        assert_eq!(living.load(Ordering::Relaxed), 0);
    }
}
