//! A translation map and a success template that don't fit each other.

use super::scan::{self, Usage};
use super::{Parts, Report, Site, made, names, path};
use crate::MAX_JSON_DEPTH;
use crate::translate::TranslationRow;
use serde_json::Value;
use tollgate_template::{Bounds, Context, Template, Value as Variable};

pub(super) fn check(parts: &Parts<'_>, site: Option<&Site<'_>>, report: &mut Report<'_>) {
    for entry in &parts.mapping.entries {
        let key = entry.key.as_str();
        let map = ["config", "response", "translationMap", key];
        if scan::identifier(key) != key.len() {
            let message = "no template can refer to this key: a name is a letter, then letters, digits, - and _";
            report.add_field(&map, message.to_owned());
        } else if names::TOOLS.contains(&key) {
            let message =
                format!("`{key}` is taken: templates see the tool of that name, or the inputs");
            report.add_field(&map, message);
        } else if !site.is_some_and(|site| uses_key(site, key)) {
            let message = "the success template never uses this key".to_owned();
            report.add_field(&map, message);
        }
        if let Some(why) = path::never(&entry.path) {
            let message = format!("`{}` can never match: {why}", entry.path.as_str());
            report.add_field(&map, message);
        }
        if let (Some(default), Some(site)) = (&entry.default, site) {
            default_is_json(key, default, site, report);
        }
    }
    let defaults = parts
        .definition
        .pointer("/config/response/translationMapDefaults");
    for key in defaults
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|all| all.keys())
    {
        if !parts.mapping.entries.iter().any(|entry| entry.key == *key) {
            let at = ["config", "response", "translationMapDefaults", key];
            report.add_field(&at, format!("the translation map has no key `{key}`"));
        }
    }
    if let (Some(site), Some(success)) = (site, &parts.mapping.success) {
        result(parts, success, site, report);
        defaults_alone(parts, success, site, report);
    }
}

fn uses_key(site: &Site<'_>, key: &str) -> bool {
    site.uses.references.iter().any(|used| used.root == key)
}

fn default_is_json(key: &str, default: &str, site: &Site<'_>, report: &mut Report<'_>) {
    let printed =
        |used: &&scan::Use<'_>| used.root == key && used.usage == Usage::Printed && !used.called;
    if tollgate_json::read_within(default, MAX_JSON_DEPTH).is_ok()
        || !site.uses.references.iter().any(|used| printed(&used))
    {
        return;
    }
    let at = ["config", "response", "translationMapDefaults", key];
    let message = if default.is_empty() {
        "an empty default is no JSON: where nothing is found the result fails; \
         write \"\\\"\\\"\", \"[]\" or \"null\""
            .to_owned()
    } else {
        format!(
            "`{default}` is no JSON: where nothing is found the result fails; \
             a text needs its quotes, as in \"\\\"{default}\\\"\""
        )
    };
    report.add_field(&at, message);
}

/// What is made up for what a definite path finds: what a template can't make anything of may be right for
/// another.
const FOUND: [&str; 3] = ["\"x\"", "1", "[\"x\"]"];

/// Renders the template as if every path had found something, and looks at the result.
fn result(parts: &Parts<'_>, success: &Template, site: &Site<'_>, report: &mut Report<'_>) {
    let mut context = made::context(parts);
    context.insert("rawResult", Variable::text("{}"));
    // What fails on one made-up value may well succeed on a real one.
    let rendered = FOUND.into_iter().find_map(|found| {
        for entry in &parts.mapping.entries {
            context.insert(&entry.key, found_text(entry, found));
        }
        let rendered = success.render_within(&context, &Bounds::default(), &parts.meter);
        Some((rendered.ok()?, found))
    });
    let Some((rendered, found)) = rendered else {
        return;
    };
    // What a text given by the caller says isn't known.
    let inputs = |used: &scan::Use<'_>| {
        let kind = used
            .properties
            .first()
            .and_then(|name| super::kind(parts, name));
        let known = matches!(
            kind,
            Some("integer" | "number" | "boolean" | "array" | "object")
        );
        used.root == "input" && used.usage == Usage::Printed && (used.called || !known)
    };
    let told = report.tells_of(site);
    match tollgate_json::read_first(&rendered, MAX_JSON_DEPTH) {
        Ok((result, end)) => {
            lacks_required(&result, parts.output_schema, site, report);
            let rest = rendered[end..].trim();
            if !rest.is_empty() {
                let rest: String = rest.chars().take(20).collect();
                let message = format!("`{rest}` follows the result and is left alone");
                report.add(site, 0, message);
            }
            each_default(parts, success, &mut context, found, report);
        }
        // An input prints something here that isn't known, or what is wrong has been told already.
        Err(_) if told || site.uses.references.iter().any(inputs) => {}
        Err(fault) => {
            let message = format!(
                "the result is not JSON even where every path finds a text: {}",
                fault.message
            );
            report.add(site, 0, message);
        }
    }
}

