//! What works but will surprise.
//!
//! A warning is never a reason to refuse: the template does what Velocity says, only rarely what its author
//! meant. Each names its field and its place in the file. Judged is what can be known without a response:
//! names that are nowhere, values that print unescaped, a translation map and a success template that don't
//! fit, and Velocity's own traps.

mod escape;
mod names;
mod path;
mod response;
mod scan;

use crate::file;
use crate::place;
use crate::render::BUFFERING_HEADER;
use crate::translate::Mapping;
use crate::types::IntegrationType;
use crate::url;
use crate::value::{Method, Warning};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most warnings about one file.
const MAX_WARNINGS: usize = 500;

/// What warnings are made from.
pub(crate) struct Parts<'a> {
    pub(crate) text: &'a str,
    pub(crate) definition: &'a Value,
    pub(crate) method: Method,
    pub(crate) integration_type: &'a IntegrationType,
    pub(crate) mapping: &'a Mapping,
    pub(crate) input_schema: &'a Value,
    pub(crate) output_schema: &'a Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SiteKind {
    Url,
    Header,
    Body,
    Success,
}

/// A template of the file.
struct Site<'a> {
    kind: SiteKind,
    path: Vec<&'a str>,
    text: &'a str,
    uses: scan::Uses<'a>,
}

/// The warnings so far.
struct Report<'a> {
    file: &'a str,
    found: Vec<Warning>,
}

impl Report<'_> {
    /// A warning about a byte of a template.
    fn add(&mut self, site: &Site<'_>, offset: usize, message: String) {
        let inner = place::of_byte(site.text, offset);
        self.push(&site.path, inner, message);
    }

    /// A warning about a field.
    fn add_field(&mut self, path: &[&str], message: String) {
        self.push(path, place::Place { line: 1, column: 1 }, message);
    }

    /// Whether anything has been said about a template.
    fn tells_of(&self, site: &Site<'_>) -> bool {
        let field = site.path.join(".");
        self.found.iter().any(|warning| warning.field == field)
    }

    fn push(&mut self, path: &[&str], inner: place::Place, message: String) {
        if self.found.len() == MAX_WARNINGS {
            return;
        }
        let place = file::inside(self.file, path, inner);
        self.found.push(Warning {
            field: path.join("."),
            line: place.line,
            column: place.column,
            message,
        });
    }
}

impl Parts<'_> {
    fn sends_form(&self) -> bool {
        let headers = self.definition.pointer("/config/request/headers");
        let mut headers = headers.and_then(Value::as_object).into_iter().flatten();
        headers.any(|(name, value)| {
            let form = "form-urlencoded";
            name.eq_ignore_ascii_case("content-type")
                && value.as_str().is_some_and(|value| value.contains(form))
        })
    }
}

pub(crate) fn warnings(parts: &Parts<'_>) -> Vec<Warning> {
    let mut report = Report {
        file: parts.text,
        found: Vec::new(),
    };
    if let Some(advice) = parts.integration_type.advice() {
        report.add_field(&["integrationType"], advice);
    }
    for name in property_names(parts.input_schema).unwrap_or_default() {
        let message = if name == "rawRequest" {
            "`rawRequest` is taken: templates see the caller's whole text under that name"
        } else if scan::identifier(name) != name.len() {
            "no template can refer to this input: a name is a letter, then letters, digits, - and _"
        } else {
            continue;
        };
        let path = ["contract", "input", "inputSchema", "properties", name];
        report.add_field(&path, message.to_owned());
    }
    let sites = sites(parts.definition);
    for site in sites.iter().filter(|it| it.kind == SiteKind::Header) {
        header(parts, site, &mut report);
    }
    for site in &sites {
        if site.kind == SiteKind::Url
            && let Some(why) = url::never(parts.integration_type, site.text)
        {
            report.add(site, 0, format!("every call fails: {why}"));
        }
        names::check(parts, site, &mut report);
        escape::check(parts, site, &mut report);
        directives(parts, site, &mut report);
        if site.kind == SiteKind::Body && !parts.method.has_body() && !is_raw_request(site.text) {
            let message = format!(
                "{} sends no body: this template is never used",
                parts.method
            );
            report.add(site, 0, message);
        }
    }
    let success = sites.iter().find(|site| site.kind == SiteKind::Success);
    response::check(parts, success, &mut report);
    let mut found = report.found;
    found.sort_by_key(|warning| (warning.line, warning.column));
    found
}

