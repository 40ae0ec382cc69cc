//! What a path finds.

use serde_json::Value;
use std::borrow::Cow;

/// Something that was found.
#[derive(Debug, Clone)]
pub(crate) enum Found<'v> {
    /// A place of the document.
    Place(&'v Value),
    /// A value that was made. Boxed, so that a place takes no more room than it needs.
    Made(Box<Value>),
    /// The names of an object's members, as a list. To the reference they are no list where a filter or a
    /// function looks at them.
    Names(Box<Value>),
}

/// What a path comes to.
pub(crate) enum Answer<'v> {
    One(Found<'v>),
    List(Vec<Found<'v>>),
}

/// Bytes of the room for something that was found.
pub(crate) const FOUND: usize = 64;

impl<'v> Found<'v> {
    /// The value, if it is one to filters and functions.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Found::Place(value) => Some(value),
            Found::Made(value) => Some(value),
            Found::Names(_) => None,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Found::Place(value) => value.clone(),
            Found::Made(value) | Found::Names(value) => *value,
        }
    }

    pub(crate) fn into_cow(self) -> Cow<'v, Value> {
        match self {
            Found::Place(value) => Cow::Borrowed(value),
            Found::Made(value) | Found::Names(value) => Cow::Owned(*value),
        }
    }
}
