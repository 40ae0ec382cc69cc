//! What a client's token endpoint has shown of late: how long a fetch takes, how many at once it bears,
//! and when it is to be asked again after a failure.
//!
//! **How many at once.** As many as the policy allows while nothing has failed: an endpoint that takes
//! seconds would otherwise keep a pool small for as many times its seconds as the pool needs tokens. After a
//! failed fetch one at a time, lest an endpoint with a limit of its own be stormed; each success of a
//! fetch that began since allows twice as many.
//!
//! **Pauses.** What the endpoint asks for, else one that doubles up to a minute. Fetches that fail
//! together double it once: they were asked before any of them had failed. A single `Retry-After` of more
//! than [`LONGEST_BELIEVED`]'s first span is believed once it is repeated: it may be a slip, and a client
//! without tokens for a day costs more than one fetch in vain.
//!
//! **How long a fetch takes** is told on the high side, for calls are promised a start by it: it rises at once
//! and falls slowly. A fetch that has taken longer than that is expected to take as long again as it has
//! taken.

use crate::FetchFailure;
use std::time::Duration;
use tollgate_model::Instant;

/// Longest pause between two fetches for one client, where the endpoint asks for none.
const LONGEST_FETCH_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause that is believed from one answer, and from several in a row.
const LONGEST_BELIEVED: (Duration, Duration) =
    (Duration::from_secs(300), Duration::from_secs(86_400));
/// Failures of one kind in a row after which nothing is expected of the endpoint.
const SETTLED: u32 = 2;

/// One client's token endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// How long a fetch takes; zero while nothing is known.
    takes: Duration,
    /// Fetches that may be under way at once.
    at_once: u32,
    /// Fetches that gave no token, or one that was refused, since a token was accepted; those that failed
    /// together once.
    failures: u32,
    /// When the last fetch failed, unless one that began since has succeeded.
    failed: Option<Failed>,
    paused_until: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Failed {
    at: Instant,
    /// What was in the way, and how many fetches in a row it was.
    failure: FetchFailure,
    times: u32,
    /// The endpoint has told, for the first time in a row, when it will give a token again.
    foretold: bool,
}

impl Endpoint {
    pub(super) fn new(at_once: u32) -> Self {
        Self {
            takes: Duration::ZERO,
            at_once: at_once.max(1),
            failures: 0,
            failed: None,
            paused_until: Instant::ZERO,
        }
    }

    /// A fetch gave a token.
    pub(crate) fn granted(&mut self, since: Instant, now: Instant, most_at_once: u32) {
        self.took(now.since(since));
        if self.failed.is_none_or(|failed| since >= failed.at) {
            self.failed = None;
            self.at_once = self.at_once.saturating_mul(2).min(most_at_once.max(1));
        }
    }

    /// A fetch gave no token, or one that nobody takes. Gives when the endpoint may be asked again.
    pub(crate) fn failed(
        &mut self,
        failure: FetchFailure,
        asked: Option<Duration>,
        first_pause: Duration,
        (since, now): (Instant, Instant),
    ) -> Instant {
        if matches!(failure, FetchFailure::Late | FetchFailure::Repeated) {
            self.took(now.since(since));
        }
        let before = self.failed;
        let together = before.is_some_and(|before| since < before.at);
        if !together {
            self.failures += 1;
        }
        let times = before.filter(|before| before.failure == failure);
        let repeated = before.is_some() && !together;
        self.failed = Some(Failed {
            at: now,
            failure,
            times: times.map_or(0, |before| before.times) + 1,
            foretold: asked.is_some() && !repeated,
        });
        self.at_once = 1;
        let doubled = first_pause.saturating_mul(1 << self.failures.saturating_sub(1).min(16));
        let believed = if repeated {
            LONGEST_BELIEVED.1
        } else {
            LONGEST_BELIEVED.0
        };
        let asked = asked.map(|asked| asked.min(believed));
        let pause = asked.unwrap_or(doubled.min(LONGEST_FETCH_PAUSE));
        // An endpoint that asks for no pause at all would be asked again at once.
        self.paused_until = self.paused_until.max(now + pause.max(first_pause));
        self.paused_until
    }

    /// A call with one of its tokens had another answer than 401.
    pub(crate) fn accepted(&mut self) {
        self.failures = 0;
    }

    /// The token that it gave again and again is gone, so the next that it gives is another.
    pub(crate) fn repeats_no_more(&mut self, most_at_once: u32) {
        if self
            .failed
            .is_some_and(|failed| failed.failure == FetchFailure::Repeated)
        {
            self.renew(most_at_once);
        }
    }

    /// The credentials are others.
    pub(crate) fn renew(&mut self, most_at_once: u32) {
        *self = Self {
            takes: self.takes,
            ..Self::new(most_at_once)
        };
    }

    fn took(&mut self, span: Duration) {
        let fallen = self.takes.saturating_sub(span) * 3 / 4;
        self.takes = span + fallen;
    }

    /// When a fetch that is under way since then is expected to end.
    pub(super) fn ends(&self, since: Instant, now: Instant) -> Instant {
        let taken = now.since(since);
        if taken <= self.takes {
            since + self.takes
        } else {
            now + taken
        }
    }

    /// How long a fetch takes, where the longest under way has taken so long.
    pub(super) fn takes(&self, taken: Duration) -> Duration {
        self.takes.max(taken)
    }

    pub(crate) fn at_once(&self) -> usize {
        self.at_once as usize
    }

    pub(crate) fn paused_until(&self) -> Instant {
        self.paused_until
    }

    /// Whether tokens of it were refused, or not given, since one was accepted.
    pub(crate) fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// Whether the last fetch failed.
    pub(super) fn fails(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether the last fetch failed and had begun by then.
    pub(super) fn failed_since(&self, begun: Instant) -> bool {
        self.failed.is_some_and(|failed| begun < failed.at)
    }

    /// Whether the last fetch failed and the endpoint has told when the next will not.
    pub(super) fn foretells(&self) -> bool {
        self.failed.is_some_and(|failed| failed.foretold)
    }

    /// Whether nothing is expected of it: the credentials were called wrong, or no answer came in time,
    /// several times in a row.
    pub(super) fn is_hopeless(&self) -> bool {
        self.failed.is_some_and(|failed| {
            let settles = matches!(
                failed.failure,
                FetchFailure::Credentials | FetchFailure::Late
            );
            settles && failed.times >= SETTLED
        })
    }
}
