//! What numbers come to.

use crate::chain::Function;
use crate::found::Found;
use crate::number;
use crate::stop::Stop;
use serde_json::Value;

/// Adds the numbers among the items.
pub(super) fn collect<'i>(items: impl Iterator<Item = &'i Value>, numbers: &mut Vec<f64>) {
    numbers.extend(items.filter_map(|item| match item {
        Value::Number(number) => Some(number::value(number)),
        _ => None,
    }));
}

/// Adds the numbers of a parameter.
pub(super) fn add(found: &Found<'_>, numbers: &mut Vec<f64>) {
    match found.value() {
        Some(Value::Array(items)) => collect(items.iter(), numbers),
        Some(value) => collect(std::iter::once(value), numbers),
        None => {}
    }
}

/// What numbers come to, calculated in the order and with the starts of the reference.
pub(super) fn value(function: Function, numbers: &[f64]) -> Result<f64, Stop<'static>> {
    if numbers.is_empty() {
        return Err(Stop::Fault(&"there are no numbers"));
    }
    let count = numbers.len() as f64;
    let sum = |of: fn(f64) -> f64| numbers.iter().fold(0.0, |sum, number| sum + of(*number));
    Ok(match function {
        Function::Avg => sum(|number| number) / count,
        Function::StdDev => {
            let total = sum(|number| number);
            (sum(|number| number * number) / count - total * total / count / count).sqrt()
        }
        Function::Min => {
            let smaller = |least: f64, number: &f64| if least > *number { *number } else { least };
            numbers.iter().fold(f64::MAX, smaller)
        }
        Function::Max => {
            // Java's smallest double is above nought, so that is what numbers below nought come to.
            let larger = |most: f64, number: &f64| if most < *number { *number } else { most };
            numbers.iter().fold(f64::from_bits(1), larger)
        }
        _ => sum(|number| number),
    })
}
