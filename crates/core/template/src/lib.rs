//! Velocity 1.7 templates, as data actions use them.
//!
//! **What this decides.** What a template prints for the values it is given: references, directives,
//! expressions, Java's methods and rendering of values, and the tools `$esc`, `$math`, `$encoding`,
//! `$successTemplateUtils`, `$urlTool`. **What it does not:** which values there are, or what the text
//! is for.
//!
//! **Nothing but values and tools is reached**: there is no reflection, no class, no file. `#macro`,
//! `#define`, `#evaluate`, `#parse` and `#include` are refused when the template is parsed.
//!
//! **Null.** A reference without a value is printed as written (`$x`), or not at all (`$!x`); a `#set`
//! to null changes nothing; a comparison with null is false, but for `==` of two nulls.
//!
//! **White space** is Velocity 1.7's: a directive's closing parenthesis and `#end` take blanks and one
//! line end after them along; `#else` takes nothing; `##` takes its line end.
//!
//! **Bounds.** [`Bounds`]: steps, bytes printed or built, nesting. Patterns run in linear time.
//!
//! Tested by example in `tests/language.rs`.

mod error;
mod eval;
mod java;
mod method;
mod node;
mod parse;
mod tool;
mod value;

pub use error::Error;
pub use value::Value;

use std::collections::BTreeMap;

/// A parsed template; rendered as often as one likes.
#[derive(Debug, Clone)]
pub struct Template {
    text: String,
    nodes: Vec<node::Node>,
}

/// The values a template sees, by name. `#set` changes the rendering's own copy.
#[derive(Debug, Clone, Default)]
pub struct Context(pub(crate) BTreeMap<String, Value>);

/// Where a rendering stops.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Nodes evaluated, loops' bodies each time.
    pub max_steps: u32,
    /// Bytes printed, and bytes of any text built on the way.
    pub max_output_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_steps: 1_000_000,
            max_output_bytes: 4 * 1024 * 1024,
        }
    }
}

/// A use of a value in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The first name, such as `input`.
    pub root: String,
    /// The names after it, up to the first method or index.
    pub properties: Vec<String>,
    /// Line in the template, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// A directive or an expression that isn't closed or isn't known, with its place.
    pub fn parse(text: &str) -> Result<Template, Error> {
        Ok(Template {
            nodes: parse::template(text)?,
            text: text.to_owned(),
        })
    }

    /// Renders the template with the context's values.
    ///
    /// # Errors
    /// A method or a tool that fails on its values, or a bound that is reached.
    pub fn render(&self, context: &Context, bounds: &Bounds) -> Result<String, Error> {
        eval::render(&self.text, &self.nodes, context, bounds)
    }

    /// Every reference, in the order of the text; those within quoted texts are left out.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        node::references(&self.nodes, &mut |reference| {
            let (line, column) = error::place(&self.text, reference.offset);
            found.push(Reference {
                root: reference.root.clone(),
                properties: reference.properties(),
                line,
                column,
            });
        });
        found
    }
}

impl Context {
    /// A context without values.
    #[must_use]
    pub fn new() -> Context {
        Context::default()
    }

    /// Names a value; one of this name before is replaced.
    pub fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}
