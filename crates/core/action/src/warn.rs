//! What works but will surprise, and what fails later: on the platform's import, or in each call.
//!
//! A warning is never a reason to refuse: the template does what Velocity says, only rarely what its author
//! meant. Each names its field and its place in the file. Judged is what can be known without a response:
//! names that are nowhere, values that print unescaped, a translation map and a success template that don't
//! fit, Velocity's own traps, headers that say what isn't so, and what the platform refuses. What isn't known
//! for certain is left unsaid: a warning about an action that works as it is costs the trust in all others.

mod directive;
mod escape;
mod header;
mod import;
mod made;
mod names;
mod path;
mod pattern;
mod response;
mod scan;
mod secret;
mod strict;
mod tokens;

use crate::contract::Contract;
use crate::file;
use crate::flatten::Shape;
use crate::place;
use crate::translate::Mapping;
use crate::types::IntegrationType;
use crate::url;
use crate::value::{Method, Warning};
pub(crate) use made::Inputs;
use serde_json::Value;
use std::collections::BTreeSet;
use tollgate_meter::Meter;

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
    /// What the contracts name, for the flattened form.
    pub(crate) shapes: [(&'static str, &'a Shape); 2],
    pub(crate) output: &'a Contract,
    /// What templates are rendered with.
    pub(crate) inputs: Inputs,
    /// Counts all that is rendered to see what comes of it.
    pub(crate) meter: Meter,
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
        self.tells_of_field(&site.path)
    }

    /// Whether anything has been said about a field.
    fn tells_of_field(&self, path: &[&str]) -> bool {
        let field = path.join(".");
        self.found.iter().any(|warning| warning.field == field)
    }

    /// Whether no more is said of the file.
    fn is_full(&self) -> bool {
        self.found.len() == MAX_WARNINGS
    }

    fn push(&mut self, path: &[&str], inner: place::Place, message: String) {
        if self.is_full() {
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
        let kind = header::value(self.definition, "content-type");
        kind.is_some_and(|kind| kind.contains("form-urlencoded"))
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
    contract_names(parts, &mut report);
    import::check(parts, &mut report);
    let sites = sites(parts.definition);
    header::check(parts, &sites, &mut report);
    for site in &sites {
        if site.kind == SiteKind::Url
            && let Some(why) = url::never(parts.integration_type, site.text)
        {
            report.add(site, 0, format!("every call fails: {why}"));
        }
        names::check(parts, site, &mut report);
        escape::check(parts, site, &mut report);
        directive::check(parts, site, &mut report);
        pattern::check(site, &mut report);
        secret::check(site, &mut report);
        names::without_sign(parts, site, &mut report);
        if site.kind == SiteKind::Body && !parts.method.has_body() && !is_raw_request(site.text) {
            let message = format!(
                "{} sends no body: this template is never used",
                parts.method
            );
            report.add(site, 0, message);
        }
    }
    pattern::check_paths(parts, &mut report);
    header::content(parts, &sites, &mut report);
    for site in sites.iter().filter(|site| site.kind == SiteKind::Success) {
        strict::check(parts, site, &mut report);
    }
    let success = sites.iter().find(|site| site.kind == SiteKind::Success);
    response::check(parts, success, &mut report);
    let mut found = report.found;
    found.sort_by_key(|warning| (warning.line, warning.column));
    found
}

/// Names in the contracts that templates or the flattened form have no use for.
fn contract_names(parts: &Parts<'_>, report: &mut Report<'_>) {
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
    for (field, shape) in parts.shapes {
        if let Some((first, second)) = shape.same_names() {
            let path: Vec<&str> = field.split('.').collect();
            report.add_field(
                &path,
                format!(
                    "`{first}` and `{second}` have the same name in the flattened form: with both, flatten=true \
                     and flows fail"
                ),
            );
        }
    }
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

fn kind<'a>(parts: &Parts<'a>, name: &str) -> Option<&'a str> {
    let property = parts.input_schema.get("properties")?.get(name)?;
    property.get("type")?.as_str()
}

fn is_required(parts: &Parts<'_>, name: &str) -> bool {
    requires(parts.input_schema, name)
}

fn requires(schema: &Value, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|all| all.iter().any(|one| one == name))
}

/// The properties that a contract names, if it names any.
fn property_names(schema: &Value) -> Option<BTreeSet<&str>> {
    let properties = schema.get("properties")?.as_object()?;
    Some(properties.keys().map(String::as_str).collect())
}
