//! Terraform's functions. Of those that aren't worked out here the value is unknown; one that Terraform doesn't
//! have is a mistake.

mod arity;
mod collection;
mod file;
mod text;

pub(in crate::terraform) use text::sha256;

use super::{Evaluator, Scope};
use crate::finding::near;
use crate::terraform::value::Value;
use std::rc::Rc;

/// What a function comes to; else what is wrong, and what to do.
pub(super) type Outcome = Result<Value, (String, String)>;

/// Terraform's functions that are known by name and not worked out here.
const NOT_WORKED_OUT: &str = "abspath base64decode base64encode base64gzip base64sha256 base64sha512 bcrypt \
    chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets convert csvdecode ephemeralasnull filebase64 \
    filebase64sha256 filebase64sha512 filemd5 filesha1 filesha512 formatdate formatlist indent issensitive log \
    matchkeys md5 parseint pathexpand plantimestamp pow regex regexall rsadecrypt setintersection setproduct \
    setsubtract sha1 sha512 signum templatestring textdecodebase64 textencodebase64 timeadd timecmp timestamp \
    transpose type urlencode uuid uuidv5 yamldecode yamlencode";

/// A mistake in the use of a function.
pub(super) fn mistake<T>(message: impl Into<String>) -> Result<T, (String, String)> {
    Err((message.into(), String::new()))
}

/// The text of an argument.
pub(super) fn text_of(arguments: &[Value], at: usize) -> Result<Rc<str>, (String, String)> {
    match arguments.get(at) {
        Some(value) => match value.to_text() {
            Some(text) => Ok(text),
            None => mistake(format!("expected a text, found {}", value.what())),
        },
        None => mistake("an argument is missing"),
    }
}

/// The number of an argument.
pub(super) fn number_of(arguments: &[Value], at: usize) -> Result<f64, (String, String)> {
    match arguments.get(at).map(|value| (value, value.to_number())) {
        Some((_, Some(number))) => Ok(number),
        Some((value, None)) => mistake(format!("expected a number, found {}", value.what())),
        None => mistake("an argument is missing"),
    }
}

impl<'a> Evaluator<'a> {
    /// The value of a function.
    pub(super) fn function(
        &mut self,
        scope: &Scope<'_, 'a>,
        name: &str,
        arguments: &[Value],
    ) -> Outcome {
        if let Some(message) = arity::too_many(name, arguments.len()) {
            return mistake(message);
        }
        let size: usize = arguments.iter().map(Value::size).sum();
        let compares = matches!(name, "distinct" | "toset" | "setunion");
        self.charge(if compares { size * size / 100 } else { size });
        let whole = arguments.iter().find_map(|value| match value {
            Value::Unknown(unknown) => Some(Rc::clone(unknown)),
            _ => None,
        });
        if name == "templatefile" && arguments.len() < 2 {
            return mistake("expected a path and a map");
        }
        if let Some(unknown) = whole {
            return Ok(Value::Unknown(unknown));
        }
        if let Some(outcome) = collection::function(name, arguments) {
            return outcome;
        }
        if let Some(outcome) = text::function(name, arguments) {
            return outcome;
        }
        if let Some(outcome) = self.file_function(scope, name, arguments) {
            return outcome;
        }
        let names = || {
            let others = NOT_WORKED_OUT.split_whitespace();
            let worked_out = [text::NAMES, collection::NAMES, file::NAMES].into_iter();
            worked_out.flat_map(str::split_whitespace).chain(others)
        };
        if names().any(|known| known == name) {
            let why = format!("what {name}(…) gives isn't worked out here");
            return Ok(Value::unknown(why));
        }
        let message = "Terraform has no such function".to_owned();
        Err((message, near(name, names())))
    }
}
