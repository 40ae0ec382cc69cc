//! An upstream whose limit is not what was configured, and that says so in its headers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_engine::{Facts, Family, WindowFact};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MS: u64 = 1_000_000;

/// How calls are counted together in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Windows {
    FirstCall,
    WallClock,
    /// `reset` tells when the oldest call leaves.
    Sliding,
    /// `reset` is always a period.
    SlidingWhole,
}

/// What headers make of the truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Says {
    /// The truth, rounded down and one more.
    Truth,
    /// Rounded up.
    Up,
    /// Rounded down.
    Down,
    Nothing,
    /// Nothing remains, whatever was counted.
    NoneRemains,
    /// All of it remains: the count is none.
    AllRemains,
    /// Remaining is always this.
    Remains(u32),
    /// The number is another with every answer.
    AnyNumber,
    /// Another number, whose count and reset are true.
    Number(u32),
    /// Another number, whose count is true, with such a reset.
    NumberAndReset(u32, u64),
    /// The truth of another limit: so many in so many seconds, beside.
    Beside(u32, u64),
    /// Every other answer tells of another number.
    InTurns(u32),
}

/// A limit over the calls of all keys, in windows that open with a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverAll {
    pub(crate) allowed: u32,
    /// The headers of accepted answers speak of this limit, else of the key's.
    pub(crate) speaks: bool,
    opened: u64,
    count: u32,
}

impl OverAll {
    pub(crate) fn new(allowed: u32, speaks: bool) -> Self {
        Self {
            allowed,
            speaks,
            opened: 0,
            count: 0,
        }
    }
}

/// One limit of the upstream's, kept for each key by itself.
pub(crate) struct Upstream {
    pub(crate) windows: Windows,
    pub(crate) period: u64,
    pub(crate) says: Says,
    pub(crate) family: Family,
    /// From when on it allows how many, ascending.
    pub(crate) allowed: Vec<(u64, u32)>,
    pub(crate) retry_after: bool,
    pub(crate) over_all: Option<OverAll>,
    keys: BTreeMap<Option<u32>, Key>,
    answers: u32,
    random: u64,
    pub(crate) accepted: Vec<u64>,
    pub(crate) refused: Vec<u64>,
}

#[derive(Default)]
struct Key {
    opened: u64,
    count: u32,
    counted: VecDeque<u64>,
    /// The end and the count of another limit's window.
    beside: (u64, u32),
}

impl Upstream {
    pub(crate) fn new(windows: Windows, period: u64, allowed: Vec<(u64, u32)>, says: Says) -> Self {
        Self {
            windows,
            period,
            says,
            family: Family::Platform,
            allowed,
            retry_after: true,
            over_all: None,
            keys: BTreeMap::new(),
            answers: 0,
            random: 7,
            accepted: vec![],
            refused: vec![],
        }
    }

    pub(crate) fn allowed_at(&self, now: u64) -> u32 {
        let from = self.allowed.partition_point(|&(from, _)| from <= now);
        self.allowed[from.max(1) - 1].1
    }

    /// Status and headers of a call that arrives now.
    pub(crate) fn call(&mut self, token: Option<u32>, now: u64) -> (u16, Facts) {
        let (mut allowed, period) = (self.allowed_at(now), self.period);
        let windows = self.windows;
        let mut of_all = self.over_all.map(|mut all| {
            if all.count == 0 || now >= all.opened + period {
                (all.opened, all.count) = (now, 0);
            }
            all
        });
        let is_full = of_all.is_some_and(|all| all.count >= all.allowed);
        let key = self.keys.entry(token).or_default();
        let left = match windows {
            Windows::FirstCall | Windows::WallClock => {
                if key.count == 0 || now >= key.opened + period {
                    key.opened = match windows {
                        Windows::WallClock => now - now % period,
                        _ => now,
                    };
                    key.count = 0;
                }
                let accepted = key.count < allowed && !is_full;
                key.count += u32::from(accepted);
                (accepted, key.count, key.opened + period - now)
            }
            Windows::Sliding | Windows::SlidingWhole => {
                while key.counted.front().is_some_and(|at| at + period <= now) {
                    key.counted.pop_front();
                }
                let accepted = key.counted.len() < allowed as usize;
                if accepted {
                    key.counted.push_back(now);
                }
                let left = match windows {
                    Windows::Sliding => key.counted[0] + period - now,
                    _ => period,
                };
                (accepted, key.counted.len() as u32, left)
            }
        };
        let (accepted, mut count, mut left) = left;
        if let Some(all) = &mut of_all {
            all.count += u32::from(accepted);
            if is_full || (accepted && all.speaks) {
                (allowed, count) = (all.allowed, all.count);
                left = all.opened + period - now;
            }
        }
        self.over_all = of_all;
        if let Says::Beside(_, seconds) = self.says {
            if now >= key.beside.0 {
                key.beside = (now + seconds * SECOND, 0);
            }
            key.beside.1 += u32::from(accepted);
        }
        let beside = (key.beside.0 - now.min(key.beside.0), key.beside.1);
        if accepted {
            self.accepted.push(now);
        } else {
            self.refused.push(now);
        }
        self.answers += 1;
        let window = self.say(count, allowed, left, beside);
        let facts = Facts {
            refused: false,
            retry_after: (!accepted && self.retry_after)
                .then(|| Duration::from_secs(left.div_ceil(SECOND))),
            window,
        };
        (if accepted { 200 } else { 429 }, facts)
    }

    fn say(
        &mut self,
        count: u32,
        allowed: u32,
        left: u64,
        beside: (u64, u32),
    ) -> Option<WindowFact> {
        let reset = match self.says {
            Says::Up => left.div_ceil(SECOND),
            Says::Down => left / SECOND,
            _ => left / SECOND + 1,
        };
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let random = (self.random >> 33) as u32;
        let (count, allowed, reset) = match self.says {
            Says::Truth | Says::Up | Says::Down => (count, allowed, reset),
            Says::Nothing => return None,
            Says::NoneRemains => (allowed, allowed, reset),
            Says::AllRemains => (0, allowed, reset),
            Says::Remains(remains) => (allowed.saturating_sub(remains), allowed, reset),
            Says::AnyNumber => (count, 1 + random % 200, reset),
            Says::Number(number) => (count, number, reset),
            Says::NumberAndReset(number, reset) => (count, number, reset),
            Says::Beside(number, _) => (beside.1, number, beside.0.div_ceil(SECOND)),
            Says::InTurns(number) if self.answers.is_multiple_of(2) => (count, number, reset),
            Says::InTurns(_) => (count, allowed, reset),
        };
        Some(WindowFact {
            count,
            allowed,
            reset: Duration::from_secs(reset),
            family: self.family,
        })
    }
}
