//! Lists: filter, sort, page.

use crate::error::{Invalid, StoreResult};
use crate::limits;

/// Which part of a list. A page that turns out to have more than [`limits::ANSWER_BYTES`] is refused as
/// `Invalid`: documents are up to a megabyte each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageRequest {
    size: u32,
    number: u32,
}

impl PageRequest {
    /// Page `number` (from 1) of pages of `size` (1 to [`limits::PAGE`]).
    ///
    /// # Errors
    /// Either out of its range, or a page that begins beyond [`limits::LIST`].
    pub fn new(size: u32, number: u32) -> StoreResult<Self> {
        if !(1..=limits::PAGE).contains(&size) {
            return Err(Invalid::new("pageSize", "must be from 1 to 500").into());
        }
        if number == 0 {
            return Err(Invalid::new("pageNumber", "starts at 1").into());
        }
        let request = Self { size, number };
        if request.offset() >= i64::from(limits::LIST) {
            let why = "leads beyond 200000 entries; filter the list instead";
            return Err(Invalid::new("pageNumber", why).into());
        }
        Ok(request)
    }

    /// Entries in a page.
    #[must_use]
    pub fn size(self) -> u32 {
        self.size
    }

    /// The page's number, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    pub(crate) fn offset(self) -> i64 {
        i64::from(self.size) * (i64::from(self.number) - 1)
    }
}

impl Default for PageRequest {
    /// The platform's: 25 from the first.
    fn default() -> Self {
        Self {
            size: 25,
            number: 1,
        }
    }
}

/// One page, and how many there are in all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The entries, at most [`PageRequest::size`].
    pub items: Vec<T>,
    /// Entries in the whole list, read in the same transaction as the page. Counted up to
    /// [`limits::LIST`]: that much means that or more.
    pub total: u64,
    /// What was asked for.
    pub request: PageRequest,
}

/// The order of a list. Ties are broken by id, so that paging is stable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sort<K> {
    /// By what.
    pub key: K,
    /// Largest first.
    pub descending: bool,
}

/// A filter on names. Case doesn't matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameFilter {
    /// The whole name.
    Is(String),
    /// Any part of it.
    Contains(String),
}
