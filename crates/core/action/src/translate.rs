//! From the upstream's body to the output.
//!
//! Each path of the translation map is read from the body; what it finds is serialised and becomes a
//! variable of the success template, quotes of a text included. A path that finds nothing takes the default's
//! text; a null that is found stays `null`. With neither, nothing sets the variable. `${rawResult}` is the
//! body as received, `input` is what the caller gave; an action without a success template returns the body.
//!
//! **The success template is strict**, as the vendor's is: a reference to what nothing has set fails, also in
//! the midst of a text, and so does all that [`References::Strict`] names. The error begins with the vendor's
//! words and goes on with what to do.
//!
//! **The result** is the first JSON value of what the template printed. What follows it is left alone, as
//! Java's readers do: published actions end in `}}` and work. Everything else is strict, and nothing is
//! converted to the contract's types.
//!
//! **A body without content**, as of a 204, lets every default stand, also of a path that would find a list of
//! nothing. *Ours*: paths without a default read `{}`; `${rawResult}` is as received, and a template that prints
//! nothing then gives `{}`, as `${rawResult}` alone does.

use crate::error::TranslateError;
use crate::faults::FaultList;
use crate::file::File;
use crate::value::RawInput;
use crate::watch::{Found, Watch};
use crate::{MAX_JSON_DEPTH, scope};
use serde_json::Value;
use tollgate_json::Fault;
use tollgate_jsonpath::{Path, ReadError};
use tollgate_meter::{Exhausted, Meter};
use tollgate_template::{
    Bounds, Error, References, Template, Value as Variable, Why, json_text, nearest,
};

const SUCCESS: &str = "config.response.successTemplate";
/// The success template's references; the vendor's words call it by this name.
const STRICT: References = References::Strict {
    template: "successTemplate",
};
/// The most names among which a nearer one is looked for.
const MAX_KNOWN: usize = 256;
/// How much of a result an error quotes, in characters before and after the place.
const QUOTED: usize = 24;

/// A compiled row of the translation map.
pub(crate) struct TranslationRow {
    pub(crate) key: String,
    pub(crate) path: Path,
    pub(crate) default: Option<String>,
}

/// The compiled `config.response`.
pub(crate) struct Mapping {
    pub(crate) entries: Vec<TranslationRow>,
    pub(crate) success: Option<Template>,
}

/// The keys that the response has nothing for.
#[derive(Default)]
struct Gaps<'a> {
    /// Keys without a default, each with the reason why nothing was found.
    missing: Vec<Missing<'a>>,
    defaulted: Vec<&'a TranslationRow>,
}

/// A key that no value was found for.
struct Missing<'a> {
    entry: &'a TranslationRow,
    why: String,
}

impl TranslationRow {
    /// The JSON of what the path finds, or why it finds nothing.
    fn read(
        &self,
        document: &Value,
        meter: &Meter,
    ) -> Result<Result<String, String>, TranslateError> {
        // What was copied is gone once it is printed.
        let held = meter.bytes_held();
        let found = match self.path.read_within(document, meter) {
            Ok(found) => found,
            Err(ReadError::NotFound(why)) => return Ok(Err(why)),
            Err(ReadError::TooLarge(why)) => return Err(path_fault(self, why)),
        };
        let copied = meter.hold_copy(&found);
        let copied = copied.map_err(|exhausted| exhausted.to_string());
        let text = copied.and_then(|_| json_text(&found, meter));
        let text = text.map_err(|why| path_fault(self, &why))?;
        let copied = meter.bytes_held() - held;
        meter.release(usize::try_from(copied).unwrap_or(usize::MAX));
        let kept = meter.hold(text.len());
        kept.map_err(|exhausted| path_fault(self, &exhausted.to_string()))?;
        Ok(Ok(text))
    }
}

