//! Lists in the platform's shape.

use crate::error::ApiError;
use crate::query::Query;
use serde::Serialize;
use std::io;
use tollgate_store::PageRequest;
use utoipa::{IntoParams, ToSchema};

/// Entities on a page, at the most.
const MAX_PAGE_SIZE: usize = 500;
const DEFAULT_PAGE_SIZE: usize = 25;
/// Bytes of the entities of a page; as the store has it for its own.
const LIST_BYTES: usize = 32 * 1024 * 1024;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Entities on a page.
    #[param(
        rename = "pageSize",
        required = false,
        minimum = 1,
        maximum = 500,
        default = 25
    )]
    size: usize,
    /// The page's number, from 1.
    #[param(
        rename = "pageNumber",
        required = false,
        minimum = 1,
        maximum = 1_000_000,
        default = 1
    )]
    number: usize,
}

/// A list in the platform's shape: one page of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing<T> {
    /// What is on the page.
    entities: Vec<T>,
    /// Entities on a page, at the most.
    page_size: usize,
    /// The page's number, from 1.
    page_number: usize,
    /// How many entities there are on all pages.
    total: u64,
    /// How many pages there are.
    page_count: usize,
    /// Where this page is.
    self_uri: String,
    /// Where the first page is.
    first_uri: String,
    /// Where the last page is.
    last_uri: String,
    /// Where the page after this one is, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    /// Where the page before this one is, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
}

impl Page {
    /// From `pageSize` and `pageNumber`, by default 25 and 1.
    pub(crate) fn of(query: &Query) -> Result<Self, ApiError> {
        let whole = |name: &str, default: usize, most: usize| match query.get(name) {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(number) if (1..=most).contains(&number) => Ok(number),
                _ => Err(ApiError::bad_request(format!(
                    "{name} must be a whole number from 1 to {most}, found {text:?}."
                ))),
            },
        };
        Ok(Self {
            size: whole("pageSize", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?,
            number: whole("pageNumber", 1, 1_000_000)?,
        })
    }

    /// The page that is asked for; none where neither its size nor its number is given.
    pub(crate) fn given(query: &Query) -> Result<Option<Self>, ApiError> {
        let given = |name| query.get(name).is_some();
        let page = Self::of(query)?;
        Ok((given("pageSize") || given("pageNumber")).then_some(page))
    }

    /// The same for the store.
    pub(crate) fn request(self) -> Result<PageRequest, ApiError> {
        let (size, number) = (u32::try_from(self.size), u32::try_from(self.number));
        let request = PageRequest::new(size.unwrap_or(u32::MAX), number.unwrap_or(u32::MAX));
        request.map_err(ApiError::from)
    }

    /// The list's answer: this page of `all`, each shown by `show`.
    pub(crate) fn list<T, S: Serialize>(
        self,
        path: &str,
        query: &Query,
        all: &[T],
        show: impl Fn(&T) -> S,
    ) -> Result<Listing<S>, ApiError> {
        let entities = fit(self.cut(all), show)?;
        Ok(self.answer(path, query, entities, all.len() as u64))
    }

    /// What of a whole list is on the page.
    pub(crate) fn cut<T>(self, all: &[T]) -> &[T] {
        let Self { size, number } = self;
        let from = ((number - 1) * size).min(all.len());
        &all[from..(from + size).min(all.len())]
    }

    /// The list's answer: a page that the store cut out of `total`.
    pub(crate) fn answer<S>(
        self,
        path: &str,
        query: &Query,
        entities: Vec<S>,
        total: u64,
    ) -> Listing<S> {
        let Self { size, number } = self;
        let count = usize::try_from(total)
            .unwrap_or(usize::MAX)
            .div_ceil(size)
            .max(1);
        let others = query
            .pairs()
            .filter(|(name, _)| *name != "pageSize" && *name != "pageNumber");
        let others = written(others);
        let uri = |number| format!("{path}?pageSize={size}&pageNumber={number}{others}");
        Listing {
            entities,
            page_size: size,
            page_number: number,
            total,
            page_count: count,
            self_uri: uri(number),
            first_uri: uri(1),
            last_uri: uri(count),
            next_uri: (number < count).then(|| uri(number + 1)),
            previous_uri: (number > 1).then(|| uri(number - 1)),
        }
    }
}

/// Each of a list's entities as it is shown, as long as all of them have no more bytes than a page may.
fn fit<T, S: Serialize>(all: &[T], show: impl Fn(&T) -> S) -> Result<Vec<S>, ApiError> {
    let mut written = ByteCount::default();
    let mut entities = Vec::new();
    for item in all {
        let shown = show(item);
        if serde_json::to_writer(&mut written, &shown).is_err() {
            return Err(ApiError::bad_request(format!(
                "pageSize: the page has more than {LIST_BYTES} bytes; ask for fewer at once, or for fewer of their \
                 fields."
            )));
        }
        entities.push(shown);
    }
    Ok(entities)
}

/// A whole list as one page, for operations that the platform answers so.
pub(crate) fn whole<T, S: Serialize>(
    path: &str,
    query: &Query,
    all: &[T],
    show: impl Fn(&T) -> S,
) -> Result<Listing<S>, ApiError> {
    let entities = fit(all, show)?;
    let given = written(query.pairs());
    let uri = match given.strip_prefix('&') {
        None => path.to_owned(),
        Some(given) => format!("{path}?{given}"),
    };
    Ok(Listing {
        page_size: entities.len().max(DEFAULT_PAGE_SIZE),
        page_number: 1,
        total: entities.len() as u64,
        page_count: 1,
        self_uri: uri.clone(),
        first_uri: uri.clone(),
        last_uri: uri,
        next_uri: None,
        previous_uri: None,
        entities,
    })
}

/// Parameters as a query has them, each with an ampersand before it.
fn written<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    parameters
        .map(|(name, value)| format!("&{name}={}", encode(value)))
        .collect()
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Counts what is written into it, up to the bytes of a page's entities; then it takes no more.
#[derive(Default)]
struct ByteCount(usize);

impl io::Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        if self.0 > LIST_BYTES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_their_neighbours() {
        let query = Query::parse(Some("pageSize=2&pageNumber=2&name=a%20b"));
        let page = Page::of(&query).unwrap();
        let list = page.list("/x", &query, &[1, 2, 3, 4, 5], |it| *it).unwrap();
        let list = serde_json::to_value(list).unwrap();
        assert_eq!(list["entities"], serde_json::json!([3, 4]));
        assert_eq!(list["pageCount"], 3);
        assert_eq!(list["nextUri"], "/x?pageSize=2&pageNumber=3&name=a%20b");
        assert_eq!(list["previousUri"], "/x?pageSize=2&pageNumber=1&name=a%20b");
        assert!(Page::of(&Query::parse(Some("pageSize=0"))).is_err());
        assert!(Page::of(&Query::parse(Some("pageNumber=x"))).is_err());
    }
}
