//! Lists in the platform's shape.

use crate::error::ApiError;
use serde_json::{Value, json};
use tollgate_store::PageRequest;

/// Entities on a page, at the most.
const MAX_PAGE_SIZE: usize = 500;
const DEFAULT_PAGE_SIZE: usize = 25;
/// Bytes of the entities of a page; as the store has it for its own.
const LIST_BYTES: usize = 32 * 1024 * 1024;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    size: usize,
    number: usize,
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

    /// The same for the store.
    pub(crate) fn request(self) -> Result<PageRequest, ApiError> {
        let (size, number) = (u32::try_from(self.size), u32::try_from(self.number));
        let request = PageRequest::new(size.unwrap_or(u32::MAX), number.unwrap_or(u32::MAX));
        request.map_err(ApiError::from)
    }

    /// The list's answer: this page of `all`, each shown by `show`.
    pub(crate) fn list<T>(
        self,
        path: &str,
        query: &Query,
        all: &[T],
        show: impl Fn(&T) -> Value,
    ) -> Result<Value, ApiError> {
        let mut left = LIST_BYTES;
        let mut entities = Vec::new();
        for item in self.cut(all) {
            let shown = show(item);
            left = left.checked_sub(printed(&shown)).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "pageSize: the page has more than {LIST_BYTES} bytes; ask for fewer at once, or for \
                     fewer of their fields."
                ))
            })?;
            entities.push(shown);
        }
        Ok(self.answer(path, query, entities, all.len() as u64))
    }

    /// What of a whole list is on the page.
    pub(crate) fn cut<T>(self, all: &[T]) -> &[T] {
        let Self { size, number } = self;
        let from = ((number - 1) * size).min(all.len());
        &all[from..(from + size).min(all.len())]
    }

    /// The list's answer: a page that the store cut out of `total`.
    pub(crate) fn answer(
        self,
        path: &str,
        query: &Query,
        entities: Vec<Value>,
        total: u64,
    ) -> Value {
        let Self { size, number } = self;
        let count = usize::try_from(total)
            .unwrap_or(usize::MAX)
            .div_ceil(size)
            .max(1);
        let uri = |number: usize| {
            let others = query
                .pairs()
                .filter(|(name, _)| *name != "pageSize" && *name != "pageNumber");
            let others: String = others
                .map(|(name, value)| format!("&{name}={}", encode(value)))
                .collect();
            json!(format!(
                "{path}?pageSize={size}&pageNumber={number}{others}"
            ))
        };
        let mut list = json!({
            "entities": entities,
            "pageSize": size,
            "pageNumber": number,
            "total": total,
            "pageCount": count,
            "selfUri": uri(number),
            "firstUri": uri(1),
            "lastUri": uri(count),
        });
        if number < count {
            list["nextUri"] = uri(number + 1);
        }
        if number > 1 {
            list["previousUri"] = uri(number - 1);
        }
        list
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A query string's fields; of a name given twice the first counts, but where a list is wanted.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        Self(form(text.unwrap_or_default()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// A list, as the SDKs write them: the name given several times, or values separated by commas.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let given = self.pairs().filter(|(key, _)| *key == name);
        let values = given.flat_map(|(_, value)| value.split(','));
        values
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// True, false, or an error that names the field.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::bad_request(format!(
                "{name} must be true or false, found {other:?}."
            ))),
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Fields of `application/x-www-form-urlencoded`.
pub(crate) fn form(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// About how many bytes a value is as JSON, without what its texts need escaped.
fn printed(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| printed(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| name.len() + 4 + printed(value))
                .sum::<usize>()
                + 2
        }
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_name_their_neighbours() {
        let query = Query::parse(Some("pageSize=2&pageNumber=2&name=a%20b"));
        let page = Page::of(&query).unwrap();
        let list = page
            .list("/x", &query, &[1, 2, 3, 4, 5], |it| json!(it))
            .unwrap();
        assert_eq!(list["entities"], json!([3, 4]));
        assert_eq!(list["pageCount"], 3);
        assert_eq!(list["nextUri"], "/x?pageSize=2&pageNumber=3&name=a%20b");
        assert_eq!(list["previousUri"], "/x?pageSize=2&pageNumber=1&name=a%20b");
        let lists = Query::parse(Some("ids=a&x=1&ids=b,%20c&ids="));
        assert_eq!(lists.all("ids"), ["a", "b", "c"]);
        assert!(Page::of(&Query::parse(Some("pageSize=0"))).is_err());
        assert!(Page::of(&Query::parse(Some("pageNumber=x"))).is_err());
    }
}
