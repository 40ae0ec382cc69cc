//! What one key has counted under one limit.

use crate::counter::Counter;
use crate::{Alignment, Kind, Window};
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::Instant;

/// The calls of one key under one limit.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    kind: Kind,
    alignment: Alignment,
    random: u64,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Fixed(Counter),
    /// When each of the last `allowed` calls was counted.
    Sliding(VecDeque<Instant>),
    /// The window around the last call, and what the one before it counted and when it closed.
    Weighted(Counter, Option<(u32, Instant)>),
    /// When the bucket will be full.
    Bucket(Instant),
    /// Calls under way.
    Concurrency(u32),
}

impl Meter {
    pub(crate) fn new(kind: Kind, alignment: Alignment, random: u64) -> Self {
        let state = match kind {
            Kind::Fixed(window) => State::Fixed(Counter::new(window, alignment, random)),
            Kind::Sliding(_) => State::Sliding(VecDeque::new()),
            Kind::Weighted(window) => State::Weighted(weighted(window, random), None),
            Kind::Bucket { .. } => State::Bucket(Instant::ZERO),
            Kind::Concurrency(_) => State::Concurrency(0),
        };
        Self {
            kind,
            alignment,
            random,
            state,
        }
    }

    /// Takes another number, with what was counted.
    pub(crate) fn become_kind(&mut self, kind: Kind) {
        if self.kind == kind {
            return;
        }
        match (&mut self.state, kind) {
            (State::Fixed(counter) | State::Weighted(counter, _), Kind::Fixed(window))
            | (State::Weighted(counter, _), Kind::Weighted(window)) => counter.allow(window),
            (State::Sliding(_), Kind::Sliding(_))
            | (State::Bucket(_), Kind::Bucket { .. })
            | (State::Concurrency(_), Kind::Concurrency(_)) => {}
            _ => *self = Self::new(kind, self.alignment, self.random),
        }
        self.kind = kind;
    }

