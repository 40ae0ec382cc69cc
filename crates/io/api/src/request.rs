//! Bodies of requests: one declaration is both what is read and what the document says of it.
//!
//! A body is read field by field, so that what is wrong is told with the field's name: serde would say
//! where in the text, and stop at words that callers don't know. A field that is null counts as one that isn't
//! there.
//!
//! No field is passed over: one that a request doesn't declare is refused by its name, unless it says nothing (null, an
//! empty text, list or object). The vendor's SDKs and Terraform send back whole things, as they read them: what
//! answers show and nobody changes is declared as `shown`, taken without effect, and `readOnly` in the document.

use crate::error::ApiError;
use crate::query::{ParameterValue, Query};
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_json::{Doc, DocError};
use tollgate_store::{Expected, JsonText, Version};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// What a field of a request's body can be.
pub(crate) trait Field: Sized {
    /// Reads the field of this name.
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError>;
}

/// Declares a request's body: a struct with one field for each of the object's, named as Rust names fields
/// where the object has `camelCase`. `read` makes it of an object. The fields of `shown` are those of answers that
/// a body may have too, with the types that answers have; what is in them isn't looked at.
macro_rules! request {
    (
        $(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }
        $(shown { $($(#[$of_shown:meta])* $shown:ident: $shown_type:ty,)* })?
    ) => {
        $(#[$about])*
        #[derive(utoipa::ToSchema)]
        #[schema(rename_all = "camelCase")]
        pub(crate) struct $name {
            $($(#[$of_field])* pub(crate) $field: $type,)*
            $($(
                #[schema(value_type = Option<$shown_type>, read_only)]
                #[allow(dead_code, reason = "it describes what isn't looked at")]
                $(#[$of_shown])*
                $shown: (),
            )*)?
        }

        impl $name {
            /// Reads an object's fields, in the order in which they are declared; then those are refused that aren't.
            pub(crate) fn read(doc: &tollgate_json::Doc) -> Result<Self, $crate::error::ApiError> {
                let read = Self {
                    $($field: $crate::request::Field::read(
                        doc,
                        &$crate::request::camel_case(stringify!($field)),
                    )?,)*
                    $($($shown: (),)*)?
                };
                $crate::request::only(doc, &[
                    $(stringify!($field),)*
                    $($(stringify!($shown),)*)?
                ])?;
                Ok(read)
            }
        }
    };
}
pub(crate) use request;

/// Refuses a field that isn't one of these, which are named as in Rust, and that says something.
pub(crate) fn only(doc: &Doc, declared: &[&str]) -> Result<(), ApiError> {
    let declared: Vec<_> = declared.iter().map(|name| camel_case(name)).collect();
    match other_field(doc.fields(), |name| declared.iter().any(|it| it == name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("{name}: this request has no such field; leave it out.");
            Err(ApiError::bad_request(message).with("field", name))
        }
    }
}

/// The entries of a list that may be left out.
pub(crate) fn entries<'a>(doc: &'a Doc, name: &str) -> Result<&'a [Value], ApiError> {
    match doc.get(name) {
        None => Ok(&[]),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(no_objects(name)),
    }
}

fn no_objects(name: &str) -> ApiError {
    ApiError::bad_request(format!("{name}: expected a list of objects."))
}

/// Refuses an entry of a list that isn't an object of these fields alone, but for those that say nothing. `name`: the
/// list's.
pub(crate) fn only_entry(name: &str, entry: &Value, declared: &[&str]) -> Result<(), ApiError> {
    let Value::Object(fields) = entry else {
        return Err(no_objects(name));
    };
    match other_field(fields.iter(), |name| declared.contains(&name)) {
        None => Ok(()),
        Some(field) => {
            let message = format!("{name}: its entries have no field {field}; leave it out.");
            Err(ApiError::bad_request(message).with("field", format!("{name}.{field}")))
        }
    }
}

/// The first field that isn't declared and says something.
fn other_field<'a>(
    mut fields: impl Iterator<Item = (&'a String, &'a Value)>,
    is_declared: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    let other = fields.find(|(name, value)| !is_declared(name) && says_something(value));
    other.map(|(name, _)| name.as_str())
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A Rust field's name as objects have it: `role_ids` is `roleIds`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.trim_start_matches("r#").split('_');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        joined.push_str(&capital(word));
    }
    joined
}

/// A word with a capital letter.
pub(crate) fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// A whole number within bounds.
#[derive(Clone, Copy)]
pub(crate) struct Whole<const LOW: u32, const HIGH: u32>(pub(crate) u32);

impl<const LOW: u32, const HIGH: u32> ToSchema for Whole<LOW, HIGH> {}

impl<const LOW: u32, const HIGH: u32> PartialSchema for Whole<LOW, HIGH> {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        number.minimum(Some(LOW)).maximum(Some(HIGH)).into()
    }
}

impl<const LOW: u32, const HIGH: u32> Field for Option<Whole<LOW, HIGH>> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let number = doc.whole(name, LOW.into(), HIGH.into())?;
        Ok(number.and_then(|number| u32::try_from(number).ok().map(Whole)))
    }
}

impl<const LOW: u32, const HIGH: u32> ParameterValue for Whole<LOW, HIGH> {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        match query.get(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) if (LOW..=HIGH).contains(&number) => Ok(Some(Self(number))),
            Some(_) => Err(ApiError::bad_request(format!(
                "{name} must be a whole number from {LOW} to {HIGH}."
            ))),
        }
    }
}

