//! Functions of texts. Positions and lengths count characters, from 0.

use super::call::{Call, bounded_list, bounded_text};
use super::definition::Code;
use crate::bounds::MAX_TEXT;
use crate::compare::equal;
use crate::kind::Base;
use crate::value::Value;
use tollgate_meter::{Meter, Pattern};

pub(super) const CODE: &[(&str, Code)] = &[
    ("Append", append),
    ("Contains", |call| {
        if let Value::Collection(items) = call.at(0) {
            let found = items.iter().any(|item| equal(item, call.at(1)));
            return Ok(Value::Boolean(found));
        }
        compare_texts(call, |text, part| text.contains(part))
    }),
    ("StartsWith", |call| {
        compare_texts(call, |text, part| text.starts_with(part))
    }),
    ("EndsWith", |call| {
        compare_texts(call, |text, part| text.ends_with(part))
    }),
    ("FindString", |call| {
        let text: Vec<char> = call.text(0)?.chars().collect();
        let part: Vec<char> = call.text(1)?.chars().collect();
        let start = usize::try_from(call.integer_or(2, 0)?.max(0)).unwrap_or(usize::MAX);
        let rest = text.get(start..).unwrap_or(&[]);
        let found = if part.is_empty() {
            Some(0)
        } else {
            rest.windows(part.len()).position(|window| window == part)
        };
        Ok(Value::Integer(found.map_or(-1, |at| (at + start) as i64)))
    }),
    ("Left", |call| {
        let count = count(call, 1)?;
        bounded_text(call.text(0)?.chars().take(count).collect())
    }),
    ("Right", |call| {
        let text = call.text(0)?;
        let skipped = text.chars().count().saturating_sub(count(call, 1)?);
        bounded_text(text.chars().skip(skipped).collect())
    }),
    ("Substring", substring),
    ("Mid", substring),
    ("CharAt", |call| {
        let at = count(call, 1)?;
        match call.text(0)?.chars().nth(at) {
            Some(character) => Ok(Value::text(&character.to_string())),
            None => Err(format!("character {at} lies past the end")),
        }
    }),
    ("Length", length),
    ("Lower", |call| bounded_text(call.text(0)?.to_lowercase())),
    ("Upper", |call| bounded_text(call.text(0)?.to_uppercase())),
    ("Trim", |call| Ok(Value::text(call.text(0)?.trim()))),
    ("TrimStart", |call| {
        Ok(Value::text(call.text(0)?.trim_start()))
    }),
    ("TrimEnd", |call| Ok(Value::text(call.text(0)?.trim_end()))),
    ("Replace", |call| {
        let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
        if from.is_empty() {
            return Ok(Value::String(text));
        }
        let grown = text.len() + text.matches(&*from).count() * to.len();
        if grown > MAX_TEXT {
            return Err(format!("a text of more than {} bytes", MAX_TEXT));
        }
        bounded_text(text.replace(&*from, &to))
    }),
    ("Split", |call| {
        let (text, separator) = (call.text(0)?, call.text(1)?);
        if separator.is_empty() {
            return bounded_list(text.chars().map(|c| Value::text(&c.to_string())).collect());
        }
        bounded_list(text.split(&*separator).map(Value::text).collect())
    }),
    ("Join", |call| {
        let texts: Vec<_> = call.items(0)?.iter().filter_map(Value::to_text).collect();
        bounded_text(texts.join(&*call.text(1)?))
    }),
    ("Format", |call| {
        let mut text = call.text(0)?.to_string();
        for (index, value) in call.arguments[1..].iter().enumerate() {
            let value = value.to_text().unwrap_or_default();
            text = text.replace(&format!("{{{index}}}"), &value);
            if text.len() > MAX_TEXT {
                break;
            }
        }
        bounded_text(text)
    }),
    ("RegexMatch", |call| {
        let text = call.text(0)?;
        let pattern = pattern(call, &text)?;
        Ok(Value::Boolean(pattern.lend(&text).is_match(&text)))
    }),
    ("RegexExtract", |call| {
        let text = call.text(0)?;
        let pattern = pattern(call, &text)?;
        let lent = pattern.lend(&text);
        let found = lent.find(&text);
        Ok(found.map_or(Value::NotSet, |found| Value::text(found.as_str())))
    }),
    ("UrlEncode", |call| {
        let mut out = String::new();
        for byte in call.text(0)?.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(byte as char);
                }
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        bounded_text(out)
    }),
    ("ToString", |call| {
        Ok(call.at(0).to_text().map_or(Value::NotSet, Value::String))
    }),
    ("ToDisplayString", |call| {
        Ok(Value::String(call.at(0).to_text().unwrap_or_default()))
    }),
];

fn append(call: &mut Call<'_>) -> Result<Value, String> {
    if let Value::Collection(items) = call.at(0) {
        let items = items.iter().chain(&call.arguments[1..]).cloned();
        return bounded_list(items.collect());
    }
    let separator = match call.result.base {
        Base::Audio | Base::Communication => " ",
        _ => "",
    };
    let mut out = String::new();
    for index in 0..call.arguments.len() {
        let text = call.text(index)?;
        if !out.is_empty() && !text.is_empty() {
            out.push_str(separator);
        }
        out.push_str(&text);
        if out.len() > MAX_TEXT {
            break;
        }
    }
    let text = bounded_text(out)?;
    Ok(match (call.result.base, text) {
        (Base::Audio, Value::String(text)) => Value::Audio(text),
        (Base::Communication, Value::String(text)) => Value::Communication(text),
        (_, text) => text,
    })
}

fn compare_texts(call: &Call<'_>, holds: fn(&str, &str) -> bool) -> Result<Value, String> {
    let (text, part) = (call.text(0)?, call.text(1)?);
    Ok(Value::Boolean(if call.flag_or(2, false)? {
        holds(&text.to_lowercase(), &part.to_lowercase())
    } else {
        holds(&text, &part)
    }))
}

/// A count that may not be negative.
fn count(call: &Call<'_>, index: usize) -> Result<usize, String> {
    let number = call.integer(index)?;
    usize::try_from(number).map_err(|_| format!("argument {} is {number}, below zero", index + 1))
}

fn substring(call: &mut Call<'_>) -> Result<Value, String> {
    let start = count(call, 1)?;
    let length = if call.has(2) {
        count(call, 2)?
    } else {
        usize::MAX
    };
    bounded_text(call.text(0)?.chars().skip(start).take(length).collect())
}

fn length(call: &mut Call<'_>) -> Result<Value, String> {
    Ok(Value::Integer(match call.at(0) {
        Value::Collection(items) => items.len() as i64,
        _ => call.text(0)?.chars().count() as i64,
    }))
}

/// The second argument, to be looked for in this text.
fn pattern(call: &mut Call<'_>, text: &str) -> Result<Pattern, String> {
    let flags = if call.flag_or(2, false)? { "(?i)" } else { "" };
    let meter = Meter::default();
    let pattern = Pattern::compile(&format!("{flags}{}", call.text(1)?), &meter);
    let pattern = pattern.map_err(|error| format!("not a pattern: {error}"))?;
    let afforded = pattern.afford(text.len(), &meter);
    afforded.map_err(|exhausted| exhausted.to_string())?;
    call.world.work(meter.steps_used())?;
    Ok(pattern)
}
