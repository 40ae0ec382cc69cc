//! The tools: `$esc`, `$math`, `$encoding`, `$successTemplateUtils`, `$urlTool`.

use crate::eval::arithmetic;
use crate::node::Operator;
use crate::value::whole_number;
use crate::{Value, java};
use base64::Engine as _;

type Found = Result<Value, String>;

/// The tool of that name, or null.
pub(crate) fn named(name: &str) -> Value {
    let tools = ["esc", "math", "encoding", "successTemplateUtils", "urlTool"];
    let found = tools.into_iter().find(|tool| *tool == name);
    found.map_or(Value::Null, Value::Tool)
}

pub(crate) fn property(tool: &str, name: &str) -> Value {
    let text = match (tool, name) {
        ("esc", "dollar" | "d") => "$",
        ("esc", "hash" | "h") => "#",
        ("esc", "backslash" | "b") => "\\",
        ("esc", "quote" | "q") => "\"",
        ("esc", "singleQuote" | "s") => "'",
        ("esc", "exclamation" | "e") => "!",
        ("esc", "newline" | "n") => "\n",
        ("math", "random") => return Value::Null,
        _ => return Value::Null,
    };
    Value::text(text)
}

pub(crate) fn call(tool: &str, name: &str, arguments: &[Value]) -> Found {
    match (tool, arguments) {
        ("esc", [value]) => Ok(escape(name, value)),
        ("esc", []) => Ok(match name.strip_prefix("get") {
            Some(name) => property(tool, &name.to_lowercase()),
            None => Value::Null,
        }),
        ("math", _) => Ok(math(name, arguments)),
        ("encoding", [value]) if name == "base64" => {
            let bytes = value.print();
            let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
            Ok(Value::text(&encoded))
        }
        ("successTemplateUtils", [array, rest @ ..]) if name == "firstFromArray" => {
            first_from_array(array, rest.first())
        }
        ("urlTool", [parameter, value]) if name == "optionalQueryParam" => {
            Ok(optional_parameter(parameter, value))
        }
        _ => Ok(Value::Null),
    }
}

fn escape(name: &str, value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let text = value.print();
    let escaped = match name {
        "url" | "urlFormEncode" => java::url_encode(&text, "+"),
        "uriEncode" => java::url_encode(&text, "%20"),
        "jsonString" | "jsonEncode" => {
            let quoted = serde_json::Value::String(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        "jsonDecode" => {
            let quoted = format!("\"{text}\"");
            serde_json::from_str::<String>(&quoted).unwrap_or(text)
        }
        "java" => java_text(&text, false),
        "javascript" => java_text(&text, true),
        "html" => marked_up(&text, "&#39;", false),
        "xml" => marked_up(&text, "&apos;", true),
        "sql" => text.replace('\'', "''"),
        _ => return Value::Null,
    };
    Value::text(&escaped)
}

fn java_text(text: &str, script: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('\u{8}') => out.push_str("\\b"),
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\'') if script => out.push_str("\\'"),
            Some('/') if script => out.push_str("\\/"),
            Some(c @ ' '..='~') => out.push(c),
            _ => out.push_str(&format!("\\u{unit:04X}")),
        }
    }
    out
}

fn marked_up(text: &str, apostrophe: &str, xml: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' if xml => out.push_str(apostrophe),
            c if c > '\u{7f}' => out.push_str(&format!("&#{};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// MathTool: texts that are numbers count as such; what is no number gives null.
fn math(name: &str, arguments: &[Value]) -> Value {
    let numbers: Option<Vec<Value>> = arguments.iter().map(as_number).collect();
    let Some(numbers) = numbers else {
        return Value::Null;
    };
    let fold = |operator| {
        let mut rest = numbers.iter();
        let first = rest.next().cloned().unwrap_or(Value::Null);
        rest.fold(first, |a, b| arithmetic(&a, operator, b))
    };
    let first = numbers.first().and_then(Value::number).unwrap_or_default();
    match (name, numbers.len()) {
        ("add", 2..) => fold(Operator::Add),
        ("sub", 2..) => fold(Operator::Subtract),
        ("mul", 2..) => fold(Operator::Multiply),
        ("div", 2) => match numbers[1].number() {
            Some(by) if by != 0.0 => fitted(first / by, &numbers),
            _ => Value::Null,
        },
        ("mod", 2) => fold(Operator::Modulo),
        ("max", 2..) => numbers
            .iter()
            .cloned()
            .reduce(|a, b| if b.number() > a.number() { b } else { a })
            .unwrap_or(Value::Null),
        ("min", 2..) => numbers
            .iter()
            .cloned()
            .reduce(|a, b| if b.number() < a.number() { b } else { a })
            .unwrap_or(Value::Null),
        ("abs", 1) => match &numbers[0] {
            Value::Double(it) => Value::Double(it.abs()),
            other => other
                .whole()
                .map_or(Value::Null, |it| whole_number(it.saturating_abs())),
        },
        ("ceil", 1) => whole_number(first.ceil() as i64),
        ("floor", 1) => whole_number(first.floor() as i64),
        ("round", 1) => whole_number((first + 0.5).floor() as i64),
        ("toInteger", 1) => Value::Int(first as i32),
        ("toDouble", 1) => Value::Double(first),
        ("toNumber", 1) => numbers[0].clone(),
        _ => Value::Null,
    }
}

fn as_number(value: &Value) -> Option<Value> {
    match value {
        Value::Int(_) | Value::Long(_) | Value::Double(_) => Some(value.clone()),
        Value::Text(text) => match text.trim().parse::<i64>() {
            Ok(whole) => Some(whole_number(whole)),
            Err(_) => text.trim().parse().ok().map(Value::Double),
        },
        _ => None,
    }
}

/// A quotient of whole numbers is whole where it comes out even.
fn fitted(quotient: f64, of: &[Value]) -> Value {
    let whole = of.iter().all(|it| it.whole().is_some());
    if whole && quotient.fract() == 0.0 {
        return whole_number(quotient as i64);
    }
    Value::Double(quotient)
}

/// The first element, serialised; the default, or a fault, where there is none.
fn first_from_array(array: &Value, default: Option<&Value>) -> Found {
    let text = array.print();
    let parsed: Option<Vec<serde_json::Value>> = serde_json::from_str(&text).ok();
    match (parsed.as_deref(), default) {
        (Some([first, ..]), _) => Ok(Value::text(&first.to_string())),
        (_, Some(default)) => Ok(Value::text(&default.print())),
        (Some([]), None) => {
            Err("firstFromArray: the array is empty and there is no default".to_owned())
        }
        (None, None) => Err("firstFromArray: this is not an array".to_owned()),
    }
}

fn optional_parameter(name: &Value, value: &Value) -> Value {
    let value = if value.is_null() {
        String::new()
    } else {
        value.print()
    };
    if value.is_empty() {
        return Value::text("");
    }
    let pair = format!("{}={}", name.print(), java::url_encode(&value, "%20"));
    Value::text(&pair)
}
