//! How lists of actions and of drafts are asked for, filtered and sorted.

use crate::listing::expand;
use crate::query::parameter;

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
pub(crate) const FIELDS: [&str; 7] = [
    "name",
    "category",
    "integrationId",
    "id",
    "secure",
    "version",
    "selfUri",
];

/// Whether it is the name, whatever its case.
pub(crate) fn is_named(wanted: &str, name: &str) -> bool {
    wanted.to_lowercase() == name.to_lowercase()
}

/// What an action or a draft is sorted by.
pub(crate) struct Sorted<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) category: &'a str,
    pub(crate) integration: &'a str,
    pub(crate) secure: bool,
    pub(crate) version: i64,
}

impl Sorted<'_> {
    /// By one of [`FIELDS`], then by name and by id.
    pub(crate) fn key(&self, by: &str) -> (String, String, String) {
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