/// Headers that aren't sent as the file has them.
fn header(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let name = site.path.last().copied().unwrap_or_default();
    let message = if name.eq_ignore_ascii_case(BUFFERING_HEADER) {
        "this header is not sent: a body here always goes out whole, with its length"
    } else if parts.integration_type.is_platform() && name.eq_ignore_ascii_case("authorization") {
        "this header is not sent: a platform action's calls take a token of its integration's client"
    } else {
        return;
    };
    report.add(site, 0, message.to_owned());
}

fn sites(definition: &Value) -> Vec<Site<'_>> {
    let mut sites = Vec::new();
    let mut site = |kind, path: Vec<&'static str>| {
        let text = definition.pointer(&format!("/{}", path.join("/")));
        if let Some(text) = text.and_then(Value::as_str) {
            sites.push(Site {
                kind,
                path,
                text,
                uses: scan::scan(text),
            });
        }
    };
    site(
        SiteKind::Url,
        vec!["config", "request", "requestUrlTemplate"],
    );
    site(SiteKind::Body, vec!["config", "request", "requestTemplate"]);
    site(
        SiteKind::Success,
        vec!["config", "response", "successTemplate"],
    );
    let headers = definition.pointer("/config/request/headers");
    for (name, text) in headers.and_then(Value::as_object).into_iter().flatten() {
        let text = text.as_str().unwrap_or_default();
        sites.push(Site {
            kind: SiteKind::Header,
            path: vec!["config", "request", "headers", name],
            text,
            uses: scan::scan(text),
        });
    }
    sites
}

/// What every export of an action without a body holds.
fn is_raw_request(template: &str) -> bool {
    matches!(
        template.trim(),
        "" | "${input.rawRequest}" | "$input.rawRequest" | "$!{input.rawRequest}"
    )
}

const DIRECTIVES: [&str; 7] = ["set", "if", "elseif", "else", "end", "foreach", "break"];

/// Velocity's traps.
fn directives(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    for directive in &site.uses.directives {
        let argument = directive.argument.trim();
        let message = match directive.name {
            "if" | "elseif" => plain_input(argument)
                .filter(|name| kind(parts, name) == Some("string"))
                .map(|name| {
                    format!(
                        "an empty text is true here: write #{}(\"$!input.{name}\" != \"\")",
                        directive.name
                    )
                }),
            "set" => {
                let value = argument
                    .split_once('=')
                    .map_or("", |(_, value)| value.trim());
                plain_input(value)
                    .filter(|name| !is_required(parts, name))
                    .map(|name| {
                        format!(
                            "where `input.{name}` is not given, #set changes nothing and the name keeps its \
                             earlier value; write \"$!input.{name}\""
                        )
                    })
            }
            name if DIRECTIVES.contains(&name) || name == "stop" => None,
            name => Some(format!(
                "`#{name}` is no directive, and is printed as it is written"
            )),
        };
        if let Some(message) = message {
            report.add(site, directive.offset, message);
        }
    }
}

/// The input's name, if the text is a reference to it and nothing else.
fn plain_input(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?.trim_start_matches('!');
    let inner = match inner.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => inner,
    };
    let name = inner.strip_prefix("input.")?;
    (!name.is_empty() && scan::identifier(name) == name.len()).then_some(name)
}

fn kind<'a>(parts: &Parts<'a>, name: &str) -> Option<&'a str> {
    let property = parts.input_schema.get("properties")?.get(name)?;
    property.get("type")?.as_str()
}

fn is_required(parts: &Parts<'_>, name: &str) -> bool {
    let required = parts.input_schema.get("required").and_then(Value::as_array);
    required.is_some_and(|all| all.iter().any(|one| one == name))
}

/// The properties that a contract names, if it names any.
fn property_names(schema: &Value) -> Option<BTreeSet<&str>> {
    let properties = schema.get("properties")?.as_object()?;
    Some(properties.keys().map(String::as_str).collect())
}
