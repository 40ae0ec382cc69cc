//! The contract of a composite, and how that of a list of calls follows from the contracts of what it calls.

use super::InnerCall;
use super::schema::{Place, follow, is_of, kind_of};
use serde_json::{Value, json};
use tollgate_config::{Composite as Written, CompositeOutput, Feed, Origin};
use tollgate_jsonpath::PlainStep;

/// A field within the composite's table, and what is wrong there.
type FieldFault = (String, String);

/// The schemas of a composite's inputs and outputs.
pub(super) struct Contract {
    input: Value,
    output: Value,
}

impl Contract {
    /// The contract of these schemas.
    pub(super) fn new(input: Value, output: Value) -> Self {
        Self { input, output }
    }

    /// The contract, and what in the composite's table doesn't fit the contracts of its calls.
    pub(super) fn of(calls: &[InnerCall], outputs: &[CompositeOutput]) -> (Self, Vec<FieldFault>) {
        let mut making = Making {
            calls,
            input: object(),
            faults: Vec::new(),
        };
        for (at, call) in calls.iter().enumerate() {
            making.inputs(at, call);
        }
        let output = making.outputs(outputs);
        (Self::new(making.input, output), making.faults)
    }

    /// The action file of a composite. `of`: the type of its integration, and a URL as such ones have.
    pub(super) fn file(self, written: &Written, secure: bool, of: (&str, &str)) -> Value {
        let seconds = written.timeout.as_millis().div_ceil(1_000).max(1) as u64;
        json!({
            "name": written.name,
            "integrationType": of.0,
            "actionType": "custom",
            "config": {
                "timeoutSeconds": seconds,
                "request": {
                    "requestUrlTemplate": of.1,
                    "requestType": "POST",
                    "requestTemplate": "${input.rawRequest}",
                    "headers": {},
                },
                "response": {"translationMap": {}, "translationMapDefaults": {}},
            },
            "contract": {
                "input": {"inputSchema": self.input},
                "output": {"successSchema": self.output},
            },
            "secure": secure,
        })
    }
}

/// A contract under way.
struct Making<'a> {
    calls: &'a [InnerCall],
    input: Value,
    faults: Vec<FieldFault>,
}

