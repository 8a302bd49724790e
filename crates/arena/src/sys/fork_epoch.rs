//! Noticing that this process is a forked copy of another.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mm::{Advice, MapFlags, ProtFlags};

const PAGE: usize = 4096;

/// The epoch that the next wiped page gets; a forked child inherits its parent's value.
static NEXT: AtomicU64 = AtomicU64::new(1);
static EPOCH: OnceLock<&'static AtomicU64> = OnceLock::new();

/// A number that differs in a forked child from what it was in its parent.
///
/// It lies in a page that the kernel hands to a child as zeros, so that a copy made by a bare
/// `fork` or `clone` is noticed as well. Costs one load.
///
/// # References
///
/// [`madvise(2)`, `MADV_WIPEONFORK`](https://man7.org/linux/man-pages/man2/madvise.2.html)
#[inline]
pub fn fork_epoch() -> u64 {
    let epoch = EPOCH.get_or_init(wiped_on_fork);
    match epoch.load(Ordering::Relaxed) {
        0 => begin_epoch(epoch),
        known => known,
    }
}

#[cold]
fn begin_epoch(epoch: &AtomicU64) -> u64 {
    let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
    match epoch.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => fresh,
        Err(set_by_another_thread) => set_by_another_thread,
    }
}

fn wiped_on_fork() -> &'static AtomicU64 {
    static WITHOUT_PAGE: AtomicU64 = AtomicU64::new(0);
    map_page().unwrap_or(&WITHOUT_PAGE)
}

fn map_page() -> rustix::io::Result<&'static AtomicU64> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh anonymous mapping at an address the kernel chooses.
    let page = unsafe {
        rustix::mm::mmap_anonymous(std::ptr::null_mut(), PAGE, protection, MapFlags::PRIVATE)
    }?;
    // SAFETY: the page is ours alone; the advice only concerns copies made by fork.
    unsafe { rustix::mm::madvise(page, PAGE, Advice::LinuxWipeOnFork) }?;
    // SAFETY: the page is mapped, aligned, zeroed and never unmapped.
    Ok(unsafe { AtomicU64::from_ptr(page.cast::<u64>()) })
}
