//! Whether the items of an array differ, as schemas mean it: numbers by their value, objects whatever the
//! order of their fields.
//!
//! Each item is written in a form that is the same for equal values, and the forms are sorted: no choice of
//! items makes that slower than the length of the text times its logarithm. The library hashes them
//! instead, and there are many that differ and have one hash.

use super::metered;
use serde_json::{Number, Value};

/// Bytes of a form beside its text.
const FORM: usize = 24;
/// Steps of reading a byte: each is written once and compared some twenty times.
const BYTES_PER_STEP: usize = 16;

pub(super) fn all_differ(items: &[Value]) -> bool {
    if items.len() < 2 {
        return true;
    }
    let (mut forms, mut held) = (Vec::with_capacity(items.len()), 0);
    for item in items {
        let mut form = Vec::new();
        write(item, &mut form);
        let bytes = FORM + form.capacity();
        metered::ask(|meter| meter.hold(bytes));
        held += bytes;
        forms.push(form);
    }
    forms.sort_unstable();
    let differ = forms.windows(2).all(|pair| pair[0] != pair[1]);
    metered::ask(|meter| {
        meter.release(held);
        Ok(())
    });
    differ
}

/// Appends a form in which no two values that differ are the same: every part says how long it is.
fn write(value: &Value, form: &mut Vec<u8>) {
    match value {
        Value::Null => form.push(b'z'),
        Value::Bool(true) => form.push(b't'),
        Value::Bool(false) => form.push(b'f'),
        Value::Number(it) => number(it, form),
        Value::String(it) => text(it, form),
        Value::Array(items) => {
            head(b'[', items.len(), form);
            items.iter().for_each(|item| write(item, form));
        }
        Value::Object(fields) => {
            head(b'{', fields.len(), form);
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            for (name, field) in fields {
                text(name, form);
                write(field, form);
            }
        }
    }
}

fn head(kind: u8, length: usize, form: &mut Vec<u8>) {
    metered::steps(1 + (length / BYTES_PER_STEP) as u64);
    form.push(kind);
    form.extend_from_slice(&length.to_be_bytes());
}

fn text(text: &str, form: &mut Vec<u8>) {
    head(b'"', text.len(), form);
    form.extend_from_slice(text.as_bytes());
}

/// A number by its digits without zeros at either end, and where its point is.
fn number(number: &Number, form: &mut Vec<u8>) {
    let text = number.as_str();
    head(b'#', text.len(), form);
    // The length as written says nothing of the value.
    form.truncate(form.len() - size_of::<usize>());
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (b'-', rest),
        None => (b'+', text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    let zeros = digits().take_while(|digit| *digit == b'0').count();
    let mut kept: Vec<u8> = digits().skip(zeros).collect();
    while kept.last() == Some(&b'0') {
        kept.pop();
    }
    if kept.is_empty() {
        return form.push(b'0');
    }
    let exponent = exponent.parse().unwrap_or(match exponent.starts_with('-') {
        true => i128::MIN / 2,
        false => i128::MAX / 2,
    });
    let point = exponent + whole.len() as i128 - zeros as i128;
    form.push(sign);
    form.extend_from_slice(&point.to_be_bytes());
    form.extend_from_slice(&kept.len().to_be_bytes());
    form.extend_from_slice(&kept);
}

#[cfg(test)]
mod tests {
    use super::all_differ;
    use jsonschema::json::unique;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn numbers_are_their_values() {
        let read = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
        for (items, differ) in [
            ("[1, 1.0]", false),
            ("[100, 1e2]", false),
            ("[0, -0.0]", false),
            ("[0.10, 1e-1]", false),
            ("[1, -1]", true),
            ("[1, \"1\"]", true),
            ("[1, [1]]", true),
            ("[[1, [2]], [[1], 2]]", true),
            ("[{\"a\": 1, \"b\": 2}, {\"b\": 2.0, \"a\": 1}]", false),
            ("[[\"a\", \"b\"], [\"ab\", \"\"]]", true),
            ("[1e999999999999, 1e999999999998]", true),
            ("[9007199254740993, 9007199254740992]", true),
        ] {
            assert_eq!(all_differ(&read(items)), differ, "{items}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3_i64..3).prop_map(Value::from),
            prop_oneof![Just(0.5), Just(1.0), Just(-2.0)].prop_map(|it: f64| json!(it)),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[ab]", inner, 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn as_the_library_has_it(items in proptest::collection::vec(value(), 0..20)) {
            prop_assert_eq!(all_differ(&items), unique::is_unique(&items));
        }
    }
}
