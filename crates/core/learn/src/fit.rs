//! Which limit separates the calls that were refused from those accepted.

mod candidates;
mod check;
mod period;
mod rate;
mod taste;
mod weigh;
mod weighted;

pub(crate) use check::{explained, is_bounded};

use crate::finding::{Group, KnownLimit};
use crate::series::Series;
use crate::statistic::Statistic;
use crate::work::{Tape, Work};
use candidates::{gaps, lasted, mean_gap, mean_under_way};
use taste::MILLI;
pub(crate) use taste::chosen;
use tollgate_model::{Instant, Rule, count};
use weigh::by_chance;

/// A limit that may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypothesis {
    pub(crate) group: Group,
    pub(crate) statistic: Statistic,
    /// Calls counted at most.
    pub(crate) number: u32,
    /// By how much the signs are likelier than if all refusals came by chance, as a logarithm.
    pub(crate) gain: f64,
    /// The gain, with a taste for limits that are common and lax. It decides between hypotheses.
    value: f64,
    /// Nothing says yet that its slots come back as late as its period is long.
    is_unseen: bool,
}

impl Hypothesis {
    pub(crate) fn rule(&self) -> Rule {
        self.statistic.rule(self.number)
    }

    /// The length of its window in nanoseconds; none of calls at once.
    pub(crate) fn window(&self) -> Option<u64> {
        self.statistic.window(self.number)
    }

    fn is_weighted(&self) -> bool {
        matches!(self.statistic, Statistic::Weighted(..))
    }

    /// Whether a refused call takes a slot, too.
    pub(crate) fn counts_refused(&self) -> bool {
        matches!(self.statistic, Statistic::Greedy(_))
    }
}

/// Signs in all, of whichever group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) refused: f64,
    pub(crate) accepted: f64,
}

/// The steps by which the best span is looked for around a first one, as powers of two.
const STEPS: [f64; 5] = [1.0 / 8.0, 1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0, 1.0 / 128.0];
/// The shortest windows on a clock that are looked for, in nanoseconds: the ends of shorter ones can't be told from
/// calls that overtake one another.
const SHORTEST: u64 = 200 * MILLI;
/// The part of all that can be gained that sliding windows gain, at least, where windows are a clock's.
const SOMEWHAT: f64 = 0.3;
/// The part of all that can be gained above which no clock would gain more.
const NEARLY_ALL: f64 = 0.97;
/// By how much more gain what is rare has to explain.
const RARE: f64 = 3.0;
/// The part of all that can be gained that is gained, at least, if refused calls count. After any refusal more follow,
/// so what counts them explains some of whatever is refused; where they count indeed, it explains the first ones, too.
const MOSTLY: f64 = 0.7;
/// By how much less gain a hypothesis is nearly as likely, at the least.
const NEARLY: f64 = 5.0;

