//! The file's tables beside its limits.

use super::{since, span, word};
use crate::{
    Client, Family, Headers, Lie, Life, RetryAfter, Share, Spread, Stranger, Stray, TokenEndpoint,
    Window,
};
use std::time::Duration;
use tollgate_settings::{Section, parse_span};

pub(super) fn headers(section: Section<'_, '_>) -> Headers {
    let usual = Headers::default();
    let headers = Headers {
        family: word(&section, "family", "none, platform, structured, draft-7, draft-6, seconds, epoch, epoch-ms, github, hubspot, salesforce or zendesk", family)
            .unwrap_or(usual.family),
        lie: word(&section, "lie",
            "nothing-remains, all-remains, huge, negative, reset-now, reset-past, reset-hour, any-number, or the number that is said",
            lie,
        ),
        refusal: status(&section, "status"),
        retry_after: retry_after(&section),
    };
    section.finish();
    headers
}

fn status(section: &Section<'_, '_>, key: &'static str) -> u16 {
    section.whole(key, 400..=599).unwrap_or(429) as u16
}

/// The words for the forms; any other text is sent as it stands.
fn retry_after(section: &Section<'_, '_>) -> RetryAfter {
    let text = section.text("retry_after").map(|text| text.value);
    match text.as_deref() {
        None | Some("seconds") => RetryAfter::Seconds,
        Some("none") => RetryAfter::None,
        Some("float") => RetryAfter::Float,
        Some("millis") => RetryAfter::Millis,
        Some("date") => RetryAfter::Date,
        Some("epoch") => RetryAfter::Epoch,
        Some(text) => RetryAfter::Text(text.to_owned()),
    }
}

fn family(text: &str) -> Option<Family> {
    Some(match text {
        "none" => Family::None,
        "platform" => Family::Platform,
        "structured" => Family::Structured,
        "draft-7" => Family::Combined,
        "draft-6" => Family::Separate,
        "seconds" => Family::Seconds,
        "epoch" => Family::Epoch,
        "epoch-ms" => Family::EpochMillis,
        "github" => Family::GitHub,
        "hubspot" => Family::HubSpot,
        "salesforce" => Family::Salesforce,
        "zendesk" => Family::Zendesk,
        _ => return None,
    })
}

fn lie(text: &str) -> Option<Lie> {
    Some(match text {
        "nothing-remains" => Lie::NothingRemains,
        "all-remains" => Lie::AllRemains,
        "huge" => Lie::HugeRemains,
        "negative" => Lie::NegativeRemains,
        "reset-now" => Lie::ResetNow,
        "reset-past" => Lie::ResetPast,
        "reset-hour" => Lie::ResetIn(Duration::from_secs(3_600)),
        "any-number" => Lie::AnyAllowed,
        number => Lie::Allowed(number.parse().ok()?),
    })
}

pub(super) fn stray(section: Section<'_, '_>) -> Stray {
    let stray = Stray {
        percent: section.number("percent", 0.0..=100.0).unwrap_or(1.0),
        status: status(&section, "status"),
        retry_after: retry_after(&section),
        shows: section.flag("shows").unwrap_or(false),
    };
    section.finish();
    stray
}

pub(super) fn stranger(section: Section<'_, '_>, clients: &[Client]) -> Option<Stranger> {
    let share = word(
        &section,
        "share",
        "organisation, token:0, or client: and its id",
        |text| match text.split_once(':') {
            None if text == "organisation" => Some(Share::Organisation),
            Some(("token", number)) => Some(Share::Token(number.parse().ok()?)),
            Some(("client", id)) => {
                let place = clients.iter().position(|client| client.id == id)?;
                Some(Share::Client(place))
            }
            _ => None,
        },
    );
    let mut rates: Vec<(Duration, f64)> = section
        .number("rate", 0.0..=1e6)
        .map(|rate| (Duration::ZERO, rate))
        .into_iter()
        .collect();
    for step in section.sections("step") {
        let from = since(&step, "from");
        rates.extend(step.number("rate", 0.0..=1e6).map(|rate| (from, rate)));
        step.finish();
    }
    let stranger = Stranger {
        share: share.unwrap_or(Share::Organisation),
        path: section
            .text("path")
            .map_or_else(|| "/".into(), |text| text.value),
        rates,
        again: span(&section, "again"),
        steady: section.flag("steady").unwrap_or(false),
    };
    section.finish();
    Some(stranger)
}

pub(super) fn token_endpoint(section: Section<'_, '_>) -> TokenEndpoint {
    let usual = TokenEndpoint::default();
    let allowed = section.count("allowed", 1);
    let period = span(&section, "period").unwrap_or(Duration::from_secs(60));
    let says = word(&section, "says", "missing, or a span", |text| match text {
        "missing" => Some(Life::Unsaid),
        span => parse_span(span).map(Life::Is),
    });
    let failing = section.sections("failing").into_iter().map(|times| {
        let between = (since(&times, "from"), since(&times, "to"));
        times.finish();
        between
    });
    let endpoint = TokenEndpoint {
        takes: word(
            &section,
            "takes",
            "a span, as 80ms or 50ms..200ms",
            Spread::parse,
        )
        .unwrap_or(usual.takes),
        allowed: allowed.map(|allowed| Window { allowed, period }),
        retry_after: retry_after(&section),
        failing_percent: section.whole("failing_percent", 0..=100).unwrap_or(0) as u8,
        failing: failing.collect(),
        disabled: section
            .texts("disabled")
            .unwrap_or_default()
            .into_iter()
            .map(|id| id.value)
            .collect(),
        same: section.flag("same").unwrap_or(false),
        says: says.unwrap_or(usual.says),
        lives: span(&section, "lives"),
        calls: section.whole("calls", 1..=u64::from(u32::MAX)),
    };
    section.finish();
    endpoint
}
