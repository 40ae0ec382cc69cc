//! Filters and orders that lists share.

use crate::error::ApiError;
use crate::page::Query;
use tollgate_store::NameFilter;

/// Ids in one `ids=` filter, as on the platform.
const MAX_IDS: usize = 50;

/// `sortOrder`: whether the largest come first.
pub(crate) fn descending(query: &Query) -> Result<bool, ApiError> {
    match query.get("sortOrder").map(str::to_lowercase).as_deref() {
        None | Some("" | "asc" | "ascending") => Ok(false),
        Some("desc" | "descending") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!(
            "sortOrder must be asc or desc, found {other:?}."
        ))),
    }
}

/// `ids`; none without any.
pub(crate) fn ids(query: &Query) -> Result<Option<Vec<String>>, ApiError> {
    let ids: Vec<_> = query.all("ids").into_iter().map(str::to_owned).collect();
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "ids may name {MAX_IDS} things at the most."
        )));
    }
    Ok(Some(ids).filter(|ids| !ids.is_empty()))
}

/// `name`: a part of it, whatever its case.
pub(crate) fn name(query: &Query) -> Option<NameFilter> {
    let name = query.get("name").filter(|name| !name.is_empty())?;
    Some(NameFilter::Contains(name.trim_matches('*').to_owned()))
}

/// Whether the text has the query's `name` in it.
pub(crate) fn named(query: &Query, text: &str) -> bool {
    query.get("name").is_none_or(|part| {
        let part = part.trim_matches('*').to_lowercase();
        text.to_lowercase().contains(&part)
    })
}

/// Whether the query's `expand` has this word.
pub(crate) fn expands(query: &Query, word: &str) -> bool {
    query.all("expand").contains(&word)
}

/// The field that a list is sorted by, of those that it knows; the first without `sortBy`.
pub(crate) fn sort_by(query: &Query, known: &[&'static str]) -> Result<&'static str, ApiError> {
    let first = known.first().copied().unwrap_or_default();
    let Some(wanted) = query.get("sortBy").filter(|it| !it.is_empty()) else {
        return Ok(first);
    };
    let found = known.iter().find(|it| it.eq_ignore_ascii_case(wanted));
    found.copied().ok_or_else(|| {
        let known = known.join(", ");
        ApiError::bad_request(format!("sortBy must be one of {known}, found {wanted:?}."))
    })
}
