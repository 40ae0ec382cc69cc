//! `pattern`, in place of the library's own: with a cost that is known before a match begins.
//!
//! A pattern is translated from ECMAScript's syntax and run in linear time. Look-around and back-references
//! can't be; such a pattern is run by backtracking, against short texts only ([`MAX_BACKTRACKED_BYTES`]) and
//! with a bound on how often it goes back. A match that reaches that bound stops the check: whether the text
//! keeps the contract is not known then.
//!
//! The names of `patternProperties` are matched by the library, in linear time; what they cost is counted
//! when the library looks at a name ([`metered::look_at_name`]).

use super::document::{Counted, Spot};
use super::metered;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};
use std::cell::RefCell;
use tollgate_meter::{Budget, Exhausted, Meter, Pattern, PatternError};

/// The longest text, in bytes, that a pattern with look-around or back-references is run against.
const MAX_BACKTRACKED_BYTES: usize = 1024;
/// How often such a pattern may go back.
const MAX_BACKTRACKS: usize = 5_000;
/// The largest compiled form of a pattern in linear time, in bytes.
const LINEAR_BYTES: usize = 1 << 22;
/// The largest compiled form of each of the parts of a pattern with look-around that need none, in bytes.
const BACKTRACKED_BYTES: usize = 1 << 18;
/// Steps of going back once, with what is matched between, for a text of 16 bytes.
const STEPS_OF_BACKTRACKS: u64 = 1_250;
/// Patterns that a contract may have in `patternProperties`.
const MAX_NAMED: usize = 256;

/// A compiled `pattern`.
struct Compiled {
    /// As the schema has it.
    written: String,
    program: Program,
}

enum Program {
    Linear(Pattern),
    Backtracking(fancy_regex::Regex),
}

impl Compiled {
    fn matches(&self, text: &str) -> bool {
        let mut matches = false;
        metered::ask(|meter| {
            matches = match &self.program {
                Program::Linear(pattern) => pattern.is_match(text, meter)?,
                Program::Backtracking(regex) => backtrack(regex, text, meter)?,
            };
            Ok(())
        });
        matches
    }
}

fn backtrack(regex: &fancy_regex::Regex, text: &str, meter: &Meter) -> Result<bool, Exhausted> {
    if text.len() > MAX_BACKTRACKED_BYTES {
        meter.piece(u64::MAX, 0)?;
    }
    let worst = (1 + text.len() as u64 / 16) * STEPS_OF_BACKTRACKS;
    meter.piece(worst, 20 + worst / 16)?;
    match regex.is_match(text) {
        Ok(matches) => Ok(matches),
        // It went back too often.
        Err(_) => meter.piece(u64::MAX, 0).map(|()| false),
    }
}

impl<'i> Keyword<'i, Counted> for Compiled {
    fn validate(&self, instance: Spot<'i>) -> Result<(), ValidationError<'i>> {
        if Keyword::<Counted>::is_valid(self, instance) {
            return Ok(());
        }
        // The library keeps a copy of the text with the breach.
        let bytes = text(&instance).map_or(0, |text| text.len());
        metered::ask(|meter| meter.hold(bytes));
        let message = format!("value does not match \"{}\"", self.written);
        Err(ValidationError::custom(message))
    }

    fn is_valid(&self, instance: Spot<'i>) -> bool {
        text(&instance).is_none_or(|text| self.matches(&text))
    }
}

fn text<'i>(instance: &Spot<'i>) -> Option<std::borrow::Cow<'i, str>> {
    jsonschema::json::Node::<Counted>::as_string(instance)
}

thread_local! {
    /// What the patterns of the contract that is being compiled have cost so far.
    static COMPILING: RefCell<Meter> = RefCell::new(Meter::default());
}

/// What all patterns of one contract may cost to compile.
const COMPILING_ONE: Budget = Budget {
    steps: 2_500_000,
    ..Budget::EXECUTION
};

/// A contract's patterns begin to be compiled.
pub(super) fn begin() {
    COMPILING.replace(Meter::new(COMPILING_ONE));
}

/// Makes `pattern` of its value in a schema.
pub(super) fn compile<'a>(
    _: &'a Map<String, Value>,
    value: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Counted>>, ValidationError<'a>> {
    let Value::String(written) = value else {
        return Err(ValidationError::custom("`pattern` must be a text"));
    };
    let program = COMPILING.with_borrow(|meter| program(written, meter));
    let program = program.map_err(|why| {
        let start: String = written.chars().take(40).collect();
        ValidationError::custom(format!("the pattern `{start}` can't be used: {why}"))
    })?;
    let written = written.clone();
    Ok(Box::new(Compiled { written, program }))
}

fn program(written: &str, meter: &Meter) -> Result<Program, String> {
    let translated = jsonschema_regex::to_rust_regex(written);
    let translated = translated.map_err(|()| "it is no regular expression".to_owned())?;
    let malformed = match Pattern::compile_to(&translated, LINEAR_BYTES, meter) {
        Ok(pattern) => return Ok(Program::Linear(pattern)),
        Err(PatternError::Malformed(why)) => why,
        Err(PatternError::Stopped(_)) => {
            return Err("all patterns of the contract together are too large".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    let dear = meter.steps(20_000);
    dear.map_err(|_| "all patterns of the contract together are too large".to_owned())?;
    let mut builder = fancy_regex::RegexBuilder::new(&translated);
    builder
        .backtrack_limit(MAX_BACKTRACKS)
        .delegate_size_limit(BACKTRACKED_BYTES)
        .delegate_dfa_size_limit(metered::NAMED_MEMORY);
    builder
        .build()
        .map(Program::Backtracking)
        .map_err(|error| format!("{malformed}; and with look-around: {error}"))
}

/// Refuses more patterns of names than can be looked at for each name.
pub(super) fn check_named(schema: &Value) -> Result<(), String> {
    let mut left = vec![schema];
    let mut named = 0;
    while let Some(part) = left.pop() {
        match part {
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => {
                let patterns = fields.get("patternProperties").and_then(Value::as_object);
                named += patterns.map_or(0, Map::len);
                left.extend(fields.values());
            }
            _ => {}
        }
    }
    if named > MAX_NAMED {
        return Err(format!(
            "`patternProperties` has {named} patterns in all; it may have {MAX_NAMED}"
        ));
    }
    Ok(())
}
