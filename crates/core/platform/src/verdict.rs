//! What is said of calls, and what was counted of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_model::Instant;

/// A granted token's place; cheaper to look up than its text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TokenNumber(pub(crate) u32);

/// An access token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its place here.
    pub number: TokenNumber,
    /// Its text.
    pub access_token: String,
    /// Its life, as it is said.
    pub expires_in: Duration,
    /// Whether its life is said at all.
    pub says_life: bool,
}

/// What the token endpoint answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenAnswer {
    /// A token.
    Granted(Grant),
    /// The credentials are wrong, or the client is switched off: `invalid_client`.
    Invalid,
    /// There were too many: 429, with its headers.
    Limited(Vec<(&'static str, String)>),
    /// It is out of order: 503.
    Failing,
}

/// A call that arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// What its bearer stands for, if anything.
    pub token: Option<TokenNumber>,
    /// In capitals.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
}

/// What is said of a call that arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is carried out; [`crate::Platform::depart`] is to be called at its end.
    Admitted(Admitted),
    /// A limit turned it away.
    Limited(Limited),
    /// The token is unknown, expired or revoked: 401.
    Unauthorized,
}

/// A call that is carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// The window that headers speak of.
    pub facts: Option<Facts>,
    /// How long until it answers.
    pub latency: Duration,
    /// What strikes it.
    pub fault: Option<Fault>,
    /// Its place, until it leaves.
    pub place: Place,
}

/// The place of a call that is under way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place(pub(crate) u64);

/// A call that is turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limited {
    /// The limit that did it.
    pub limit: LimitName,
    /// `Retry-After` in whole seconds, as the platform says it.
    pub retry_after: u64,
    /// How long until one more call has room, to the nanosecond.
    pub wait: Duration,
    /// The window that headers speak of; none for concurrency.
    pub facts: Option<Facts>,
    /// Its status.
    pub status: u16,
    /// Which of the configuration's strays this is, if it is one.
    pub stray: Option<usize>,
}

impl Limited {
    /// The code and the message in its body.
    #[must_use]
    pub fn words(&self) -> (&'static str, String) {
        match self.status {
            429 => (
                "too.many.requests.retry.after",
                format!(
                    "Rate limit exceeded the maximum. Retry the request in [{}] seconds",
                    self.retry_after
                ),
            ),
            503 => ("service.unavailable", "The service is overloaded.".into()),
            _ => ("REQUEST_LIMIT_EXCEEDED", "API rate limit exceeded.".into()),
        }
    }
}

/// The numbers in the rate-limit headers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Calls counted, this one included if it was admitted.
    pub count: u32,
    /// Calls allowed.
    pub allowed: u32,
    /// Whole seconds to the window's end.
    pub reset: u64,
    /// The window's length.
    pub period: Duration,
}

/// The limits by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LimitName {
    Token,
    Client,
    Organisation,
    Concurrency,
    /// A limit of some paths.
    Path,
    /// None; it was a stray refusal.
    Stray,
}

impl LimitName {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Token,
        Self::Client,
        Self::Organisation,
        Self::Concurrency,
        Self::Path,
        Self::Stray,
    ];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Client => "client",
            Self::Organisation => "organisation",
            Self::Concurrency => "concurrency",
            Self::Path => "path",
            Self::Stray => "stray",
        }
    }
}

/// What strikes a call that was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is answered 503.
    Unavailable,
    /// Its connection is dropped without an answer.
    Dropped,
}

/// What was counted since the start.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Calls admitted; strangers' are not among them.
    pub admitted: u64,
    /// Calls turned away, by limit.
    pub limited: BTreeMap<LimitName, u64>,
    /// Calls with a token that is not good.
    pub unauthorized: u64,
    /// Most calls at once.
    pub most_at_once: u32,
    /// By token, in the order of their grants.
    pub tokens: Vec<TokenCounts>,
    /// The organisation's windows, the oldest first; the last 4,096.
    pub windows: VecDeque<WindowCount>,
    /// By stranger, in the order of the configuration.
    pub strangers: Vec<StrangerCounts>,
    /// Grants that the token endpoint did not give, whatever the reason.
    pub grants_refused: u64,
}

impl Counts {
    /// Calls turned away, whatever limit it was.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited.values().sum()
    }
}

/// One token's calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TokenCounts {
    /// The place of its client in the configuration.
    pub client: usize,
    /// Calls admitted.
    pub admitted: u64,
    /// Calls turned away.
    pub limited: u64,
}

/// One stranger's calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StrangerCounts {
    /// Calls that it made.
    pub asked: u64,
    /// Calls admitted.
    pub admitted: u64,
}

/// One window of the organisation's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowCount {
    /// When it opened.
    pub opened: Instant,
    /// Calls counted in it.
    pub count: u32,
}
