//! Fields that hold one word out of a few: one declaration is what is read, written and described.

/// Declares an enum whose variants are words on the wire. A word behind `|` is read as the one before it, and
/// neither written nor described.
macro_rules! words {
    ($(#[$about:meta])* $name:ident {
        $($(#[$of_word:meta])* $variant:ident = $word:literal $(| $alias:literal)*,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
        pub(crate) enum $name {
            $($(#[$of_word])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The words, in the order in which they are declared.
            const WORDS: &'static [&'static str] = &[$($word),*];

            /// Reads the word of a field, whatever its case; the error names the field and the words there are.
            pub(crate) fn parse_any_case(field: &str, text: &str) -> Result<Self, $crate::error::ApiError> {
                let known = Self::WORDS.iter().find(|word| word.eq_ignore_ascii_case(text));
                Self::parse(field, known.copied().unwrap_or(text))
            }

            /// The word.
            #[allow(dead_code, reason = "some words are read alone")]
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads the word of a field; the error names the field and the words there are.
            pub(crate) fn parse(field: &str, text: &str) -> Result<Self, $crate::error::ApiError> {
                match text {
                    $($word $(| $alias)* => Ok(Self::$variant),)*
                    other => Err($crate::words::unknown(field, other, Self::WORDS)),
                }
            }
        }

        impl utoipa::ToSchema for $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::words::described(Self::WORDS)
            }
        }

        impl $crate::query::ParameterValue for $name {
            fn read(
                query: &$crate::query::Query,
                name: &str,
            ) -> Result<Option<Self>, $crate::error::ApiError> {
                let text = query.get(name).filter(|text| !text.is_empty());
                text.map(|text| Self::parse_any_case(name, text)).transpose()
            }
        }

        impl $crate::request::Field for Option<$name> {
            fn read(
                doc: &tollgate_json::Doc,
                field: &str,
            ) -> Result<Self, $crate::error::ApiError> {
                let text = doc.text(field)?;
                text.map(|text| $name::parse_any_case(field, &text)).transpose()
            }
        }
    };
}
pub(crate) use words;

use crate::error::ApiError;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

/// The schema of a field that holds one of those words.
pub(crate) fn described(words: &[&str]) -> RefOr<Schema> {
    let words = Some(words.iter().copied());
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.enum_values(words).into()
}

/// The error of a field that holds another word than those.
pub(crate) fn unknown(field: &str, found: &str, words: &[&str]) -> ApiError {
    let known = or(words);
    ApiError::bad_request(format!("{field}: expected {known}, found {found:?}."))
}

/// Words as a sentence lists them: `a, b or c`.
fn or(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}
