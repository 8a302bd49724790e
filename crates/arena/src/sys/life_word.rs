//! The one word by which the kernel tells that a thread is dead.
//!
//! A robust mutex that is locked once and never unlocked stays on the thread's robust list; when
//! the thread ends, however it ends, the kernel sets `FUTEX_OWNER_DIED` in its futex word. Nobody
//! ever unlocks or destroys it, so no pointer in shared memory is followed by anyone but the
//! kernel on behalf of the dying thread.

use std::io;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Room in bytes that a life word needs; the mutex of every known C library is smaller.
pub const LIFE_WORD_SIZE: usize = 64;

/// The kernel's mark for a dead owner, `FUTEX_OWNER_DIED`.
pub const OWNER_DIED: u32 = libc::FUTEX_OWNER_DIED;

const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= LIFE_WORD_SIZE);

/// Registers the calling thread with the kernel and returns where in `room` its life word is.
///
/// The offset differs between C libraries (0 in glibc, 4 in musl), so it is found by looking for
/// the thread's own id.
///
/// # Safety
///
/// `room` must point to [`LIFE_WORD_SIZE`] writable bytes, aligned to 8, that stay mapped as long
/// as the calling thread lives and that nobody else writes meanwhile.
///
/// # References
///
/// [`pthread_mutexattr_setrobust(3)`](https://man7.org/linux/man-pages/man3/pthread_mutexattr_setrobust.3.html),
/// [Robust futexes](https://docs.kernel.org/locking/robust-futexes.html)
///
/// # Errors
///
/// If the C library has no robust, process-shared mutexes.
pub unsafe fn lock_for_life(room: NonNull<u8>) -> io::Result<usize> {
    let mutex = room.as_ptr().cast::<libc::pthread_mutex_t>();
    let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
    let attributes = attributes.as_mut_ptr();
    // SAFETY: the pointer is to storage for one attribute object.
    check(unsafe { libc::pthread_mutexattr_init(attributes) })?;
    // SAFETY: the attributes were initialised above.
    check(unsafe { libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST) })?;
    // SAFETY: as above.
    check(unsafe { libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) })?;
    // SAFETY: the caller gives us room for a mutex that nobody else uses.
    check(unsafe { libc::pthread_mutex_init(mutex, attributes) })?;
    // SAFETY: the mutex was initialised above and is not locked, so this returns at once.
    check(unsafe { libc::pthread_mutex_lock(mutex) })?;
    // SAFETY: the attributes were initialised above and are not used again.
    check(unsafe { libc::pthread_mutexattr_destroy(attributes) })?;
    find_life_word(room)
}

fn find_life_word(room: NonNull<u8>) -> io::Result<usize> {
    let own_id = rustix::thread::gettid()
        .as_raw_nonzero()
        .get()
        .cast_unsigned();
    for offset in (0..size_of::<libc::pthread_mutex_t>()).step_by(size_of::<u32>()) {
        // SAFETY: the offset is inside the room that the caller of `lock_for_life` vouches for.
        let address = unsafe { room.add(offset) }.as_ptr().cast::<u32>();
        // SAFETY: the room is aligned to 8 and the step is 4; the kernel and the C library write
        // the word atomically, and so do we.
        let word = unsafe { AtomicU32::from_ptr(address) };
        if word.load(Ordering::Relaxed) & libc::FUTEX_TID_MASK == own_id {
            // The kernel wakes a sleeper on the word only if it finds this bit.
            word.fetch_or(libc::FUTEX_WAITERS, Ordering::Relaxed);
            return Ok(offset);
        }
    }
    Err(io::Error::other(
        "the C library's robust mutex does not hold the id of its owner",
    ))
}

fn check(code: libc::c_int) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}
