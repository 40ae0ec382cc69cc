//! JSON as the platform reads and writes it.
//!
//! **Written** as json-smart does (the reference's `JSONValue.toJSONString`), because templates see the
//! text: `/` is escaped, and so are the control characters to U+009F and the block U+2000–U+20FF;
//! a number with a fraction or an exponent prints as Java's `Double`, or as a `BigDecimal` where its text
//! is longer than 18 characters; a number that no `Double` can hold prints as `null`.
//! One intended difference: a `Double` prints its shortest digits, as Java does since release 19, so
//! `2E23` is `2.0E23` where older releases print `1.9999999999999998E23`.
//!
//! **Read** strictly, to [`MAX_JSON_DEPTH`] levels.

use crate::MAX_JSON_DEPTH;
use serde_json::{Number, Value};
use std::fmt::Write as _;

/// A text that is no JSON, or is too deep: what is wrong, and where if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
    pub(crate) message: String,
}

/// The one value of a text.
pub(crate) fn parse(text: &str) -> Result<Value, Fault> {
    checked(serde_json::from_str(text))
}

/// The first value of a text, as Java's readers take it: what follows is left alone. Also its length.
pub(crate) fn parse_first(text: &str) -> Result<(Value, usize), Fault> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(first) => Ok((checked(first)?, values.byte_offset())),
        None => Err(Fault {
            line: None,
            column: None,
            message: "the text is empty".to_owned(),
        }),
    }
}

fn checked(parsed: Result<Value, serde_json::Error>) -> Result<Value, Fault> {
    let value = parsed.map_err(|error| {
        let text = error.to_string();
        // The reader's own bound lies beyond ours.
        if text.starts_with("recursion limit") {
            return too_deep();
        }
        let place = format!(" at line {} column {}", error.line(), error.column());
        Fault {
            line: Some(error.line()).filter(|line| *line > 0),
            column: Some(error.column()).filter(|_| error.line() > 0),
            message: text.strip_suffix(&place).unwrap_or(&text).to_owned(),
        }
    })?;
    if deeper_than(&value, MAX_JSON_DEPTH) {
        return Err(too_deep());
    }
    Ok(value)
}

fn too_deep() -> Fault {
    Fault {
        line: None,
        column: None,
        message: format!("it is nested deeper than {MAX_JSON_DEPTH} levels"),
    }
}

/// Whether arrays and objects nest beyond so many levels; a scalar has none.
pub(crate) fn deeper_than(value: &Value, levels: usize) -> bool {
    let inner: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(fields) => Box::new(fields.values()),
        _ => return false,
    };
    levels == 0 || { inner }.any(|value| deeper_than(value, levels - 1))
}

/// Whether a text opens more brackets within each other than so many, whatever else it is.
pub(crate) fn text_deeper_than(text: &str, levels: usize) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > levels {
                    return true;
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The text a template sees.
pub(crate) fn write(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&write_number(number)),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (at, (name, field)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write_value(field, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{:04X}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}

/// Beyond this many characters the reference keeps every digit.
pub(crate) const LONGEST_DOUBLE_TEXT: usize = 18;

fn write_number(number: &Number) -> String {
    let text = number.as_str();
    if !text.contains(['.', 'e', 'E']) {
        return if text == "-0" { "0" } else { text }.to_owned();
    }
    if text.len() > LONGEST_DOUBLE_TEXT {
        return big_decimal(text);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => double(value),
        _ => "null".to_owned(),
    }
}

/// `Double.toString`: plain from 1e-3 to 1e7, else with an exponent; two digits at the least.
fn double(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        let point = if text.contains('.') { "" } else { ".0" };
        return format!("{text}{point}");
    }
    let mut text = format!("{value:e}");
    if !text.contains('.') {
        text = format!("{value:.1e}");
    }
    text.replace('e', "E")
}

/// `new BigDecimal(text).toString()`.
fn big_decimal(text: &str) -> String {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.parse::<i64>() else {
        return "null".to_owned();
    };
    let scale = (fraction.len() as i64).saturating_sub(exponent);
    let all = format!("{whole}{fraction}");
    let digits = match all.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if digits == "0" { "" } else { sign };
    let adjusted = (digits.len() as i64 - 1).saturating_sub(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    if scale > 0 && adjusted >= -6 {
        let scale = scale as usize;
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (before, after) = padded.split_at(padded.len() - scale);
        return format!("{sign}{before}.{after}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{adjusted:+}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair is what the reference answered.
    #[test]
    fn numbers_print_as_java_prints_them() {
        for (json, java) in [
            ("1.0", "1.0"),
            ("1e10", "1.0E10"),
            ("1E-7", "1.0E-7"),
            ("12345678901234567890", "12345678901234567890"),
            ("100000000.0", "1.0E8"),
            ("-0.0", "-0.0"),
            ("-0", "0"),
            ("1.10", "1.1"),
            ("1e400", "null"),
            ("123456789012345678.5", "123456789012345678.5"),
            ("0.30000000000000004444", "0.30000000000000004444"),
            ("0.0000001234567890123", "1.234567890123E-7"),
            ("1e5", "100000.0"),
            ("9999999.0", "9999999.0"),
            ("10000000.0", "1.0E7"),
            ("0.001", "0.001"),
            ("0.0001", "1.0E-4"),
            ("123456789.12345678", "1.2345678912345678E8"),
            ("1234567890123456.78", "1234567890123456.78"),
            ("12345678901234567e30", "1.2345678901234567E+46"),
            ("4.9E-324", "4.9E-324"),
            ("100000000000000000.0", "100000000000000000.0"),
            ("0.100000000000000000", "0.100000000000000000"),
            ("-12345678901234567890.125", "-12345678901234567890.125"),
            ("-1e-400", "-0.0"),
            ("0.00000000000000000001", "1E-20"),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(write(&value), java, "{json}");
        }
    }

    #[test]
    fn texts_are_escaped_as_json_smart_escapes_them() {
        let value = serde_json::json!({"k/é": "a/b\u{2028}\u{7}\u{7f}\u{85}\u{a0}\"\\<>'&\u{200c}😀\t\n\r\u{8}\u{c}"});
        let expected = "{\"k\\/é\":\"a\\/b\\u2028\\u0007\\u007F\\u0085\u{a0}\\\"\\\\<>'&\\u200C😀\\t\\n\\r\\b\\f\"}";
        assert_eq!(write(&value), expected);
    }

    #[test]
    fn depth_is_counted_in_levels() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(50)).is_ok());
        for levels in [51, 1000] {
            assert!(
                parse(&nested(levels))
                    .unwrap_err()
                    .message
                    .contains("deeper than 50")
            );
        }
        assert!(!text_deeper_than(&nested(50), 50));
        assert!(text_deeper_than(&nested(51), 50));
        assert!(!text_deeper_than("\"[[[\\\"[[[\"", 2));
    }

    #[test]
    fn the_first_value_is_taken() {
        let (value, end) = parse_first("{\"a\":1}}").unwrap();
        assert_eq!((value, end), (serde_json::json!({"a": 1}), 7));
        assert_eq!(parse_first(" ").unwrap_err().message, "the text is empty");
        let fault = parse_first("{\n \"a\": ${b}}").unwrap_err();
        assert_eq!((fault.line, fault.column), (Some(2), Some(7)));
        assert_eq!(fault.message, "expected value");
    }
}
