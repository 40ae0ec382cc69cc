//! What is read of the provider's answers.

use super::Upstream;
use std::time::Duration;
use tollgate_engine::{Facts, Family, WindowFact};
use tollgate_model::Instant;
use tollgate_platform::Verdict;

impl Upstream {
    /// By the scenario's reader of headers, if it has one.
    pub(super) fn facts_of(&mut self, verdict: &Verdict, now: Instant) -> Facts {
        let Some(reads) = self.reads else {
            return facts(verdict);
        };
        let (status, leaves, body) = match verdict {
            Verdict::Admitted(admitted) => (200, now + admitted.latency, Vec::new()),
            Verdict::Limited(limited) => {
                let (code, message) = limited.words();
                let body =
                    tollgate_platform::error_body(limited.status, code, &message, "simulated");
                (limited.status, now, body.to_string().into_bytes())
            }
            Verdict::Unauthorized => (401, now, Vec::new()),
        };
        let said = self.api.headers(verdict, leaves);
        reads(status, said, &body, wall(leaves))
    }
}

/// The numbers as they are, without headers on their way.
#[must_use]
pub fn facts(verdict: &Verdict) -> Facts {
    let (retry_after, said) = match verdict {
        Verdict::Admitted(admitted) => (None, admitted.facts),
        Verdict::Limited(limited) => (Some(limited.retry_after), limited.facts),
        Verdict::Unauthorized => (None, None),
    };
    Facts {
        refused: false,
        retry_after: retry_after.map(Duration::from_secs),
        window: said.map(|said| WindowFact {
            count: said.count,
            allowed: said.allowed,
            reset: Duration::from_secs(said.reset),
            family: Family::Platform,
        }),
    }
}

/// The API's clock as a time since 1970.
pub(super) fn wall(now: Instant) -> Duration {
    Duration::from_nanos(now.as_nanos())
}
