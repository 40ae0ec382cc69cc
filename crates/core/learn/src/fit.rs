//! Which limit separates the calls that were refused from those accepted.

mod candidates;
mod check;
mod rate;
mod taste;
mod weighted;

pub(crate) use check::{explained, is_bounded};
use check::{first_explained, has_come_back};

use crate::finding::{Group, Known};
use crate::series::{Series, Sign};
use crate::statistic::{Statistic, nanos};
use crate::work::{Tape, Work};
use candidates::{gaps, lasted, mean_gap, mean_under_way};
use std::time::Duration;
use taste::MILLI;
pub(crate) use taste::chosen;
use tollgate_model::{Instant, Rule};
use weighted::SEVERAL;

/// A limit that may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hypothesis {
    pub(crate) group: Group,
    pub(crate) statistic: Statistic,
    /// Calls counted at most.
    pub(crate) number: u32,
    /// By how much the signs are likelier than if all refusals came by chance, as a logarithm.
    pub(crate) gain: f64,
    /// The same, with a taste for what is common and lax; it decides between hypotheses.
    value: f64,
    /// Nothing says yet that its slots come back as late as its period is long.
    is_unseen: bool,
}

/// From when on calls are signs, in nanoseconds.
#[derive(Clone, Copy, Default)]
struct Since {
    refused: u64,
    accepted: u64,
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

/// A period below this can't be told from calls that overtake one another.
const BRIEF: Duration = Duration::from_millis(50);
/// The steps by which the best span is looked for around a first one, as powers of two.
const STEPS: [f64; 5] = [1.0 / 8.0, 1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0, 1.0 / 128.0];
/// The shortest windows on a clock that are looked for, in nanoseconds: the ends of shorter ones can't be told from
/// calls that overtake one another.
const SHORTEST: u64 = 200 * MILLI;
/// The logarithm of how many phases are tried.
const PHASES: f64 = 3.0;
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
/// The largest part of calls that is refused for no limit's sake, by firewalls and restarts.
const OFTEN: f64 = 0.2;
/// A count above this is as good as this.
const HIGHEST: usize = 1 << 14;

/// Looks for the best hypothesis.
pub(crate) struct Search<'a> {
    known: &'a [Known],
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
        known: &'a [Known],
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

    /// The same limit over the middle one of all spans that explain as much, if they are far apart, or if
    /// the least of them is what a finding was lengthened to by a little before (`mended`): it would be
    /// mended by many refusals, each by a little. The longest, if it is wrong, wastes the most.
    pub(crate) fn middle(
        &mut self,
        series: &Series,
        found: Hypothesis,
        mended: bool,
    ) -> Hypothesis {
        let (Some(least), Some(lasted)) = (found.statistic.span(), lasted(series)) else {
            return found;
        };
        if found.is_weighted() {
            return found;
        }
        let spans = self.spans(lasted);
        let mut same = Vec::new();
        for &span in spans.iter().filter(|&&span| span > least) {
            match self.weigh(series, found.statistic.with(span), 1.0) {
                Some(other) if other.number == found.number && other.gain > found.gain - 0.5 => {
                    same.push(other);
                }
                _ => break,
            }
        }
        let Some(longest) = same.last().and_then(|other| other.statistic.span()) else {
            return found;
        };
        let far = longest >= least.saturating_mul(2) && !self.is_nice(least);
        if spans.last() == Some(&longest) || !far && !mended {
            return found;
        }
        // The middle, or what people choose near to it.
        let middle = (least as f64 * longest as f64).sqrt();
        let near = |other: &&Hypothesis| {
            let span = other.statistic.span().unwrap_or(1);
            let favour = match () {
                () if self.is_common(span) => 0.7,
                () if self.is_nice(span) => 0.2,
                () => 0.0,
            };
            let far = (span as f64 / middle).ln().abs() - favour;
            (far * 1e6) as i64
        };
        same.iter().min_by_key(near).copied().unwrap_or(found)
    }

