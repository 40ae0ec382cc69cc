//! The names a template of an action sees.

use crate::json;
use crate::value::{Credentials, RawInput};
use serde_json::Value as Json;
use tollgate_template::{Context, Value};

/// `input`: the caller's fields, and `rawRequest`, the text as received. A field of that name is hidden by
/// the text: every export's request template says `${input.rawRequest}`.
pub(crate) fn with_input(input: &RawInput) -> Context {
    let mut fields = Vec::new();
    if let Json::Object(given) = input.value() {
        fields.extend(
            given
                .iter()
                .filter(|(name, _)| *name != "rawRequest")
                .map(|(name, value)| (name.clone(), variable(value))),
        );
    }
    fields.push(("rawRequest".to_owned(), Value::text(input.text())));
    let mut context = Context::new();
    context.insert("input", Value::map(fields));
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

/// The variable for a JSON value. A number that Java holds as a `BigInteger` or `BigDecimal` becomes the
/// text it prints as: a template can print such an id, and must not lose its digits.
fn variable(value: &Json) -> Value {
    match value {
        Json::Number(number) if is_big(number.as_str()) => Value::text(&json::write(value)),
        _ => Value::from_json(value),
    }
}

fn is_big(number: &str) -> bool {
    let whole = !number.contains(['.', 'e', 'E']);
    if whole {
        number.parse::<i64>().is_err()
    } else {
        number.len() > json::LONGEST_DOUBLE_TEXT
    }
}
