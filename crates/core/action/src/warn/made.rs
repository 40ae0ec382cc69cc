//! Templates rendered with made-up values: inputs that fit the contract, and credentials of any text.

use super::{Parts, Site};
use crate::value::{Credentials, RawInput};
use crate::{example, scope};
use serde_json::{Map, Value, json};
use tollgate_template::{Bounds, Context, Template};

/// Inputs that fit the contract.
pub(crate) struct Inputs {
    /// Every one that the contract names.
    pub(super) all: RawInput,
    /// Those that the contract requires.
    pub(super) required: RawInput,
}

impl Inputs {
    pub(crate) fn of(schema: &Value) -> Inputs {
        let all = example::of(schema);
        let mut required = all.clone();
        if let Value::Object(fields) = &mut required {
            fields.retain(|name, _| super::requires(schema, name));
        }
        Inputs {
            all: RawInput::from_value(all),
            required: RawInput::from_value(required),
        }
    }
}

/// What a request template prints; nothing where it fails on what was made up.
pub(super) fn render(parts: &Parts<'_>, site: &Site<'_>, input: &RawInput) -> Option<String> {
    let names = |root: &'static str| {
        let used = site
            .uses
            .references
            .iter()
            .filter(move |used| used.root == root);
        used.filter_map(|used| used.properties.first())
    };
    let credentials = names("credentials").map(|name| ((*name).to_owned(), "x".to_owned()));
    let answer: Map<String, Value> = names("authResponse")
        .map(|name| ((*name).to_owned(), json!("x")))
        .collect();
    let credentials =
        Credentials::from_fields(credentials).with_auth_response(Value::Object(answer));
    let template = Template::parse(site.text).ok()?;
    let held = parts.meter.bytes_held();
    let context = scope::with_credentials(input, &credentials, &parts.meter).ok()?;
    let rendered = template.render_within(&context, &Bounds::default(), &parts.meter);
    let copied = parts.meter.bytes_held() - held;
    parts
        .meter
        .release(usize::try_from(copied).unwrap_or(usize::MAX));
    rendered.ok()
}

/// What a success template sees of the inputs.
pub(super) fn context(parts: &Parts<'_>) -> Context {
    let context = scope::with_input(&parts.inputs.all, &parts.meter);
    context.unwrap_or_default()
}
