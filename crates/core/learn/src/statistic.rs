//! What an upstream may count.

mod clock;

use crate::finding::Finding;
use crate::series::{Item, Series};
use std::time::Duration;
use tollgate_model::{Rule, count, nanos, tally};

/// One of so many calls of a weighted window are let pass together.
const TOGETHER: u32 = 100;

/// What an upstream may count: it refuses a call if the count with this call is more than a number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Statistic {
    /// Calls counted in the span before, in nanoseconds.
    Sliding(u64),
    /// Calls in the span before, those refused included.
    Greedy(u64),
    /// Calls in a window that opens at the first call after the last one's end.
    FirstCall(u64),
    /// Calls in windows that follow one another, at a phase of each part's own.
    Clock(u64),
    /// Calls in windows that follow one another, one of which opens at the second number, and those of the window
    /// before by the part of it that is less than a span ago.
    Weighted(u64, u64),
    /// What has not leaked from a bucket that a call fills by this many nanoseconds' leaking.
    Bucket(u64),
    /// Calls under way.
    AtOnce,
}

impl Statistic {
    /// The span that it is about; none of calls under way.
    pub(crate) fn span(self) -> Option<u64> {
        match self {
            Self::Sliding(span) | Self::Greedy(span) | Self::FirstCall(span) => Some(span),
            Self::Clock(span) | Self::Weighted(span, _) | Self::Bucket(span) => Some(span),
            Self::AtOnce => None,
        }
    }

    /// From when on all calls are known that it is about, in nanoseconds, if all later than that instant are.
    pub(crate) fn known_from(self, missed: u64) -> u64 {
        match self {
            Self::Weighted(span, phase) => {
                let into_it = (missed + span - phase % span) % span;
                missed + span - into_it + span
            }
            _ => missed + self.span().unwrap_or(0),
        }
    }

    /// The length of its window, or of the one that a bucket is obeyed by, in nanoseconds; none of calls under way.
    pub(crate) fn window(self, number: u32) -> Option<u64> {
        match self {
            Self::Bucket(gap) => Some(gap.saturating_mul(u64::from(number))),
            _ => self.span(),
        }
    }

    /// What a call fills a bucket by, in nanoseconds, if the limit is one. A call in a period is a bucket of one.
    pub(crate) fn gap(self, number: u32) -> Option<u64> {
        match self {
            Self::Bucket(gap) => Some(gap),
            Self::Sliding(span) | Self::FirstCall(span) if number == 1 => Some(span),
            _ => None,
        }
    }

    /// This statistic over another span.
    pub(crate) fn with(self, span: u64) -> Self {
        match self {
            Self::Sliding(_) => Self::Sliding(span),
            Self::Greedy(_) => Self::Greedy(span),
            Self::FirstCall(_) => Self::FirstCall(span),
            Self::Clock(_) => Self::Clock(span),
            Self::Weighted(_, phase) => Self::Weighted(span, phase),
            Self::Bucket(_) => Self::Bucket(span),
            Self::AtOnce => Self::AtOnce,
        }
    }

    /// The limit that never lets this count exceed `number`, whatever is sent.
    ///
    /// Of windows and of calls at once that is plain: a slot from the sending for a period means at
    /// most `number` in any such span. A bucket of B that leaks r a second is obeyed by B in B/r:
    /// in any time t that lets pass at most B·⌈t ∕ (B/r)⌉ < B + r·t.
    ///
    /// A weighted window of N in P is obeyed by B in P/m, where B·(m + 1) ≤ N. The window before has at most B·m of
    /// these, and after the part f of this one at most B·(⌊f·m⌋ + 1) were sent, so with them and what is left of those
    /// there are at most B·m·(1 − f) + B·(f·m + 1) = B·(m + 1). In the long run nobody gets more than N − 1 in P, for the
    /// N-th call of a window has to wait until nothing is left of the window before: so one by one, which B = 1 is, is
    /// all there is. As many together as a hundredth of N cost as much of the use, and spare small bursts the waiting.
    pub(crate) fn rule(self, number: u32) -> Rule {
        let (allowed, nanos) = match self {
            Self::AtOnce => return Rule::Concurrency { allowed: number },
            Self::Bucket(gap) => (number, gap.saturating_mul(u64::from(number))),
            Self::Weighted(span, _) => {
                let together = (number / TOGETHER).max(1);
                match u64::from(number / together) {
                    0 | 1 => (together, span.saturating_mul(2)),
                    times => (together, span.div_ceil(times - 1)),
                }
            }
            Self::Sliding(span) | Self::Greedy(span) | Self::FirstCall(span) => (number, span),
            Self::Clock(span) => (number, span),
        };
        Rule::Window {
            allowed,
            period: Duration::from_nanos(nanos),
            counted_within: Some(Duration::ZERO),
        }
    }

