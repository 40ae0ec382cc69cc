//! How lists of actions and of drafts are asked for, filtered and sorted.

use crate::error::ApiError;
use crate::listing::{IdList, Ids, Name, SortBy, SortOrder, expand, no_tokens};
use crate::query::{Query, parameter};
use tollgate_store::LOGIN;

parameter! {
    /// The category that actions are in, whatever its case.
    InCategory("category"): String
}
parameter! {
    /// Whether actions are marked as handling sensitive data.
    Secure("secure"): bool
}
parameter! {
    /// Whether integrations' own logins are listed too.
    IncludeAuthActions("includeAuthActions"): bool = false
}
parameter! {
    /// Whether requests and responses are shown.
    IncludeConfig("includeConfig"): bool = false
}

expand! {
    /// A field that is wanted beside the rest.
    Expanded { "contract" }
}

/// The fields that lists of actions and drafts can be sorted by.
const FIELDS: [&str; 7] = [
    "name",
    "category",
    "integrationId",
    "id",
    "secure",
    "version",
    "selfUri",
];

/// What a list tells apart actions or drafts by.
pub(crate) struct Listed<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) category: &'a str,
    pub(crate) integration: &'a str,
    pub(crate) secure: bool,
    pub(crate) version: i64,
}

impl Listed<'_> {
    /// By one of [`FIELDS`], then by name and by id.
    fn key(&self, by: &str) -> (String, String, String) {
        let first = match by {
            "name" => String::new(),
            "category" => self.category.to_lowercase(),
            "integrationId" => self.integration.to_owned(),
            "secure" => self.secure.to_string(),
            "version" => format!("{:020}", self.version),
            _ => self.id.to_owned(),
        };
        (first, self.name.to_lowercase(), self.id.to_owned())
    }
}

/// Which actions or drafts a list has, and in which order; a filter that is `None` lets all pass.
pub(crate) struct Wanted<'a> {
    query: &'a Query,
    /// In lower case.
    category: Option<String>,
    ids: Option<IdList>,
    secure: Option<bool>,
    logins: bool,
    by: &'static str,
    descending: bool,
}

impl<'a> Wanted<'a> {
    pub(crate) fn of(query: &'a Query) -> Result<Self, ApiError> {
        no_tokens(query)?;
        Ok(Self {
            query,
            category: InCategory::of(query)?.map(|category| category.to_lowercase()),
            ids: Ids::of(query)?,
            secure: Secure::of(query)?,
            logins: IncludeAuthActions::of(query)?.unwrap_or(false),
            by: SortBy::among(query, &FIELDS)?,
            descending: SortOrder::descending(query)?,
        })
    }

    /// Those among `all` that are wanted, in their order. `listed`: what one is told apart by.
    pub(crate) fn among<T>(
        &self,
        all: impl Iterator<Item = T>,
        listed: impl Fn(&T) -> Listed<'_>,
    ) -> Vec<T> {
        let mut found: Vec<_> = all.filter(|it| self.has(&listed(it))).collect();
        found.sort_by_cached_key(|it| listed(it).key(self.by));
        if self.descending {
            found.reverse();
        }
        found
    }

    fn has(&self, it: &Listed<'_>) -> bool {
        let of_category = |category: &String| *category == it.category.to_lowercase();
        (self.logins || !it.id.starts_with(LOGIN))
            && self.category.as_ref().is_none_or(of_category)
            && Name::is_in(self.query, it.name)
            && self.secure.is_none_or(|secure| secure == it.secure)
            && self.ids.as_ref().is_none_or(|ids| ids.has(it.id))
    }
}