    /// Whether one more call may pass.
    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        self.wait(now).is_zero()
    }

    /// How long until one more call may pass; a second where nobody knows.
    pub(crate) fn wait(&mut self, now: Instant) -> Duration {
        match (&mut self.state, self.kind) {
            (State::Fixed(counter), _) => match counter.has_room(now) {
                true => Duration::ZERO,
                false => counter.closes(now).since(now),
            },
            (State::Sliding(times), Kind::Sliding(window)) => {
                let allowed = window.allowed as usize;
                prune(times, window, now);
                match times.len().checked_sub(allowed) {
                    None => Duration::ZERO,
                    Some(_) if allowed == 0 => Duration::from_secs(1),
                    Some(over) => (times[over] + window.period).since(now),
                }
            }
            (State::Weighted(counter, last), Kind::Weighted(window)) => {
                roll(counter, last, now);
                match weight(counter, *last, window, now) + 1.0 <= f64::from(window.allowed) {
                    true => Duration::ZERO,
                    false => (window.period / window.allowed.max(1))
                        .min(counter.closes(now).since(now))
                        .max(Duration::from_millis(1)),
                }
            }
            (State::Bucket(full), Kind::Bucket { burst, refill }) => {
                let each = interval(refill);
                full.before(each * burst.saturating_sub(1)).since(now)
            }
            (State::Concurrency(under_way), Kind::Concurrency(allowed)) => {
                match *under_way < allowed {
                    true => Duration::ZERO,
                    false => Duration::from_secs(1),
                }
            }
            _ => Duration::ZERO,
        }
    }

    /// Counts a call, whether there is room or not. Yes if it opened a window.
    pub(crate) fn count(&mut self, now: Instant) -> bool {
        match (&mut self.state, self.kind) {
            (State::Fixed(counter), _) => return counter.count(now),
            (State::Sliding(times), Kind::Sliding(window)) => {
                prune(times, window, now);
                times.push_back(now);
                while times.len() > window.allowed.max(1) as usize {
                    times.pop_front();
                }
            }
            (State::Weighted(counter, last), _) => {
                roll(counter, last, now);
                return counter.count(now);
            }
            (State::Bucket(full), Kind::Bucket { refill, .. }) => {
                *full = (*full).max(now) + interval(refill);
            }
            (State::Concurrency(under_way), _) => *under_way += 1,
            _ => {}
        }
        false
    }

    /// A call that was counted is over.
    pub(crate) fn leave(&mut self) {
        if let State::Concurrency(under_way) = &mut self.state {
            *under_way = under_way.saturating_sub(1);
        }
    }

    pub(crate) fn is_concurrency(&self) -> bool {
        matches!(self.kind, Kind::Concurrency(_))
    }

    /// Calls counted now.
    pub(crate) fn counted(&mut self, now: Instant) -> u32 {
        match (&mut self.state, self.kind) {
            (State::Fixed(counter), _) => counter.counted_at(now),
            (State::Sliding(times), Kind::Sliding(window)) => {
                prune(times, window, now);
                times.len() as u32
            }
            (State::Weighted(counter, last), Kind::Weighted(window)) => {
                roll(counter, last, now);
                weight(counter, *last, window, now).ceil() as u32
            }
            (State::Bucket(full), Kind::Bucket { refill, .. }) => {
                let each = interval(refill).as_nanos().max(1);
                full.since(now).as_nanos().div_ceil(each) as u32
            }
            (State::Concurrency(under_way), _) => *under_way,
            _ => 0,
        }
    }

    /// Calls counted at the most, and in how long.
    pub(crate) fn bound(&self) -> Window {
        match self.kind {
            Kind::Fixed(window) | Kind::Sliding(window) | Kind::Weighted(window) => window,
            Kind::Bucket { burst, refill } => Window {
                allowed: burst,
                period: interval(refill) * burst,
            },
            Kind::Concurrency(allowed) => Window {
                allowed,
                period: Duration::ZERO,
            },
        }
    }

    pub(crate) fn opened(&self) -> Option<Instant> {
        match &self.state {
            State::Fixed(counter) | State::Weighted(counter, _) => counter.opened(),
            _ => None,
        }
    }

    /// Whole seconds until the count falls. Of a fixed window the part begun counts whole, as observed.
    pub(crate) fn reset_seconds(&mut self, now: Instant) -> u64 {
        let left = match (&mut self.state, self.kind) {
            (State::Fixed(counter) | State::Weighted(counter, _), _) => {
                return counter.reset_seconds(now);
            }
            (State::Sliding(times), Kind::Sliding(window)) => {
                let first = times.front().map(|first| *first + window.period);
                first.map_or(Duration::ZERO, |end| end.since(now))
            }
            (State::Bucket(full), _) => full.since(now),
            _ => Duration::from_secs(1),
        };
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    }
}

/// What the last window counts in part, and the open one whole.
fn weight(counter: &Counter, last: Option<(u32, Instant)>, window: Window, now: Instant) -> f64 {
    let before = last.map_or(0.0, |(count, closed)| {
        let gone = now.since(closed).as_secs_f64() / window.period.as_secs_f64();
        f64::from(count) * (1.0 - gone).max(0.0)
    });
    before + f64::from(counter.counted())
}

fn roll(counter: &mut Counter, last: &mut Option<(u32, Instant)>, now: Instant) {
    if let Some(closes) = counter.closed_before(now) {
        *last = Some((counter.counted(), closes));
    }
    counter.counted_at(now);
}

/// Windows whose last one counts in part don't open with a call.
fn weighted(window: Window, random: u64) -> Counter {
    Counter::new(window, Alignment::PhasePerKey, random)
}

fn interval(refill: Window) -> Duration {
    refill.period / refill.allowed.max(1)
}

fn prune(times: &mut VecDeque<Instant>, window: Window, now: Instant) {
    while times
        .front()
        .is_some_and(|first| *first + window.period <= now)
    {
        times.pop_front();
    }
}
