//! What can be wrong with an action file, its inputs, its request and its response.
//!
//! Every error is a value that names the field of the action file it comes from (`field`, dotted, as in
//! `config.request.requestUrlTemplate`), says what was found, and what to do about it. None carries the
//! text of a credential: the rendering redacts them before an error is made.

use std::fmt;
use thiserror::Error;

/// An action file that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}: {message}", subject(field), Place(*line, *column))]
pub struct ActionError {
    /// The field at fault, as in `config.request.requestUrlTemplate`; empty for the file as a whole.
    pub field: String,
    /// Line of the file (or of the template inside the field), from 1, where it is known.
    pub line: Option<usize>,
    /// Column, from 1, where it is known.
    pub column: Option<usize>,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

/// An input or an output that breaks the action's contract.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {}", list(violations))]
pub struct ContractError {
    /// `contract.input.inputSchema` or `contract.output.successSchema`.
    pub field: &'static str,
    /// Each breach, in the schema's order; at most 32.
    pub violations: Vec<Violation>,
}

/// One breach of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer to the value at fault; empty for the whole document.
    pub pointer: String,
    /// What the schema asks for.
    pub message: String,
}

/// A request that could not be made from the inputs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}{}: {message}", Place(*line, *column))]
pub struct RenderError {
    /// The field whose template failed, as in `config.request.headers.Authorization`.
    pub field: String,
    /// Line inside the template, from 1, where it is known.
    pub line: Option<usize>,
    /// Column inside the template, from 1, where it is known.
    pub column: Option<usize>,
    /// What went wrong and what to do; credentials are redacted.
    pub message: String,
}

/// A response that could not be mapped to the action's output.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TranslateError {
    /// The upstream's body is not JSON, or is nested too deeply, and a path must be read from it.
    #[error("response body: {message}")]
    Body {
        /// What is wrong with it.
        message: String,
    },
    /// A path of the translation map or the success template failed.
    #[error("{field}{}: {message}", Place(*line, *column))]
    Mapping {
        /// The field at fault, as in `config.response.translationMap.counts`.
        field: String,
        /// Line in the template or in the text it rendered, from 1.
        line: Option<usize>,
        /// Column, from 1.
        column: Option<usize>,
        /// What went wrong, with the text around the place.
        message: String,
    },
    /// The output breaks `contract.output.successSchema`.
    #[error(transparent)]
    Contract(#[from] ContractError),
}

/// Prints ` (line 3, column 7)`, or nothing where the line is unknown.
struct Place(Option<usize>, Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(line), Some(column)) => write!(f, " (line {line}, column {column})"),
            (Some(line), None) => write!(f, " (line {line})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() {
            "(root)"
        } else {
            &self.pointer
        };
        write!(f, "{pointer}: {}", self.message)
    }
}

fn subject(field: &str) -> &str {
    if field.is_empty() { "the file" } else { field }
}

fn list(violations: &[Violation]) -> String {
    let texts: Vec<String> = violations.iter().map(Violation::to_string).collect();
    texts.join("; ")
}