/// Looks for the best hypothesis.
pub(crate) struct Search<'a> {
    known: &'a [KnownLimit],
    totals: Totals,
    /// Calls up to then are not all known.
    missed: Option<u64>,
    counts: Vec<u32>,
    refused: Vec<f64>,
    accepted: Vec<f64>,
    pub(crate) found: Vec<Hypothesis>,
    /// What was weighed in the step's earlier turns, and what may be weighed in this one.
    tape: &'a mut Tape<Option<Hypothesis>>,
    work: &'a mut Work,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        known: &'a [KnownLimit],
        totals: Totals,
        missed: Option<Instant>,
        (tape, work): (&'a mut Tape<Option<Hypothesis>>, &'a mut Work),
    ) -> Self {
        tape.rewind();
        Self {
            known,
            totals,
            missed: missed.map(Instant::as_nanos),
            counts: Vec::new(),
            refused: Vec::new(),
            accepted: Vec::new(),
            found: Vec::new(),
            tape,
            work,
        }
    }

    /// Looks at all limits that the group's calls may be under.
    pub(crate) fn look(&mut self, series: &Series) {
        let Some(lasted) = lasted(series) else { return };
        let under_way = mean_under_way(series);
        let family = |search: &mut Self, spans: &[u64], of: &dyn Fn(u64) -> Statistic| {
            let mut top: Option<Hypothesis> = None;
            for &span in spans {
                let found = search.weigh(series, of(span), under_way);
                if let Some(found) = found
                    && top.is_none_or(|top| found.value > top.value)
                {
                    top = Some(found);
                }
            }
            top
        };
        let spans = self.spans(lasted);
        let nice: Vec<u64> = spans
            .iter()
            .copied()
            .filter(|&span| self.is_nice(span))
            .collect();
        let mut tops = Vec::new();
        tops.extend(family(self, &spans, &Statistic::Sliding));
        tops.extend(family(self, &nice, &Statistic::Greedy));
        tops.extend(family(self, &nice, &Statistic::FirstCall));
        let mut gaps = gaps(series, lasted);
        if let Some(mean) = mean_gap(series) {
            gaps.extend(self.whole_rates(mean - mean / 4, mean + mean / 4));
        }
        tops.extend(family(self, &gaps, &Statistic::Bucket));
        tops.extend(family(self, &[0], &|_| Statistic::AtOnce));
        // Where sliding windows explain all, no clock is looked for; and where they explain next to nothing, as where
        // calls leave in bursts, one of a configured period only.
        let all = -by_chance(self.totals.refused, self.totals.accepted);
        let most = tops.iter().map(|top| top.gain / all).fold(0.0, f64::max);
        if most < NEARLY_ALL {
            let clocks = nice.iter().copied().filter(|&span| span >= SHORTEST);
            let clocks = clocks.filter(|&span| most >= SOMEWHAT || self.is_configured(span));
            let clocks: Vec<u64> = clocks.collect();
            tops.extend(family(self, &clocks, &Statistic::Clock));
        }
        tops.sort_by(|a, b| b.value.total_cmp(&a.value));
        for &top in tops.iter().take(4) {
            let found = self.climb(series, top, under_way);
            self.found.push(found);
        }
        if (SOMEWHAT..NEARLY_ALL).contains(&most) {
            let weighted = self.weighted(series, &nice, most < MOSTLY, under_way);
            self.found.extend(weighted);
        }
    }

    /// The best over spans near to that of `top`.
    fn climb(&mut self, series: &Series, mut top: Hypothesis, under_way: f64) -> Hypothesis {
        let Some(mut at) = top.statistic.span() else {
            return top;
        };
        let look = |search: &mut Self, span: u64, top: &mut Hypothesis| {
            let found = search.weigh(series, top.statistic.with(span), under_way);
            if let Some(found) = found
                && found.value > top.value
            {
                *top = found;
                return true;
            }
            false
        };
        for step in STEPS {
            for sign in [-1.0, 1.0] {
                // Up to seven steps one way are as far as the next larger step goes.
                for _ in 0..4 {
                    let span = count(at as f64 * (sign * step).exp2());
                    if !look(self, span, &mut top) {
                        break;
                    }
                    at = span;
                }
            }
        }
        // What people choose lies nearby, maybe.
        let unit = match top.statistic {
            Statistic::Bucket(_) => u64::from(top.number),
            _ => 1,
        };
        for span in self.chosen() {
            let ratio = (span / unit) as f64 / at as f64;
            if (0.9..1.1).contains(&ratio) {
                look(self, span / unit, &mut top);
            }
        }
        top
    }
}

/// The best, and those that are nearly as likely, best first.
pub(crate) fn best(mut found: Vec<Hypothesis>) -> Vec<Hypothesis> {
    found.sort_by(|a, b| b.value.total_cmp(&a.value));
    let gains = |found: &[Hypothesis], all: bool| {
        let found = found.iter().filter(|found| all || !found.counts_refused());
        found.map(|found| found.gain).fold(0.0, f64::max)
    };
    // That refused calls count is rare, and holding slots for them costs.
    let usual = gains(&found, false);
    found.retain(|found| !found.counts_refused() || found.gain > usual + RARE);
    let most = gains(&found, true);
    found.retain(|found| found.gain >= most - nearly(most));
    found
}

/// By how much less gain a hypothesis is nearly as likely as one with this gain.
fn nearly(gain: f64) -> f64 {
    NEARLY.max(0.1 * gain)
}
