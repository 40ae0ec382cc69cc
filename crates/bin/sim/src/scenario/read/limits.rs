//! `[limits]`; a number of zero means that there is no such limit.

use super::Known;
use crate::scenario::Limits;
use std::time::Duration;
use tollgate_engine::Leave;
use tollgate_platform::{Alignment, Spread};
use tollgate_settings::Section;

const HOUR: Duration = Duration::from_secs(3_600);

/// What a service's configuration says as well.
const OF_SERVICE: [&str; 8] = [
    "token",
    "client",
    "organisation",
    "executions",
    "concurrency",
    "period",
    "leave",
    "counted_within",
];

/// `[limits]`; beside a service's configuration, of what no configuration says.
pub(super) fn read(root: &Section<'_, '_>, known: Option<&Known<'_>>) -> Limits {
    let default = known.map_or_else(Limits::default, |known| known.understood.limits.clone());
    let Some(section) = root.section("limits") else {
        return default;
    };
    if let Some(Known {
        service,
        understood,
    }) = known
    {
        for key in OF_SERVICE {
            section.refuse(key, || service.says(&service.field_of(key, understood)));
        }
        let limits = Limits {
            alignment: alignment(&section).unwrap_or(default.alignment),
            token_life: token_life(&section).unwrap_or(default.token_life),
            token_latency: section
                .span("token_latency", Duration::ZERO..=HOUR)
                .unwrap_or(default.token_latency),
            way_in: way_in(&section).unwrap_or(default.way_in),
            ..default
        };
        section.finish();
        return limits;
    }
    let allowed = |key, default| match section.count(key, 0) {
        Some(0) => None,
        Some(allowed) => Some(allowed),
        None => default,
    };
    let span = |key| section.span(key, Duration::ZERO..=HOUR);
    let period = section.span("period", Duration::from_millis(1)..=HOUR * 24);
    let limits = Limits {
        token: allowed("token", default.token),
        client: allowed("client", default.client),
        organisation: allowed("organisation", default.organisation),
        executions: allowed("executions", default.executions),
        concurrency: allowed("concurrency", default.concurrency),
        period: period.unwrap_or(default.period),
        alignment: alignment(&section).unwrap_or(default.alignment),
        token_life: token_life(&section).unwrap_or(default.token_life),
        token_latency: span("token_latency").unwrap_or(default.token_latency),
        way_in: way_in(&section).unwrap_or(default.way_in),
        leave: leave(&section),
        counted_within: span("counted_within"),
    };
    if let Some(bound) = limits.counted_within
        && bound < limits.way_in.to
    {
        section.reject(
            &section.here(()),
            "expected counted_within to be no less than way_in; the engine would rely on what is not so"
                .to_owned(),
        );
    }
    section.finish();
    limits
}

/// `windows_open`.
fn alignment(section: &Section<'_, '_>) -> Option<Alignment> {
    let expected = "\"first-call\", \"wall-clock\" or \"phase-per-key\"";
    let placed = section.parsed("windows_open", expected, Alignment::parse)?;
    Some(placed.value)
}

fn token_life(section: &Section<'_, '_>) -> Option<Duration> {
    section.span("token_life", Duration::from_secs(1)..=HOUR * 48)
}

/// `way_in = "15ms"` or `"0ms..15ms"`.
fn way_in(section: &Section<'_, '_>) -> Option<Spread> {
    let placed = section.parsed(
        "way_in",
        "a time span such as \"5ms\" or \"0ms..15ms\"",
        Spread::parse,
    )?;
    Some(placed.value)
}

/// `leave = "10 %"`, or a number of calls.
fn leave(section: &Section<'_, '_>) -> Option<Leave> {
    if section.has("leave") && !section.is_text("leave") {
        return section.count("leave", 0).map(Leave::Calls);
    }
    let expected = "what is left free for others: a share such as \"10 %\", or a number of calls";
    let placed = section.parsed("leave", expected, Leave::parse)?;
    Some(placed.value)
}
