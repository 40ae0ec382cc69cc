//! What an action's inputs and outputs must look like.
//!
//! A contract is a JSON Schema: of the draft its `$schema` names, draft-04 without one, as the platform
//! reads it. It is applied as written: no defaults are filled in, nothing is converted, and a property that
//! it doesn't name is refused only where it says `additionalProperties: false`. Nothing is fetched: a
//! `$ref` must stay within the schema. A breach never quotes the value, only its place: inputs may be secret.
//!
//! A check is metered, whatever schema and document are: see [`metered`]. First is asked whether the document
//! keeps the contract, which holds nothing; only where it doesn't are the breaches gathered.

mod document;
mod metered;
mod pattern;
pub(crate) mod reference;
mod unique;

use crate::error::{ActionError, ContractError, Violation};
use crate::file::File;
use crate::flatten::{self, FlattenError, Shape};
use document::{Counted, Spot};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use std::fmt::{self, Write as _};
use tollgate_meter::{Budget, Exhausted, Meter};

/// The most breaches that are told of one document.
const MAX_VIOLATIONS: usize = 32;
/// Characters that are told of one breach.
const MAX_MESSAGE: usize = 1_000;
/// What gathering the breaches may cost: they can be many more than are told, and long.
const BREACHES: Budget = Budget {
    steps: 500_000,
    bytes: 8 * 1024 * 1024,
    ..Budget::EXECUTION
};

/// A compiled contract.
pub(crate) struct Contract {
    field: &'static str,
    /// The schema; of one for the flattened form, what it names in the nested form.
    schema: Value,
    shape: Shape,
    validator: Validator<Counted>,
    /// Steps of a look at one item or field.
    weight: u64,
    /// Whether it describes the flattened form, as `…Flattened` does.
    flattened: bool,
}

impl Contract {
    pub(crate) fn input(file: &File<'_>) -> Result<Contract, ActionError> {
        let field = "contract.input.inputSchema";
        Contract::read(file, ["contract", "input", "inputSchema"], field)
    }

    pub(crate) fn output(file: &File<'_>) -> Result<Contract, ActionError> {
        let field = "contract.output.successSchema";
        Contract::read(file, ["contract", "output", "successSchema"], field)
    }

