//! The names a template of an action sees.

use crate::value::{Credentials, RawInput};
use serde_json::Value as Json;
use tollgate_template::{Context, Value};

/// `input`: the caller's fields, and `rawRequest`, the text as received. A field of that name is hidden by
/// the text: every export's request template says `${input.rawRequest}`.
pub(crate) fn with_input(input: &RawInput) -> Context {
    let mut fields = input.value().as_object().cloned().unwrap_or_default();
    fields.insert("rawRequest".to_owned(), input.text().into());
    let mut context = Context::new();
    context.insert("input", Value::from_json(&Json::Object(fields)));
    context
}

/// What a request template sees: `input`, `credentials`, `authResponse`.
pub(crate) fn with_credentials(input: &RawInput, credentials: &Credentials) -> Context {
    let mut context = with_input(input);
    let fields = credentials.fields.iter();
    let fields = fields.map(|(name, secret)| (name.clone(), Value::text(secret)));
    context.insert("credentials", Value::map(fields.collect()));
    if let Some(response) = &credentials.auth_response {
        context.insert("authResponse", Value::from_json(response));
    }
    context
}