    /// The same number over a configured period, where what was found explains no more of the calls that
    /// both can be held against: a number that is lower than configured is the most common of what is
    /// wrong, and the calls after the first refusals say little of how long a limit takes to let calls
    /// pass again. None as long as a configured period that is longer explains as much of what came since the first
    /// refusal, and refusals are not yet far enough apart to tell the two from each other: a period that is too short
    /// is refused in every window.
    pub(crate) fn usual(&mut self, series: &Series, found: Hypothesis) -> Option<Hypothesis> {
        let Some(period) = found.window().filter(|_| !found.is_weighted()) else {
            return Some(found);
        };
        let first = first_explained(&found, series);
        let mut configured: Vec<u64> = self.configured().collect();
        configured.sort_unstable();
        for span in configured {
            if span == period {
                break;
            }
            let longer = span > period;
            let fits = |usual: &Hypothesis| !longer || is_same_number(usual, &found);
            if let Some(usual) = self.as_likely(series, &found, span, 0).filter(fits)
                && !usual.is_unseen
                && (!longer || has_come_back(&usual, series))
            {
                return Some(usual);
            }
            // What was accepted before may have been under another number.
            let begin = first.saturating_sub(period);
            if longer
                && self
                    .as_likely(series, &found, span, begin)
                    .is_some_and(|usual| fits(&usual))
            {
                return None;
            }
        }
        Some(found)
    }

    /// The best limit over the span, be it longer than was looked at, if it explains hardly less of what came after
    /// `begin` than what was found.
    fn as_likely(
        &mut self,
        series: &Series,
        found: &Hypothesis,
        span: u64,
        begin: u64,
    ) -> Option<Hypothesis> {
        let kinds = match found.counts_refused() {
            true => vec![Statistic::Greedy(span)],
            false => vec![
                Statistic::Sliding(span),
                Statistic::FirstCall(span),
                Statistic::Clock(span),
            ],
        };
        let missed = self.missed;
        let since = |known_from: Option<u64>| Since {
            refused: known_from.unwrap_or(0).max(begin),
            accepted: begin,
        };
        let usual = kinds
            .into_iter()
            .filter_map(|kind| {
                let known_from = missed.map(|missed| kind.known_from(missed));
                self.weigh_since(series, kind, 1.0, since(known_from))
            })
            .max_by(|one, other| one.gain.total_cmp(&other.gain))?;
        let known_from = missed.map(|missed| missed + span);
        let beside = self.weigh_since(series, found.statistic, 1.0, since(known_from));
        let least = beside.map_or(0.0, |beside| beside.gain - nearly(beside.gain));
        (usual.gain > least).then_some(usual)
    }

