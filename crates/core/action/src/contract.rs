//! What an action's inputs and outputs must look like.
//!
//! A contract is a JSON Schema: of the draft its `$schema` names, draft-04 without one, as the platform
//! reads it. It is applied as written: no defaults are filled in, nothing is converted, and a property that
//! it doesn't name is refused only where it says `additionalProperties: false`. Nothing is fetched: a
//! `$ref` must stay within the schema. A breach never quotes the value, only its place: inputs may be secret.

pub(crate) mod reference;

use crate::error::{ActionError, ContractError, Violation};
use crate::file::File;
use crate::flatten;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// The most breaches that are told of one document.
const MAX_VIOLATIONS: usize = 32;
/// Where a pattern that backtracks is given up; a plain pattern never does.
const MAX_BACKTRACKING: usize = 100_000;

/// A compiled contract.
pub(crate) struct Contract {
    field: &'static str,
    schema: Value,
    validator: Validator,
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
        let validator = compile(schema).map_err(|message| file.error(&at, message))?;
        Ok(Contract {
            field,
            schema: schema.clone(),
            validator,
            flattened: at == flat_path,
        })
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    pub(crate) fn check(&self, value: &Value) -> Result<(), ContractError> {
        let flat;
        let value = if self.flattened {
            flat = flatten::flatten(value, &Value::Null);
            &flat
        } else {
            value
        };
        let errors = self.validator.iter_errors(value).take(MAX_VIOLATIONS);
        let violations: Vec<Violation> = errors
            .map(|error| Violation {
                pointer: error.instance_path().to_string(),
                message: error.masked().to_string(),
            })
            .collect();
        if violations.is_empty() {
            return Ok(());
        }
        Err(ContractError {
            field: self.field,
            violations,
        })
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    if !schema.is_object() {
        let found = crate::file::kind(schema);
        return Err(format!("expected a JSON Schema, an object; found {found}"));
    }
    reference::check(schema)?;
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
    let patterns = PatternOptions::fancy_regex().backtrack_limit(MAX_BACKTRACKING);
    let options = jsonschema::options()
        .with_draft(draft)
        .with_pattern_options(patterns);
    let built = options.offline().build(schema);
    built.map_err(|error| explain(&error))
}

fn explain(error: &ValidationError<'_>) -> String {
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "the root" } else { &place };
    format!("this is not a JSON Schema: {error}, at {place}")
}
