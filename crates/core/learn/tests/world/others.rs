//! Other ways to learn a limit, each on top of what is configured.

use super::limiter::{Limiter, Slots};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_learn::{Call, KnownLimit, Outcome};
use tollgate_model::{AttemptId, Instant, Rule};

/// What they have in common: the configured limits, and the calls under way.
pub struct Base {
    slots: Slots,
    calls: BTreeMap<AttemptId, Call>,
    period: Duration,
    allowed: u32,
}

impl Base {
    fn new(known: &[KnownLimit]) -> Self {
        let mut slots = Slots::default();
        let (mut period, mut allowed) = (Duration::from_secs(1), 50);
        for (at, known) in known.iter().enumerate() {
            slots.set(at as u64, known.group, known.rule);
            allowed = known.rule.allowed();
            if let Rule::Window { period: its, .. } = known.rule {
                period = its;
            }
        }
        Self {
            slots,
            calls: BTreeMap::new(),
            period,
            allowed,
        }
    }

    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.slots.sent(attempt, call);
        self.calls.insert(attempt, call);
    }

    fn answered(&mut self, attempt: AttemptId, outcome: Outcome) {
        if matches!(outcome, Outcome::Refused { .. }) {
            self.slots.refused(attempt);
        }
    }

    fn ended(&mut self, attempt: AttemptId) -> Option<Call> {
        self.slots.ended(attempt);
        self.calls.remove(&attempt)
    }
}

/// The rate grows by a tenth of the configured one a period, and falls by three tenths with a refusal.
pub struct Aimd {
    base: Base,
    rate: f64,
    next: Instant,
    cut: Instant,
}

impl Aimd {
    pub fn new(known: &[KnownLimit]) -> Self {
        let base = Base::new(known);
        let rate = f64::from(base.allowed) / base.period.as_secs_f64() * 4.0;
        Self {
            base,
            rate,
            next: Instant::ZERO,
            cut: Instant::ZERO,
        }
    }
}

impl Limiter for Aimd {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        let paced = (self.next > now).then_some(self.next);
        paced.max(self.base.slots.next(call, now))
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.next = self.next.max(call.sent) + Duration::from_secs_f64(1.0 / self.rate);
        self.base.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        let configured = f64::from(self.base.allowed) / self.base.period.as_secs_f64();
        match outcome {
            Outcome::Accepted => {
                let grown = 0.1 * configured / (self.base.period.as_secs_f64() * self.rate);
                self.rate = (self.rate + grown).min(4.0 * configured);
            }
            Outcome::Refused { .. } if self.base.calls[&attempt].sent >= self.cut => {
                self.rate = (self.rate * 0.7).max(0.05);
                self.cut = now;
            }
            _ => {}
        }
        self.base.answered(attempt, outcome);
    }
    fn ended(&mut self, attempt: AttemptId, _: Instant) {
        self.base.ended(attempt);
    }
}

/// The configured period's own count at the refusal is the number from then on; one more a period.
pub struct Counts {
    base: Base,
    known: Vec<KnownLimit>,
    number: f64,
    accepted: Vec<Instant>,
}

impl Counts {
    pub fn new(known: &[KnownLimit]) -> Self {
        let base = Base::new(known);
        Self {
            number: f64::from(base.allowed),
            base,
            known: known.to_vec(),
            accepted: Vec::new(),
        }
    }

    fn apply(&mut self) {
        for (at, known) in self.known.iter().enumerate() {
            let number = self.number.max(1.0) as u32;
            let rule = match known.rule {
                Rule::Window {
                    period,
                    counted_within,
                    ..
                } => Rule::Window {
                    allowed: number,
                    period,
                    counted_within,
                },
                Rule::Concurrency { .. } => Rule::Concurrency { allowed: number },
            };
            self.base.slots.set(at as u64, known.group, rule);
        }
    }
}

