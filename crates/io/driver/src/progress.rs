//! How far an execution is, for whoever asked for it: also where it ends without an answer, or its caller goes.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tollgate_model::Instant;

/// How far an execution is. Who asks for one shares it with the task that carries it out; an execution that follows with
/// the same one takes its times over, and adds its attempts.
#[derive(Debug, Default)]
pub struct Progress {
    /// Each of the instants in nanoseconds of the driver's time line; 0: not yet.
    asked: AtomicU64,
    sent: AtomicU64,
    over: AtomicU64,
    attempts: AtomicU32,
}

impl Progress {
    /// Attempts made so far.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// From the call to its first send; without one to its end, or until now. Zero before the call.
    #[must_use]
    pub fn waited(&self, now: Instant) -> Duration {
        let Some(asked) = instant(&self.asked) else {
            return Duration::ZERO;
        };
        let until = instant(&self.sent).or_else(|| instant(&self.over));
        until.unwrap_or(now).since(asked)
    }

    /// From the first send to the end; none where nothing was sent, or there is no end yet.
    #[must_use]
    pub fn under_way(&self) -> Option<Duration> {
        Some(instant(&self.over)?.since(instant(&self.sent)?))
    }

    pub(crate) fn begin(&self, now: Instant) {
        self.sent.store(0, Relaxed);
        self.over.store(0, Relaxed);
        set(&self.asked, now);
    }

    pub(crate) fn send(&self, now: Instant) {
        self.attempts.fetch_add(1, Relaxed);
        if instant(&self.sent).is_none() {
            set(&self.sent, now);
        }
    }

    pub(crate) fn end(&self, now: Instant) {
        if instant(&self.over).is_none() {
            set(&self.over, now);
        }
    }
}

fn instant(of: &AtomicU64) -> Option<Instant> {
    match of.load(Relaxed) {
        0 => None,
        nanos => Some(Instant::from_nanos(nanos)),
    }
}

fn set(of: &AtomicU64, now: Instant) {
    of.store(now.as_nanos().max(1), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_the_first_send_or_the_end() {
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        let seconds = Duration::from_secs;
        let progress = Progress::default();
        assert_eq!(progress.waited(at(9)), Duration::ZERO);
        progress.begin(at(1));
        assert_eq!(progress.waited(at(9)), seconds(8));
        progress.send(at(3));
        progress.send(at(5));
        assert_eq!(
            (progress.waited(at(9)), progress.under_way()),
            (seconds(2), None)
        );
        progress.end(at(6));
        progress.end(at(8));
        assert_eq!(
            (progress.attempts(), progress.under_way()),
            (2, Some(seconds(3)))
        );
        // Another execution of the same call, of which nothing is sent.
        progress.begin(at(10));
        progress.end(at(14));
        assert_eq!(
            (progress.waited(at(20)), progress.under_way()),
            (seconds(4), None)
        );
        assert_eq!(progress.attempts(), 2);
        // One that was sent before sends for the first time anew.
        progress.begin(at(20));
        progress.send(at(21));
        assert_eq!(
            (progress.waited(at(30)), progress.attempts()),
            (seconds(1), 3)
        );
    }
}