impl Mapping {
    pub(crate) fn read(file: &File<'_>, found: &mut FaultList) -> Option<Mapping> {
        let defaults = file.texts(&["config", "response", "translationMapDefaults"], found);
        let mut entries = Vec::new();
        for (key, path) in file.texts(&["config", "response", "translationMap"], found) {
            let at = ["config", "response", "translationMap", key];
            let default = defaults.iter().find(|(name, _)| *name == key);
            let Some(path) = found.keep(file.path(&at, path)) else {
                if found.is_full() {
                    break;
                }
                continue;
            };
            entries.push(TranslationRow {
                key: key.to_owned(),
                path,
                default: default.map(|(_, text)| (*text).to_owned()),
            });
        }
        let success = file.template_with(&["config", "response", "successTemplate"], STRICT);
        let success = found.keep(success);
        Some(Mapping {
            entries,
            success: success?.map(|(_, template)| template),
        })
    }

    pub(crate) fn apply(
        &self,
        input: &RawInput,
        body: &str,
        meter: &Meter,
        watch: &mut dyn Watch,
    ) -> Result<Value, TranslateError> {
        let received = body.strip_prefix('\u{feff}').unwrap_or(body);
        let is_empty = received.trim().is_empty();
        let body = if is_empty { "{}" } else { received };
        let mut context = scope::with_input(input, meter).map_err(stopped)?;
        meter.hold(body.len()).map_err(stopped)?;
        context.insert("rawResult", Variable::text(received));
        let mut gaps = Gaps::default();
        if !self.entries.is_empty() {
            let read = meter.hold_document(body).map_err(stopped)?;
            let document = tollgate_json::read_within(body, MAX_JSON_DEPTH)
                .map_err(|fault| body_fault(&fault, body))?;
            for entry in &self.entries {
                let found = if is_empty && entry.default.is_some() {
                    Err("the body is empty".to_owned())
                } else {
                    entry.read(&document, meter)?
                };
                let told = match (&found, &entry.default) {
                    (Ok(text), _) => Found::Value(text),
                    (Err(_), Some(default)) => Found::Default(default),
                    (Err(why), None) => Found::Nothing(why),
                };
                watch.found(&entry.key, entry.path.as_str(), told);
                match told {
                    Found::Value(text) => context.insert(&entry.key, Variable::text(text)),
                    Found::Default(text) => {
                        context.insert(&entry.key, Variable::text(text));
                        gaps.defaulted.push(entry);
                    }
                    Found::Nothing(why) => {
                        let why = why.to_owned();
                        gaps.missing.push(Missing { entry, why });
                    }
                }
            }
            meter.release(read);
        }
        let Some(success) = &self.success else {
            watch.printed(body);
            return parse_result(body, &Gaps::default(), meter);
        };
        let rendered = success.render_within(&context, &Bounds::default(), meter);
        let mut rendered = rendered.map_err(|error| self.template_fault(&error, &gaps.missing))?;
        watch.printed(&rendered);
        if is_empty && rendered.trim().is_empty() {
            body.clone_into(&mut rendered);
        }
        parse_result(&rendered, &gaps, meter)
    }

