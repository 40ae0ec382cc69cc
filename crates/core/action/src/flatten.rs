//! Architect's flattened form (`?flatten=true`): of outputs, of schemas, and back again of inputs.
//!
//! Architect's variables hold scalars and lists of scalars. An object within an object becomes names joined
//! by dots (`address.city`); an array of objects becomes one list for each of their properties
//! (`contacts.id`, `contacts.name`), all of the array's length, null where an element lacks the property.
//! A dot *inside* a name is written `__` (`app.v1` → `app__v1`), so that a dot always separates: exports and
//! flows in use rely on it (`…:2__0:User.externalIds.value`). A flattened schema comes with the names of
//! what was an array (the SDKs' `FlattenedJsonSchemaDocument`).
//!
//! What is documented or observed ends here. **Ours:**
//! - an array of objects inside such an array gives a list of lists; an array whose objects are all empty,
//!   or that is empty itself, gives a list for each property that the contract names, and stays as it is if
//!   the contract names none; any other array stays as it is, as does an object that is empty and whose
//!   properties the contract doesn't name; an array at the top gives lists named by the properties alone;
//! - two properties of one object whose names become the same (`a.b` and `a__b`) have no flattened form: an
//!   error names both, since to give one of them would lose the other;
//! - the way back goes by the contract. A name is read along its dots, a part of it is the property that is
//!   written so; only where that leads nowhere is it taken for a property with dots in its own name. What
//!   the contract doesn't name is read along its dots as objects, `__` as it is. Nothing given twice, no
//!   lists of different lengths for one array.
//!
//! **Round trip.** For a value that fits its contract, the way back gives the value again, except that
//! - a property that isn't required, whose properties the contract names, and that is an empty object is left
//!   out (`{"a": {}}` → `{}`);
//! - an element of an array that lacks a property gets null where the contract allows null there, or doesn't
//!   name the property;
//! - what the contract doesn't name comes back as said above: `a.b` as `a__b`, an array of objects as an
//!   object of lists;
//! - where the contract itself names both `a.b` and `a__b`, `a__b` is refused.

mod inverse;
mod schema;
mod shape;
mod value;

pub(crate) use inverse::unflatten;
pub use schema::FlattenedSchema;
pub(crate) use schema::nested;
pub(crate) use shape::Shape;
pub(crate) use value::{flatten, flatten_below};

use std::borrow::Cow;
use thiserror::Error;
use tollgate_meter::Exhausted;

/// Why a value has no flattened form, or a flattened one can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlattenError {
    /// It would take more than one execution may.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// Two properties of one object become the same name.
    #[error(
        "the flattened form has one name, `{name}`, for the two properties `{first}` and `{second}`; \
         rename one of them"
    )]
    SameName {
        /// The flattened name.
        name: String,
        /// A property's own name.
        first: String,
        /// The other's.
        second: String,
    },
    /// A flattened input can't be read.
    #[error("the flattened input `{name}` {message}")]
    Input {
        /// Its name, as the caller gave it.
        name: String,
        /// What is wrong, and what to give.
        message: String,
    },
}

/// Characters of a name that an error tells.
const TOLD: usize = 100;

/// The start of a name, which may be as long as what was given.
fn short(name: &str) -> String {
    name.chars().take(TOLD).collect()
}

/// A property's name as it is written within a flattened name.
fn part(name: &str) -> Cow<'_, str> {
    if name.contains('.') {
        Cow::Owned(name.replace('.', "__"))
    } else {
        Cow::Borrowed(name)
    }
}

/// The flattened name of a property below a place, or at the top.
fn join(above: Option<&str>, name: &str) -> String {
    match above {
        None => part(name).into_owned(),
        Some(above) => format!("{above}.{}", part(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, flatten};
    use serde_json::{Value, json};
    use tollgate_meter::Meter;

    #[test]
    fn objects_and_arrays_of_objects_lose_their_nesting() {
        for (output, flat) in [
            (
                json!({"a": 1, "b": {"c": "x", "d": {"e": null}}}),
                json!({"a": 1, "b.c": "x", "b.d.e": null}),
            ),
            (json!({"ids": ["a", "b"]}), json!({"ids": ["a", "b"]})),
            (
                json!({"rows": [{"id": 1, "at": {"city": "Bonn"}}, {"id": 2, "name": "n"}]}),
                json!({"rows.id": [1, 2], "rows.at.city": ["Bonn", null], "rows.name": [null, "n"]}),
            ),
            (
                json!([{"Name": "a"}, {"Name": "b"}]),
                json!({"Name": ["a", "b"]}),
            ),
            (
                json!({"mixed": [1, {"a": 2}]}),
                json!({"mixed": [1, {"a": 2}]}),
            ),
            (
                json!({"rows": [{"in": [{"x": 1}, {"x": 2}]}]}),
                json!({"rows.in.x": [[1, 2]]}),
            ),
            (json!("text"), json!("text")),
        ] {
            let shape = Shape::of(&Value::Null);
            assert_eq!(flatten(&output, &shape, &Meter::default()), Ok(flat));
        }
    }

    #[test]
    fn an_empty_array_of_objects_gives_an_empty_list_a_property() {
        let schema = json!({"properties": {"rows": {"type": "array", "items": {
            "properties": {"id": {"type": "string"}, "at": {"properties": {"city": {}}}}}}}});
        let shape = Shape::of(&schema);
        let flat = flatten(&json!({"rows": []}), &shape, &Meter::default()).unwrap();
        assert_eq!(flat, json!({"rows.id": [], "rows.at.city": []}));
    }
}
