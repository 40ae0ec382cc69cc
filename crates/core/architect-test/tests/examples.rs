//! The examples that the vendor's package gives for its functions and operators, where the reference lies beside
//! the repository: what an expression comes to here is what the package says.
//!
//! An expected value is written in a form of its own: `true`, `5`, `5.0`, a text, `NOT_SET`, `error`, `[items]`,
//! `datetime:…`, `duration:…`, `currency:AMOUNT|CODE`, `phone:{…}`, `email:{…}`, `audio:…`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;
use tollgate_architect::WorkflowKind;
use tollgate_architect::workflow::builtin;
use tollgate_expression::time::{read_date_time, read_duration};
use tollgate_expression::{Money, Scope, Type, Value, World, check, decimal};

/// Examples that differ, each with the reason.
const DIFFER: [(&str, &str); 10] = [
    (
        r#"FindSystemPrompt("foo")"#,
        "which system prompts there are, isn't known here",
    ),
    (
        "GetDayOfWeekOccurrence(6, -2, 2017, 2, 5, 0)",
        "a slip: 2, 5, 0 is 02:05:00, as 2, 14, 30 is 02:14:30 in the example before it",
    ),
    (
        "Find(MakeList(MakeDateTime(2009, 1, 10, 6, 30, 0), MakeDateTime(2009, 1, 10, 6, 30, 0), ToDateTime(NOT_SET)), MakeDateTime(2009, 1, 10, 6, 30, 0))",
        "a slip: the first two are equal",
    ),
    (
        r#"FindFirst(MakeList(ToPhoneNumber("sip:john.doe@company.com"), ToPhoneNumber("sips:john.doe@company.com")), ToPhoneNumber("sip:john.doe@company.com"))"#,
        "a slip: Find of the same list gives 0",
    ),
    (
        "ToAudioPercent(123.12)",
        "a slip: other decimals are read digit by digit, and numbers without a comma",
    ),
    (
        "ToAudioTime(MakeDateTime(2014, 4, 7, 14, 22, 11), Format.Time.twentyFourHours)",
        "a slip: fourteen in two words",
    ),
    ("ToAudioNumberOrdinal(500)", "a slip: hundredeth"),
    ("ToAudioNumberOrdinal(5000)", "a slip: no ordinal"),
    (
        "ToAudioNumber(1.1234, Format.Number.playDigits, 3, Language.Gender.masculine)",
        "a slip: two of three places",
    ),
    (
        "ToAudioNumber(1.1234, Format.Number.playDigits, 3, Language.Gender.feminine)",
        "a slip: two of three places",
    ),
];

struct Example {
    function: String,
    input: String,
    expected: String,
    /// The language of the workflow that it stands in.
    language: String,
}

/// What an expression sees in a workflow that nothing is known of: the variables that are built in.
struct Bare {
    kind: WorkflowKind,
    language: String,
}

impl Scope for Bare {
    fn variable(&self, _: &str) -> Option<(u32, Type)> {
        None
    }

    fn builtin(&self, name: &str) -> Option<Type> {
        let (found, property) = builtin(name, self.kind).ok()?;
        property.is_empty().then_some(found.kind)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        builtin(name, self.kind).ok()?.0.constant(name)
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl World for Bare {
    fn variable(&self, _: u32) -> Value {
        Value::NotSet
    }

    fn builtin(&self, name: &str) -> Value {
        match name {
            "call.language" => Value::text(&self.language),
            _ => Value::NotSet,
        }
    }

    fn wall(&self) -> i64 {
        1_767_603_600_000
    }

    fn random(&mut self) -> u64 {
        7
    }

    fn work(&mut self, _: u64) -> Result<(), String> {
        Ok(())
    }
}

fn evaluate(text: &str, language: &str) -> Result<Value, String> {
    let kind = WorkflowKind::of_word("inboundCall").unwrap();
    let mut bare = Bare {
        kind,
        language: language.to_owned(),
    };
    let (expr, _) =
        check(text, &bare).map_err(|fault| format!("{} ({})", fault.message, fault.help))?;
    expr.evaluate(&mut bare)
}

fn examples() -> Option<Vec<Example>> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/reference/examples.tsv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no reference at {}", path.display());
        return None;
    };
    let lines = text.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        (!columns[5].is_empty() && columns[5] != "none").then(|| Example {
            function: columns[1].to_owned(),
            input: columns[3].to_owned(),
            expected: columns[4].to_owned(),
            language: columns[8].to_lowercase(),
        })
    });
    Some(lines.collect())
}

