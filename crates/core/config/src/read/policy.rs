//! `[policy]`.

use std::time::Duration;
use tollgate_engine::Policy;
use tollgate_settings::Section;

const LONGEST: Duration = Duration::from_secs(3600);

pub(super) fn read(root: &Section<'_, '_>) -> Policy {
    // Whoever calls would rather know at once.
    let default = Policy {
        wait_for_tokens: false,
        ..Policy::default()
    };
    let Some(section) = root.section("policy") else {
        return default;
    };
    let pause = |key, usual| {
        let pause = section.span(key, Duration::from_millis(1)..=LONGEST);
        pause.unwrap_or(usual)
    };
    let span = |key, usual| section.span(key, Duration::ZERO..=LONGEST).unwrap_or(usual);
    let flag = |key, usual| section.flag(key).unwrap_or(usual);
    let whole = |key, range, usual| {
        let number = section.whole(key, range);
        number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(usual)
    };
    let policy = Policy {
        max_attempts: whole("max_attempts", 1..=10, default.max_attempts),
        fetches_at_once: whole("fetches_at_once", 1..=64, default.fetches_at_once),
        grace: span("grace", default.grace),
        max_queued: section.size("max_queued").unwrap_or(default.max_queued),
        retry_pause: pause("retry_pause", default.retry_pause),
        retry_budget_percent: whole(
            "retry_budget_percent",
            0..=100,
            default.retry_budget_percent,
        ),
        renew_ahead: span("renew_ahead", default.renew_ahead),
        fetch_pause: pause("fetch_pause", default.fetch_pause),
        wait_for_tokens: flag("wait_for_tokens", default.wait_for_tokens),
        floor_percent: whole("floor_percent", 0..=100, default.floor_percent),
        follow_latency: flag("follow_latency", default.follow_latency),
        closed_for: pause("closed_for", default.closed_for),
        ..default
    };
    section.finish();
    policy
}