impl Limiter for Counts {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        self.base.slots.next(call, now)
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.base.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        self.base.answered(attempt, outcome);
        match outcome {
            Outcome::Accepted => {
                self.accepted.push(now);
                let more = 1.0 / self.number.max(1.0);
                self.number = (self.number + more).min(f64::from(self.base.allowed));
            }
            Outcome::Refused { .. } => {
                let from = now.before(self.base.period);
                self.accepted.retain(|&at| at >= from);
                self.number = (self.accepted.len() as f64).min(self.number).max(1.0);
            }
            Outcome::Unknown => {}
        }
        self.apply();
    }
    fn ended(&mut self, attempt: AttemptId, _: Instant) {
        self.base.ended(attempt);
    }
}

/// How likely each number is for the configured period, while it may change at any call.
pub struct Posterior {
    counts: Counts,
    likely: Vec<f64>,
}

impl Posterior {
    pub fn new(known: &[KnownLimit]) -> Self {
        let counts = Counts::new(known);
        let numbers = counts.base.allowed as usize + 1;
        Self {
            counts,
            likely: vec![1.0 / numbers as f64; numbers],
        }
    }
}

impl Limiter for Posterior {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        self.counts.next(call, now)
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.counts.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        self.counts.base.answered(attempt, outcome);
        let from = now.before(self.counts.base.period);
        self.counts.accepted.retain(|&at| at >= from);
        let count = self.counts.accepted.len();
        let refused = match outcome {
            Outcome::Accepted => false,
            Outcome::Refused { .. } => true,
            Outcome::Unknown => return,
        };
        if !refused {
            self.counts.accepted.push(now);
        }
        let even = 0.001 / self.likely.len() as f64;
        let mut all = 0.0;
        for (number, likely) in self.likely.iter_mut().enumerate() {
            let stopped = count >= number;
            *likely *= if stopped == refused { 0.97 } else { 0.03 };
            all += *likely;
        }
        let mut best = (0.0, 1);
        for (number, likely) in self.likely.iter_mut().enumerate() {
            *likely = *likely / all * 0.999 + even;
            if *likely >= best.0 {
                best = (*likely, number);
            }
        }
        self.counts.number = best.1 as f64;
        self.counts.apply();
    }
    fn ended(&mut self, attempt: AttemptId, _: Instant) {
        self.counts.ended(attempt, Instant::ZERO);
    }
}

/// Netflix's gradient over two averages of the latency, for calls at once; a refusal cuts a tenth.
pub struct Quotient {
    base: Base,
    number: f64,
    long: f64,
}

impl Quotient {
    pub fn new(known: &[KnownLimit]) -> Self {
        Self {
            base: Base::new(known),
            number: 20.0,
            long: 0.0,
        }
    }
}

impl Limiter for Quotient {
    fn next(&mut self, call: &Call, now: Instant) -> Option<Instant> {
        let full = self.base.calls.len() as f64 >= self.number;
        let full = full.then_some(Instant::NEVER);
        full.max(self.base.slots.next(call, now))
    }
    fn sent(&mut self, attempt: AttemptId, call: Call) {
        self.base.sent(attempt, call);
    }
    fn answered(&mut self, attempt: AttemptId, now: Instant, outcome: Outcome) {
        self.base.answered(attempt, outcome);
        let call = self.base.calls[&attempt];
        match outcome {
            Outcome::Accepted => {
                let short = now.since(call.sent).as_secs_f64();
                self.long += (short - self.long) * if self.long == 0.0 { 1.0 } else { 2.0 / 601.0 };
                if self.long > 2.0 * short {
                    self.long *= 0.9;
                }
                if self.base.calls.len() as f64 >= self.number / 2.0 {
                    let to = self.number * (self.long / short).clamp(0.5, 1.0) + 4.0;
                    self.number = (self.number * 0.8 + to * 0.2).clamp(1.0, 200.0);
                }
            }
            _ => self.number = (self.number * 0.9).max(1.0),
        }
    }
    fn ended(&mut self, attempt: AttemptId, _: Instant) {
        self.base.ended(attempt);
    }
}
