//! Filters and orders that lists share.

use crate::error::ApiError;
use crate::page::Page;
use crate::query::{ParameterValue, Query, parameter};
use tollgate_store::NameFilter;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Ids in one `ids=` filter, as on the platform: it says 50 of actions, 100 of integrations.
const MAX_IDS: usize = 100;

parameter! {
    /// A part of the name, whatever its case; `*` in it stands for any text.
    Name("name"): String
}
parameter! {
    /// Ids of what is wanted; 100 at the most.
    Ids("ids"): IdList
}
parameter! {
    /// The field that a list is sorted by.
    SortBy("sortBy"): String
}
parameter! {
    /// Which way a list goes.
    SortOrder("sortOrder"): Order = "asc"
}
parameter! {
    /// What is wanted beside the rest.
    Expand("expand"): String
}
parameter! {
    /// A page's token. Pages have numbers here, and no answer has a token: only an empty one is taken.
    NextPage("nextPage"): NoToken
}
parameter! {
    /// A page's token, as `nextPage`.
    PreviousPage("previousPage"): NoToken
}

/// The parameters of lists that the SDKs' functions of one thing have too. They are taken and have no effect.
pub(crate) struct OfNoEffect;

impl IntoParams for OfNoEffect {
    fn into_params(within: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = Page::into_params(&within);
        all.extend(SortBy::into_params(&within));
        all.extend(NextPage::into_params(&within));
        all.extend(PreviousPage::into_params(&within));
        for parameter in &mut all {
            let about = "Of no effect: there is one thing. Terraform's provider gives it.";
            parameter.description = Some(about.to_owned());
        }
        all
    }
}

impl OfNoEffect {
    /// Refuses what lists refuse as well.
    pub(crate) fn check(query: &Query) -> Result<(), ApiError> {
        Page::of(query)?;
        no_tokens(query)
    }
}

/// Refuses a page's token.
pub(crate) fn no_tokens(query: &Query) -> Result<(), ApiError> {
    NextPage::of(query)?;
    PreviousPage::of(query).map(drop)
}

/// The token of a page, of which there are none.
pub(crate) struct NoToken;

impl PartialSchema for NoToken {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.max_length(Some(0)).into()
    }
}

impl ParameterValue for NoToken {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        match query.get(name) {
            None | Some("") => Ok(None),
            Some(_) => Err(ApiError::bad_request(format!(
                "{name}: pages have no tokens here; give pageNumber, or follow nextUri and previousUri."
            ))),
        }
    }
}

/// Declares what an operation's `expand` takes: words, one by one or separated by commas.
macro_rules! expand {
    ($(#[doc = $about:literal])* $type:ident { $($word:literal),* $(,)? }) => {
        $(#[doc = $about])*
        pub(crate) struct $type;

        impl $type {
            /// The words that are wanted.
            ///
            /// # Errors
            /// One of them is none of those there are.
            pub(crate) fn of(
                query: &$crate::query::Query,
            ) -> Result<Vec<&'static str>, $crate::error::ApiError> {
                $crate::listing::expanded(query, &[$($word),*])
            }
        }

        impl utoipa::IntoParams for $type {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$crate::listing::expand_parameter(&[$($word),*], concat!($($about),*).trim())]
            }
        }
    };
}
pub(crate) use expand;

/// The words of `expand`, each of which must be one of those.
pub(crate) fn expanded(
    query: &Query,
    known: &[&'static str],
) -> Result<Vec<&'static str>, ApiError> {
    let words = query.all(Expand::NAME).into_iter();
    let words = words.map(|word| {
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(word));
        found.copied().ok_or_else(|| {
            let known = known.join(", ");
            ApiError::bad_request(format!("expand: expected one of {known}, found {word:?}."))
        })
    });
    words.collect()
}

/// The document's word on `expand`.
pub(crate) fn expand_parameter(known: &[&'static str], about: &str) -> Parameter {
    let word = ObjectBuilder::new().schema_type(Type::String);
    let word = word.enum_values(Some(known.iter().copied()));
    let schema: RefOr<Schema> = match known {
        // As the SDKs have it: of one word there is no list.
        [_] => word.into(),
        _ => ArrayBuilder::new().items(word).into(),
    };
    let parameter = ParameterBuilder::new().name(Expand::NAME);
    let parameter = parameter.parameter_in(ParameterIn::Query);
    let parameter = parameter.description(Some(about));
    parameter.schema(Some(schema)).build()
}

/// The ways that a list can go: the smallest first, or the largest.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum Order {
    Asc,
    Desc,
}

impl ParameterValue for Order {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        match query.get(name).map(str::to_lowercase).as_deref() {
            None | Some("") => Ok(None),
            Some("asc" | "ascending") => Ok(Some(Self::Asc)),
            Some("desc" | "descending") => Ok(Some(Self::Desc)),
            Some(other) => Err(ApiError::bad_request(format!(
                "{name} must be asc or desc, found {other:?}."
            ))),
        }
    }
}

/// Ids, given one by one or separated by commas.
pub(crate) struct IdList(Vec<String>);

impl IdList {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|known| known == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl PartialSchema for IdList {
    fn schema() -> RefOr<Schema> {
        Vec::<String>::schema()
    }
}

impl ParameterValue for IdList {
    fn read(query: &Query, name: &str) -> Result<Option<Self>, ApiError> {
        let ids: Vec<_> = query.all(name).into_iter().map(str::to_owned).collect();
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad_request(format!(
                "{name} may name {MAX_IDS} things at the most."
            )));
        }
        Ok((!ids.is_empty()).then_some(Self(ids)))
    }
}

impl SortOrder {
    /// Whether the largest come first.
    pub(crate) fn descending(query: &Query) -> Result<bool, ApiError> {
        Ok(Self::of(query)? == Some(Order::Desc))
    }
}

impl Name {
    /// The filter for the store.
    pub(crate) fn filter(query: &Query) -> Option<NameFilter> {
        let name = query.get(Self::NAME).filter(|name| !name.is_empty())?;
        Some(NameFilter::Contains(name.to_owned()))
    }

    /// Whether a text has the wanted name in it.
    pub(crate) fn is_in(query: &Query, text: &str) -> bool {
        let part = query.get(Self::NAME);
        part.is_none_or(|part| is_part(part, text))
    }
}

/// Whether a text has a wanted part in it, whatever the case; `*` in the part stands for any text. The store's
/// [`NameFilter`] finds the same.
pub(crate) fn is_part(part: &str, text: &str) -> bool {
    let (part, text) = (part.to_lowercase(), text.to_lowercase());
    let mut rest = Some(&*text);
    for piece in part.split('*') {
        rest = rest
            .and_then(|rest| rest.split_once(piece))
            .map(|(_, after)| after);
    }
    rest.is_some()
}

impl SortBy {
    /// The field that a list is sorted by, of those that it knows; the first where none is given.
    pub(crate) fn among(query: &Query, known: &[&'static str]) -> Result<&'static str, ApiError> {
        let first = known.first().copied().unwrap_or_default();
        let Some(wanted) = Self::of(query)? else {
            return Ok(first);
        };
        let found = known.iter().find(|name| name.eq_ignore_ascii_case(&wanted));
        found.copied().ok_or_else(|| {
            let known = known.join(", ");
            ApiError::bad_request(format!("sortBy must be one of {known}, found {wanted:?}."))
        })
    }
}
