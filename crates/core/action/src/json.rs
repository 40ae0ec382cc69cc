//! JSON as the platform reads it: strictly, and to [`MAX_JSON_DEPTH`] levels.

use crate::MAX_JSON_DEPTH;
use serde_json::Value;

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

#[cfg(test)]
mod tests {
    use super::*;

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
