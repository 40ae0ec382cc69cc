//! The names a template of an action sees.

use crate::value::{Credentials, RawInput};
use tollgate_meter::{Exhausted, Meter};
use tollgate_template::{Context, Value};

/// `input`: the caller's fields, and `rawRequest`, the text as received. A field of that name is hidden by
/// the text: every export's request template says `${input.rawRequest}`.
pub(crate) fn with_input(input: &RawInput, meter: &Meter) -> Result<Context, Exhausted> {
    meter.hold_copy(input.value())?;
    meter.hold(input.text().len())?;
    let fields = input.value().as_object();
    let fields = fields.into_iter().flatten();
    let mut values: Vec<_> = fields
        .map(|(name, value)| match name.as_str() {
            RAW => (RAW, Value::text(input.text())),
            name => (name, Value::from_json(value)),
        })
        .collect();
    if !values.iter().any(|(name, _)| *name == RAW) {
        values.push((RAW, Value::text(input.text())));
    }
    let mut context = Context::new();
    context.insert("input", Value::json_object(values));
    Ok(context)
}

const RAW: &str = "rawRequest";

/// What a request template sees: `input`, `credentials`, `authResponse`.
pub(crate) fn with_credentials(
    input: &RawInput,
    credentials: &Credentials,
    meter: &Meter,
) -> Result<Context, Exhausted> {
    let mut context = with_input(input, meter)?;
    let fields = credentials.fields.iter();
    let fields = fields.map(|(name, secret)| (name.clone(), Value::text(secret)));
    context.insert("credentials", Value::map(fields.collect()));
    if let Some(response) = &credentials.auth_response {
        meter.hold_copy(response)?;
        context.insert("authResponse", Value::from_json(response));
    }
    Ok(context)
}
