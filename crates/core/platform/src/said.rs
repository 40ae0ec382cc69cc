//! The headers of an answer.

use crate::{Facts, Family, Headers, Lie, RetryAfter};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_model::{Instant, Stream};

/// A header's name and value.
pub type Header = (&'static str, String);

/// The headers that speak of a window. The time line is taken as the wall clock's.
pub(crate) fn window(
    headers: &Headers,
    facts: Facts,
    random: &mut Stream,
    now: Instant,
) -> Vec<Header> {
    let mut limit = facts.allowed;
    match headers.lie {
        Some(Lie::Allowed(allowed)) => limit = allowed,
        Some(Lie::AnyAllowed) => limit = 1 + (random.next() % 1_000) as u32,
        _ => {}
    }
    let remaining = match headers.lie {
        Some(Lie::NothingRemains) => 0,
        Some(Lie::AllRemains) => i64::from(limit),
        Some(Lie::HugeRemains) => 99_999_999,
        Some(Lie::NegativeRemains) => -5,
        _ => (i64::from(limit) - i64::from(facts.count)).max(0),
    };
    let reset = match headers.lie {
        Some(Lie::ResetNow) => 0,
        Some(Lie::ResetPast) => -3_600,
        Some(Lie::ResetIn(span)) => span.as_secs() as i64,
        _ => facts.reset as i64,
    };
    let count = i64::from(limit) - remaining;
    let seconds = now.as_nanos() / 1_000_000_000;
    // A reset is the end of a window, rounded up; counted from now in whole seconds it is one more.
    let epoch = seconds as i64 + reset;
    let period = facts.period.as_secs_f64().ceil() as u64;
    let separate = || {
        vec![
            ("ratelimit-limit", format!("{limit}, {limit};w={period}")),
            ("ratelimit-remaining", remaining.to_string()),
            ("ratelimit-reset", reset.to_string()),
        ]
    };
    let vendors = |reset: String| {
        vec![
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-reset", reset),
        ]
    };
    match headers.family {
        Family::None => Vec::new(),
        Family::Platform => vec![
            ("inin-ratelimit-count", count.to_string()),
            ("inin-ratelimit-allowed", limit.to_string()),
            ("inin-ratelimit-reset", reset.to_string()),
        ],
        Family::Structured => vec![
            (
                "ratelimit-policy",
                format!("\"default\";q={limit};w={period}"),
            ),
            ("ratelimit", format!("\"default\";r={remaining};t={reset}")),
        ],
        Family::Combined => vec![(
            "ratelimit",
            format!("limit={limit}, remaining={remaining}, reset={reset}"),
        )],
        Family::Separate => separate(),
        Family::Seconds => vendors(reset.to_string()),
        Family::Epoch => vendors(epoch.to_string()),
        Family::EpochMillis => vendors((epoch * 1_000).to_string()),
        Family::GitHub => {
            let mut said = vendors(epoch.to_string());
            said.push(("x-ratelimit-used", count.to_string()));
            said.push(("x-ratelimit-resource", "core".into()));
            said
        }
        Family::HubSpot => vec![
            ("x-hubspot-ratelimit-max", limit.to_string()),
            ("x-hubspot-ratelimit-remaining", remaining.to_string()),
            (
                "x-hubspot-ratelimit-interval-milliseconds",
                facts.period.as_millis().to_string(),
            ),
        ],
        Family::Salesforce => vec![("sforce-limit-info", format!("api-usage={count}/{limit}"))],
        Family::Zendesk => {
            let mut said = separate();
            said.push(("x-rate-limit", limit.to_string()));
            said.push(("x-rate-limit-remaining", remaining.to_string()));
            said
        }
    }
}

/// `Retry-After`, if it is sent; `observed` are the whole seconds that the platform says.
pub(crate) fn retry_after(
    form: &RetryAfter,
    (observed, wait): (u64, Duration),
    now: Instant,
) -> Option<Header> {
    let at = now + wait;
    let value = match form {
        RetryAfter::None => return None,
        RetryAfter::Seconds => observed.to_string(),
        RetryAfter::Float => format!("{:.2}", wait.as_secs_f64() + 0.005),
        RetryAfter::Millis => wait.as_nanos().div_ceil(1_000_000).to_string(),
        RetryAfter::Date => {
            // A date has whole seconds.
            let whole = Duration::from_secs(at.as_nanos().div_ceil(1_000_000_000));
            let at: SystemTime = UNIX_EPOCH + whole;
            httpdate::fmt_http_date(at)
        }
        RetryAfter::Epoch => at.as_nanos().div_ceil(1_000_000_000).to_string(),
        RetryAfter::Text(text) => text.clone(),
    };
    Some(("retry-after", value))
}