    /// The number of which the rule is made.
    pub(crate) fn number(self, rule: Rule) -> u32 {
        match (self, rule) {
            (
                Self::Weighted(span, _),
                Rule::Window {
                    allowed, period, ..
                },
            ) => {
                let times = match nanos(period).max(1) {
                    longer if longer > span => 1,
                    period => span.div_ceil(period) + 1,
                };
                allowed.saturating_mul(tally(times))
            }
            _ => rule.allowed(),
        }
    }

    /// What whoever holds the finding counts, if its rule is this.
    pub(crate) fn in_force(finding: &Finding, rule: Rule) -> Self {
        match rule {
            Rule::Window { period, .. } if finding.counts_refused => Self::Greedy(nanos(period)),
            Rule::Window { period, .. } => Self::Sliding(nanos(period)),
            Rule::Concurrency { .. } => Self::AtOnce,
        }
    }

    /// For each call of the series what the count would be with it.
    pub(crate) fn counts(self, series: &Series, into: &mut Vec<u32>) {
        into.clear();
        if let Self::Clock(span) = self {
            return clock::counts(series, span, into);
        }
        for part in series.parts() {
            match self {
                Self::Sliding(span) => sliding(part, span, into),
                Self::Greedy(span) => greedy(part, span, into),
                Self::FirstCall(span) => first_call(part, span, into),
                Self::Clock(_) => {}
                Self::Weighted(span, phase) => weighted(part, span, phase, into),
                Self::Bucket(gap) => bucket(part, gap, into),
                Self::AtOnce => at_once(part, into),
            }
        }
    }
}

fn sliding(part: &[Item], span: u64, into: &mut Vec<u32>) {
    let (mut oldest, mut sum) = (0, 0);
    for item in part {
        while is_over(&part[oldest], span, item) {
            sum -= taken(&part[oldest]);
            oldest += 1;
        }
        into.push(sum + item.cost + item.ahead);
        sum += taken(item);
    }
}

/// The refused calls beside: each once the upstream has counted it for certain. Of calls that are under way together
/// nobody knows which of them were refused before another was accepted.
fn greedy(part: &[Item], span: u64, into: &mut Vec<u32>) {
    let first = into.len();
    sliding(part, span, into);
    let (mut oldest, mut next, mut sum) = (0, 0, 0);
    for (at, item) in part.iter().enumerate() {
        while next < at && (part[next].counted || part[next].counted_by <= item.sent) {
            sum += part[next].cost - taken(&part[next]);
            next += 1;
        }
        while oldest < next && is_over(&part[oldest], span, item) {
            sum -= part[oldest].cost - taken(&part[oldest]);
            oldest += 1;
        }
        into[first + at] += sum;
    }
}

/// Whether a call's slot is free again, after the span, as the other is sent.
fn is_over(call: &Item, span: u64, other: &Item) -> bool {
    call.sent.saturating_add(span) <= other.sent && call.sent < other.sent
}

fn taken(item: &Item) -> u32 {
    if item.counted { item.cost } else { 0 }
}

fn first_call(part: &[Item], span: u64, into: &mut Vec<u32>) {
    let (mut end, mut sum) = (0, 0);
    for item in part {
        if item.sent >= end {
            sum = 0;
        }
        into.push(sum + item.cost + item.ahead);
        if item.counted {
            if sum == 0 {
                end = item.sent.saturating_add(span);
            }
            sum += item.cost;
        }
    }
}

fn weighted(part: &[Item], span: u64, phase: u64, into: &mut Vec<u32>) {
    let span = span.max(1);
    let (mut window, mut sum, mut before) = (0, 0_u32, 0);
    let shift = span - phase % span;
    for item in part {
        let (number, into_it) = ((item.sent + shift) / span, (item.sent + shift) % span);
        if number != window {
            before = if number == window + 1 { sum } else { 0 };
            (window, sum) = (number, 0);
        }
        let left = f64::from(before) * (span - into_it) as f64 / span as f64;
        into.push(sum + item.cost + item.ahead + tally(count(left.ceil())));
        sum += taken(item);
    }
}

fn bucket(part: &[Item], gap: u64, into: &mut Vec<u32>) {
    let gap = gap.max(1);
    let (mut level, mut last) = (0_u64, 0);
    for item in part {
        level = level.saturating_sub(item.sent - last);
        last = item.sent;
        let calls = tally(level.div_ceil(gap));
        into.push(calls.saturating_add(item.cost + item.ahead));
        if item.counted {
            level = level.saturating_add(gap.saturating_mul(u64::from(item.cost)));
        }
    }
}

/// A call is counted some time after its sending. One that ends meanwhile, as far as its sender knows, has left the
/// upstream before.
fn at_once(part: &[Item], into: &mut Vec<u32>) {
    let counted = part.iter().filter(|item| item.counted);
    let mut ends: Vec<u64> = counted.map(|item| item.ended).collect();
    ends.sort_unstable();
    let mut begun = 0_u32;
    for item in part {
        let ended = ends.partition_point(|&end| end < item.counted_by);
        into.push((begun + item.ahead).saturating_sub(tally(ended)) + 1);
        begun += u32::from(item.counted);
    }
}

#[cfg(test)]
mod tests;
