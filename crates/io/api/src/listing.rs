//! Filters and orders that lists share.

use crate::error::ApiError;
use crate::query::{ParameterValue, Query, parameter};
use tollgate_store::NameFilter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Ids in one `ids=` filter, as on the platform.
const MAX_IDS: usize = 50;

parameter! {
    /// A part of the name, whatever its case.
    Name("name"): String
}
parameter! {
    /// Ids of what is wanted; 50 at the most.
    Ids("ids"): IdList
}
parameter! {
    /// The field that a list is sorted by.
    SortBy("sortBy"): String
}
parameter! {
    /// Which way a list goes.
    SortOrder("sortOrder"): Order
}
parameter! {
    /// What is wanted beside the rest.
    Expand("expand"): String
}

/// The ways that a list can go: the smallest first, or the largest.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Order {
    Asc,
    Desc,
}

impl ParameterValue for Order {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        match query.get(name).map(str::to_lowercase).as_deref() {
            None | Some("") => Ok(None),
            Some("asc" | "ascending") => Ok(Some(Self::Asc)),
            Some("desc" | "descending") => Ok(Some(Self::Desc)),
            Some(other) => Err(ApiError::bad_request(format!(
                "{name} must be asc or desc, found {other:?}."
            ))),
        }
    }
}

/// Ids, given one by one or separated by commas.
pub(crate) struct IdList(Vec<String>);

impl IdList {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| known == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl PartialSchema for IdList {
    fn schema() -> RefOr<Schema> {
        Vec::<String>::schema()
    }
}

impl ParameterValue for IdList {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        let ids: Vec<_> = query.all(name).into_iter().map(str::to_owned).collect();
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad_request(format!(
                "{name} may name {MAX_IDS} things at the most."
            )));
        }
        Ok((!ids.is_empty()).then_some(Self(ids)))
    }
}

impl SortOrder {
    /// Whether the largest come first.
    pub(crate) fn descending(query: &Query) -> Result<bool, ApiError> {
        Ok(Self::of(query)? == Some(Order::Desc))
    }
}

impl Name {
    /// The filter for the store.
    pub(crate) fn filter(query: &Query) -> Option<NameFilter> {
        let name = query.get(Self::NAME).filter(|name| !name.is_empty())?;
        Some(NameFilter::Contains(name.trim_matches('*').to_owned()))
    }

    /// Whether a text has the wanted name in it.
    pub(crate) fn is_in(query: &Query, text: &str) -> bool {
        let part = query.get(Self::NAME);
        part.is_none_or(|part| is_part(part, text))
    }
}

/// Whether a text has a wanted part in it, whatever the case.
pub(crate) fn is_part(part: &str, text: &str) -> bool {
    let part = part.trim_matches('*').to_lowercase();
    text.to_lowercase().contains(&part)
}

impl Expand {
    /// Whether one of the words of what is wanted is such a one.
    pub(crate) fn any(query: &Query, is: impl Fn(&str) -> bool) -> bool {
        query.all(Self::NAME).into_iter().any(is)
    }

    /// Whether this word is among what is wanted.
    pub(crate) fn has(query: &Query, word: &str) -> bool {
        Self::any(query, |wanted| wanted == word)
    }
}

impl SortBy {
    /// The field that a list is sorted by, of those that it knows; the first where none is given.
    pub(crate) fn among(query: &Query, known: &[&'static str]) -> Result<&'static str, ApiError> {
        let first = known.first().copied().unwrap_or_default();
        let Some(wanted) = Self::of(query)? else {
            return Ok(first);
        };
        let found = known.iter().find(|name| name.eq_ignore_ascii_case(&wanted));
        found.copied().ok_or_else(|| {
            let known = known.join(", ");
            ApiError::bad_request(format!("sortBy must be one of {known}, found {wanted:?}."))
        })
    }
}
