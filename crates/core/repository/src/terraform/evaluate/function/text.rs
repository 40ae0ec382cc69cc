//! Functions of texts and numbers, and JSON.

use super::{Outcome, mistake, number_of, text_of};
use crate::terraform::evaluate::MAX_TEXT;
use crate::terraform::value::Value;
use sha2::{Digest as _, Sha256};
use std::rc::Rc;

/// Their names.
pub(super) const NAMES: &str = "abs basename ceil chomp dirname endswith floor format jsondecode jsonencode join \
    lower max min nonsensitive replace sensitive sha256 split startswith strcontains strrev substr title tobool \
    tonumber tostring trim trimprefix trimspace trimsuffix upper";

pub(super) fn function(name: &str, arguments: &[Value]) -> Option<Outcome> {
    if !NAMES.split_whitespace().any(|known| known == name) {
        return None;
    }
    let unknown = arguments.iter().find_map(Value::first_unknown);
    Some(match unknown {
        Some(unknown) if !matches!(name, "sensitive" | "nonsensitive") => {
            Ok(Value::Unknown(Rc::clone(unknown)))
        }
        _ => of_values(name, arguments),
    })
}

fn of_values(name: &str, arguments: &[Value]) -> Outcome {
    let number = |calculate: fn(f64) -> f64| {
        number_of(arguments, 0).map(|number| Value::number(calculate(number)))
    };
    let numbers = |choose: fn(f64, f64) -> f64| {
        let all: Result<Vec<f64>, _> = (0..arguments.len())
            .map(|at| number_of(arguments, at))
            .collect();
        let chosen = all?.into_iter().reduce(choose);
        chosen.map_or_else(|| mistake("a number is missing"), |n| Ok(Value::number(n)))
    };
    match name {
        "sensitive" | "nonsensitive" => Ok(arguments.first().cloned().unwrap_or(Value::Null)),
        "abs" => number(f64::abs),
        "ceil" => number(f64::ceil),
        "floor" => number(f64::floor),
        "max" => numbers(f64::max),
        "min" => numbers(f64::min),
        "tonumber" => number(|number| number),
        "tobool" => match arguments.first().and_then(Value::to_bool) {
            Some(flag) => Ok(Value::Bool(flag)),
            None => mistake("expected a bool"),
        },
        "tostring" => match arguments.first() {
            Some(Value::Null) => Ok(Value::Null),
            _ => text_of(arguments, 0).map(Value::Text),
        },
        "jsonencode" => {
            let json = arguments.first().unwrap_or(&Value::Null).to_json();
            Ok(json.map_or_else(|unknown| unknown, |json| Value::text(json.to_string())))
        }
        "jsondecode" => match tollgate_json::read(&text_of(arguments, 0)?) {
            Ok(json) => Ok(Value::from_json(&json)),
            Err(fault) => mistake(format!("this is not JSON: {}", fault.message)),
        },
        "format" => format(arguments),
        "join" => join(arguments),
        "split" => {
            let (separator, text) = (text_of(arguments, 0)?, text_of(arguments, 1)?);
            Ok(Value::list(text.split(&*separator).map(Value::text)))
        }
        _ => of_text(name, arguments).map(bounded),
    }
}

fn bounded(value: Value) -> Value {
    match value {
        Value::Text(text) if text.len() > MAX_TEXT => {
            Value::unknown(format!("a text of more than {MAX_TEXT} bytes"))
        }
        value => value,
    }
}

fn of_text(name: &str, arguments: &[Value]) -> Outcome {
    let text = text_of(arguments, 0)?;
    let second = || text_of(arguments, 1);
    Ok(match name {
        "lower" => Value::text(text.to_lowercase()),
        "upper" => Value::text(text.to_uppercase()),
        "title" => Value::text(title(&text)),
        "chomp" => Value::text(text.trim_end_matches(['\r', '\n'])),
        "trimspace" => Value::text(text.trim()),
        "strrev" => Value::text(text.chars().rev().collect::<String>()),
        "trim" => {
            let set = second()?;
            Value::text(text.trim_matches(|c| set.contains(c)))
        }
        "trimprefix" => Value::text(text.strip_prefix(&*second()?).unwrap_or(&text)),
        "trimsuffix" => Value::text(text.strip_suffix(&*second()?).unwrap_or(&text)),
        "startswith" => Value::Bool(text.starts_with(&*second()?)),
        "endswith" => Value::Bool(text.ends_with(&*second()?)),
        "strcontains" => Value::Bool(text.contains(&*second()?)),
        "basename" => Value::text(text.rsplit('/').next().unwrap_or_default()),
        "dirname" => Value::text(text.rsplit_once('/').map_or(".", |(folder, _)| folder)),
        "sha256" => Value::text(sha256(&text)),
        "replace" => {
            let (part, by) = (second()?, text_of(arguments, 2)?);
            if part.len() > 1 && part.starts_with('/') && part.ends_with('/') {
                return Ok(Value::unknown(
                    "what replace(…) makes with a pattern isn't worked out here",
                ));
            }
            if text.len().saturating_mul(by.len().max(1)) > MAX_TEXT {
                return Ok(Value::unknown(format!(
                    "a text of more than {MAX_TEXT} bytes"
                )));
            }
            Value::text(text.replace(&*part, &by))
        }
        _ => {
            let (from, length) = (number_of(arguments, 1)?, number_of(arguments, 2)?);
            let count = text.chars().count() as f64;
            let from = if from < 0.0 { count + from } else { from };
            let length = if length < 0.0 { count } else { length };
            let kept = text.chars().skip(from as usize).take(length as usize);
            Value::text(kept.collect::<String>())
        }
    })
}

/// The checksum as Terraform writes it.
pub(in crate::terraform) fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn title(text: &str) -> String {
    let mut before = ' ';
    let letters = text.chars().map(|letter| {
        let first = !before.is_alphanumeric() && before != '\'' && before != '_';
        before = letter;
        if first {
            letter.to_uppercase().collect::<String>()
        } else {
            letter.to_string()
        }
    });
    letters.collect()
}

fn join(arguments: &[Value]) -> Outcome {
    let separator = text_of(arguments, 0)?;
    let mut parts: Vec<Rc<str>> = Vec::new();
    for list in &arguments[1..] {
        let Value::List(items) = list else {
            return mistake(format!("expected a list, found {}", list.what()));
        };
        for item in items.iter() {
            match item.to_text() {
                Some(text) => parts.push(text),
                None => return mistake(format!("expected texts, found {}", item.what())),
            }
        }
    }
    let length: usize = parts.iter().map(|part| part.len() + separator.len()).sum();
    if length > MAX_TEXT {
        return Ok(Value::unknown(format!(
            "a text of more than {MAX_TEXT} bytes"
        )));
    }
    Ok(Value::text(parts.join(&*separator)))
}

/// `%s`, `%d`, `%v`, `%q` and `%%`; what has a width or another letter isn't worked out.
fn format(arguments: &[Value]) -> Outcome {
    let pattern = text_of(arguments, 0)?;
    let (mut out, mut next, mut letters) = (String::new(), 1, pattern.chars());
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('%') => out.push('%'),
            Some('s' | 'v' | 'd') => {
                out.push_str(&text_of(arguments, next)?);
                next += 1;
            }
            Some('q') => {
                let text = serde_json::Value::from(&*text_of(arguments, next)?);
                out.push_str(&text.to_string());
                next += 1;
            }
            _ => {
                return Ok(Value::unknown(
                    "what format(…) makes of widths isn't worked out here",
                ));
            }
        }
    }
    Ok(bounded(Value::text(out)))
}
