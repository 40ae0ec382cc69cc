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
    /// The page that was asked for.
    pub request: PageRequest,
}

/// A list that is read from its begin to its end, page by page. A page that turns out to have too many bytes
/// is asked for in halves, so that a list can be read whatever its entries hold.
#[derive(Debug)]
pub struct Pages<T> {
    found: Vec<T>,
    size: u32,
    ended: bool,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            found: Vec::new(),
            // A power of two: its halves begin where it does.
            size: 256,
            ended: false,
        }
    }
}

impl<T> Pages<T> {
    /// The page to ask for; none at the end, or at [`limits::LIST`].
    #[must_use]
    pub fn next(&self) -> Option<PageRequest> {
        let number = u32::try_from(self.found.len()).unwrap_or(u32::MAX) / self.size + 1;
        let page = PageRequest::new(self.size, number).ok();
        page.filter(|_| !self.ended)
    }

    /// Takes what was answered.
    ///
    /// # Errors
    /// The answer's own, but for a page of several entries that has too many bytes.
    pub fn add(&mut self, answer: StoreResult<Page<T>>) -> StoreResult<()> {
        match answer {
            Ok(page) => {
                let whole = page.items.len() == self.size as usize;
                self.found.extend(page.items);
                self.ended = !whole || self.found.len() as u64 >= page.total;
                Ok(())
            }
            Err(error) if error.asks_for_fewer() && self.size > 1 => {
                self.size /= 2;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// All that was found.
    #[must_use]
    pub fn found(self) -> Vec<T> {
        self.found
    }
}

/// The order of a list. Ties are broken by id, so that paging is stable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sort<K> {
    /// What the list is sorted by.
    pub key: K,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// A filter on names. Case doesn't matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NameFilter {
    /// The whole name.
    Is(String),
    /// Any part of the name. `*` in it stands for any text.
    Contains(String),
}
