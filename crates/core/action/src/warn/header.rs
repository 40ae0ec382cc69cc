//! Headers that aren't sent as the file has them, or say what isn't so.

use super::{Parts, Report, Site, SiteKind, made};
use crate::render::BUFFERING_HEADER;
use serde_json::Value;
use std::collections::BTreeMap;

/// What answers are unpacked from.
const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// What a body is sent as where no header says so.
const IMPLIED: &str = "application/json";

pub(super) fn check(parts: &Parts<'_>, sites: &[Site<'_>], report: &mut Report<'_>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for site in sites.iter().filter(|site| site.kind == SiteKind::Header) {
        let name = site.path.last().copied().unwrap_or_default();
        let lower = name.to_ascii_lowercase();
        let message = match lower.as_str() {
            BUFFERING_HEADER => Some(
                "this header is not sent: a body here always goes out whole, with its length".to_owned(),
            ),
            "authorization" if parts.integration_type.is_platform() => Some(
                "this header is not sent: a platform action's calls take a token of its integration's client"
                    .to_owned(),
            ),
            "accept" => not_json(site.text).map(|kind| {
                format!(
                    "`{kind}` is no JSON media type: the platform refuses such an Accept; \
                     write application/json, or leave the header out"
                )
            }),
            "accept-encoding" => not_unpacked(site.text).map(|coding| {
                format!(
                    "an answer in `{coding}` can't be unpacked; leave the header out, and {} are asked for",
                    CODINGS.join(", ")
                )
            }),
            _ => None,
        };
        let message = message.or_else(|| empty(parts, site));
        if let Some(message) = message {
            report.add(site, 0, message);
        }
        if let Some(first) = seen.insert(lower, name) {
            let message =
                format!("`{first}` and `{name}` are the same header, which is sent twice");
            report.add(site, 0, message);
        }
    }
}

/// The first coding of a list that can't be unpacked, as far as the template spells it out.
fn not_unpacked(list: &str) -> Option<&str> {
    let codings = list.split(',').filter_map(|part| {
        let (coding, quality) = part.split_once(';').unwrap_or((part, ""));
        let quality: String = quality.split_whitespace().collect();
        let refused = ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains(&quality.as_str());
        (!refused).then_some(coding.trim())
    });
    let known = |coding: &str| {
        let lower = coding.to_ascii_lowercase();
        ["", "*", "identity", "x-gzip"].contains(&lower.as_str())
            || CODINGS.contains(&lower.as_str())
    };
    codings
        .filter(|coding| !coding.contains(['$', '#']))
        .find(|coding| !known(coding))
}

/// The first media type of a list that is no JSON, as far as the template spells it out.
fn not_json(list: &str) -> Option<&str> {
    let kinds = list.split(',').map(str::trim);
    kinds
        .filter(|kind| !kind.contains(['$', '#']))
        .find(|kind| !kind.is_empty() && !is_json(kind))
}

fn essence(kind: &str) -> String {
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn is_json(kind: &str) -> bool {
    let essence = essence(kind);
    let subtype = essence.split_once('/').map_or("", |(_, subtype)| subtype);
    subtype == "json" || subtype.ends_with("+json")
}

/// A header that is sent without a value, always or where optional inputs aren't given.
fn empty(parts: &Parts<'_>, site: &Site<'_>) -> Option<String> {
    if site.text.trim().is_empty() {
        return Some("this header is sent empty; leave it out".to_owned());
    }
    let rendered = made::render(parts, site, &parts.inputs.required)?;
    rendered.trim().is_empty().then(|| {
        "this header is sent empty where the inputs it prints aren't given: some servers refuse that"
            .to_owned()
    })
}

/// What a body begins as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Json,
    Form,
    Markup,
}

/// A `Content-Type` whose body can't be what it says. Where something else was told of the body, that is why.
pub(super) fn content(parts: &Parts<'_>, sites: &[Site<'_>], report: &mut Report<'_>) {
    let body = sites
        .iter()
        .find(|site| site.kind == SiteKind::Body && !site.text.trim().is_empty());
    let Some(body) = body.filter(|_| parts.method.has_body()) else {
        return;
    };
    let header = sites.iter().find(|site| {
        let name = site.path.last().copied().unwrap_or_default();
        site.kind == SiteKind::Header && name.eq_ignore_ascii_case("content-type")
    });
    let kind = header.map_or(IMPLIED, |header| header.text);
    if kind.contains(['$', '#']) {
        return;
    }
    let (whole, essence) = (kind, essence(kind));
    let begins = begins(parts, body);
    let is_xml = essence.ends_with("/xml") || essence.ends_with("+xml");
    let wrong = match begins {
        _ if essence.starts_with("multipart/")
            && !whole.to_ascii_lowercase().contains("boundary=") =>
        {
            "without a boundary nobody can read its parts"
        }
        Some(Begins::Json) if essence == "application/x-www-form-urlencoded" => {
            "but the body is JSON and no form; write fields as in name=$esc.urlFormEncode($input.name)"
        }
        Some(Begins::Json) if is_xml => "but the body is JSON",
        Some(Begins::Form) if is_json(kind) => {
            "but the body is a form: give it the Content-Type application/x-www-form-urlencoded"
        }
        Some(Begins::Markup) if is_json(kind) => "but the body is markup",
        None if is_json(kind) && !report.tells_of(body) && never_json(parts, body) => {
            "but the body is no JSON"
        }
        _ => return,
    };
    let (site, said) = match header {
        Some(header) => (header, format!("this says `{}`", kind.trim())),
        None => (
            body,
            format!("without a Content-Type the body is sent as {IMPLIED}"),
        ),
    };
    report.add(site, 0, format!("{said}, {wrong}"));
}

/// How a body begins, as far as its template spells that out.
fn begins(parts: &Parts<'_>, body: &Site<'_>) -> Option<Begins> {
    let text = body.text.trim_start();
    let field = text.trim_start_matches(|letter: char| {
        letter.is_ascii_alphanumeric() || "_-.%[]".contains(letter)
    });
    if text.starts_with('<') {
        Some(Begins::Markup)
    } else if field.len() < text.len() && field.starts_with('=') {
        Some(Begins::Form)
    } else if super::is_raw_request(text)
        || text.starts_with(['{', '[']) && !never_json(parts, body)
    {
        Some(Begins::Json)
    } else {
        None
    }
}

/// Whether what a body prints is no JSON, with inputs that fit the contract. Not known where something prints
/// in the open that may hold JSON itself.
fn never_json(parts: &Parts<'_>, body: &Site<'_>) -> bool {
    let is_known = |used: &super::scan::Use<'_>| {
        let property = used
            .properties
            .first()
            .filter(|_| used.root == "input" && !used.called);
        let kind = property.and_then(|name| super::kind(parts, name));
        used.usage != super::scan::Usage::Printed
            || matches!(
                kind,
                Some("integer" | "number" | "boolean" | "array" | "object")
            )
    };
    if !body.uses.references.iter().all(is_known) {
        return false;
    }
    let rendered = made::render(parts, body, &parts.inputs.all);
    rendered.is_some_and(|text| {
        !text.trim().is_empty() && tollgate_json::read_first(&text, crate::MAX_JSON_DEPTH).is_err()
    })
}

/// What stands in a header of the file, by any spelling of its name.
pub(super) fn value<'a>(definition: &'a Value, name: &str) -> Option<&'a str> {
    let headers = definition.pointer("/config/request/headers")?.as_object()?;
    let mut named = headers
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name));
    named.next()?.1.as_str()
}
