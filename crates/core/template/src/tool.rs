//! The tools: `$esc`, `$math`, `$encoding`, `$successTemplateUtils`, `$urlTool`, `$msdynamics`,
//! `$salesforce`.

mod entities;
mod escape;
mod math;
mod vendor;

pub(crate) use escape::Escape;

use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::value::{Tool, Value, print};
use base64::Engine as _;

pub(crate) fn property(tool: Tool, name: &str) -> Found {
    match tool {
        Tool::Esc => escape::property(name).ok_or(Failure::Absent),
        Tool::Math if matches!(name, "random" | "Random") => math::random(),
        _ => Err(Failure::Absent),
    }
}

pub(crate) fn call(tool: Tool, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    match (tool, name, arguments) {
        (Tool::Esc, _, [_, ..]) if is_esc_getter(name) => {
            Err(Failure::Fault(format!("{name} takes no arguments")))
        }
        (Tool::Esc, _, [value]) => escape::call(name, value, meter),
        (Tool::Esc, _, []) => {
            let property = name.strip_prefix("get").and_then(escape::property);
            property.ok_or(Failure::Absent)
        }
        (Tool::Math, _, _) => math::call(name, arguments, meter),
        (Tool::Encoding, "base64", [Value::Null]) => Ok(Value::Null),
        (Tool::Encoding, "base64", [value]) => {
            let bytes = text_of(value, meter)?;
            meter.build(bytes.len().saturating_mul(2))?;
            let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
            Ok(Value::text(&encoded))
        }
        (Tool::SuccessTemplateUtils, "firstFromArray", [array]) => {
            vendor::first_from_array(array, &Value::Null, meter)
        }
        (Tool::SuccessTemplateUtils, "firstFromArray", [array, default]) => {
            vendor::first_from_array(array, default, meter)
        }
        (Tool::SuccessTemplateUtils, "moveKeysIntoArrayOfObjects", _) => {
            Err("moveKeysIntoArrayOfObjects is not supported: its meaning is not documented".into())
        }
        (Tool::Url, "optionalQueryParam", [name, value]) => {
            vendor::optional_parameter(name, value, meter)
        }
        (Tool::Salesforce, "escReserved", [Value::Null]) => Ok(Value::Null),
        (Tool::Salesforce, "escReserved", [value]) => vendor::escape_reserved(value, meter),
        (Tool::MsDynamics, "phoneNumberFilter", [number, Value::List(fields)]) => {
            vendor::phone_number_filter(number, &fields.0.items.borrow(), meter)
        }
        _ => Err(Failure::Absent),
    }
}

fn is_esc_getter(name: &str) -> bool {
    let property = name.strip_prefix("get");
    property.is_some_and(|property| escape::property(property).is_some())
}

/// What a value prints.
fn text_of(value: &Value, meter: &mut Meter) -> Result<String, String> {
    let mut text = String::new();
    print(value, &mut text, meter)?;
    Ok(text)
}
