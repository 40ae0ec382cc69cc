//! Velocity 1.7 templates, as data actions use them.
//!
//! **What this decides.** What a template prints for the values it is given: references, directives,
//! expressions, Java's methods and rendering of values, and the tools `$esc`, `$math`, `$encoding`,
//! `$successTemplateUtils`, `$urlTool`, `$msdynamics`, `$salesforce`. **What it does not:** which values
//! there are, or what the text is for.
//!
//! **The reference** is Velocity 1.7 with velocity-tools 2.0: the same text, to the byte, and an error where
//! it fails. It is reproduced from its lexer's states up, because that is where its rules lie; what differs on
//! purpose is in `tests/oracle/intended.rs`, each with its reason.
//!
//! **Nothing but values and tools is reached**: there is no reflection, no class, no file. `#macro`,
//! `#define`, `#evaluate`, `#parse` and `#include` are refused when the template is parsed. A Java method
//! that exists but isn't offered here is an error, not a text that silently stays as written.
//!
//! **Values are shared.** A `#set` of a name is the rendering's own; what a template puts into a list or a map
//! of the context stays there. The tools' names are theirs, whatever the context calls so.
//!
//! **Null.** A reference without a value is printed as written (`$x`), or not at all (`$!x`); a `#set`
//! to null changes nothing. Where references are strict ([`References::Strict`]), a name that nothing has set
//! is an error, and so are a null that is to be printed or has a property or method asked of it, a property
//! or method that isn't there, a loop over what is no list, an order of what is no number, and a macro that
//! isn't there: in Velocity's words and places. `$!x` prints a null as nothing, `#if($x)` asks whether there
//! is a value, and `#set` to null sets null.
//!
//! **Bounds.** [`Bounds`] of one rendering: steps, and bytes printed or built; a [`Meter`] of the calculation
//! that the rendering is part of: steps and bytes of all its parts, and an interrupt. Nesting of templates
//! and of values has fixed bounds. Every step of a pattern's matching counts. No input overflows the stack.
//!
//! **Cost.** Parsed once, rendered often: names are looked up once a rendering, literals are not copied, and
//! values are printed straight into the output.
//!
//! **Tested** by example (`tests/language.rs`, `tests/strict.rs`, `tests/bounds.rs`), against the reference on generated
//! templates and on real ones (`tests/oracle`), and with random bytes (`tests/fuzz.rs`).

mod bounds;
mod context;
mod error;
mod eval;
mod found;
mod hint;
mod lex;
mod method;
mod node;
mod number;
mod parse;
mod pattern;
mod tool;
mod value;

pub use bounds::Bounds;
pub use context::Context;
pub use error::{Error, Refused, Why};
pub use hint::nearest;
pub use tollgate_meter::Meter;
pub use value::{List, Map, Value, json_text};

/// A parsed template; rendered as often as one likes, from as many threads.
#[derive(Debug, Clone)]
pub struct Template {
    /// The template itself, then the texts in double quotes that are templates within it.
    sources: Vec<error::Source>,
    nodes: Vec<node::Node>,
    names: Vec<String>,
    scope: eval::ScopeSlots,
    references: References,
}

/// What becomes of a reference that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// The reference is printed as it is written, or not at all where it is quiet.
    AsWritten,
    /// The rendering fails: Velocity's `runtime.references.strict`.
    Strict {
        /// What errors call the template, as in `successTemplate[line 1, column 11]`.
        template: &'static str,
    },
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
    /// Parses a template whose references without a value are printed as they are written.
    ///
    /// # Errors
    /// A directive or an expression that isn't closed or isn't known, with its place.
    pub fn parse(text: &str) -> Result<Template, Error> {
        Template::parse_with(text, References::AsWritten)
    }

    /// Parses a template.
    ///
    /// # Errors
    /// As [`Template::parse`]; where references are strict, also a bare word given to a macro.
    pub fn parse_with(text: &str, references: References) -> Result<Template, Error> {
        let parsed = parse::template(text, references)?;
        Ok(Template {
            sources: parsed.sources,
            nodes: parsed.nodes,
            names: parsed.names,
            scope: parsed.scope,
            references,
        })
    }

    /// Renders the template with the context's values.
    ///
    /// # Errors
    /// A method or a tool that fails on its values, or a bound that is reached.
    pub fn render(&self, context: &Context, bounds: &Bounds) -> Result<String, Error> {
        self.render_within(context, bounds, &Meter::default())
    }

    /// Renders the template as part of a larger calculation, whose meter also counts what others of its
    /// parts do. What is printed stays counted as held.
    ///
    /// # Errors
    /// As [`Template::render`]; or the meter stops it.
    pub fn render_within(
        &self,
        context: &Context,
        bounds: &Bounds,
        meter: &Meter,
    ) -> Result<String, Error> {
        let written = self.sources.first().map_or(0, |source| source.text.len());
        let mut out = String::with_capacity(written);
        eval::render(self, context, bounds, meter, &mut out)?;
        Ok(out)
    }

    /// Renders the template into a text that is emptied first and may be used again.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_into(
        &self,
        context: &Context,
        bounds: &Bounds,
        out: &mut String,
    ) -> Result<(), Error> {
        out.clear();
        eval::render(self, context, bounds, &Meter::default(), out)
    }

    /// Every reference that is read, in the order of the text, those within quoted texts included.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut places = error::Places::new(&self.sources);
        node::references(&self.nodes, &mut |reference| {
            let (line, column) = places.of(reference.sign);
            found.push(Reference {
                root: self.names[reference.slot as usize].clone(),
                properties: reference.properties(),
                line,
                column,
            });
        });
        found
    }
}