    /// Whether the rule's period is longer than was looked at from the first call on, and since calls were missed:
    /// nothing says that its slots come back as late as that.
    ///
    /// Nor says anything yet that refused calls count in a short window, or windows by parts, and not in one of a
    /// configured period: refusals follow one another in all of these.
    fn is_unseen(&self, series: &Series, statistic: Statistic, rule: Rule) -> bool {
        let Rule::Window { period, .. } = rule else {
            return false;
        };
        let first = series.items.iter().map(|item| item.sent).min();
        if nanos(period) > series.last_sent() - first.unwrap_or(0) {
            return true;
        }
        let Some(missed) = self.missed else {
            return false;
        };
        let usual = match statistic {
            Statistic::Greedy(_) | Statistic::Weighted(..) => self.configured().max(),
            _ => None,
        };
        let looked = nanos(period).max(usual.unwrap_or(0));
        let from = statistic.known_from(missed).max(missed + looked);
        from > series.last_sent()
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
                    let span = (at as f64 * (sign * step).exp2()) as u64;
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

    /// The number that separates best under the statistic. None, and nothing is looked at, once the turn's
    /// work is done: the step is gone through again in the next turn.
    fn weigh(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
    ) -> Option<Hypothesis> {
        let refused = self.missed.map_or(0, |missed| statistic.known_from(missed));
        let since = Since {
            refused,
            ..Since::default()
        };
        let weighed = self.weigh_since(series, statistic, under_way, since)?;
        (!weighed.is_unseen).then_some(weighed)
    }

    /// The same of calls since then, of a period that may be longer than was looked at, too.
    fn weigh_since(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
        since: Since,
    ) -> Option<Hypothesis> {
        if let Some(weighed) = self.tape.next() {
            return weighed;
        }
        if !self.work.goes_on() {
            return None;
        }
        let weighed = self.weigh_anew(series, statistic, under_way, since);
        self.tape.push(weighed);
        weighed
    }

    fn weigh_anew(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
        since: Since,
    ) -> Option<Hypothesis> {
        statistic.counts(series, &mut self.counts);
        let highest = self.counts.iter().copied().max()? as usize;
        let highest = highest.min(HIGHEST);
        self.work.spend(series.items.len() + highest);
        self.refused.clear();
        self.refused.resize(highest + 1, 0.0);
        self.accepted.clear();
        self.accepted.resize(highest + 1, 0.0);
        let Totals {
            mut refused,
            accepted,
        } = self.totals;
        for (item, &count) in series.items.iter().zip(&self.counts) {
            let at = (count as usize).min(highest);
            match item.sign {
                // Calls that it may be about are not known.
                Sign::Refused(weight) if item.sent < since.refused => refused -= weight,
                Sign::Accepted if item.sent < since.accepted => {}
                Sign::None => {}
                Sign::Accepted => self.accepted[at] += 1.0,
                Sign::Refused(weight) => self.refused[at] += weight,
            }
        }
        let null = by_chance(refused, accepted);
        let (mut stopped, mut blocked) = (0.0, 0.0);
        let mut best: Option<(u32, f64)> = None;
        for at in (2..=highest).rev() {
            stopped += self.refused[at];
            blocked += self.accepted[at];
            if self.refused[at] == 0.0 {
                continue;
            }
            if blocked > 2.0 * stopped + 2.0 {
                break;
            }
            let gain = likelihood(stopped, blocked)
                + by_chance(refused - stopped, accepted - blocked)
                - null;
            // More of those counted less are refused: that is no limit.
            let other_way = stopped * (accepted - blocked) < (refused - stopped) * blocked;
            if !other_way && stopped >= 0.7 * blocked && best.is_none_or(|(_, most)| gain > most) {
                best = Some((at as u32 - 1, gain));
            }
        }
        let (number, mut gain) = best?;
        let mostly = gain >= MOSTLY * -null;
        match statistic {
            Statistic::Greedy(_) if !mostly => return None,
            Statistic::Weighted(..) if !mostly || refused < SEVERAL => return None,
            // One call in each of a clock's windows looks like a bucket of one.
            Statistic::Clock(span) if number == 1 && !self.is_common(span) => return None,
            _ => {}
        }
        if let Statistic::Clock(..) | Statistic::Weighted(..) = statistic {
            // Any of several phases might have separated as well by chance.
            gain -= PHASES;
        }
        let rule = statistic.rule(number);
        let brief = matches!(rule, Rule::Window { period, .. } if period < BRIEF);
        if brief || self.is_known(series.group, rule) {
            return None;
        }
        Some(Hypothesis {
            group: series.group,
            statistic,
            number,
            gain,
            value: gain + self.taste(series, statistic, number, under_way),
            is_unseen: self.is_unseen(series, statistic, rule),
        })
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

fn is_same_number(one: &Hypothesis, other: &Hypothesis) -> bool {
    one.number.abs_diff(other.number) <= other.number / 8
}

/// The logarithm of how likely so many refusals are among so many calls, at the likeliest share.
fn likelihood(refused: f64, accepted: f64) -> f64 {
    let all = refused + accepted;
    let part = |some: f64| {
        if some > 0.0 {
            some * (some / all).ln()
        } else {
            0.0
        }
    };
    part(refused) + part(accepted)
}

/// The same where calls are refused for no limit's sake: that is not likelier than [`OFTEN`].
fn by_chance(refused: f64, accepted: f64) -> f64 {
    let all = refused + accepted;
    if refused <= OFTEN * all {
        return likelihood(refused, accepted);
    }
    refused * OFTEN.ln() + accepted * (1.0 - OFTEN).ln()
}
