//! A copy made by `fork` has no part in what its original holds.
//!
//! Not run by the test harness, which has threads of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod members;
mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};

use members::{process, server};
use procession_arena::Wait;
use procession_arena::sys::fork::{Forked, fork};
use procession_arena::sys::process::{exit_immediately, wait_for_child};
use procession_cluster::lock::Lock;
use procession_cluster::reentrant_lock::ReentrantLock;
use procession_cluster::semaphore::Semaphore;
use procession_cluster::{Cluster, SyncError};
use procession_objects::PermitRule;
use watchdog::watch;

/// Has a copy of this process do the work.
fn in_a_copy(work: impl FnOnce()) {
    // SAFETY: the copy uses of this crate only what does not depend on locks of other threads, which is what is tested here; its
    // allocator is prepared for it by the system.
    match unsafe { fork() }.unwrap() {
        Forked::Child => exit_immediately(catch_unwind(AssertUnwindSafe(work)).is_err().into()),
        Forked::Parent { child } => {
            assert!(wait_for_child(child).unwrap().unwrap().success());
        }
    }
}

fn a_lock(cluster: &Cluster) {
    let lock = Lock::create(cluster, None).unwrap();
    let hold = lock.acquire(Wait::Forever).unwrap().hold;
    in_a_copy(|| {
        assert!(lock.own_hold().is_none());
        assert_eq!(lock.release_hold(&hold), Ok(false));
        let taken = lock.acquire(Wait::Never);
        assert_eq!(taken.err(), Some(SyncError::TimedOut));
        drop((lock.clone(), hold.clone()));
    });
    assert!(!hold.is_lost());
    assert_eq!(lock.release_hold(&hold), Ok(true));
    in_a_copy(|| {
        let hold = lock.acquire(Wait::Never).unwrap().hold;
        assert_eq!(lock.release_hold(&hold), Ok(true));
    });
    println!("a lock ... ok");
}

fn a_reentrant_lock(cluster: &Cluster) {
    let lock = ReentrantLock::create(cluster, None).unwrap();
    lock.acquire(Wait::Forever).unwrap();
    in_a_copy(|| {
        assert_eq!(lock.depth(), 0);
        let refused = lock.release().unwrap_err();
        assert!(matches!(refused, SyncError::HeldByAnother { .. }));
    });
    assert_eq!(lock.depth(), 1);
    assert_eq!(lock.release(), Ok(()));
    println!("a reentrant lock ... ok");
}

fn a_permit(cluster: &Cluster) {
    let semaphore = Semaphore::create(cluster, None, 2, PermitRule::Attributed).unwrap();
    let permit = semaphore.acquire(Wait::Forever).unwrap();
    semaphore.acquire_loose(Wait::Forever).unwrap();
    in_a_copy(|| {
        assert_eq!(semaphore.release_permit(&permit), Ok(()));
        assert_eq!(semaphore.release(1), Err(SyncError::NotHeld));
    });
    assert_eq!(semaphore.value(), Ok(0));
    assert_eq!(semaphore.release_permit(&permit), Ok(()));
    assert_eq!(semaphore.release(1), Ok(()));
    println!("a permit ... ok");
}

fn main() {
    let _watchdog = watch();
    let cluster = process(server(), "a");
    a_lock(&cluster);
    a_reentrant_lock(&cluster);
    a_permit(&cluster);
}
