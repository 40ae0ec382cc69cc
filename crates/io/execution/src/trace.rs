//! What a test shows of a call: what was rendered, sent, answered, found and printed.
//!
//! **No secret.** What templates print is shown as it was printed with stand-ins in the place of the credentials
//! and of the login's answer ([`tollgate_action::Credentials::stand_ins`]), which are struck then: so nothing
//! that is shown was made of a secret, whatever a template does to it. A note says where something else went
//! out than what is shown. Values of headers that carry secrets are not shown at all. What an upstream answered
//! is struck, and what is made of it is shown as it was made of the struck body.
//!
//! **Bounded.** A text is kept to 48 KiB, all of one trace to 1 MiB, and shown to 16,384 characters; where one
//! is cut, it says so. Texts are struck before they are cut, by the workers.

mod excerpt;
mod mapping;
mod request;

pub(crate) use mapping::{MappingTrace, ShownMapping, Stage};
pub(crate) use request::{Part, RequestTrace, ShownRequest, added};

use crate::sensitive::is_sensitive;
use excerpt::{EXCERPT, Excerpt, STRUCK};
use serde_json::{Map, Value};
use std::borrow::Cow;
use tollgate_driver::Redactor;

/// Headers of an answer.
pub(crate) fn headers(headers: &http::HeaderMap, redactor: &Redactor) -> Value {
    let mut room = EXCERPT;
    let mut shown = Map::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = if is_sensitive(name.as_str()) && !is_challenge(name) {
            Cow::Borrowed(STRUCK)
        } else {
            Excerpt::new(&text, &mut room).show(redactor).into()
        };
        match shown.get_mut(name.as_str()) {
            Some(Value::String(before)) => before.push_str(&format!(", {text}")),
            _ => {
                shown.insert(name.as_str().to_owned(), text.into_owned().into());
            }
        }
    }
    Value::Object(shown)
}

/// Whether a header says how to log in, which is no secret.
fn is_challenge(name: &http::HeaderName) -> bool {
    *name == http::header::WWW_AUTHENTICATE || *name == http::header::PROXY_AUTHENTICATE
}

/// A long text, struck and cut.
pub(crate) fn text(text: &str, redactor: &Redactor) -> String {
    Excerpt::new(text, &mut EXCERPT.clone()).show(redactor)
}

/// An output, cut if it is long.
pub(crate) fn output(output: &Value) -> Value {
    Excerpt::of_json(output, &mut EXCERPT.clone()).show_json(&Redactor::default())
}
