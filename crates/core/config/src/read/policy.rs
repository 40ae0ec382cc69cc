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
    let spans = || Duration::from_millis(1)..=LONGEST;
    let percent = |key| {
        section
            .whole(key, 0..=100)
            .and_then(|n| u32::try_from(n).ok())
    };
    let attempts = section
        .whole("max_attempts", 1..=10)
        .and_then(|n| u32::try_from(n).ok());
    let fetches = section
        .whole("fetches_at_once", 1..=64)
        .and_then(|n| u32::try_from(n).ok());
    let policy = Policy {
        grace: section
            .span("grace", Duration::ZERO..=LONGEST)
            .unwrap_or(default.grace),
        max_queued: section.size("max_queued").unwrap_or(default.max_queued),
        max_attempts: attempts.unwrap_or(default.max_attempts),
        retry_pause: section
            .span("retry_pause", spans())
            .unwrap_or(default.retry_pause),
        retry_budget_percent: percent("retry_budget_percent")
            .unwrap_or(default.retry_budget_percent),
        renew_ahead: section
            .span("renew_ahead", Duration::ZERO..=LONGEST)
            .unwrap_or(default.renew_ahead),
        fetch_pause: section
            .span("fetch_pause", spans())
            .unwrap_or(default.fetch_pause),
        fetches_at_once: fetches.unwrap_or(default.fetches_at_once),
        wait_for_tokens: section
            .flag("wait_for_tokens")
            .unwrap_or(default.wait_for_tokens),
        floor_percent: percent("floor_percent").unwrap_or(default.floor_percent),
        follow_latency: section
            .flag("follow_latency")
            .unwrap_or(default.follow_latency),
        closed_for: section
            .span("closed_for", spans())
            .unwrap_or(default.closed_for),
        ..default
    };
    section.finish();
    policy
}
