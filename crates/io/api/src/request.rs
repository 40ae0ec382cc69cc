//! Bodies of requests: one declaration is both what is read and what the document says of it.
//!
//! A body is read field by field, so that what is wrong is told with the field's name: serde would say
//! where in the text, and stop at words that callers don't know. A field that is null counts as one that isn't
//! there. Fields that a request doesn't declare are left alone, since the vendor's SDKs send back whole things.

use crate::error::ApiError;
use crate::query::{ParameterValue, Query};
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
/// where the object has `camelCase`. `read` makes it of an object.
macro_rules! request {
    ($(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(utoipa::ToSchema)]
        #[schema(rename_all = "camelCase")]
        pub(crate) struct $name {
            $($(#[$of_field])* pub(crate) $field: $type,)*
        }

        impl $name {
            /// Reads an object's fields, in the order in which they are declared.
            pub(crate) fn read(doc: &tollgate_json::Doc) -> Result<Self, $crate::error::ApiError> {
                Ok(Self {
                    $($field: $crate::request::Field::read(
                        doc,
                        &$crate::request::camel_case(stringify!($field)),
                    )?,)*
                })
            }
        }
    };
}
pub(crate) use request;

/// A Rust field's name as objects have it: `role_ids` is `roleIds`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut words = name.trim_start_matches("r#").split('_');
    let mut joined = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        joined.push_str(&first.to_ascii_uppercase());
        joined.push_str(rest);
    }
    joined
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
        }
    }

    #[test]
    fn fields_are_read_by_the_names_that_objects_have() {
        let doc = Doc::parse(r#"{"name": "a", "roleIds": ["x"], "other": 1}"#).unwrap();
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