/// A text that must be there and not blank.
impl Field for String {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        Ok(doc.required(name)?)
    }
}

/// The version that the caller has seen, where it must say so.
impl Field for Version {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let version = doc.whole(name, 0, i64::MAX)?.ok_or_else(|| {
            ApiError::bad_request(format!("{name}: missing; give the version that was read."))
        })?;
        Ok(Self(version))
    }
}

/// The version that the caller has seen, where the platform's own requests have none.
impl Field for Expected {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let version = doc.whole(name, 0, i64::MAX)?;
        Ok(version.map_or(Self::Any, |version| Self::Version(Version(version))))
    }
}

/// Fields that may be left out, by what reads them.
macro_rules! optional {
    ($($type:ty: $read:expr;)*) => {
        $(impl Field for Option<$type> {
            fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
                let read: fn(&Doc, &str) -> Result<Self, DocError> = $read;
                Ok(read(doc, name)?)
            }
        })*
    };
}
optional! {
    String: Doc::text;
    bool: Doc::flag;
    Vec<String>: Doc::list;
    BTreeMap<String, String>: Doc::texts;
    Doc: Doc::object;
}

/// An object as the text it came as, but for its spaces.
impl Field for Option<JsonText> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let object = doc.object(name)?;
        let text = object.map(|object| JsonText::parse(object.into_value().to_string()));
        Ok(text.transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    request! {
        /// A body.
        Sample {
            name: String,
            role_ids: Option<Vec<String>>,
            secure: Option<bool>,
        } shown {
            self_uri: String,
        }
    }

    #[test]
    fn a_field_that_is_not_declared_is_refused_by_its_name() {
        let read = |text: &str| {
            let read = Sample::read(&Doc::parse(text).unwrap());
            read.map_err(|error| error.body().message.clone())
        };
        let said = r#"{"name": "a", "selfUri": "/x", "a": null, "b": "", "c": [], "d": {}}"#;
        assert!(read(said).is_ok());
        for value in ["0", "false", "[0]", "\"x\"", r#"{"a": null}"#] {
            let message = read(&format!(r#"{{"name": "a", "sekure": {value}}}"#)).err();
            let expected = "sekure: this request has no such field; leave it out.";
            assert_eq!(message.as_deref(), Some(expected));
        }
    }

    #[test]
    fn fields_are_read_by_the_names_that_objects_have() {
        let doc = Doc::parse(r#"{"name": "a", "roleIds": ["x"]}"#).unwrap();
        let read = Sample::read(&doc).unwrap();
        assert_eq!((read.name.as_str(), read.secure), ("a", None));
        assert_eq!(read.role_ids.unwrap(), ["x"]);
        let wrong = Doc::parse(r#"{"name": "a", "roleIds": "x"}"#).unwrap();
        let error = Sample::read(&wrong).err().unwrap();
        assert!(
            error
                .body()
                .message
                .starts_with("roleIds: expected a list of texts")
        );
    }
}