#[test]
fn the_vendors_examples_come_to_what_they_say() {
    let Some(examples) = examples() else {
        return;
    };
    let mut by_function: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut differ = Vec::new();
    for example in &examples {
        let count = by_function.entry(&example.function).or_default();
        count.1 += 1;
        let got = evaluate(&example.input, &example.language);
        if agrees(&example.expected, &got) {
            count.0 += 1;
        } else {
            let got = match got {
                Ok(value) => format!("{value:?}"),
                Err(why) => format!("error: {why}"),
            };
            differ.push(format!("{} => {} | {got}", example.input, example.expected));
        }
    }
    for (function, (agree, all)) in &by_function {
        println!("{function:<28} {agree:>3} of {all:>3}");
    }
    for line in &differ {
        println!("differs: {line}");
    }
    let (agree, all) = (examples.len() - differ.len(), examples.len());
    println!("{agree} of {all} examples agree");
    let explained = |line: &&String| {
        DIFFER
            .iter()
            .any(|(input, _)| line.starts_with(&format!("{input} =>")))
    };
    let unexplained: Vec<&String> = differ.iter().filter(|line| !explained(line)).collect();
    assert_eq!(unexplained, Vec::<&String>::new());
    assert_eq!(
        differ.len(),
        DIFFER.len(),
        "one that is explained agrees by now"
    );
}

fn agrees(expected: &str, got: &Result<Value, String>) -> bool {
    match (expected, got) {
        ("error", got) => got.is_err(),
        (_, Err(_)) => false,
        (_, Ok(value)) => same(expected, value),
    }
}

fn same(expected: &str, got: &Value) -> bool {
    if let Some(items) = expected
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        let items = split(items);
        return matches!(got, Value::Collection(found)
            if found.len() == items.len() && found.iter().zip(&items).all(|(got, item)| same(item, got)));
    }
    let (kind, rest) = expected.split_once(':').unwrap_or(("", expected));
    let property = |name: &str| match got {
        Value::Entity(entity) => entity.properties.get(name).cloned().unwrap_or_default(),
        _ => Value::NotSet,
    };
    match (kind, got) {
        ("datetime", Value::DateTime(millis)) => read_date_time(rest) == Some(*millis),
        ("duration", Value::Duration(millis)) => read_duration(rest) == Some(*millis),
        ("currency", Value::Currency(money)) => Money::read(rest)
            .is_some_and(|wanted| wanted.amount == money.amount && wanted.code == money.code),
        ("phone" | "email", Value::Entity(_)) => {
            split(rest.trim_matches(['{', '}'])).iter().all(|pair| {
                let (name, value) = pair.split_once(':').unwrap();
                let found = property(&name.to_lowercase()).to_text();
                found.as_deref().unwrap_or("NOT_SET") == value
            })
        }
        ("audio", Value::Audio(text)) => spoken(rest).trim() == text.trim(),
        (_, Value::NotSet) => expected == "NOT_SET",
        (_, Value::Boolean(flag)) => expected == flag.to_string(),
        (_, Value::Integer(number)) => expected == number.to_string(),
        (_, Value::Decimal(number)) => decimal(expected)
            .is_some_and(|wanted| (wanted - number).abs() < decimal("1e-12").unwrap()),
        (_, Value::String(text)) => unquoted(expected) == **text,
        _ => false,
    }
}

/// What is heard, of `tts("a"), silence(5ms), words("b")`; blank audio is nothing.
fn spoken(expected: &str) -> String {
    if expected == "blank" {
        return String::new();
    }
    let parts = split(expected).into_iter().map(|part| {
        let (kind, inner) = part.split_once('(').unwrap();
        let inner = inner.strip_suffix(')').unwrap();
        match kind {
            "silence" => format!("[silence {} ms]", inner.trim_end_matches("ms")),
            _ => unquoted(inner),
        }
    });
    let parts: Vec<String> = parts.collect();
    let apart = if expected.contains("silence") {
        " "
    } else {
        ""
    };
    parts.join(apart)
}

/// Items divided by commas that stand outside of quotes.
fn split(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        quoted ^= character == '"';
        match character {
            ',' if !quoted => items.push(String::new()),
            _ => items.last_mut().unwrap().push(character),
        }
    }
    let items = items.into_iter().map(|item| item.trim().to_owned());
    items.filter(|item| !item.is_empty()).collect()
}

fn unquoted(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::String(inner)) => inner,
        _ => text.replace("\\n", "\n"),
    }
}
