//! Limits as upstreams have them.

use std::collections::{BTreeMap, VecDeque};
use tollgate_learn::{Call, Group};
use tollgate_model::TokenId;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mechanism {
    FirstCall {
        allowed: u32,
        period: u64,
    },
    Clock {
        allowed: u32,
        period: u64,
        phase: u64,
    },
    Sliding {
        allowed: u32,
        period: u64,
    },
    /// Windows on a clock; those of the window before count by the part of it that is less than a period ago.
    Weighted {
        allowed: u32,
        period: u64,
    },
    /// Refused calls count too.
    Greedy {
        allowed: u32,
        period: u64,
    },
    /// Calls that fit in, and calls a second.
    Bucket {
        burst: f64,
        rate: f64,
    },
    AtOnce {
        allowed: u32,
    },
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Truth {
    pub group: Group,
    pub mechanism: Mechanism,
}

#[derive(Clone, Debug, Default)]
struct Part {
    counted: VecDeque<u64>,
    window: u64,
    count: u32,
    before: u32,
    level: f64,
    last: u64,
}

pub struct Upstream {
    truth: Vec<Truth>,
    parts: BTreeMap<(usize, Option<TokenId>), Part>,
    pub changed: bool,
}

impl Upstream {
    pub fn new(truth: Vec<Truth>) -> Self {
        Self {
            truth,
            parts: BTreeMap::new(),
            changed: false,
        }
    }

    /// A call reaches it. Refused: when it would be accepted.
    pub fn asks(&mut self, call: &Call, now: u64) -> Option<u64> {
        let mut refused: Option<u64> = None;
        for (at, truth) in self.truth.iter().enumerate() {
            let Some(part) = truth.group.part(call) else {
                continue;
            };
            let part = self.parts.entry((at, part)).or_default();
            if let Some(until) = part.full(truth.mechanism, now) {
                refused = Some(refused.unwrap_or(0).max(until));
            }
        }
        for (at, truth) in self.truth.iter().enumerate() {
            let Some(part) = truth.group.part(call) else {
                continue;
            };
            let part = self.parts.entry((at, part)).or_default();
            let greedy = matches!(truth.mechanism, Mechanism::Greedy { .. });
            if refused.is_none() || greedy {
                part.take(truth.mechanism, now);
            }
        }
        refused
    }

    /// An accepted call is over.
    pub fn ends(&mut self, call: &Call) {
        for (at, truth) in self.truth.iter().enumerate() {
            if let Mechanism::AtOnce { .. } = truth.mechanism
                && let Some(part) = truth.group.part(call)
            {
                let part = self.parts.entry((at, part)).or_default();
                part.count = part.count.saturating_sub(1);
            }
        }
    }
}

impl Part {
    fn full(&mut self, mechanism: Mechanism, now: u64) -> Option<u64> {
        match mechanism {
            Mechanism::FirstCall { allowed, period } => {
                if now >= self.window + period {
                    self.count = 0;
                }
                (self.count >= allowed).then_some(self.window + period)
            }
            Mechanism::Clock {
                allowed,
                period,
                phase,
            } => {
                let window = (now + period - phase % period) / period;
                if window != self.window {
                    (self.window, self.count) = (window, 0);
                }
                (self.count >= allowed).then(|| (window + 1) * period - (period - phase % period))
            }
            Mechanism::Weighted { allowed, period } => {
                let window = now / period;
                if window != self.window {
                    self.before = if window == self.window + 1 {
                        self.count
                    } else {
                        0
                    };
                    (self.window, self.count) = (window, 0);
                }
                let left = 1.0 - (now % period) as f64 / period as f64;
                let sum = f64::from(self.before) * left + f64::from(self.count);
                (sum + 1.0 > f64::from(allowed)).then(|| now + period / u64::from(allowed))
            }
            Mechanism::Sliding { allowed, period } | Mechanism::Greedy { allowed, period } => {
                while self
                    .counted
                    .front()
                    .is_some_and(|&first| first + period <= now)
                {
                    self.counted.pop_front();
                }
                (self.counted.len() >= allowed as usize)
                    .then(|| self.counted[self.counted.len() - allowed as usize] + period)
            }
            Mechanism::Bucket { burst, rate } => {
                self.level = (self.level - (now - self.last) as f64 / 1e9 * rate).max(0.0);
                self.last = now;
                let over = self.level + 1.0 - burst;
                (over > 1e-9).then(|| now + (over / rate * 1e9) as u64)
            }
            Mechanism::AtOnce { allowed } => (self.count >= allowed).then_some(now),
        }
    }

    fn take(&mut self, mechanism: Mechanism, now: u64) {
        match mechanism {
            Mechanism::FirstCall { .. } => {
                if self.count == 0 {
                    self.window = now;
                }
                self.count += 1;
            }
            Mechanism::Clock { .. } | Mechanism::Weighted { .. } | Mechanism::AtOnce { .. } => {
                self.count += 1;
            }
            Mechanism::Sliding { .. } | Mechanism::Greedy { .. } => self.counted.push_back(now),
            Mechanism::Bucket { .. } => self.level += 1.0,
        }
    }
}
