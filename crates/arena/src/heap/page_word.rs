//! One word for each page: the only truth about what the page is.

use crate::error::{Error, Result};
use crate::heap::size_class::SizeClass;

/// What a page is.
///
/// The words tile the arena: from a page that begins something, its length leads to the next
/// page that begins something. Words in between are never looked at by that walk, and never name
/// a run, so that freeing by a damaged offset is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageWord {
    /// Inside a run, or beyond the end.
    Interior,
    /// The first of `pages` free ones.
    Free { pages: u32 },
    /// The first of `pages` that are one block; no earlier block had the same stamp.
    Run { pages: u32, stamp: u32 },
    /// A page of small blocks; only its owner allocates from it. Zero: nobody owns it.
    Slab { class: SizeClass, owner: u32 },
}

const FREE: u64 = 1;
const RUN: u64 = 2;
const SLAB: u64 = 3;

/// Most pages that one word can describe.
pub(crate) const MAX_RUN: u64 = (1 << 24) - 1;

impl PageWord {
    pub(crate) fn pack(self) -> u64 {
        match self {
            PageWord::Interior => 0,
            PageWord::Free { pages } => u64::from(pages) << 8 | FREE,
            PageWord::Run { pages, stamp } => u64::from(stamp) << 32 | u64::from(pages) << 8 | RUN,
            PageWord::Slab { class, owner } => {
                u64::from(owner) << 32 | u64::from(class.number()) << 8 | SLAB
            }
        }
    }

    pub(crate) fn unpack(word: u64) -> Result<PageWord> {
        let pages = (word >> 8) as u32 & MAX_RUN as u32;
        let high = (word >> 32) as u32;
        match word & 0xff {
            0 => Ok(PageWord::Interior),
            FREE if pages > 0 => Ok(PageWord::Free { pages }),
            RUN if pages > 0 => Ok(PageWord::Run { pages, stamp: high }),
            SLAB => match SizeClass::from_number((word >> 8) as u8) {
                Some(class) => Ok(PageWord::Slab { class, owner: high }),
                None => Err(Error::corrupt("a page has blocks of no known size")),
            },
            _ => Err(Error::corrupt("a page is of no known kind")),
        }
    }

    /// Pages from this one to the next that begins something.
    pub(crate) fn length(self) -> Result<u64> {
        match self {
            PageWord::Free { pages } | PageWord::Run { pages, .. } => Ok(pages.into()),
            PageWord::Slab { .. } => Ok(1),
            PageWord::Interior => Err(Error::corrupt("the list of pages is broken")),
        }
    }
}
