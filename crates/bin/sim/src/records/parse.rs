//! From text to [`Records`].

use super::{Record, Records};
use crate::action::ActionId;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Records of one file, at the most.
const MOST: usize = 20_000_000;
/// Flows or actions of one file, at the most.
const MOST_NAMES: usize = 10_000;
const FIELDS: [&str; 4] = ["at", "flow", "action", "latency_ms"];
const HEADING: &str = "at,flow,action,latency_ms,outcome";

/// What is wrong with a line of records.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct RecordError {
    /// As it was given.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

/// One line's fields as text.
struct Raw {
    at: String,
    flow: String,
    action: String,
    latency: String,
    outcome: String,
}

impl Records {
    /// Reads CSV or JSON lines, told apart by their first character.
    ///
    /// # Errors
    /// A line that can't be read, or none at all.
    pub fn parse(text: &str, file: &str) -> Result<Self, RecordError> {
        let fail = |line: usize, message: String| RecordError {
            file: file.to_owned(),
            line,
            message,
        };
        let lines = text.lines().enumerate();
        let lines = lines.map(|(at, line)| (at + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
        let json = lines.peek().is_some_and(|(_, line)| line.starts_with('{'));
        let columns = match lines.next_if(|_| !json) {
            Some((at, line)) => Some(columns(line).map_err(|message| fail(at, message))?),
            None => None,
        };
        let mut gathered = Gathered::default();
        for (at, line) in lines {
            let raw = match &columns {
                Some(columns) => csv(line, columns),
                None => json_line(line),
            };
            let added = raw.and_then(|raw| gathered.add(raw));
            added.map_err(|message| fail(at, message))?;
        }
        let Gathered {
            mut records,
            seconds,
            ..
        } = gathered;
        if records.lines.is_empty() {
            let message = format!("no records; expected the heading {HEADING}");
            return Err(fail(1, message));
        }
        let first = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        for (record, when) in records.lines.iter_mut().zip(&seconds) {
            record.at = Duration::from_secs_f64((when - first).clamp(0.0, 1e9));
        }
        // A service writes a record at a call's end; what counts is when it was asked.
        records.lines.sort_by_key(|record| record.at);
        Ok(records)
    }

    /// Calls that went upstream.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none; never so for parsed ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// What the lines up to one come to.
#[derive(Default)]
struct Gathered {
    records: Records,
    /// When each was written, in seconds since some origin.
    seconds: Vec<f64>,
    flows: BTreeMap<String, u32>,
    actions: BTreeMap<String, u32>,
}

impl Gathered {
    fn add(&mut self, raw: Raw) -> Result<(), String> {
        let records = &mut self.records;
        if raw.outcome == "cached" {
            records.cached += 1;
            return Ok(());
        }
        if raw.outcome == "composite" {
            return Ok(());
        }
        let when = instant(&raw.at).ok_or_else(|| {
            let expected = "expected at as 2026-01-31T08:00:00.250Z or as seconds";
            format!("{expected}, found {:?}", raw.at)
        })?;
        let latency = latency(&raw.latency)?;
        let flow = place(&raw.flow, &mut self.flows, &mut records.flows)?;
        let action = place(&raw.action, &mut self.actions, &mut records.actions)?;
        if records.lines.len() == MOST {
            return Err(format!("expected no more than {MOST} records"));
        }
        self.seconds.push(when);
        records.lines.push(Record {
            at: Duration::ZERO,
            flow,
            action: ActionId(action),
            latency,
        });
        Ok(())
    }
}

/// Where the fields are; the last is the outcome's, which may be absent.
fn columns(heading: &str) -> Result<[Option<usize>; 5], String> {
    let names: Vec<&str> = heading.split(',').map(str::trim).collect();
    let place = |field: &str| names.iter().position(|name| *name == field);
    for field in FIELDS {
        if place(field).is_none() {
            return Err(format!("no column {field}; expected the heading {HEADING}"));
        }
    }
    Ok([
        place("at"),
        place("flow"),
        place("action"),
        place("latency_ms"),
        place("outcome"),
    ])
}

fn csv(line: &str, columns: &[Option<usize>; 5]) -> Result<Raw, String> {
    let cells = cells(line)?;
    let cell = |at: usize| -> Result<String, String> {
        let Some(column) = columns[at] else {
            return Ok(String::new());
        };
        let cell = cells.get(column).cloned();
        cell.ok_or_else(|| format!("expected a column {}, found {}", column + 1, cells.len()))
    };
    Ok(Raw {
        at: cell(0)?,
        flow: cell(1)?,
        action: cell(2)?,
        latency: cell(3)?,
        outcome: cell(4)?,
    })
}

/// A line's cells; a cell in quotes may hold commas, and quotes doubled.
fn cells(line: &str) -> Result<Vec<String>, String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        let cell = cells.last_mut().ok_or("no cell")?;
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cell.push(char),
        }
    }
    if quoted {
        return Err("expected a closing quote; a record is one line".to_owned());
    }
    Ok(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

fn json_line(line: &str) -> Result<Raw, String> {
    let value = tollgate_json::read(line).map_err(|error| format!("JSON: {error}"))?;
    let field = |name: &str| match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    for name in ["at", "flow", "action"] {
        if field(name).is_empty() {
            return Err(format!("expected a field {name}"));
        }
    }
    Ok(Raw {
        at: field("at"),
        flow: field("flow"),
        action: field("action"),
        latency: field("latency_ms"),
        outcome: field("outcome"),
    })
}

fn latency(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(millis) if (0.0..=3.6e9).contains(&millis) => {
            Ok(Some(Duration::from_secs_f64(millis / 1e3)))
        }
        _ => Err(format!(
            "expected latency_ms as a number or empty, found {text:?}"
        )),
    }
}

/// The place of a name among those that were seen.
fn place(
    name: &str,
    places: &mut BTreeMap<String, u32>,
    names: &mut Vec<String>,
) -> Result<u32, String> {
    if let Some(place) = places.get(name) {
        return Ok(*place);
    }
    if names.len() == MOST_NAMES {
        return Err(format!("expected no more than {MOST_NAMES} names"));
    }
    let place = names.len() as u32;
    places.insert(name.to_owned(), place);
    names.push(name.to_owned());
    Ok(place)
}

/// Seconds since some origin: a number, or since 1970, for a date and time as `2026-01-31T23:59:59.999Z`.
fn instant(text: &str) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(number) => number.is_finite().then_some(number),
        Err(_) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|time| time.as_duration().as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_seconds_since_the_epoch() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(instant("2024-02-29T12:00:00.5Z"), Some(1_709_208_000.5));
        assert_eq!(instant("12.25"), Some(12.25));
        assert_eq!(instant("yesterday"), None);
        assert_eq!(instant("2024-13-01T00:00:00Z"), None);
        assert_eq!(instant("2026-02-31T00:00:00Z"), None);
        assert_eq!(instant("2026-02-28T23:59:99Z"), None);
    }

    #[test]
    fn both_forms_say_the_same() {
        let csv = "outcome,at,flow,action,latency_ms\nanswered,2.5,voice,\"look,up\",120\n\
                   refused,1,voice,route,\ncached,1.5,voice,route,\n\
                   composite,1,voice,overview,\n";
        let json = "{\"at\":2.5,\"flow\":\"voice\",\"action\":\"look,up\",\"latency_ms\":120}\n\
                    {\"at\":\"1\",\"flow\":\"voice\",\"action\":\"route\",\"outcome\":\"refused\"}\n\
                    {\"at\":1.5,\"flow\":\"voice\",\"action\":\"route\",\"outcome\":\"cached\"}\n\
                    {\"at\":1,\"flow\":\"voice\",\"action\":\"overview\",\"outcome\":\"composite\"}";
        let records = Records::parse(csv, "a.csv").unwrap();
        assert_eq!(records, Records::parse(json, "a.jsonl").unwrap());
        assert_eq!((records.len(), records.cached), (2, 1));
        assert_eq!(records.lines[1].at, Duration::from_millis(1_500));
        assert_eq!(records.lines[1].latency, Some(Duration::from_millis(120)));
    }

    #[test]
    fn faults_name_the_line() {
        let text = format!("{HEADING}\n1,voice,route,12,answered\n2,voice,route,soon,answered");
        let error = Records::parse(&text, "a.csv").unwrap_err().to_string();
        assert!(error.starts_with("a.csv:3: expected latency_ms"), "{error}");
        let error = Records::parse("at,flow\n", "a.csv")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("a.csv:1: no column action"), "{error}");
        assert!(Records::parse("", "a.csv").is_err());
    }
}
