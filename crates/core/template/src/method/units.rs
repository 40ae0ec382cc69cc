//! Texts as Java counts and orders them: by UTF-16 units.

use crate::value::Value;
use std::cmp::Ordering;

pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// The byte at which the UTF-16 unit of that place starts; none within a pair, or outside.
fn byte_of(text: &str, unit: usize) -> Option<usize> {
    if text.is_ascii() {
        return (unit <= text.len()).then_some(unit);
    }
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= unit {
            return (units == unit).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == unit).then_some(text.len())
}

/// Part of a text by UTF-16 units; none if out of its range.
pub(super) fn substring(text: &str, from: i32, to: Option<i32>) -> Option<String> {
    let from = usize::try_from(from).ok()?;
    let to = to.map_or(Some(length(text)), |to| usize::try_from(to).ok())?;
    if from > to || to > length(text) {
        return None;
    }
    match (byte_of(text, from), byte_of(text, to)) {
        (Some(from), Some(to)) => Some(text[from..to].to_owned()),
        _ => {
            let units: Vec<u16> = text.encode_utf16().skip(from).take(to - from).collect();
            Some(String::from_utf16_lossy(&units))
        }
    }
}

pub(super) fn place(text: &str, found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), |at| Value::count(length(&text[..at])))
}

pub(super) fn character(code: i32) -> String {
    let c = u32::try_from(code).ok().and_then(char::from_u32);
    // What is no character is in no text.
    c.map_or_else(|| "\u{10ffff}\u{10ffff}\u{10ffff}".to_owned(), String::from)
}

pub(super) fn index_from(text: &str, part: &str, from: i32) -> Value {
    let from = usize::try_from(from).unwrap_or(0).min(length(text));
    let start = byte_of(text, from).or_else(|| byte_of(text, from + 1));
    let Some(start) = start else {
        return Value::Int(-1);
    };
    place(text, text[start..].find(part).map(|at| start + at))
}

pub(super) fn last_from(text: &str, part: &str, from: i32) -> Value {
    let Ok(from) = usize::try_from(from) else {
        return Value::Int(-1);
    };
    let last = length(text).saturating_sub(length(part)).min(from);
    let start = byte_of(text, last).or_else(|| byte_of(text, last.saturating_sub(1)));
    let end = (start.unwrap_or(0) + part.len()).min(text.len());
    if part.len() > text.len() || !text.is_char_boundary(end) {
        return Value::Int(-1);
    }
    place(text, text[..end].rfind(part))
}

/// As Java orders texts: the difference of the first units that differ, else of the lengths.
pub(super) fn compare(a: &str, b: &str) -> i32 {
    let differ = a.encode_utf16().zip(b.encode_utf16()).find(|(a, b)| a != b);
    match differ {
        Some((a, b)) => i32::from(a) - i32::from(b),
        None => {
            let (a, b) = (length(a), length(b));
            i32::try_from(a).unwrap_or(i32::MAX) - i32::try_from(b).unwrap_or(i32::MAX)
        }
    }
}

pub(super) fn folded(text: &str) -> String {
    let one = |mut it: std::char::ToUppercase, c: char| match (it.next(), it.next()) {
        (Some(only), None) => only,
        _ => c,
    };
    let upper = text.chars().map(|c| one(c.to_uppercase(), c));
    upper
        .map(|c| {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(only), None) => only,
                _ => c,
            }
        })
        .collect()
}

pub(super) fn ignoring_case(a: &str, b: &str) -> Ordering {
    compare(&folded(a), &folded(b)).cmp(&0)
}

/// What `strip` and `isBlank` take for white space.
pub(super) fn is_java_white(c: char) -> bool {
    match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        '\t'..='\r' | '\u{1c}'..='\u{1f}' | ' ' => true,
        '\u{85}' => false,
        _ => c.is_whitespace(),
    }
}