fn found_text(entry: &TranslationRow, found: &str) -> Variable {
    Variable::text(if entry.path.is_definite() {
        found
    } else {
        "[\"x\"]"
    })
}

/// Renders the template with each default in turn, given a context in which every path has found a text.
fn each_default(
    parts: &Parts<'_>,
    success: &Template,
    context: &mut Context,
    found: &str,
    report: &mut Report<'_>,
) {
    for entry in &parts.mapping.entries {
        let Some(default) = &entry.default else {
            continue;
        };
        let at = ["config", "response", "translationMapDefaults", &entry.key];
        context.insert(&entry.key, Variable::text(default));
        let rendered = success.render_within(context, &Bounds::default(), &parts.meter);
        context.insert(&entry.key, found_text(entry, found));
        let fault = rendered
            .ok()
            .and_then(|text| tollgate_json::read_first(&text, MAX_JSON_DEPTH).err());
        if let Some(fault) = fault.filter(|_| !report.tells_of_field(&at)) {
            let why = fault.message;
            let message = format!("with this default the result is not JSON: {why}");
            report.add_field(&at, message);
        }
    }
}

/// Renders the template as if no path had found anything, where each key has a default, and looks at the result.
fn defaults_alone(parts: &Parts<'_>, success: &Template, site: &Site<'_>, report: &mut Report<'_>) {
    let mut context = made::context(parts);
    context.insert("rawResult", Variable::text("{}"));
    for entry in &parts.mapping.entries {
        let Some(default) = &entry.default else {
            return;
        };
        if tollgate_json::read_within(default, MAX_JSON_DEPTH).is_err() {
            // Told already, or meant to stand between quotes.
            return;
        }
        context.insert(&entry.key, Variable::text(default));
    }
    let raw = site
        .uses
        .references
        .iter()
        .any(|used| used.root == "rawResult");
    if parts.mapping.entries.is_empty() || raw || report.tells_of(site) {
        return;
    }
    let Ok(rendered) = success.render_within(&context, &Bounds::default(), &parts.meter) else {
        return;
    };
    let Ok((result, _)) = tollgate_json::read_first(&rendered, MAX_JSON_DEPTH) else {
        return;
    };
    let Err(broken) = parts.output.check(&result, &parts.meter) else {
        return;
    };
    let first = broken.violations.first().map(ToString::to_string);
    let message = format!(
        "where nothing is found, these defaults give a result that breaks the output contract: {}",
        first.unwrap_or_default()
    );
    report.add_field(&["config", "response", "translationMapDefaults"], message);
}

/// What the contract requires and the result never has, as far as the template doesn't decide on the way.
fn lacks_required(result: &Value, schema: &Value, site: &Site<'_>, report: &mut Report<'_>) {
    let Some(fields) = result
        .as_object()
        .filter(|_| site.uses.directives.is_empty())
    else {
        return;
    };
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let raw = site
            .uses
            .references
            .iter()
            .any(|used| used.root == "rawResult");
        if !raw && !fields.contains_key(name) {
            let message =
                format!("the output contract requires `{name}`, which the result never has");
            report.add(site, 0, message);
        }
    }
}
