//! Whether the upstream counts calls before whatever makes its answers slow, and how much before.
//!
//! What is proven of single calls, what is learned of all, and what that assumes is in the crate's
//! documentation.

use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::Instant;

/// Answers that a new one is held against.
const KEPT: usize = 24;
/// Pairs of calls that have to be counted in the order of their sending though answered in the other.
const PAIRS: u32 = 24;
/// The way to the counting varies by no more than such a part of the period, or nothing is learned; pairs
/// that were sent so close together show it.
const NARROW: u32 = 128;
/// Binary logarithms of milliseconds that are told apart: up to a day.
const SCALES: usize = 28;
/// For so many periods after a pair that contradicts nothing is learned.
const DOUBT: u32 = 64;

/// What the order of counts has shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrival {
    answers: VecDeque<Answer>,
    /// Pairs that were counted as they were sent, though not answered so, by how long the answer to the first
    /// took: by the binary logarithm of milliseconds.
    pairs: [u16; SCALES],
    /// When the first of them was seen.
    since: Option<Instant>,
    /// A later call was counted before an earlier one, sent so long before.
    varies: Duration,
    doubted_until: Instant,
}

/// An accepted call's answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) count: u32,
    /// Nothing that was counted with it is forgotten before.
    pub(super) low: Instant,
}

impl Arrival {
    /// The latest instant at which the call was counted, as its answer and those before show.
    /// Where no ends were told but such as are a period away, single calls prove nothing.
    pub(super) fn counted_by(
        &mut self,
        new: Answer,
        period: Duration,
        ends_are_told: bool,
    ) -> Instant {
        let mut counted_by = new.answered;
        for at in 0..self.answers.len() {
            let old = self.answers[at];
            match first_counted(&old, &new) {
                // It was sent when the other's answer had come: the counts can't be true.
                Some(first) if first.sent >= old.answered => {
                    self.doubt(new.answered, period);
                }
                // Counted before a call whose answer has come.
                Some(first) if first.sent == new.sent && first.answered == new.answered => {
                    if ends_are_told {
                        counted_by = counted_by.min(old.answered);
                    }
                    self.compare(&new, &old, period);
                }
                Some(_) => self.compare(&old, &new, period),
                None => {}
            }
        }
        self.answers.push_back(new);
        if self.answers.len() > KEPT {
            self.answers.pop_front();
        }
        match self.spread(new.answered.since(new.sent), new.answered, period) {
            Some(spread) => counted_by.min(new.sent + spread),
            None => counted_by,
        }
    }

    /// The last answers are not to be compared with the next.
    pub(super) fn forget_answers(&mut self) {
        self.answers.clear();
    }

    /// By how much the way to the counting varies, if the upstream counts before its answers get slow.
    /// Only of answers no slower than those that have shown it.
    fn spread(&self, took: Duration, now: Instant, period: Duration) -> Option<Duration> {
        let as_slow = self.pairs[scale(took)..].iter();
        let is_known = as_slow.map(|it| u32::from(*it)).sum::<u32>() >= PAIRS
            && self.since.is_some_and(|since| now.since(since) >= period)
            && self.doubted_until <= now;
        is_known.then_some(period / NARROW)
    }

    /// Nothing is learned of all calls for a while.
    fn doubt(&mut self, now: Instant, period: Duration) {
        (self.pairs, self.since) = ([0; SCALES], None);
        self.varies = Duration::ZERO;
        self.doubted_until = now + period * DOUBT;
    }

    /// `first` was counted before `second`.
    fn compare(&mut self, first: &Answer, second: &Answer, period: Duration) {
        let now = first.answered.max(second.answered);
        let narrow = period / NARROW;
        let gap = second.sent.since(first.sent);
        let overtaken = first.sent.since(second.sent);
        if overtaken > narrow {
            self.doubt(now, period);
        } else if overtaken > self.varies {
            // What was seen before was seen of too narrow a way.
            (self.varies, self.pairs, self.since) = (overtaken, [0; SCALES], None);
        } else if first.answered > second.answered && gap > self.varies && gap <= narrow {
            self.since.get_or_insert(now);
            let pairs = &mut self.pairs[scale(first.answered.since(first.sent))];
            *pairs = pairs.saturating_add(1);
        }
    }
}

/// The binary logarithm of its milliseconds.
fn scale(span: Duration) -> usize {
    let millis = span.as_millis();
    (millis.checked_ilog2().unwrap_or(0) as usize).min(SCALES - 1)
}

/// Which of the two was surely counted first: the one with the lower count, if nothing that was counted with
/// the other is forgotten before both were counted.
fn first_counted<'a>(one: &'a Answer, other: &'a Answer) -> Option<&'a Answer> {
    let both = one.answered.max(other.answered);
    let (lower, higher) = if one.count < other.count {
        (one, other)
    } else {
        (other, one)
    };
    (lower.count < higher.count && higher.low >= both).then_some(lower)
}
