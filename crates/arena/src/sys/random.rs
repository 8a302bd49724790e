//! Random numbers from the kernel.

use std::io;

use rustix::rand::{GetRandomFlags, getrandom};

use super::retry_on_interrupt;

/// A number that nobody can guess and, of 2^64, nobody else has drawn; a forked copy draws others.
///
/// # Errors
///
/// The system's; in the first moments after the machine has started it waits instead.
///
/// # References
///
/// [`getrandom(2)`](https://man7.org/linux/man-pages/man2/getrandom.2.html): up to 256 bytes come whole
pub fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    let count = retry_on_interrupt(|| getrandom(&mut bytes, GetRandomFlags::empty()))?;
    match count == bytes.len() {
        true => Ok(u64::from_ne_bytes(bytes)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_drawn_twice() {
        assert_ne!(random().unwrap(), random().unwrap());
    }
}
