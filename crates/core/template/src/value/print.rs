//! What values print: Java's `toString`, and JSON for what came as JSON.

use super::{ListKind, MapKind, Special, Value};
use crate::bounds::{Bounds, MAX_NESTING, Meter};
use crate::number;
use std::fmt::Write as _;

type Printed = Result<(), String>;

/// Prints a value as Java's `toString` does.
pub(crate) fn print(value: &Value, out: &mut String, meter: &mut Meter) -> Printed {
    let start = out.len();
    let mut printer = Printer {
        out,
        meter,
        depth: 0,
    };
    printer.value(value)?;
    meter.work(out.len() - start)
}

/// The text of a JSON value as json-smart writes it, which is what a template pastes of what a path found. It stays
/// counted as held.
///
/// # Errors
/// It is longer than a rendering may be, or nests deeper; or the meter stops it.
pub fn json_text(
    json: &serde_json::Value,
    meter: &tollgate_meter::Meter,
) -> Result<String, String> {
    let mut meter = Meter::new(&Bounds::default(), meter);
    let mut out = String::new();
    let printed = Printer {
        out: &mut out,
        meter: &mut meter,
        depth: 0,
    }
    .json(&Value::from_json(json));
    let ended = meter.work(out.len()).and_then(|()| meter.end(out.len()));
    printed.and(ended).map(|()| out)
}

struct Printer<'a, 'm> {
    out: &'a mut String,
    meter: &'a mut Meter<'m>,
    depth: u32,
}

impl Printer<'_, '_> {
    fn value(&mut self, value: &Value) -> Printed {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(it) => self.out.push_str(if *it { "true" } else { "false" }),
            Value::Int(it) => whole(self.out, i64::from(*it)),
            Value::Long(it) => whole(self.out, *it),
            Value::Double(it) => number::print_double(*it, self.out),
            Value::Text(text) => self.out.push_str(text),
            Value::List(list) if list.0.kind == ListKind::Json => return self.json(value),
            Value::Map(map) if map.0.kind == MapKind::Json => return self.json(value),
            Value::List(list) => {
                let items = list.0.items.borrow();
                return self.nested('[', ']', items.iter(), |it, item| it.value(item));
            }
            Value::Map(map) => return self.entries(&map.0.entries.borrow()),
            Value::Special(special) => return self.special(special),
        }
        self.meter.fits(self.out.len())
    }

    fn special(&mut self, special: &Special) -> Printed {
        match special {
            Special::Big(big) => {
                number::affordable(big)?;
                self.meter.steps(number::cost_of_printing(big))?;
                let _ = write!(self.out, "{big}");
            }
            Special::Decimal(decimal) => {
                number::affordable(&decimal.unscaled)?;
                self.meter
                    .steps(number::cost_of_printing(&decimal.unscaled))?;
                decimal.print(self.out);
            }
            Special::Char(unit) => self.out.push_str(&String::from_utf16_lossy(&[*unit])),
            Special::Entry(entry) => {
                self.deeper()?;
                self.value(&entry.key)?;
                self.out.push('=');
                self.value(&entry.value)?;
                self.depth -= 1;
            }
            Special::Scope(scope) => return self.entries(&scope.storage.borrow()),
            Special::Tool(tool) => self.out.push_str(tool.name()),
        }
        self.meter.fits(self.out.len())
    }

    fn entries(&mut self, entries: &[(Value, Value)]) -> Printed {
        self.nested('{', '}', entries.iter(), |it, (key, value)| {
            it.value(key)?;
            it.out.push('=');
            it.value(value)
        })
    }

    fn nested<T>(
        &mut self,
        open: char,
        close: char,
        items: impl Iterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> Printed,
    ) -> Printed {
        self.deeper()?;
        self.out.push(open);
        for (place, item) in items.enumerate() {
            if place > 0 {
                self.out.push_str(", ");
            }
            each(self, item)?;
        }
        self.out.push(close);
        self.depth -= 1;
        self.meter.fits(self.out.len())
    }

    fn json(&mut self, value: &Value) -> Printed {
        match value {
            Value::Text(text) => self.quoted(text),
            Value::Double(it) if it.is_infinite() => self.out.push_str("null"),
            Value::List(list) => {
                let items = list.0.items.borrow();
                self.deeper()?;
                self.out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        self.out.push(',');
                    }
                    self.json(item)?;
                }
                self.out.push(']');
                self.depth -= 1;
            }
            Value::Map(map) => {
                let entries = map.0.entries.borrow();
                self.deeper()?;
                self.out.push('{');
                for (place, (key, value)) in entries.iter().enumerate() {
                    if place > 0 {
                        self.out.push(',');
                    }
                    self.key(key)?;
                    self.json(value)?;
                }
                self.out.push('}');
                self.depth -= 1;
            }
            // json-smart looks for the fields of a `Character`, and finds none.
            Value::Special(Special::Char(_)) => self.out.push_str("{}"),
            Value::Special(Special::Entry(_) | Special::Scope(_)) => {
                let text = self.apart(value)?;
                self.quoted(&text);
            }
            other => self.value(other)?,
        }
        self.meter.fits(self.out.len())
    }

    fn key(&mut self, key: &Value) -> Printed {
        match key {
            Value::Text(text) => self.quoted(text),
            other => {
                let text = self.apart(other)?;
                self.quoted(&text);
            }
        }
        self.out.push(':');
        Ok(())
    }

    /// What a value prints by itself, at the depth where it is.
    fn apart(&mut self, value: &Value) -> Result<String, String> {
        let mut text = String::new();
        let mut printer = Printer {
            out: &mut text,
            meter: self.meter,
            depth: self.depth,
        };
        printer.value(value)?;
        Ok(text)
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        escape_json(text, self.out);
        self.out.push('"');
    }

    fn deeper(&mut self) -> Printed {
        self.depth += 1;
        self.meter.step()?;
        if self.depth > MAX_NESTING {
            return Err(format!("a value nests more than {MAX_NESTING} deep"));
        }
        Ok(())
    }
}

fn whole(out: &mut String, whole: i64) {
    let _ = write!(out, "{whole}");
}

/// As json-smart escapes a text, without quotes: `/` and everything that is unsafe in a page, too.
pub(crate) fn escape_json(text: &str, out: &mut String) {
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '/' => "\\/",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => "",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        copied = at + c.len_utf8();
        if short.is_empty() {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[copied..]);
}
