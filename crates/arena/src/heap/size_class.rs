//! The sizes in which small blocks come: four for each doubling, so at most a quarter is wasted.

use crate::layout::PAGE_SIZE;

/// Bytes before each small block's payload: the stamp that says whose it is.
pub(crate) const STAMP_SIZE: u64 = 8;
/// Room for the stamp and the payload, in bytes.
const SIZES: [u32; COUNT] = sizes();
/// How many size classes there are.
pub(crate) const COUNT: usize = 39;
const LARGEST: u32 = 32 * 1024;

const fn sizes() -> [u32; COUNT] {
    let mut sizes = [0; COUNT];
    let small = [32, 48, 64, 80, 96, 112, 128];
    let mut index = 0;
    while index < small.len() {
        sizes[index] = small[index];
        index += 1;
    }
    let mut doubling = 128;
    while doubling < LARGEST {
        let mut quarter = 1;
        while quarter <= 4 {
            sizes[index] = doubling + doubling / 4 * quarter;
            index += 1;
            quarter += 1;
        }
        doubling *= 2;
    }
    assert!(index == COUNT);
    sizes
}

/// A size class, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SizeClass(u8);

impl SizeClass {
    /// The smallest class whose payload holds `length` bytes; `None` if whole pages are needed.
    pub(crate) fn for_payload(length: u64) -> Option<SizeClass> {
        let needed = u32::try_from(length.checked_add(STAMP_SIZE)?).ok()?;
        let class = SIZES.partition_point(|size| *size < needed);
        (class < COUNT).then_some(SizeClass(class as u8))
    }

    /// The class of that number, if there is one.
    pub(crate) fn from_number(number: u8) -> Option<SizeClass> {
        (usize::from(number) < COUNT).then_some(SizeClass(number))
    }

    pub(crate) fn number(self) -> u8 {
        self.0
    }

    /// Bytes from one block to the next.
    pub(crate) fn size(self) -> u64 {
        SIZES[usize::from(self.0)].into()
    }

    /// Blocks in a page.
    pub(crate) fn blocks(self) -> u64 {
        PAGE_SIZE / self.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_gets_the_smallest_class_that_holds_it() {
        for length in 0..=u64::from(LARGEST) - STAMP_SIZE {
            let class = SizeClass::for_payload(length).unwrap();
            assert!(class.size() >= length + STAMP_SIZE);
            if let Some(smaller) = class
                .number()
                .checked_sub(1)
                .and_then(SizeClass::from_number)
            {
                assert!(smaller.size() < length + STAMP_SIZE);
            }
        }
        assert_eq!(
            SizeClass::for_payload(u64::from(LARGEST) - STAMP_SIZE + 1),
            None
        );
        assert_eq!(SizeClass::for_payload(u64::MAX), None);
    }
}
