//! Values that print where a quote, a space or a `&` in them would break what is around them.

use super::scan::{Usage, Use};
use super::{Parts, Report, Site, SiteKind};
use serde_json::Value;

pub(super) fn check(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let json = site.text.trim_start().starts_with(['{', '[']);
    let form = site.kind == SiteKind::Body && parts.sends_form();
    for used in &site.uses.references {
        let message = match (site.kind, used.usage) {
            (_, Usage::Argument) | (SiteKind::Header, _) => continue,
            (SiteKind::Url, _) => text_input(parts, used)
                .filter(|_| after_host(site.text, used.offset))
                .map(|name| {
                    format!(
                        "`input.{name}` is not escaped: a space, `/`, `?` or `&` in it breaks the URL; \
                         write {}esc.uriEncode($input.{name})",
                        used.sign()
                    )
                }),
            (SiteKind::Body, _) if form => text_input(parts, used).map(|name| {
                format!(
                    "`input.{name}` is not escaped: a `&` or `=` in it breaks the form; \
                     write {}esc.urlFormEncode($input.{name})",
                    used.sign()
                )
            }),
            (_, Usage::PrintedInQuotes) if json => in_quotes(parts, site, used),
            _ => None,
        };
        if let Some(message) = message {
            report.add(site, used.offset, message);
        }
    }
}

fn in_quotes(parts: &Parts<'_>, site: &Site<'_>, used: &Use<'_>) -> Option<String> {
    let plain = used.properties.is_empty() && !used.called;
    let key = parts
        .mapping
        .entries
        .iter()
        .any(|entry| entry.key == used.root);
    if site.kind == SiteKind::Success && plain && (key || used.root == "rawResult") {
        return Some(format!(
            "`${{{0}}}` is JSON already, its quotes included: leave out the quotes around it, \
             or write $esc.jsonString(${0})",
            used.root
        ));
    }
    if used.root == "input" && used.properties == ["rawRequest"] {
        return Some(
            "`input.rawRequest` is JSON: inside quotes it needs $esc.jsonString($input.rawRequest)"
                .to_owned(),
        );
    }
    let name = text_input(parts, used)?;
    Some(format!(
        "`input.{name}` is not escaped: a `\"`, `\\` or line end in it breaks the JSON; \
         write {}esc.jsonString($input.{name})",
        used.sign()
    ))
}

/// The input's name, if the reference is to one that may hold any text, as it was given.
fn text_input<'a>(parts: &Parts<'_>, used: &Use<'a>) -> Option<&'a str> {
    let name = used
        .properties
        .first()
        .filter(|name| **name != "rawRequest")?;
    if used.root != "input" || used.called {
        return None;
    }
    let property = parts.input_schema.pointer("/properties")?.get(*name)?;
    let restricted = property.get("enum").is_some() || property.get("pattern").is_some();
    let text = matches!(
        property.get("type").and_then(Value::as_str),
        None | Some("string")
    );
    (text && !restricted).then_some(*name)
}

/// Whether a place in a URL template lies in the path or the query, where escaping makes sense.
fn after_host(template: &str, offset: usize) -> bool {
    let before = template.get(..offset).unwrap_or_default();
    match before.split_once("://") {
        Some((_, rest)) => rest.contains(['/', '?']),
        None => before.contains('/'),
    }
}
