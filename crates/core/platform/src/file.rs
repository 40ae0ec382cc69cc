//! What a platform is, in TOML: limits of every kind, headers, strangers, faults.
//!
//! One way to say so, for the emulator's file and for a scenario's table of what the upstream really
//! is. Described in `docs/limits.md`, field by field.

mod parts;

use crate::{
    Alignment, Client, Config, Counted, Faults, Kind, Law, Paths, Slowing, Spread, Step, Whose,
    Window,
};
use parts::{headers, stranger, stray, token_endpoint};
use std::time::Duration;
use tollgate_settings::{Problem, Section};

/// The longest span that a file may name.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Reads a file's text.
///
/// # Errors
/// All that is wrong in it, each with its place.
pub fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    tollgate_settings::read(text, read)
}

fn read(root: &Section<'_, '_>) -> Config {
    let clients: Vec<Client> = root
        .sections("client")
        .into_iter()
        .filter_map(|section| {
            let id = required(&section, "id", "\"demo\"");
            let secret = required(&section, "secret", "\"emulated\"");
            section.finish();
            Some(Client {
                id: id?,
                secret: secret?,
            })
        })
        .collect();
    let latency = word(
        root,
        "latency",
        "a span, as 80ms or 50ms..200ms",
        Spread::parse,
    );
    let faults = root.section("faults").map(|section| {
        let percent = |key| section.whole(key, 0..=100).unwrap_or(0) as u8;
        let faults = Faults {
            unavailable_percent: percent("unavailable"),
            dropped_percent: percent("dropped"),
            slow_percent: percent("slow"),
        };
        section.finish();
        faults
    });
    let usual = Config {
        token: None,
        client: None,
        organisation: None,
        clients,
        ..Config::default()
    };
    Config {
        latency: latency.unwrap_or(usual.latency),
        faults: faults.unwrap_or_default(),
        ..limits_and_others(root, usual)
    }
}

/// Reads all of a platform but its clients, how long its answers take, and its faults. What the section
/// doesn't name is as `usual` has it; limits that it names stand in the place of the usual ones.
#[must_use]
pub fn limits_and_others(section: &Section<'_, '_>, usual: Config) -> Config {
    let clients = usual.clients;
    let workers = section.count("workers", 1).map(Slowing::Workers);
    let crowd = section.count("thrashing", 1).map(Slowing::Thrashing);
    let laws = section.sections("limit").into_iter();
    let laws: Vec<Law> = laws.filter_map(|it| law(it, &clients)).collect();
    let strangers = section.sections("stranger").into_iter();
    let strangers = strangers.filter_map(|it| stranger(it, &clients)).collect();
    let (token, client, organisation, concurrency) = if laws.is_empty() {
        (
            usual.token,
            usual.client,
            usual.organisation,
            usual.concurrency,
        )
    } else {
        (None, None, None, None)
    };
    Config {
        token,
        client,
        organisation,
        concurrency,
        needs_token: section.flag("needs_token").unwrap_or(!clients.is_empty()),
        alignment: word(
            section,
            "alignment",
            "first-call, wall-clock or phase-per-key",
            Alignment::parse,
        )
        .unwrap_or(usual.alignment),
        counted: word(
            section,
            "counted",
            "on-arrival or at-answer",
            |text| match text {
                "on-arrival" => Some(Counted::OnArrival),
                "at-answer" => Some(Counted::AtAnswer),
                _ => None,
            },
        )
        .unwrap_or(usual.counted),
        way_in: word(
            section,
            "way_in",
            "a span, as 4ms or 0ms..15ms",
            Spread::parse,
        )
        .unwrap_or(usual.way_in),
        latency: usual.latency,
        slowing: workers.or(crowd).unwrap_or(usual.slowing),
        expires_in: span(section, "expires_in").unwrap_or(usual.expires_in),
        headers: section.section("headers").map_or(usual.headers, headers),
        strays: section.sections("stray").into_iter().map(stray).collect(),
        token_endpoint: section
            .section("token_endpoint")
            .map_or(usual.token_endpoint, token_endpoint),
        faults: usual.faults,
        laws,
        strangers,
        clients,
    }
}

