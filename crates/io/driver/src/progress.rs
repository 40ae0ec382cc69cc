//! How far an execution is, for whoever asked for it: also where it ends without an answer, or its caller goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_engine::LossKind;
use tollgate_model::{AttemptId, Instant};

/// Attempts of which is noted how they went. The engine makes fewer; of more, the last one is noted in the place of the
/// one before.
const MOST_NOTED: usize = 32;

/// How far an execution is. Who asks for one shares it with the task that carries it out; an execution that follows with
/// the same one takes its times over, and adds its attempts.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Times>);

/// Instants are on the driver's time line; none: not yet.
#[derive(Debug, Default)]
struct Times {
    asked: Option<Instant>,
    sent: Option<Instant>,
    over: Option<Instant>,
    /// Since when it waits for a start, its first or another.
    waits_since: Option<Instant>,
    /// The limit that keeps it from its first start.
    waits_for: Option<Arc<str>>,
    attempts: u32,
    notes: Vec<AttemptNote>,
}

/// How one attempt went.
#[derive(Clone, Debug)]
pub struct AttemptNote {
    attempt: AttemptId,
    /// The number of its span, where it has one.
    pub span: Option<u64>,
    /// Since when it had waited to be sent.
    pub waited_since: Instant,
    /// When it was sent.
    pub sent: Instant,
    /// When it had come to its end; none where it was given up.
    pub ended: Option<Instant>,
    /// The status that the upstream answered.
    pub status: Option<u16>,
    /// The name that the upstream gave its answer, without any secret.
    pub correlation: Option<Arc<str>>,
    /// How it was lost, where it has no answer.
    pub lost: Option<LossKind>,
}

impl Progress {
    /// Attempts made so far.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.times().attempts
    }

    /// From the call to its first send; without one to its end, or until now. Zero before the call.
    #[must_use]
    pub fn waited(&self, now: Instant) -> Duration {
        let times = self.times();
        let Some(asked) = times.asked else {
            return Duration::ZERO;
        };
        times.sent.or(times.over).unwrap_or(now).since(asked)
    }

    /// From the first send to the end; none where nothing was sent, or there is no end yet.
    #[must_use]
    pub fn under_way(&self) -> Option<Duration> {
        let times = self.times();
        Some(times.over?.since(times.sent?))
    }

    /// The name that the upstream gave its answer to the last attempt.
    #[must_use]
    pub fn correlation(&self) -> Option<Arc<str>> {
        self.times().notes.last()?.correlation.clone()
    }

    /// The limit that kept it from starting at once.
    #[must_use]
    pub fn waited_for(&self) -> Option<Arc<str>> {
        self.times().waits_for.clone()
    }

    /// When it began to wait in vain, and how long that was: nothing was sent, or not again.
    #[must_use]
    pub fn waited_in_vain(&self, now: Instant) -> Option<(Instant, Instant)> {
        let times = self.times();
        let since = times.waits_since?;
        Some((since, times.over.unwrap_or(now)))
    }

    /// How its attempts went, so far as each is noted.
    #[must_use]
    pub fn notes(&self) -> Vec<AttemptNote> {
        self.times().notes.clone()
    }

    pub(crate) fn waits_for(&self, limit: &str) {
        self.times().waits_for = Some(limit.into());
    }

    pub(crate) fn begin(&self, now: Instant) {
        let mut times = self.times();
        (times.waits_since, times.waits_for) = (Some(now), None);
        (times.asked, times.sent, times.over) = (Some(now), None, None);
    }

    pub(crate) fn send(&self, attempt: AttemptId, span: Option<u64>, now: Instant) {
        let mut times = self.times();
        let waited_since = times.waits_since.take().unwrap_or(now);
        times.attempts += 1;
        times.sent.get_or_insert(now);
        if times.notes.len() >= MOST_NOTED {
            times.notes.pop();
        }
        times.notes.push(AttemptNote {
            attempt,
            span,
            waited_since,
            sent: now,
            ended: None,
            status: None,
            correlation: None,
            lost: None,
        });
    }

    /// The attempt was answered.
    pub(crate) fn head(&self, attempt: AttemptId, status: u16, correlation: Option<Arc<str>>) {
        self.note(attempt, |note| {
            note.status = Some(status);
            note.correlation = correlation;
        });
    }

    /// The attempt has come to its end, with an answer or without.
    pub(crate) fn attempt_ended(&self, attempt: AttemptId, now: Instant) {
        self.times().waits_since = Some(now);
        self.note(attempt, |note| note.ended = Some(now));
    }

    /// The attempt was lost.
    pub(crate) fn lost(&self, attempt: AttemptId, kind: LossKind) {
        self.note(attempt, |note| note.lost = Some(kind));
    }

    pub(crate) fn end(&self, now: Instant) {
        let mut times = self.times();
        times.over.get_or_insert(now);
    }

    fn note(&self, attempt: AttemptId, what: impl FnOnce(&mut AttemptNote)) {
        let mut times = self.times();
        let mut notes = times.notes.iter_mut().rev();
        if let Some(note) = notes.find(|note| note.attempt == attempt) {
            what(note);
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        // They are whole between two operations on them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wait_ends_with_the_first_send_or_the_end() {
        let seconds = Duration::from_secs;
        let progress = Progress::default();
        assert_eq!(progress.waited(at(9)), Duration::ZERO);
        progress.begin(at(1));
        assert_eq!(progress.waited(at(9)), seconds(8));
        progress.send(AttemptId(0), None, at(3));
        progress.send(AttemptId(1), None, at(5));
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
        progress.send(AttemptId(2), None, at(21));
        assert_eq!(
            (progress.waited(at(30)), progress.attempts()),
            (seconds(1), 3)
        );
    }

    #[test]
    fn the_last_attempts_name_counts_however_many_there_were() {
        let progress = Progress::default();
        progress.begin(at(1));
        for attempt in 0..100 {
            progress.send(AttemptId(attempt), None, at(2));
            assert_eq!(progress.correlation(), None, "it isn't answered yet");
            let name = format!("name {attempt}");
            progress.head(AttemptId(attempt), 503, Some(name.into()));
            assert_eq!(
                progress.correlation().as_deref(),
                Some(&*format!("name {attempt}"))
            );
        }
        assert_eq!(progress.attempts(), 100);
        assert!(progress.times().notes.len() <= MOST_NOTED);
    }
}
