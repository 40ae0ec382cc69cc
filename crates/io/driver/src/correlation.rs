//! The name that whoever sent a request or an answer gave it.

use http::{HeaderMap, HeaderName};
use std::borrow::Cow;
use std::sync::Arc;
use tollgate_secret::Redactor;

/// The header that the platform, its SDKs and this service name requests by.
const CORRELATION: HeaderName = HeaderName::from_static("inin-correlation-id");
/// Characters of a name that is taken over. The platform's own have 36.
const MOST: usize = 64;

/// The name that these headers give: short, and of such characters as names have. Another one is not taken over, since what
/// others write must not shape the log.
#[must_use]
pub fn correlation_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CORRELATION)?.to_str().ok()?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    ((1..=MOST).contains(&value.len()) && value.bytes().all(is_name)).then_some(value)
}

/// The same, of an answer, unless it spells one of the secrets that were sent.
pub(crate) fn of_answer(headers: &HeaderMap, redactor: &Redactor) -> Option<Arc<str>> {
    let name = correlation_id(headers)?;
    match redactor.strike(name) {
        Cow::Borrowed(name) => Some(name.into()),
        Cow::Owned(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use tollgate_secret::Secret;

    fn named(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CORRELATION, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn a_name_is_taken_over_where_it_is_one() {
        let of = |value: &str| correlation_id(&named(value)).map(str::to_owned);
        let uuid = "0f2a4c6e-1b3d-4f5a-8c7e-9d0b1a2c3e4f";
        assert_eq!(of(uuid).as_deref(), Some(uuid));
        assert_eq!(of("order:7_a.b").as_deref(), Some("order:7_a.b"));
        let long = "a".repeat(MOST + 1);
        for none in ["", "two words", "a=b", "\"quoted\"", &long] {
            assert_eq!(of(none), None, "{none}");
        }
        assert_eq!(of(&long[1..]).as_deref(), Some(&long[1..]));
        assert_eq!(correlation_id(&HeaderMap::new()), None);
    }

    #[test]
    fn an_upstream_that_repeats_a_secret_as_its_answers_name_gave_none() {
        let redactor = Redactor::new(&[Secret::new("a-token-of-ours".into())], &[]);
        let of = |value| of_answer(&named(value), &redactor);
        assert_eq!(of("a-token-of-ours"), None);
        assert_eq!(of("not-a-token"), Some("not-a-token".into()));
    }
}
