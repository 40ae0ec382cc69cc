//! A file's limits: whose calls each counts, which of them, and how many it allows from when on.

use super::{since, span, word};
use crate::{Client, Kind, Law, Paths, Step, Whose, Window};
use std::time::Duration;
use tollgate_settings::Section;

pub(super) fn law(section: Section<'_, '_>, clients: &[Client]) -> Option<Law> {
    let whose = word(&section, "of", "token, client or organisation", whose);
    let word = word(
        &section,
        "kind",
        "fixed, sliding, weighted, bucket or concurrency",
        |text| {
            ["fixed", "sliding", "weighted", "bucket", "concurrency"]
                .into_iter()
                .find(|word| *word == text)
        },
    )
    .unwrap_or("fixed");
    let first = kind(&section, word, None);
    let steps = section.sections("step").into_iter().filter_map(|step| {
        let from = since(&step, "from");
        let kind = kind(&step, word, first);
        step.finish();
        Some(Step { from, kind: kind? })
    });
    let steps = steps.collect();
    let paths = paths(&section);
    let law = Law {
        clients: clients_of(&section, clients),
        paths,
        steps,
        again: span(&section, "again"),
        shown: !section.flag("hidden").unwrap_or(false),
        counts_refused: section.flag("counts_refused").unwrap_or(false),
        ..Law::new(whose.unwrap_or(Whose::Organisation), first?)
    };
    section.finish();
    Some(law)
}

/// The calls that a limit counts, by method and path.
fn paths(section: &Section<'_, '_>) -> Paths {
    let prefix = section.text("path").map(|text| text.value);
    let method = section.text("method").map(|text| text.value.to_uppercase());
    match prefix {
        _ if section.flag("each_path").unwrap_or(false) => Paths::Each,
        None if method.is_none() => Paths::All,
        prefix => Paths::Under {
            method,
            prefix: prefix.unwrap_or_else(|| "/".into()),
        },
    }
}

/// The places of the clients that a limit names.
fn clients_of(section: &Section<'_, '_>, clients: &[Client]) -> Vec<usize> {
    let named = section.texts("clients").unwrap_or_default().into_iter();
    let places = named.filter_map(|id| {
        let place = clients.iter().position(|client| client.id == id.value);
        if place.is_none() {
            section.reject(&id, format!("no client {}", id.value));
        }
        place
    });
    places.collect()
}

/// The numbers of a limit; those that a step doesn't name stay as they were.
fn kind(section: &Section<'_, '_>, word: &str, before: Option<Kind>) -> Option<Kind> {
    let was = before.map(|kind| match kind {
        Kind::Fixed(window) | Kind::Sliding(window) | Kind::Weighted(window) => (window, 0),
        Kind::Bucket { burst, refill } => (refill, burst),
        Kind::Concurrency(allowed) => (
            Window {
                allowed,
                period: Duration::ZERO,
            },
            0,
        ),
    });
    let need = |key| {
        if was.is_none() && !section.has(key) {
            section.missing(key, if key == "period" { "\"60s\"" } else { "60" });
        }
    };
    need("allowed");
    let allowed = section.count("allowed", 1).or(was.map(|was| was.0.allowed));
    if word == "concurrency" {
        return allowed.map(Kind::Concurrency);
    }
    need("period");
    let period = span(section, "period").or(was.map(|was| was.0.period));
    let window = Window {
        allowed: allowed?,
        period: period?,
    };
    Some(match word {
        "sliding" => Kind::Sliding(window),
        "weighted" => Kind::Weighted(window),
        "bucket" => Kind::Bucket {
            burst: section
                .count("burst", 1)
                .or(was.map(|was| was.1))
                .unwrap_or(1),
            refill: window,
        },
        _ => Kind::Fixed(window),
    })
}

fn whose(text: &str) -> Option<Whose> {
    match text {
        "token" => Some(Whose::Token),
        "client" => Some(Whose::Client),
        "organisation" => Some(Whose::Organisation),
        _ => None,
    }
}
