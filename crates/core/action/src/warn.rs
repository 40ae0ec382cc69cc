//! What works but will surprise.

use crate::translate::Mapping;
use crate::value::{Method, Warning};
use serde_json::Value;

/// What warnings are made from.
#[expect(dead_code, reason = "the checks come with the next commit")]
pub(crate) struct Parts<'a> {
    pub(crate) text: &'a str,
    pub(crate) definition: &'a Value,
    pub(crate) method: Method,
    pub(crate) mapping: &'a Mapping,
    pub(crate) input_schema: &'a Value,
}

pub(crate) fn warnings(_parts: &Parts<'_>) -> Vec<Warning> {
    Vec::new()
}