    /// The success template failed: why, and what to do.
    fn template_fault(&self, error: &Error, missing: &[Missing<'_>]) -> TranslateError {
        let Error {
            message, snippet, ..
        } = error;
        let message = match &error.refused {
            None => format!("{message}, at `{snippet}`{}", found_nothing(missing)),
            Some(refused) => {
                let name = refused.name.as_deref().unwrap_or_default();
                format!("{message}{}", self.advice(refused.why, name, missing))
            }
        };
        TranslateError::Mapping {
            field: SUCCESS.to_owned(),
            line: Some(error.line),
            column: Some(error.column),
            message,
        }
    }

    /// What to do about what strict references refuse.
    fn advice(&self, why: Why, name: &str, missing: &[Missing<'_>]) -> String {
        let entry = self.entries.iter().find(|entry| entry.key == name);
        match (why, entry) {
            (Why::Unset, Some(TranslationRow { key, path, .. })) => {
                let missing = missing.iter().find(|missing| missing.entry.key == name);
                let why = missing.map_or(String::new(), |missing| format!(" ({})", missing.why));
                format!(
                    ": `{}` found nothing in the response{why} and has no default; give \
                     translationMapDefaults.{key}, as JSON: \"\\\"\\\"\", \"0\", \"[]\" or \"null\"; or ask with \
                     #if(${key}) first",
                    path.as_str()
                )
            }
            (Why::Unset, None) => {
                let keys = self.entries.iter().map(|entry| entry.key.as_str());
                let known = keys.chain(["input", "rawResult"]).take(MAX_KNOWN);
                let meant = nearest(name, known);
                let meant = meant.map_or(String::new(), |meant| format!("; did you mean `${meant}`?"));
                format!(": no key of the translation map has this name{meant}")
            }
            (Why::Null, _) => {
                "; ask with #if whether there is a value, or print it with `$!`, which prints nothing for a \
                 null"
                    .to_owned()
            }
            (Why::Kind, Some(TranslationRow { key, path, .. })) => format!(
                "; `${key}` is a text, the JSON of what `{}` found: give its parts paths of their own, and \
                 make a number of it with $math.toNumber(${key})",
                path.as_str()
            ),
            (Why::Kind, None) => String::new(),
            (Why::Macro, _) => "; a plain # is written ${esc.h}".to_owned(),
        }
    }
}

fn parse_result(text: &str, gaps: &Gaps<'_>, meter: &Meter) -> Result<Value, TranslateError> {
    meter.hold_document(text).map_err(stopped)?;
    let fault = match tollgate_json::read_first(text, MAX_JSON_DEPTH) {
        Ok((value, _)) => return Ok(value),
        Err(fault) => fault,
    };
    let no_json = |entry: &&&TranslationRow| {
        let default = entry.default.as_deref().unwrap_or_default();
        tollgate_json::read_within(default, MAX_JSON_DEPTH).is_err()
    };
    if let Some(entry) = gaps.defaulted.iter().find(no_json) {
        let (key, default) = (&entry.key, entry.default.as_deref().unwrap_or_default());
        return Err(TranslateError::Mapping {
            field: format!("config.response.translationMapDefaults.{key}"),
            line: None,
            column: None,
            message: format!(
                "the default `{default}` is not JSON, and neither is the result{}; \
                 a text needs its quotes, as in \"\\\"{default}\\\"\"",
                quote(text, &fault),
            ),
        });
    }
    Err(TranslateError::Mapping {
        field: SUCCESS.to_owned(),
        line: Some(fault.line),
        column: Some(fault.column),
        message: format!(
            "the result is not JSON: {}{}{}",
            fault.message,
            quote(text, &fault),
            found_nothing(&gaps.missing)
        ),
    })
}

/// The mapping as a whole was stopped.
fn stopped(exhausted: Exhausted) -> TranslateError {
    TranslateError::Mapping {
        field: "config.response".to_owned(),
        line: None,
        column: None,
        message: exhausted.to_string(),
    }
}

fn found_nothing(missing: &[Missing<'_>]) -> String {
    missing.iter().fold(String::new(), |text, missing| {
        let TranslationRow { key, path, .. } = missing.entry;
        format!(
            "{text}; `{key}` has no value: `{}` found nothing",
            path.as_str()
        )
    })
}

fn path_fault(entry: &TranslationRow, why: &str) -> TranslateError {
    TranslateError::Mapping {
        field: format!("config.response.translationMap.{}", entry.key),
        line: None,
        column: None,
        message: format!("`{}`: {why}", entry.path.as_str()),
    }
}

fn body_fault(fault: &Fault, body: &str) -> TranslateError {
    let Fault {
        line,
        column,
        message,
    } = fault;
    TranslateError::Body {
        message: format!(
            "the translation map needs JSON: {message} at line {line}, column {column}{}",
            quote(body, fault)
        ),
    }
}

/// The text around the place of a fault.
fn quote(text: &str, fault: &Fault) -> String {
    let line = text.split('\n').nth(fault.line - 1).unwrap_or_default();
    let start = fault.column.saturating_sub(1 + QUOTED);
    let part: String = line.chars().skip(start).take(2 * QUOTED).collect();
    // Whoever hides secrets in this must know where one may have been cut.
    let before = if start > 0 { "…" } else { "" };
    let behind = if line.chars().nth(start + 2 * QUOTED).is_some() {
        "…"
    } else {
        ""
    };
    format!(", near `{before}{part}{behind}`")
}
