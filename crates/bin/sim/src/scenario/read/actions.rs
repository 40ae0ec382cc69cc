//! `[[action]]`: what is called, and how long it takes.

use super::Source;
use crate::latency::Latency;
use crate::scenario::{Action, Cache};
use std::time::Duration;
use tollgate_settings::{Section, unique_name};

/// The vendor's bounds of an action's timeout.
const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3_600);
/// An answer time if the file gives none.
const USUAL: Duration = Duration::from_millis(200);

/// What HTTP says of a method.
struct Method {
    name: &'static str,
    /// Its requests may be sent twice.
    idempotent: bool,
    /// Its requests change nothing.
    reads: bool,
}

const METHODS: [Method; 6] = [
    method("GET", true, true),
    method("HEAD", true, true),
    method("POST", false, false),
    method("PUT", true, false),
    method("PATCH", false, false),
    method("DELETE", true, false),
];

const fn method(name: &'static str, idempotent: bool, reads: bool) -> Method {
    Method {
        name,
        idempotent,
        reads,
    }
}

pub(super) fn read(root: &Section<'_, '_>, source: &Source<'_>) -> Vec<Action> {
    let mut taken = Vec::new();
    let actions = root.sections("action").into_iter().map(|section| {
        let method = section.parsed("method", "GET, HEAD, POST, PUT, PATCH or DELETE", |text| {
            METHODS.iter().find(|method| method.name == text)
        });
        let method = method.map(|method| method.value);
        let name = unique_name(&section, "name", &mut taken);
        let path = section.parsed("path", "a path that begins with /", |text| {
            text.starts_with('/').then(|| text.to_owned())
        });
        let action = Action {
            method: method.map_or("GET", |method| method.name),
            path: path.map_or_else(|| format!("/{name}"), |path| path.value),
            name,
            latency: section
                .section("latency")
                .and_then(|latency| read_latency(latency, source))
                .unwrap_or(Latency::Fixed(USUAL)),
            timeout: section.span("timeout", TIMEOUTS).unwrap_or(*TIMEOUTS.end()),
            token: section.flag("token").unwrap_or(true),
            idempotent: section
                .flag("idempotent")
                .unwrap_or(method.is_none_or(|method| method.idempotent)),
            reads: method.map(|method| method.reads),
            cache: read_cache(&section),
        };
        section.finish();
        action
    });
    let actions: Vec<_> = actions.collect();
    if actions.is_empty() {
        root.missing(
            "action",
            "a table [[action]] with a name for each data action",
        );
    }
    actions
}

fn read_cache(section: &Section<'_, '_>) -> Option<Cache> {
    let life = section.span("cache", Duration::ZERO..=LONGEST * 24);
    let keys = section.whole("keys", 1..=10_000_000);
    if life.is_some() && keys.is_none() {
        section.missing("keys", "a number of different inputs, for the cache's sake");
    }
    let (life, keys) = (life?, keys? as u32);
    (!life.is_zero()).then_some(Cache { life, keys })
}

fn read_latency(section: Section<'_, '_>, source: &Source<'_>) -> Option<Latency> {
    let span = |key| section.span(key, Duration::ZERO..=LONGEST);
    let latency = if section.has("fixed") {
        span("fixed").map(Latency::Fixed)
    } else if section.has("exponential") {
        span("exponential").map(|mean| Latency::Exponential { mean })
    } else if section.has("median") || section.has("p95") {
        let (median, p95) = (span("median"), span("p95"));
        checked(&section, "a median above zero and a p95 no less", || {
            Latency::log_normal(median?, p95?)
        })
    } else if section.has("histogram") {
        let (from, buckets) = (span("from"), section.sections("histogram"));
        let counts = buckets.into_iter().filter_map(|bucket| {
            let up_to = bucket.span("up_to", Duration::ZERO..=LONGEST);
            let count = bucket.number("count", 0.0..=1e15);
            if !bucket.has("up_to") || !bucket.has("count") {
                bucket.missing("up_to and count", "\"100ms\" and a number of answers");
            }
            bucket.finish();
            up_to.zip(count)
        });
        let counts: Vec<_> = counts.collect();
        checked(
            &section,
            "buckets with ascending bounds and something counted",
            || Latency::histogram(from.unwrap_or_default(), &counts),
        )
    } else if section.has("measured") {
        read_measured(&section, source)
    } else if section.has("from") || section.has("to") {
        let (from, to) = (span("from"), span("to"));
        checked(&section, "from and to, from no more than to", || {
            let (from, to) = (from?, to?);
            (from <= to).then_some(Latency::Even { from, to })
        })
    } else {
        section.missing(
            "fixed",
            "\"200ms\" (or exponential; median and p95; from and to; histogram; measured)",
        );
        None
    };
    section.finish();
    latency
}

fn checked(
    section: &Section<'_, '_>,
    expected: &str,
    make: impl FnOnce() -> Option<Latency>,
) -> Option<Latency> {
    let made = make();
    if made.is_none() {
        section.reject(&section.here(()), format!("expected {expected}"));
    }
    made
}

/// A file with one answer time in milliseconds a line; other lines (a heading) are passed over if
/// they come first.
fn read_measured(section: &Section<'_, '_>, source: &Source<'_>) -> Option<Latency> {
    let path = section.text("measured")?;
    let text = match (source.read)(&path.value) {
        Ok(text) => text,
        Err(error) => {
            section.reject(&path, format!("{}: {error}", path.value));
            return None;
        }
    };
    let mut samples = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match line.trim().parse::<f64>() {
            Ok(millis) if millis >= 0.0 && millis <= LONGEST.as_secs_f64() * 1e3 => {
                samples.push(millis / 1e3);
            }
            _ if at == 0 => {}
            _ => {
                let message = format!(
                    "{}:{}: expected an answer time in milliseconds, found {:?}",
                    path.value,
                    at + 1,
                    line.chars().take(24).collect::<String>()
                );
                section.reject(&path, message);
                return None;
            }
        }
    }
    let latency = Latency::measured(samples);
    if latency.is_none() {
        section.reject(&path, format!("{}: holds no answer times", path.value));
    }
    latency
}
