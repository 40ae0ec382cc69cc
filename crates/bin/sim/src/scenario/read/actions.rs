//! `[[action]]`: what is called, and how long it takes.

use super::{Known, Source};
use crate::action::{Action, Cache};
use crate::latency::Latency;
use crate::scenario::{Service, ServiceAction};
use std::time::Duration;
use tollgate_settings::{Section, resolve, unique_name};

/// The vendor's bounds of an action's timeout.
const TIMEOUTS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(3_600);

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

pub(super) fn read(
    root: &Section<'_, '_>,
    source: &Source<'_>,
    known: Option<&Known<'_>>,
) -> Vec<Action> {
    let mut taken = Vec::new();
    let actions = root.sections("action").into_iter().map(|section| {
        let name = unique_name(&section, "name", &mut taken);
        let usual = match known {
            Some(known) => known_action(&section, &name, known),
            None => read_request(&section, Action::usual(&name)),
        };
        let path = section.parsed("path", "a path that begins with /", |text| {
            text.starts_with('/').then(|| text.to_owned())
        });
        let action = Action {
            path: path.map_or(usual.path, |path| path.value),
            latency: section
                .section("latency")
                .and_then(|latency| read_latency(latency, source))
                .unwrap_or(usual.latency),
            timeout: section.span("timeout", TIMEOUTS).unwrap_or(usual.timeout),
            cache: match known.and_then(|known| kept(&section, &name, known)) {
                Some(life) => read_keys(&section).map(|keys| Cache { life, keys }),
                None => read_cache(&section),
            },
            ..usual
        };
        section.finish();
        action
    });
    let mut actions: Vec<_> = actions.collect();
    if let Some((known, records)) = known.and_then(|it| Some((it, it.service.records?))) {
        for name in records
            .actions()
            .iter()
            .filter(|name| !taken.contains(name))
        {
            actions.push(recorded(root, name, &known.service));
        }
    } else if actions.is_empty() {
        root.missing(
            "action",
            "a table [[action]] with a name for each data action",
        );
    }
    actions
}

/// What an action's request is like: `method`, `idempotent`, `token`.
fn read_request(section: &Section<'_, '_>, usual: Action) -> Action {
    let method = section.parsed("method", "GET, HEAD, POST, PUT, PATCH or DELETE", |text| {
        METHODS.iter().find(|method| method.name == text)
    });
    let method = method.map(|method| method.value);
    let idempotent = section.flag("idempotent");
    Action {
        token: section.flag("token").unwrap_or(usual.token),
        idempotent: idempotent.unwrap_or(method.is_none_or(|method| method.idempotent)),
        reads: method.map(|method| method.reads),
        method: method.map_or("GET", |method| method.name),
        ..usual
    }
}

/// An action of a service: its file says what its request is like, and its integration whether it takes a token.
/// One that no file has (it is in the store, say) names its integration, and the scenario says the rest.
fn known_action(section: &Section<'_, '_>, name: &str, known: &Known<'_>) -> Action {
    let service = &known.service;
    let integrations = service.config.integrations.iter();
    let names: Vec<_> = integrations.map(|it| it.name.clone()).collect();
    let named = section.text("integration");
    let named = named.and_then(|named| resolve(section, &named, "integration", &names));
    let (at, file) = match service.integration_of(name, named.map(|at| at as usize)) {
        Ok(found) => found,
        Err(why) => {
            section.missing(
                "integration",
                &format!("\"NAME of an [[integration]]\"; {why}"),
            );
            (0, None)
        }
    };
    section.refuse("token", || {
        service.says(&format!("integration[{}].type", at + 1))
    });
    let Some(file) = file else {
        return read_request(section, of_integration(name, at, service));
    };
    for key in ["timeout", "method", "idempotent"] {
        section.refuse(key, || {
            format!("{} says that already; remove it here", file.file)
        });
    }
    of_file(file, service)
}

/// An action as its file describes it.
fn of_file(action: &ServiceAction, service: &Service<'_>) -> Action {
    let method = METHODS.iter().find(|method| method.name == action.method);
    Action {
        timeout: action.timeout,
        method: action.method,
        idempotent: method.is_none_or(|method| method.idempotent),
        reads: method.map(|method| method.reads),
        ..of_integration(&action.name, action.integration, service)
    }
}

/// An action of which only the integration is known.
fn of_integration(name: &str, integration: usize, service: &Service<'_>) -> Action {
    let (route, token) = service.route_of(integration, name);
    Action {
        token,
        route,
        ..Action::usual(name)
    }
}

/// An action that records name and the scenario doesn't.
fn recorded(root: &Section<'_, '_>, name: &str, service: &Service<'_>) -> Action {
    let (at, file) = match service.integration_of(name, None) {
        Ok(found) => found,
        Err(why) => {
            let expected = format!(
                "a table [[action]] with name = {name:?}, which records name, and integration: {why}"
            );
            root.missing("action", &expected);
            (0, None)
        }
    };
    match file {
        Some(file) => of_file(file, service),
        None => of_integration(name, at, service),
    }
}

/// How long a service keeps the action's answers, by a `[[cache]]` of its configuration.
fn kept(section: &Section<'_, '_>, name: &str, known: &Known<'_>) -> Option<Duration> {
    let service = &known.service;
    let rule = service
        .config
        .caches
        .iter()
        .position(|rule| rule.action == name)?;
    section.refuse("cache", || {
        service.says(&format!("cache[{}].fresh_for", rule + 1))
    });
    Some(service.config.caches[rule].fresh_for)
}

fn read_cache(section: &Section<'_, '_>) -> Option<Cache> {
    let life = section.span("cache", Duration::ZERO..=LONGEST * 24);
    let keys = read_keys(section);
    if life.is_some() && keys.is_none() {
        section.missing("keys", "a number of different inputs, for the cache's sake");
    }
    let (life, keys) = (life?, keys?);
    (!life.is_zero()).then_some(Cache { life, keys })
}

fn read_keys(section: &Section<'_, '_>) -> Option<u32> {
    section
        .whole("keys", 1..=10_000_000)
        .map(|keys| keys as u32)
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
