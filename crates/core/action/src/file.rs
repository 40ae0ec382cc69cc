//! Reading an export file field by field, so that each fault names its field and its place.

use crate::MAX_JSON_DEPTH;
use crate::error::ActionError;
use crate::faults::FaultList;
use crate::place::{self, Place};
use serde_json::Value;
use tollgate_jsonpath::Path;
use tollgate_template::{References, Template};

/// The largest action file, in bytes: a request body's limit is half of it, and no export comes near.
const MAX_FILE_BYTES: usize = 1024 * 1024;

/// An export file: its text, for places, and what it says.
pub(crate) struct File<'a> {
    text: &'a str,
    root: Value,
}

impl<'a> File<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<File<'a>, ActionError> {
        let whole = |line, column, message| ActionError {
            field: String::new(),
            line,
            column,
            message,
        };
        if text.len() > MAX_FILE_BYTES {
            let message = format!("the file is larger than {MAX_FILE_BYTES} bytes");
            return Err(whole(None, None, message));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = tollgate_json::read_within(text, MAX_JSON_DEPTH).map_err(|fault| {
            let message = format!("this is not JSON: {}", fault.message);
            whole(Some(fault.line), Some(fault.column), message)
        })?;
        if !root.is_object() {
            let message = "expected an object, as the export of an action is".to_owned();
            return Err(whole(Some(1), Some(1), message));
        }
        Ok(File { text, root })
    }

    pub(crate) fn into_root(self) -> Value {
        self.root
    }

    /// A field's value; null counts as absent.
    pub(crate) fn get(&self, path: &[&str]) -> Option<&Value> {
        let mut value = &self.root;
        for name in path {
            value = value.get(name)?;
        }
        Some(value).filter(|value| !value.is_null())
    }

    /// A fault of a field, at its value, or at what is nearest around it.
    pub(crate) fn error(&self, path: &[&str], message: impl Into<String>) -> ActionError {
        let place = place::of_byte(self.text, place::of_field(self.text, path));
        ActionError {
            field: path.join("."),
            line: Some(place.line),
            column: Some(place.column),
            message: message.into(),
        }
    }

    /// A fault inside a field that is a text.
    fn error_inside(&self, path: &[&str], inner: Place, message: String) -> ActionError {
        let place = inside(self.text, path, inner);
        ActionError {
            line: Some(place.line),
            column: Some(place.column),
            ..self.error(path, message)
        }
    }

    /// A text, if the field is there.
    pub(crate) fn text(&self, path: &[&str]) -> Result<Option<&str>, ActionError> {
        match self.get(path) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.error(path, format!("expected a text, found {}", kind(other)))),
        }
    }

    /// A text that must be there and not blank.
    pub(crate) fn required(&self, path: &[&str], hint: &str) -> Result<&str, ActionError> {
        match self.text(path)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(self.error(path, format!("is empty; {hint}"))),
            None => Err(self.error(path, format!("is missing; {hint}"))),
        }
    }

    /// The template of a field and its text, if it is there and not empty. An export that gives only the
    /// address of the template can't run: nothing is fetched.
    pub(crate) fn template(&self, path: &[&str]) -> Result<Option<(&str, Template)>, ActionError> {
        self.template_with(path, References::AsWritten)
    }

    /// As [`File::template`], with what becomes of references without a value.
    pub(crate) fn template_with(
        &self,
        path: &[&str],
        references: References,
    ) -> Result<Option<(&str, Template)>, ActionError> {
        match self.text(path)? {
            Some(text) if !text.is_empty() => {
                Ok(Some((text, self.compile_with(path, text, references)?)))
            }
            _ => match self.get(&by_address(path).each()) {
                Some(_) => Err(self.only_address(path)),
                None => Ok(None),
            },
        }
    }

    /// Compiles a template, with the place of a fault in the file.
    pub(crate) fn compile(&self, path: &[&str], text: &str) -> Result<Template, ActionError> {
        self.compile_with(path, text, References::AsWritten)
    }

    fn compile_with(
        &self,
        path: &[&str],
        text: &str,
        references: References,
    ) -> Result<Template, ActionError> {
        Template::parse_with(text, references).map_err(|error| {
            let (line, column) = (error.line, error.column);
            let message = format!(
                "{}, at `{}` (line {line}, column {column} of the template)",
                error.message, error.snippet
            );
            self.error_inside(path, Place { line, column }, message)
        })
    }

    /// Compiles a path, with the place of a fault in the file.
    pub(crate) fn path(&self, path: &[&str], text: &str) -> Result<Path, ActionError> {
        Path::compile(text).map_err(|error| {
            let before = text.get(..error.offset).unwrap_or(text);
            let inner = place::of_byte(before, before.len());
            let message = format!("`{text}` is no path that can be read: {error}");
            self.error_inside(path, inner, message)
        })
    }

    /// An object of texts, in the file's order; empty if it isn't there. What isn't a text is left out.
    pub(crate) fn texts(&self, path: &[&str], found: &mut FaultList) -> Vec<(&str, &str)> {
        let fields = match self.get(path) {
            None => return Vec::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                let message = format!("expected an object, found {}", kind(other));
                found.keep::<()>(Err(self.error(path, message)));
                return Vec::new();
            }
        };
        let mut texts = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            match value {
                Value::String(text) => texts.push((name.as_str(), text.as_str())),
                _ if found.is_full() => break,
                other => {
                    let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
                    let message = format!("expected a text, found {}", kind(other));
                    found.keep::<()>(Err(self.error(&path, message)));
                }
            }
        }
        texts
    }

    pub(crate) fn only_address(&self, path: &[&str]) -> ActionError {
        let (address, field) = (by_address(path), path.last().copied().unwrap_or_default());
        let message = format!(
            "the file gives only an address, which is not fetched; export the action with its \
             configuration, or put the text behind the address into `{field}`"
        );
        self.error(&address.each(), message)
    }
}

/// The name of the field that gives a template's or a schema's address instead.
struct Address<'a>(Vec<&'a str>, String);

impl Address<'_> {
    fn each(&self) -> Vec<&str> {
        self.0.iter().copied().chain([self.1.as_str()]).collect()
    }
}

fn by_address<'a>(path: &[&'a str]) -> Address<'a> {
    let (last, around) = path.split_last().unwrap_or((&"", &[]));
    Address(around.to_vec(), format!("{last}Uri"))
}

/// Where a character of a field's text stands in the file. An address replaces no place: a field that isn't
/// a text gives its own.
pub(crate) fn inside(file: &str, path: &[&str], inner: Place) -> Place {
    let quote = place::of_field(file, path);
    match file.as_bytes().get(quote) {
        Some(b'"') => place::inside_text(file, quote, inner),
        _ => place::of_byte(file, quote),
    }
}

pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
