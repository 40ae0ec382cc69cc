//! What a platform is, in TOML: limits of every kind, headers, strangers, faults.
//!
//! One way to say so, for the emulator's file and for a scenario's table of what the upstream really
//! is. Described in `docs/limits.md`, field by field.

mod law;
mod parts;

use crate::{Alignment, Client, Config, Counted, Faults, Law, Slowing, Spread};
use law::law;
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
    let laws: Vec<Law> = laws.filter_map(|limit| law(limit, &clients)).collect();
    let strangers = section.sections("stranger").into_iter();
    let strangers = strangers.filter_map(|table| stranger(table, &clients));
    let strangers = strangers.collect();
    let none_named = laws.is_empty();
    Config {
        token: usual.token.filter(|_| none_named),
        client: usual.client.filter(|_| none_named),
        organisation: usual.organisation.filter(|_| none_named),
        concurrency: usual.concurrency.filter(|_| none_named),
        needs_token: section.flag("needs_token").unwrap_or(!clients.is_empty()),
        alignment: word(
            section,
            "alignment",
            "first-call, wall-clock or phase-per-key",
            Alignment::parse,
        )
        .unwrap_or(usual.alignment),
        counted: word(section, "counted", "on-arrival or at-answer", counted)
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

fn counted(text: &str) -> Option<Counted> {
    match text {
        "on-arrival" => Some(Counted::OnArrival),
        "at-answer" => Some(Counted::AtAnswer),
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Lie, Life, Paths, RetryAfter, Window};

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
