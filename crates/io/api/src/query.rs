//! Query strings, and the parameters in them: one declaration is both what is read and what the document
//! says of it.

use crate::error::ApiError;
use utoipa::openapi::{RefOr, Schema};

/// What a parameter's value can be.
pub(crate) trait ParameterValue: Sized {
    /// Reads the parameter of this name.
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError>;
}

impl ParameterValue for String {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        Ok(query
            .get(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned))
    }
}

impl ParameterValue for Vec<String> {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        let values: Self = query.all(name).into_iter().map(str::to_owned).collect();
        Ok((!values.is_empty()).then_some(values))
    }
}

impl ParameterValue for bool {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        query.flag(name)
    }
}

/// Declares a parameter of query strings, with what counts where it isn't given if that is worth saying. `of` reads it,
/// for an operation that names it among its `params`.
macro_rules! parameter {
    ($(#[doc = $about:literal])* $type:ident($name:literal): $value:ty $(= $default:literal)?) => {
        $(#[doc = $about])*
        pub(crate) struct $type;

        impl $type {
            /// Its name in query strings.
            pub(crate) const NAME: &'static str = $name;

            /// Reads it; none where it isn't given.
            #[allow(dead_code, reason = "some parameters are read in a way of their own")]
            pub(crate) fn of(
                query: &$crate::query::Query,
            ) -> Result<Option<$value>, $crate::error::ApiError> {
                $crate::query::ParameterValue::read(query, Self::NAME)
            }
        }

        impl utoipa::IntoParams for $type {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                let parameter = utoipa::openapi::path::ParameterBuilder::new()
                    .name(Self::NAME)
                    .parameter_in(utoipa::openapi::path::ParameterIn::Query)
                    .description(Some(concat!($($about),*).trim()))
                    .schema(Some($crate::query::with_default(
                        <$value as utoipa::PartialSchema>::schema(),
                        [$(serde_json::json!($default))?],
                    )));
                vec![parameter.build()]
            }
        }
    };
}
pub(crate) use parameter;

/// The schema of a parameter that has a default, if there is one.
pub(crate) fn with_default<const N: usize>(
    mut schema: RefOr<Schema>,
    default: [serde_json::Value; N],
) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(of)) = &mut schema {
        of.default = default.into_iter().next();
    }
    schema
}

/// A query string's fields; of a name given twice the first counts, but where a list is wanted.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        Self(form(text.unwrap_or_default()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// A list, as the SDKs write them: the name given several times, or values separated by commas.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let given = self.pairs().filter(|(key, _)| *key == name);
        let values = given.flat_map(|(_, value)| value.split(','));
        values
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// True, false, or an error that names the field. Their case doesn't matter: Python's and C#'s programs write `True`
    /// unless an SDK does it for them.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::bad_request(format!(
                "{name} must be true or false, found {other:?}."
            ))),
        }
    }

    /// All of them, in the order in which they stand.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Fields of `application/x-www-form-urlencoded`.
pub(crate) fn form(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_given_in_one_or_several() {
        let lists = Query::parse(Some("ids=a&x=1&ids=b,%20c&ids="));
        assert_eq!(lists.all("ids"), ["a", "b", "c"]);
    }
}