    fn read(
        file: &File<'_>,
        path: [&str; 3],
        field: &'static str,
    ) -> Result<Contract, ActionError> {
        let [contract, side, name] = path;
        let flat_name = format!("{name}Flattened");
        let flat_path = [contract, side, flat_name.as_str()];
        let (schema, at) = match (file.get(&path), file.get(&flat_path)) {
            (Some(schema), _) => (schema, path),
            (None, Some(schema)) => (schema, flat_path),
            (None, None) => {
                let address = format!("{name}Uri");
                if file.get(&[contract, side, &address]).is_some() {
                    return Err(file.only_address(&path));
                }
                let hint = "is missing; give a JSON Schema, such as {\"type\": \"object\"}";
                return Err(file.error(&path, hint));
            }
        };
        let flattened = at == flat_path;
        let (schema, arrays) = match flattened {
            true => document(schema),
            false => (schema, Vec::new()),
        };
        let validator = compile(schema).map_err(|message| file.error(&at, message))?;
        let weight = weight(schema);
        let schema = match flattened {
            true => flatten::nested(schema, &arrays),
            false => schema.clone(),
        };
        Ok(Contract {
            field,
            shape: Shape::of(&schema),
            schema,
            validator,
            weight,
            flattened,
        })
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    /// What it names, for the flattened form.
    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn check(&self, value: &Value, meter: &Meter) -> Result<(), ContractError> {
        let flat;
        let value = if self.flattened {
            flat = match flatten::flatten(value, &self.shape, meter) {
                Ok(flat) => flat,
                Err(FlattenError::Exhausted(why)) => return Err(self.broken(vec![stopped(&why)])),
                Err(error) => {
                    return Err(self.broken(vec![Violation {
                        pointer: String::new(),
                        message: error.to_string(),
                    }]));
                }
            };
            &flat
        } else {
            value
        };
        let root = Spot::root(value);
        match metered::run(meter, self.weight, || self.validator.is_valid(root)) {
            Some(true) => Ok(()),
            Some(false) => Err(self.broken(self.breaches(root, meter))),
            None => Err(self.broken(meter.stopped().iter().map(stopped).collect())),
        }
    }

    /// What the document breaks; only the first breach where gathering all of them would take too much.
    fn breaches(&self, root: Spot<'_>, meter: &Meter) -> Vec<Violation> {
        let all = || {
            let errors = self.validator.iter_errors(root).take(MAX_VIOLATIONS);
            errors.map(|error| violation(&error)).collect()
        };
        let first = || {
            let first = self.validator.validate(root).err();
            first.iter().map(violation).collect()
        };
        let mut gathered = self.part(meter, all);
        if gathered.is_none() && meter.stopped().is_none() {
            gathered = self.part(meter, first);
        }
        if let Some(exhausted) = meter.stopped() {
            return vec![stopped(&exhausted)];
        }
        gathered.unwrap_or_else(|| {
            vec![Violation {
                pointer: String::new(),
                message: "the value breaks the contract in more places than can be told".to_owned(),
            }]
        })
    }

    /// Gathers breaches, within their own budget.
    fn part<T>(&self, meter: &Meter, check: impl FnOnce() -> T) -> Option<T> {
        let part = meter.part(BREACHES);
        let result = metered::run(&part, self.weight, check);
        meter.join(&part, BREACHES).ok().and(result)
    }

    fn broken(&self, violations: Vec<Violation>) -> ContractError {
        ContractError {
            field: self.field,
            violations,
        }
    }
}

fn violation(error: &ValidationError<'_>) -> Violation {
    let mut message = Short(String::new());
    // It stops where the message is long enough.
    let _ = write!(message, "{}", error.masked());
    Violation {
        pointer: error.instance_path().to_string(),
        message: message.0,
    }
}

/// The start of a text that may be long.
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_MESSAGE.saturating_sub(self.0.len());
        match text
            .char_indices()
            .find(|(at, letter)| at + letter.len_utf8() > room)
        {
            None => self.0.push_str(text),
            Some((at, _)) => {
                self.0.push_str(&text[..at]);
                self.0.push('…');
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}

fn stopped(exhausted: &Exhausted) -> Violation {
    Violation {
        pointer: String::new(),
        message: format!("the check was {exhausted}"),
    }
}

/// Whether a text is JSON; nothing of it is kept.
fn is_json(text: &str) -> bool {
    tollgate_json::check(text).is_ok()
}

/// Words of a schema, with blanks between them, that make the library look at the document, which is where a check is counted.
const LOOKING: &str = "\
    additionalItems additionalProperties const contains contentEncoding contentMediaType \
    dependencies dependentRequired dependentSchemas enum exclusiveMaximum exclusiveMinimum format \
    items maxItems maxLength maxProperties maximum minItems minLength minProperties minimum \
    multipleOf pattern patternProperties prefixItems properties propertyNames required type \
    uniqueItems";
/// Parts of a schema that look at nothing, and are passed over in one step.
const PARTS_PER_STEP: u64 = 16;

/// Steps of a look at one item or field: one, and those for the parts that look at nothing themselves.
fn weight(schema: &Value) -> u64 {
    let (mut left, mut idle) = (vec![schema], 0);
    while let Some(part) = left.pop() {
        match part {
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => {
                idle += u64::from(
                    !LOOKING
                        .split_whitespace()
                        .any(|word| fields.contains_key(word)),
                );
                left.extend(fields.values());
            }
            Value::Bool(_) => idle += 1,
            _ => {}
        }
    }
    1 + idle / PARTS_PER_STEP
}

/// The schema of a flattened one, and the names of what was an array: the platform writes both as
/// `{schema, arrayProperties}`, or the schema alone.
fn document(flat: &Value) -> (&Value, Vec<String>) {
    let inner = flat.get("schema").filter(|inner| inner.is_object());
    let Some(inner) = inner.filter(|_| flat.get("properties").is_none()) else {
        return (flat, Vec::new());
    };
    let arrays = flat.get("arrayProperties").and_then(Value::as_array);
    let arrays = arrays.into_iter().flatten().filter_map(Value::as_str);
    (inner, arrays.map(str::to_owned).collect())
}

fn compile(schema: &Value) -> Result<Validator<Counted>, String> {
    if !schema.is_object() {
        let found = crate::file::kind(schema);
        return Err(format!("expected a JSON Schema, an object; found {found}"));
    }
    reference::check(schema)?;
    pattern::check_named(schema)?;
    let draft = match schema.get("$schema") {
        None | Some(Value::Null) => Draft::Draft4,
        Some(named) => match Draft::from_schema_uri(named.as_str().unwrap_or_default()) {
            Draft::Unknown => {
                return Err(format!(
                    "`$schema` is {named}, a kind of schema that isn't known; \
                     use http://json-schema.org/draft-04/schema# or a later draft's name"
                ));
            }
            draft => draft,
        },
    };
    let names = PatternOptions::regex()
        .size_limit(metered::NAMED_BYTES)
        .dfa_size_limit(metered::NAMED_MEMORY);
    pattern::begin();
    let options = jsonschema::options_for::<Counted>()
        .with_draft(draft)
        .with_keyword("pattern", pattern::compile)
        .with_content_media_type("application/json", is_json)
        .with_pattern_options(names);
    let built = options.offline().build(schema);
    built.map_err(|error| explain(&error))
}

fn explain(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "the root" } else { &place };
    format!("this is not a JSON Schema: {error}, at {place}")
}
