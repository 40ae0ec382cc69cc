//! The headers of an answer.

use crate::{Facts, Family, Headers, Lie, RetryAfter};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_model::{Instant, Stream};

/// A header's name and value.
pub type Header = (&'static str, String);

/// The numbers that headers say of a window, whether they are so or not.
struct Said {
    limit: u32,
    count: i64,
    remaining: i64,
    /// Seconds until the window ends.
    reset: i64,
    /// Whole seconds of the window.
    period: u64,
}

impl Said {
    fn new(lie: Option<Lie>, facts: Facts, random: &mut Stream) -> Self {
        let limit = match lie {
            Some(Lie::Allowed(allowed)) => allowed,
            Some(Lie::AnyAllowed) => 1 + (random.next() % 1_000) as u32,
            _ => facts.allowed,
        };
        let remaining = match lie {
            Some(Lie::NothingRemains) => 0,
            Some(Lie::AllRemains) => i64::from(limit),
            Some(Lie::HugeRemains) => 99_999_999,
            Some(Lie::NegativeRemains) => -5,
            _ => (i64::from(limit) - i64::from(facts.count)).max(0),
        };
        let reset = match lie {
            Some(Lie::ResetNow) => 0,
            Some(Lie::ResetPast) => -3_600,
            Some(Lie::ResetIn(span)) => span.as_secs() as i64,
            _ => facts.reset as i64,
        };
        Self {
            limit,
            count: i64::from(limit) - remaining,
            remaining,
            reset,
            period: facts.period.as_secs_f64().ceil() as u64,
        }
    }

    /// `RateLimit-Limit` and its like.
    fn separate(&self) -> Vec<Header> {
        let Self { limit, period, .. } = self;
        vec![
            ("ratelimit-limit", format!("{limit}, {limit};w={period}")),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", self.reset.to_string()),
        ]
    }

    /// `X-RateLimit-Limit` and its like, the reset in a form of the vendor's.
    fn vendors(&self, reset: i64) -> Vec<Header> {
        vec![
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ]
    }
}

/// The headers that speak of a window. The time line is taken as the wall clock's.
pub(crate) fn window(
    headers: &Headers,
    facts: Facts,
    random: &mut Stream,
    now: Instant,
) -> Vec<Header> {
    let said = Said::new(headers.lie, facts, random);
    let Said {
        limit,
        count,
        remaining,
        reset,
        period,
    } = said;
    // A reset is the end of a window, rounded up; counted from now in whole seconds it is one more.
    let epoch = (now.as_nanos() / 1_000_000_000) as i64 + reset;
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
        Family::Separate => said.separate(),
        Family::Seconds => said.vendors(reset),
        Family::Epoch => said.vendors(epoch),
        Family::EpochMillis => said.vendors(epoch * 1_000),
        Family::GitHub => {
            let mut headers = said.vendors(epoch);
            headers.push(("x-ratelimit-used", count.to_string()));
            headers.push(("x-ratelimit-resource", "core".into()));
            headers
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
            let mut headers = said.separate();
            headers.push(("x-rate-limit", limit.to_string()));
            headers.push(("x-rate-limit-remaining", remaining.to_string()));
            headers
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
