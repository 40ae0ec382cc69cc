//! What the parts of an action make on their way, for whoever debugs one.
//!
//! The rendering of a request and the mapping of a response are told of by what runs them anyway, so that what
//! is shown is what was done. What is told is raw: it may hold credentials, and be as long as a meter allows.

use serde_json::Value;

/// Is told what each part made, in order, up to the one that fails. By default nothing is done with it.
pub trait Watch {
    /// The URL as its template printed it, before it is checked.
    fn url(&mut self, _printed: &str) {}

    /// A header as its template printed it, before it is checked.
    fn header(&mut self, _name: &str, _printed: &str) {}

    /// The body as its template printed it, before it is checked. Not told where the method sends none.
    fn body(&mut self, _printed: &str) {}

    /// What the path of a key of the translation map found.
    fn found(&mut self, _key: &str, _path: &str, _found: Found<'_>) {}

    /// What the success template printed, or the body where there is no such template.
    fn printed(&mut self, _result: &str) {}

    /// The output, before it is checked against its contract.
    fn output(&mut self, _output: &Value) {}
}

/// Watches nothing.
impl Watch for () {}

/// What a path found in the response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found<'a> {
    /// A value, serialised as JSON.
    Value(&'a str),
    /// Nothing; the key has this text, its default.
    Default(&'a str),
    /// Nothing, for this reason; and the key has no default.
    Nothing(&'a str),
}
