//! `$ref`s within a schema: they must stay in it, and it must unfold to something finite and small.
//!
//! The platform's contracts take no `$ref` at all; here a schema may name a part of itself. One that leads back
//! to itself, or doubles with every step, would make the checking of a value take forever; it is refused.

use serde_json::Value;

/// The most objects and arrays that a schema may have, each `$ref` replaced by what it names.
const MAX_PARTS: usize = 10_000;
/// The deepest they may nest.
const MAX_DEPTH: usize = 128;

/// What a `$ref` names, if it is a pointer into the same schema.
pub(crate) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

/// Checks that a schema's references can be followed to their end.
pub(super) fn check(root: &Value) -> Result<(), String> {
    unfold(root, root, &mut MAX_PARTS.clone(), MAX_DEPTH)
}

fn unfold(root: &Value, part: &Value, left: &mut usize, depth: usize) -> Result<(), String> {
    let next = left.checked_sub(1).zip(depth.checked_sub(1));
    let Some((fewer, depth)) = next else {
        return Err(format!(
            "the schema unfolds to more than {MAX_PARTS} parts, or deeper than {MAX_DEPTH}: \
             a `$ref` leads back to itself, or doubles at every step"
        ));
    };
    *left = fewer;
    match part {
        Value::Array(items) => {
            let mut containers = items.iter().filter(|item| is_container(item));
            containers.try_for_each(|item| unfold(root, item, left, depth))
        }
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let named = resolve(root, reference).ok_or_else(|| {
                    format!(
                        "the `$ref` {reference:?} leads nowhere within the schema, and nothing is fetched; \
                         put the schema it means inline, or name it as in \"#/definitions/name\""
                    )
                })?;
                unfold(root, named, left, depth)?;
            }
            for (name, field) in fields {
                // What these hold are values, not schemas.
                let is_value = matches!(name.as_str(), "enum" | "const" | "default" | "examples");
                if is_container(field) && !is_value {
                    unfold(root, field, left, depth)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn is_container(value: &Value) -> bool {
    value.is_object() || value.is_array()
}
