//! What headers say, and what they say that isn't so.

use std::time::Duration;

/// What an answer's headers say of limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Headers {
    /// Their names and their forms.
    pub family: Family,
    /// What isn't so in them.
    pub lie: Option<Lie>,
    /// The status of a refusal: 429, or what stands for it.
    pub refusal: u16,
    /// When a refused call may be made again.
    pub retry_after: RetryAfter,
}

impl Default for Headers {
    fn default() -> Self {
        Self {
            family: Family::Platform,
            lie: None,
            refusal: 429,
            retry_after: RetryAfter::Seconds,
        }
    }
}

/// Names and forms of the headers that speak of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// None are sent.
    None,
    /// `inin-ratelimit-count`, `-allowed`, `-reset`.
    Platform,
    /// `RateLimit: "default";r=…;t=…` and `RateLimit-Policy` (drafts 8 and later).
    Structured,
    /// `RateLimit: limit=…, remaining=…, reset=…` (draft 7).
    Combined,
    /// `RateLimit-Limit: 100, 100;w=60`, `-Remaining`, `-Reset` (drafts 3 to 6).
    Separate,
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset` in seconds.
    Seconds,
    /// `X-RateLimit-Limit`, `-Remaining`, and `-Reset` as seconds since 1970.
    Epoch,
    /// `X-RateLimit-Limit`, `-Remaining`, and `-Reset` as milliseconds since 1970.
    EpochMillis,
    /// As `Epoch`, with `-Used` and `-Resource`.
    GitHub,
    /// `X-HubSpot-RateLimit-Max`, `-Remaining`, `-Interval-Milliseconds`.
    HubSpot,
    /// `Sforce-Limit-Info: api-usage=18/5000`.
    Salesforce,
    /// `X-Rate-Limit`, `X-Rate-Limit-Remaining`, and as `Separate`.
    Zendesk,
}

/// What isn't so in the headers of every answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lie {
    /// Nothing ever remains.
    NothingRemains,
    /// All always remains.
    AllRemains,
    /// 99,999,999 remain.
    HugeRemains,
    /// −5 remain.
    NegativeRemains,
    /// The window always ends now.
    ResetNow,
    /// It has ended an hour ago.
    ResetPast,
    /// It ends in so long.
    ResetIn(Duration),
    /// So many calls are allowed.
    Allowed(u32),
    /// Another number is allowed in every answer.
    AnyAllowed,
}

/// The form of `Retry-After`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RetryAfter {
    /// It isn't sent.
    None,
    /// Whole seconds, rounded up.
    Seconds,
    /// Seconds with two decimals.
    Float,
    /// Milliseconds.
    Millis,
    /// An HTTP date.
    Date,
    /// Seconds since 1970.
    Epoch,
    /// Always this.
    Text(String),
}

/// A refusal of one call in so many, for no limit's sake; the call isn't counted.
#[derive(Clone, PartialEq, Debug)]
pub struct Stray {
    /// Of all calls, in percent.
    pub percent: f64,
    /// Its status.
    pub status: u16,
    /// Its `Retry-After`; `Seconds` and its like say one second.
    pub retry_after: RetryAfter,
    /// Whether its headers speak of a window.
    pub shows: bool,
}
