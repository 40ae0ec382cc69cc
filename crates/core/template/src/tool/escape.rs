//! `$esc`: velocity-tools' EscapeTool, and what data actions add to it.

use super::{entities, text_of};
use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::value::{Value, escape_json};
use std::fmt::Write as _;

/// A way to escape a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    Url,
    Uri,
    Json,
    Java,
    JavaScript,
    Html,
    Xml,
    Sql,
    Velocity,
    PropertyKey,
    PropertyValue,
}

impl Escape {
    pub(crate) fn named(name: &str) -> Option<Escape> {
        Some(match name {
            "jsonString" | "jsonEncode" => Escape::Json,
            "url" | "urlFormEncode" => Escape::Url,
            "uriEncode" => Escape::Uri,
            "java" => Escape::Java,
            "javascript" => Escape::JavaScript,
            "html" => Escape::Html,
            "xml" => Escape::Xml,
            "sql" => Escape::Sql,
            "velocity" => Escape::Velocity,
            "propertyKey" => Escape::PropertyKey,
            "propertyValue" => Escape::PropertyValue,
            _ => return None,
        })
    }

    /// Appends the escaped text.
    pub(crate) fn write(
        self,
        text: &str,
        out: &mut String,
        meter: &mut Meter,
    ) -> Result<(), String> {
        meter.work(text.len())?;
        match self {
            Escape::Url => url(text, "+", out),
            Escape::Uri => url(text, "%20", out),
            Escape::Json => escape_json(text, out),
            Escape::Java => java(text, false, out),
            Escape::JavaScript => java(text, true, out),
            Escape::Html => html(text, out),
            Escape::Xml => xml(text, out),
            Escape::Sql => each(text, out, |c| (c == '\'').then_some("''")),
            Escape::Velocity => each(text, out, |c| match c {
                '$' => Some("${esc.d}"),
                '#' => Some("${esc.h}"),
                _ => None,
            }),
            Escape::PropertyKey => property_text(text, true, out),
            Escape::PropertyValue => property_text(text, false, out),
        }
        meter.fits(out.len())
    }
}

pub(super) fn property(name: &str) -> Option<Value> {
    let text = match name {
        "dollar" | "Dollar" | "d" | "D" => "$",
        "hash" | "Hash" | "h" | "H" => "#",
        "backslash" | "Backslash" | "b" | "B" => "\\",
        "quote" | "Quote" | "q" | "Q" => "\"",
        "singleQuote" | "SingleQuote" | "s" | "S" => "'",
        "exclamation" | "Exclamation" | "e" | "E" => "!",
        "newline" | "Newline" | "n" | "N" => "\n",
        "key" | "Key" => "esc",
        _ => return None,
    };
    Some(Value::text(text))
}

pub(super) fn call(name: &str, value: &Value, meter: &mut Meter) -> Found {
    let escape = Escape::named(name);
    if escape.is_none() && !matches!(name, "jsonDecode" | "unicode") {
        return Err(Failure::Absent);
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    let text = text_of(value, meter)?;
    let mut out = String::with_capacity(text.len());
    match (name, escape) {
        (_, Some(escape)) => escape.write(&text, &mut out, meter)?,
        ("jsonDecode", None) => out = json_decode(&text),
        _ => out.push_str(&unicode(&text)?),
    }
    meter.build(out.len())?;
    Ok(Value::Text(out.into()))
}

fn each(text: &str, out: &mut String, escaped: impl Fn(char) -> Option<&'static str>) {
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        if let Some(escaped) = escaped(c) {
            out.push_str(&text[copied..at]);
            out.push_str(escaped);
            copied = at + c.len_utf8();
        }
    }
    out.push_str(&text[copied..]);
}

/// `URLEncoder.encode` with UTF-8.
pub(super) fn url(text: &str, space: &str, out: &mut String) {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*' | b'_');
    let mut rest = text.as_bytes();
    while let Some(byte) = rest.first() {
        let run = rest.iter().take_while(|byte| plain(**byte)).count();
        if run > 0 {
            // Plain bytes are ASCII, so both ends lie between characters.
            let start = text.len() - rest.len();
            out.push_str(&text[start..start + run]);
            rest = &rest[run..];
            continue;
        }
        if *byte == b' ' {
            out.push_str(space);
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        rest = &rest[1..];
    }
}

fn java(text: &str, script: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\'' if script => out.push_str("\\'"),
            '/' if script => out.push_str("\\/"),
            ' '..='\u{7f}' => out.push(c),
            _ => units(c, out),
        }
    }
}

/// `\uXXXX` for each UTF-16 unit.
fn units(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04X}");
    }
}

fn html(text: &str, out: &mut String) {
    for c in text.chars() {
        match entities::named(c) {
            Some(name) => {
                let _ = write!(out, "&{name};");
            }
            None if c > '\u{7f}' => codes(c, out),
            None => out.push(c),
        }
    }
}

fn xml(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c > '\u{7f}' => codes(c, out),
            c => out.push(c),
        }
    }
}

/// A numeric entity for each UTF-16 unit.
fn codes(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "&#{unit};");
    }
}

fn property_text(text: &str, key: bool, out: &mut String) {
    for (at, c) in text.char_indices() {
        match c {
            ' ' if key || at == 0 => out.push_str("\\ "),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\\' | '#' | '!' | '=' | ':' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// The text whose JSON, without quotes, this is; itself where it is no such.
fn json_decode(text: &str) -> String {
    let quoted = format!("\"{text}\"");
    tollgate_json::read_as::<String>(&quoted).unwrap_or_else(|_| text.to_owned())
}

/// The character of a hexadecimal code, with `\u` before it or not.
fn unicode(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("\\u").unwrap_or(text);
    let code = u32::from_str_radix(digits, 16).ok();
    let wrong = || {
        let text: String = text.chars().take(20).collect();
        format!("unicode: `{text}` is no character's code")
    };
    let c = code.filter(|code| *code <= 0x10_ffff).ok_or_else(wrong)?;
    Ok(char::from_u32(c).map_or_else(|| "\u{fffd}".to_owned(), String::from))
}