impl Making<'_> {
    /// What one call is given.
    fn inputs(&mut self, at: usize, call: &InnerCall) {
        let Ok(action) = call.action.action() else {
            return;
        };
        let schema = action.input_schema();
        for (name, feed) in &call.inputs {
            let field = format!("call[{}].inputs.{name}", at + 1);
            let wanted = match follow(schema, &[PlainStep::Name(name)]) {
                Ok(wanted) => wanted,
                Err(why) => {
                    let message = format!("{:?} takes no such input: {why}", call.action.name);
                    self.faults.push((field, message));
                    continue;
                }
            };
            let required = wanted.certain && !call.optional;
            match feed {
                Feed::Constant(value) => {
                    if !is_of(value, &wanted.schema) {
                        self.mismatch(field, kind_of(&wanted.schema), value_kind(value));
                    }
                }
                Feed::Path { from, path } => {
                    let (steps, whole) = path.plain_steps();
                    match from {
                        Origin::Input => {
                            let leaf = whole.then_some(&wanted.schema);
                            let read = place(&mut self.input, &steps, leaf, required);
                            if let Err((before, now)) = read {
                                self.mismatch(field, before, now);
                            }
                        }
                        Origin::Call(_) => {
                            let found = self.found(feed, &field);
                            if let Some(found) =
                                found.filter(|found| !agree(&found.schema, &wanted.schema))
                            {
                                self.mismatch(
                                    field,
                                    kind_of(&wanted.schema),
                                    kind_of(&found.schema),
                                );
                            }
                        }
                    }
                }
            }
        }
        for name in required(schema) {
            if !call.inputs.iter().any(|(given, _)| given == name) {
                let message = format!(
                    "missing; {:?} has to have it: add {name} = \"$.input.{name}\", or what else it is",
                    call.action.name
                );
                self.faults
                    .push((format!("call[{}].inputs.{name}", at + 1), message));
            }
        }
    }

    /// The schema of what it gives.
    fn outputs(&mut self, outputs: &[CompositeOutput]) -> Value {
        let mut schema = object();
        for output in outputs {
            let field = format!("outputs.{}", output.name);
            let found = match &output.feed {
                Feed::Constant(value) => Some(Place {
                    schema: json!({"type": value_kind(value)}),
                    certain: true,
                }),
                Feed::Path { .. } => self.found(&output.feed, &field),
            };
            let Some(found) = found else { continue };
            if let Some(default) = &output.default
                && !is_of(default, &found.schema)
            {
                let field = format!("defaults.{}", output.name);
                self.mismatch(field, kind_of(&found.schema), value_kind(default));
            }
            let optional = output.feed.call().and_then(|at| self.calls.get(at));
            let optional = optional.is_some_and(|call| call.optional);
            let certain = output.default.is_some() || (found.certain && !optional);
            let step = [PlainStep::Name(&output.name)];
            // A new name has no schema that it could disagree with.
            let _ = place(&mut schema, &step, Some(&found.schema), certain);
        }
        schema
    }

    /// What lies where a path leads to.
    fn found(&mut self, feed: &Feed, field: &str) -> Option<Place> {
        let Feed::Path { from, path } = feed else {
            return None;
        };
        let (steps, whole) = path.plain_steps();
        let (schema, of) = match from {
            Origin::Input => (&self.input, "an input that a call takes".to_owned()),
            Origin::Call(at) => {
                let call = self.calls.get(*at)?;
                let of = format!("what {:?} answers by its contract", call.action.name);
                (call.action.action().ok()?.output_schema(), of)
            }
        };
        match follow(schema, &steps) {
            Ok(found) if whole => Some(found),
            Ok(_) => Some(Place::anything()),
            Err(why) => {
                let message = format!("leads to nothing in {of}: {why}");
                self.faults.push((field.to_owned(), message));
                None
            }
        }
    }

    fn mismatch(&mut self, field: String, expected: String, found: String) {
        let message = format!("expected {expected}, found {found}");
        self.faults.push((field, message));
    }
}

/// Notes in the schema of an object what lies at the end of the steps. `leaf`: its schema, where they lead there.
/// Where something else is known to be there: that, and what was to be noted.
fn place(
    schema: &mut Value,
    steps: &[PlainStep<'_>],
    leaf: Option<&Value>,
    is_required: bool,
) -> Result<(), (String, String)> {
    let Some((PlainStep::Name(name), rest)) = steps.split_first() else {
        return Ok(());
    };
    if is_required && !required(schema).any(|it| it == *name) {
        match schema.get_mut("required").and_then(Value::as_array_mut) {
            Some(names) => names.push((*name).into()),
            None => schema["required"] = json!([name]),
        }
    }
    let properties = &mut schema["properties"];
    if properties.is_null() {
        *properties = json!({});
    }
    let there = &mut properties[*name];
    let new = match (rest, leaf) {
        ([PlainStep::Name(_), ..], _) => object(),
        ([PlainStep::Index(_), ..], _) => json!({"type": "array"}),
        ([], Some(leaf)) => leaf.clone(),
        ([], None) => json!({}),
    };
    if there.is_null() || there.get("type").is_none() {
        *there = new;
    } else if !agree(there, &new) {
        return Err((kind_of(there), kind_of(&new)));
    }
    place(there, rest, leaf, is_required)
}

/// Whether one value may be of both schemas, as far as their types say.
fn agree(one: &Value, other: &Value) -> bool {
    let types = |schema: &Value| match schema.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => {
            let names = several.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let (one, other) = (types(one), types(other));
    let same = |a: &String| {
        other.contains(a)
            || (a == "integer" && other.iter().any(|b| b == "number"))
            || (a == "number" && other.iter().any(|b| b == "integer"))
    };
    one.is_empty() || other.is_empty() || one.iter().any(same)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str)
}

fn object() -> Value {
    json!({"type": "object", "properties": {}})
}

/// The word of schemas for a value's type.
fn value_kind(value: &Value) -> String {
    let word = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    word.to_owned()
}