/// One of some words.
fn word<T>(
    section: &Section<'_, '_>,
    key: &'static str,
    expected: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    section
        .parsed(key, expected, parse)
        .map(|placed| placed.value)
}

fn required(section: &Section<'_, '_>, key: &'static str, example: &str) -> Option<String> {
    if !section.has(key) {
        section.missing(key, example);
    }
    section.text(key).map(|text| text.value)
}

fn span(section: &Section<'_, '_>, key: &'static str) -> Option<Duration> {
    section.span(key, Duration::from_millis(1)..=LONGEST)
}

fn since(section: &Section<'_, '_>, key: &'static str) -> Duration {
    section
        .span(key, Duration::ZERO..=LONGEST)
        .unwrap_or_default()
}

fn law(section: Section<'_, '_>, clients: &[Client]) -> Option<Law> {
    let whose = word(
        &section,
        "of",
        "token, client or organisation",
        |text| match text {
            "token" => Some(Whose::Token),
            "client" => Some(Whose::Client),
            "organisation" => Some(Whose::Organisation),
            _ => None,
        },
    );
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
    let prefix = section.text("path").map(|text| text.value);
    let method = section.text("method").map(|text| text.value.to_uppercase());
    let paths = match prefix {
        _ if section.flag("each_path").unwrap_or(false) => Paths::Each,
        None if method.is_none() => Paths::All,
        prefix => Paths::Under {
            method,
            prefix: prefix.unwrap_or_else(|| "/".into()),
        },
    };
    let of_clients = section.texts("clients").unwrap_or_default().into_iter();
    let of_clients = of_clients.filter_map(|id| {
        let place = clients.iter().position(|client| client.id == id.value);
        if place.is_none() {
            section.reject(&id, format!("no client {}", id.value));
        }
        place
    });
    let law = Law {
        clients: of_clients.collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lie, Life, RetryAfter};

    #[test]
    fn all_fields_are_read() {
        let config = parse(
            r#"
alignment = "wall-clock"
counted = "at-answer"
latency = "20ms..60ms"
workers = 8

[[client]]
id = "one"
secret = "emulated"

[[limit]]
of = "token"
kind = "bucket"
allowed = 5
period = "1s"
burst = 10
clients = ["one"]

[[limit.step]]
from = "12s"
allowed = 3

[[limit]]
kind = "sliding"
allowed = 10
period = "60s"
path = "/api/v2/users"
method = "get"
hidden = true

[headers]
family = "structured"
lie = "20"
status = 403
retry_after = "float"

[[stray]]
percent = 0.5
retry_after = "60"

[[stranger]]
share = "client:one"
rate = 3.3

[[stranger.step]]
from = "60s"
rate = 0

[token_endpoint]
takes = "8s"
says = "missing"
disabled = ["two"]
"#,
        )
        .unwrap();
        let second = Duration::from_secs(1);
        let bucket = |allowed| Kind::Bucket {
            burst: 10,
            refill: Window {
                allowed,
                period: second,
            },
        };
        assert_eq!(config.laws[0].kind, bucket(5));
        assert_eq!(config.laws[0].steps[0].kind, bucket(3));
        assert_eq!(config.laws[0].clients, [0]);
        assert!(!config.laws[1].shown);
        assert_eq!(
            config.laws[1].paths,
            Paths::Under {
                method: Some("GET".into()),
                prefix: "/api/v2/users".into()
            }
        );
        assert_eq!(config.headers.lie, Some(Lie::Allowed(20)));
        assert_eq!(config.headers.refusal, 403);
        assert_eq!(config.strays[0].retry_after, RetryAfter::Text("60".into()));
        assert_eq!(
            config.strangers[0].rates,
            [(Duration::ZERO, 3.3), (second * 60, 0.0)]
        );
        assert_eq!(config.token_endpoint.says, Life::Unsaid);
        assert_eq!(
            config.latency,
            Spread {
                from: second / 50,
                to: second * 3 / 50
            }
        );
        assert!(config.needs_token);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let text = "[[limit]]\nof = \"token\"\nkind = \"round\"\nallowed = 0\n\n[[limit]]\nallowed = 1\nperiod = \"1s\"\nclients = [\"two\"]\n";
        let problems = parse(text).unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [1, 3, 4, 9]);
    }
}
