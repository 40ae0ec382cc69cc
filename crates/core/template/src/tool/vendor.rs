//! What data actions add: `$successTemplateUtils`, `$urlTool`, `$msdynamics`, `$salesforce`.

use super::{escape, text_of};
use crate::bounds::Meter;
use crate::found::Found;
use crate::value::{ListKind, Value, print};

/// The first element, serialised; where there is none the default, or a fault.
pub(super) fn first_from_array(array: &Value, default: &Value, meter: &mut Meter) -> Found {
    let mut array = array.clone();
    if !matches!(array, Value::List(_)) {
        let text = text_of(&array, meter)?;
        meter.work(text.len())?;
        let parsed = tollgate_json::read(&text);
        array = parsed.map_or(Value::Null, |json| Value::from_json(&json));
    }
    let first = match &array {
        Value::List(list) => list.0.items.borrow().first().cloned(),
        _ => None,
    };
    match (first, default) {
        (Some(first), _) => serialised(&first, meter),
        (None, Value::Null) if matches!(array, Value::List(_)) => {
            Err("firstFromArray: the array is empty and there is no default".into())
        }
        (None, Value::Null) => Err("firstFromArray: this is not an array".into()),
        (None, default) => {
            let text = text_of(default, meter)?;
            meter.build(text.len())?;
            Ok(Value::Text(text.into()))
        }
    }
}

/// A value as JSON.
fn serialised(value: &Value, meter: &mut Meter) -> Found {
    let whole = Value::of_list(ListKind::Json, vec![value.clone()]);
    let mut text = String::new();
    print(&whole, &mut text, meter)?;
    meter.build(text.len())?;
    Ok(Value::text(&text[1..text.len() - 1]))
}

/// `name=value`, the value escaped; nothing where there is no value.
pub(super) fn optional_parameter(name: &Value, value: &Value, meter: &mut Meter) -> Found {
    let mut pair = String::new();
    if !value.is_null() {
        let value = text_of(value, meter)?;
        if !value.is_empty() {
            print(name, &mut pair, meter)?;
            pair.push('=');
            escape::url(&value, "%20", &mut pair);
        }
    }
    meter.build(pair.len())?;
    Ok(Value::Text(pair.into()))
}

/// A backslash before what Salesforce's search language reserves.
pub(super) fn escape_reserved(value: &Value, meter: &mut Meter) -> Found {
    let text = text_of(value, meter)?;
    meter.build(text.len().saturating_mul(2))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "?&|!{}[]()^~*:\\\"'+-".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::Text(out.into()))
}

/// An OData filter that finds a phone number in any of the fields, as it was given and as digits only.
pub(super) fn phone_number_filter(number: &Value, fields: &[Value], meter: &mut Meter) -> Found {
    let number = text_of(number, meter)?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let mut filter = String::new();
    for field in fields {
        let field = text_of(field, meter)?;
        for wanted in [&number, &digits] {
            if !filter.is_empty() {
                filter.push_str(" or ");
            }
            filter.push_str(&format!("{field} eq '{}'", wanted.replace('\'', "''")));
        }
        meter.fits(filter.len())?;
    }
    meter.build(filter.len())?;
    Ok(Value::Text(filter.into()))
}
