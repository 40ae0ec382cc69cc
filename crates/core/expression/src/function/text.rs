//! Functions of texts. Positions and lengths count characters, from 0.

use super::call::{Call, bounded_list, bounded_text, count};
use super::definition::Code;
use crate::arithmetic::{bounded, joined};
use crate::bounds::MAX_TEXT;
use crate::compare::{compare_texts, equal};
use crate::kind::Base;
use crate::value::{Value, rounded};
use std::cmp::Ordering;
use std::sync::Arc;
use whatlang::Lang;

/// What is cut off at the ends of a text.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

pub(super) const CODE: &[(&str, Code)] = &[
    ("Append", append),
    ("Compare", |call| {
        let text = |index: usize| call.at(index).to_text();
        let order = match (text(0), text(1)) {
            (Some(left), Some(right)) if call.flag(2) => {
                compare_texts(&left.to_lowercase(), &right.to_lowercase())
            }
            (Some(left), Some(right)) => compare_texts(&left, &right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        Ok(Value::Integer(match order {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    }),
    ("Contains", |call| {
        if let Value::Collection(items) = call.at(0) {
            let found = items.iter().any(|item| equal(item, call.at(1)));
            return Ok(Value::Boolean(found));
        }
        let (text, part) = (call.text(0)?, call.text(1)?);
        Ok(Value::Boolean(if call.flag(2) {
            text.to_lowercase().contains(&part.to_lowercase())
        } else {
            text.contains(&*part)
        }))
    }),
    ("DetectLanguage", |call| {
        let text = call.at(0).to_text().unwrap_or_default();
        let known = whatlang::detect_lang(&text).and_then(language);
        Ok(known.map_or_else(|| call.at(1).clone(), Value::text))
    }),
    ("FindString", find),
    ("Left", |call| {
        let length = length(call, 1)?;
        bounded_text(call.text(0)?.chars().take(length).collect())
    }),
    ("Length", |call| Ok(count(call.text(0)?.chars().count()))),
    ("Lower", |call| bounded_text(call.text(0)?.to_lowercase())),
    ("LTrim", |call| {
        Ok(Value::text(call.text(0)?.trim_start_matches(BLANKS)))
    }),
    ("Replace", |call| {
        let (text, from) = (call.text(0)?, call.text(1)?);
        let to = call.at(2).to_text().unwrap_or_default();
        if from.is_empty() {
            return Ok(Value::String(text));
        }
        let grown = text.len() + text.matches(&*from).count() * to.len();
        // Four bytes a character at the most.
        if grown > 4 * MAX_TEXT {
            return Err(format!("a text of more than {MAX_TEXT} characters"));
        }
        bounded_text(text.replace(&*from, &to))
    }),
    ("Reverse", |call| {
        bounded_text(call.text(0)?.chars().rev().collect())
    }),
    ("Right", |call| {
        let text = call.text(0)?;
        let skipped = text.chars().count().saturating_sub(length(call, 1)?);
        bounded_text(text.chars().skip(skipped).collect())
    }),
    ("RTrim", |call| {
        Ok(Value::text(call.text(0)?.trim_end_matches(BLANKS)))
    }),
    ("Split", |call| {
        let (text, separator) = (call.text(0)?, call.text(1)?);
        if separator.is_empty() {
            return bounded_list(text.chars().map(|c| Value::text(&c.to_string())).collect());
        }
        bounded_list(text.split(&*separator).map(Value::text).collect())
    }),
    ("Substring", |call| {
        let (start, length) = (length(call, 1)?, length(call, 2)?);
        bounded_text(call.text(0)?.chars().skip(start).take(length).collect())
    }),
    ("ToDisplayString", |call| {
        Ok(Value::String(call.at(0).to_text().unwrap_or_default()))
    }),
    ("ToString", to_string),
    ("Trim", |call| {
        Ok(Value::text(call.text(0)?.trim_matches(BLANKS)))
    }),
    ("Upper", |call| bounded_text(call.text(0)?.to_uppercase())),
];

fn append(call: &mut Call<'_>) -> Result<Value, String> {
    let mut out = String::new();
    for value in call.arguments {
        let text = value.to_text().unwrap_or_default();
        out = match call.result.base {
            Base::String => out + &text,
            _ => joined(&out, &text),
        };
        // Four bytes a character at the most.
        if out.len() > 4 * MAX_TEXT {
            break;
        }
    }
    let text = bounded(out)?;
    Ok(match call.result.base {
        Base::Audio => Value::Audio(text),
        _ => Value::String(text),
    })
}

/// Where the second text begins in the first, for the n-th time if a number says so; -1 if it doesn't.
fn find(call: &mut Call<'_>) -> Result<Value, String> {
    let ignoring = call.flag(call.arguments.len() - 1);
    let folded = |text: Arc<str>| -> Vec<String> {
        let fold = |c: char| match ignoring {
            true => c.to_lowercase().to_string(),
            false => c.to_string(),
        };
        text.chars().map(fold).collect()
    };
    let (text, part) = (folded(call.text(0)?), folded(call.text(1)?));
    let occurrence = match call.at(2) {
        Value::Integer(number) => usize::try_from(*number).map_err(|_| "a number below 1")?,
        _ => 1,
    };
    if part.is_empty() {
        return Ok(Value::Integer(0));
    }
    let mut places = text.windows(part.len()).enumerate();
    let mut found = places.by_ref().filter(|(_, window)| *window == part);
    let found = found.nth(occurrence - 1);
    Ok(found.map_or(Value::Integer(-1), |(at, _)| count(at)))
}

/// A value written out; a collection with what stands between its items, amounts with their places.
fn to_string(call: &mut Call<'_>) -> Result<Value, String> {
    let mut between: Arc<str> = "\n".into();
    let mut places = None;
    for index in 1..call.arguments.len() {
        match call.at(index) {
            Value::String(text) => between = text.clone(),
            Value::Integer(number) => {
                places = Some(u32::try_from(*number).map_err(|_| "places below 0")?);
            }
            _ => {}
        }
    }
    let written = |value: &Value| match (value, places) {
        (Value::Decimal(number), Some(places)) => Some(rounded(*number, places).to_string().into()),
        (Value::Currency(money), Some(places)) => Some(money.written(places).into()),
        _ => value.to_text(),
    };
    match call.at(0) {
        Value::Collection(items) => {
            let texts = items.iter().map(|item| written(item).unwrap_or_default());
            bounded_text(texts.collect::<Vec<_>>().join(&between))
        }
        value => match written(value) {
            Some(text) => bounded_text(text.to_string()),
            None => Ok(Value::NotSet),
        },
    }
}

/// A count that may not be negative.
fn length(call: &Call<'_>, index: usize) -> Result<usize, String> {
    let number = call.integer(index)?;
    usize::try_from(number).map_err(|_| format!("argument {} is {number}, below zero", index + 1))
}

/// The code of a language, as ISO 639-1 has it.
fn language(lang: Lang) -> Option<&'static str> {
    LANGUAGES
        .iter()
        .find(|(known, _)| *known == lang)
        .map(|(_, code)| *code)
}

const LANGUAGES: [(Lang, &str); 24] = [
    (Lang::Ara, "ar"),
    (Lang::Ces, "cs"),
    (Lang::Dan, "da"),
    (Lang::Deu, "de"),
    (Lang::Ell, "el"),
    (Lang::Eng, "en"),
    (Lang::Fin, "fi"),
    (Lang::Fra, "fr"),
    (Lang::Heb, "he"),
    (Lang::Hun, "hu"),
    (Lang::Ita, "it"),
    (Lang::Jpn, "ja"),
    (Lang::Kor, "ko"),
    (Lang::Nld, "nl"),
    (Lang::Nob, "no"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Ron, "ro"),
    (Lang::Rus, "ru"),
    (Lang::Spa, "es"),
    (Lang::Swe, "sv"),
    (Lang::Tha, "th"),
    (Lang::Tur, "tr"),
    (Lang::Cmn, "zh"),
];
