//! Which limit separates the calls that were refused from those accepted.

use crate::finding::{Group, Known, implies};
use crate::series::{Series, Sign};
use crate::statistic::{Statistic, nanos};
use std::time::Duration;
use tollgate_model::{Instant, Rule};

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
}

impl Hypothesis {
    pub(crate) fn rule(&self) -> Rule {
        self.statistic.rule(self.number)
    }
}

/// Signs in all, of whichever group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) refused: f64,
    pub(crate) accepted: f64,
}

/// Spans that people choose, in milliseconds.
const NICE: [u64; 36] = [
    100, 200, 250, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000,
    12_000, 15_000, 18_000, 20_000, 24_000, 25_000, 30_000, 36_000, 40_000, 45_000, 50_000, 60_000,
    90_000, 120_000, 180_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 21_600_000,
    86_400_000,
];
/// A period below this can't be told from calls that overtake one another.
const BRIEF: Duration = Duration::from_millis(50);
/// Of these, the periods of most limits.
const COMMON: [u64; 3] = [1_000, 60_000, 3_600_000];
const MILLI: u64 = 1_000_000;
/// The steps by which the best span is looked for around a first one, as powers of two.
const STEPS: [f64; 5] = [1.0 / 8.0, 1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0, 1.0 / 128.0];
/// So many openings of windows are looked at.
const OPENINGS: usize = 2;
/// The logarithm of how many phases are tried.
const PHASES: f64 = 3.0;
/// The part of all that can be gained that sliding windows gain, at least, where windows are a clock's.
const SOMEWHAT: f64 = 0.3;
/// By how much more gain what is rare has to explain.
const RARE: f64 = 3.0;
/// By how much less gain a hypothesis is nearly as likely.
const NEARLY: f64 = 5.0;
/// A count above this is as good as this.
const HIGHEST: usize = 1 << 14;

/// Looks for the best hypothesis.
pub(crate) struct Search<'a> {
    pub(crate) known: &'a [Known],
    pub(crate) totals: Totals,
    /// Calls up to then are not all known.
    missed: Option<u64>,
    counts: Vec<u32>,
    refused: Vec<f64>,
    accepted: Vec<f64>,
    found: Vec<Hypothesis>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(known: &'a [Known], totals: Totals, missed: Option<Instant>) -> Self {
        Self {
            known,
            totals,
            missed: missed.map(Instant::as_nanos),
            counts: Vec::new(),
            refused: Vec::new(),
            accepted: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The best, and those that are nearly as likely, best first.
    pub(crate) fn best(&mut self) -> Vec<Hypothesis> {
        self.found.sort_by(|a, b| b.value.total_cmp(&a.value));
        let greedy = |found: &Hypothesis| matches!(found.statistic, Statistic::Greedy(_));
        let gains = |found: &[Hypothesis], all: bool| {
            let found = found.iter().filter(|found| all || !greedy(found));
            found.map(|found| found.gain).fold(0.0, f64::max)
        };
        // That refused calls count is rare, and holding slots for them costs.
        let usual = gains(&self.found, false);
        self.found
            .retain(|found| !greedy(found) || found.gain > usual + RARE);
        let most = gains(&self.found, true);
        self.found
            .retain(|found| found.gain >= most - NEARLY.max(0.1 * most));
        std::mem::take(&mut self.found)
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
        // The period of most limits, if it may be; else the middle, or what people choose near to it.
        let common = |span: u64| self.is_configured(span) || COMMON.contains(&(span / MILLI));
        let middle = (least as f64 * longest as f64).sqrt();
        let near = |other: &&Hypothesis| {
            let span = other.statistic.span().unwrap_or(1);
            let favour = match () {
                () if common(span) => 0.7,
                () if self.is_nice(span) => 0.2,
                () => 0.0,
            };
            let far = (span as f64 / middle).ln().abs() - favour;
            (far * 1e6) as i64
        };
        same.iter().min_by_key(near).copied().unwrap_or(found)
    }

    /// Looks at all limits that the group's calls may be under.
    pub(crate) fn look(&mut self, series: &Series) {
        let Some(lasted) = lasted(series) else { return };
        let under_way = mean_under_way(series);
        let mut tops: Vec<Hypothesis> = Vec::new();
        let mut family = |search: &mut Self, spans: &[u64], of: &dyn Fn(u64) -> Statistic| {
            let mut top: Option<Hypothesis> = None;
            for &span in spans {
                let found = search.weigh(series, of(span), under_way);
                if let Some(found) = found
                    && top.is_none_or(|top| found.value > top.value)
                {
                    top = Some(found);
                }
            }
            tops.extend(top);
        };
        let spans = self.spans(lasted);
        let nice: Vec<u64> = spans
            .iter()
            .copied()
            .filter(|&span| self.is_nice(span))
            .collect();
        family(self, &spans, &Statistic::Sliding);
        family(self, &nice, &Statistic::Greedy);
        family(self, &nice, &Statistic::FirstCall);
        family(self, &gaps(series, lasted), &Statistic::Bucket);
        family(self, &[0], &|_| Statistic::AtOnce);
        // A clock's windows look somewhat like sliding ones: where those explain nothing, or all, no clock
        // is looked for.
        let all = -likelihood(self.totals.refused, self.totals.accepted);
        let most = tops.iter().map(|top| top.gain / all).fold(0.0, f64::max);
        if (SOMEWHAT..0.97).contains(&most) {
            let mut top: Option<Hypothesis> = None;
            for phase in phases(series) {
                for &span in nice.iter().filter(|&&span| span >= 1_000 * MILLI) {
                    let found = self.weigh(series, Statistic::Clock(span, phase), under_way);
                    if let Some(found) = found
                        && top.is_none_or(|top| found.value > top.value)
                    {
                        top = Some(found);
                    }
                }
            }
            tops.extend(top);
        }
        tops.sort_by(|a, b| b.value.total_cmp(&a.value));
        for &top in tops.iter().take(4) {
            let found = self.climb(series, top, under_way);
            self.found.push(found);
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

    /// The number that separates best under the statistic.
    fn weigh(
        &mut self,
        series: &Series,
        statistic: Statistic,
        under_way: f64,
    ) -> Option<Hypothesis> {
        statistic.counts(series, &mut self.counts);
        let highest = self.counts.iter().copied().max()? as usize;
        let highest = highest.min(HIGHEST);
        self.refused.clear();
        self.refused.resize(highest + 1, 0.0);
        self.accepted.clear();
        self.accepted.resize(highest + 1, 0.0);
        let Totals {
            mut refused,
            accepted,
        } = self.totals;
        let known_from = self
            .missed
            .map_or(0, |missed| missed + statistic.span().unwrap_or(0));
        for (item, &count) in series.items.iter().zip(&self.counts) {
            let at = (count as usize).min(highest);
            match item.sign {
                // Calls that it may be about are not known.
                Sign::Refused(weight) if item.sent < known_from => refused -= weight,
                Sign::None => {}
                Sign::Accepted => self.accepted[at] += 1.0,
                Sign::Refused(weight) => self.refused[at] += weight,
            }
        }
        let null = likelihood(refused, accepted);
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
                + likelihood(refused - stopped, accepted - blocked)
                - null;
            // More of those counted less are refused: that is no limit.
            let other_way = stopped * (accepted - blocked) < (refused - stopped) * blocked;
            if !other_way && stopped >= 0.7 * blocked && best.is_none_or(|(_, most)| gain > most) {
                best = Some((at as u32 - 1, gain));
            }
        }
        let (number, mut gain) = best?;
        if let Statistic::Clock(..) = statistic {
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
        })
    }

    /// Whether what is configured stops the same calls, or nearly so over a longer period: what is
    /// always used up looks like a limit of whatever is refused by chance.
    fn is_known(&self, group: Group, rule: Rule) -> bool {
        self.known.iter().any(|known| {
            let nearly = match (known.rule, rule) {
                (
                    Rule::Window {
                        allowed, period, ..
                    },
                    Rule::Window {
                        allowed: number,
                        period: span,
                        ..
                    },
                ) if span > period + period / 32 => {
                    let most = f64::from(allowed) * span.as_secs_f64() / period.as_secs_f64();
                    f64::from(number) > 0.95 * most
                }
                _ => false,
            };
            let tokens = matches!(known.group, Group::ClientTokens(_));
            let within = group.is_within(known.group) || tokens && group == Group::Token;
            within && (nearly || implies(known.rule, rule))
        })
    }

    /// What is common comes before what is rare, and of two that explain the same the laxer comes
    /// first: it is the one that the next refusal corrects.
    fn taste(&self, series: &Series, statistic: Statistic, number: u32, under_way: f64) -> f64 {
        let group = series.group;
        let configured = self.known.iter().any(|known| {
            let tokens = matches!(known.group, Group::ClientTokens(_));
            known.group == group || tokens && group == Group::Token
        });
        let group = f64::from(u8::from(configured))
            + match group {
                Group::Token => 0.0,
                Group::Endpoint(_) => -0.5,
                Group::Client(_) => -1.0,
                Group::ClientTokens(_) | Group::Upstream => -1.5,
            };
        let family = match statistic {
            Statistic::Sliding(_) => 0.0,
            Statistic::AtOnce => 0.3,
            Statistic::FirstCall(_) => -0.5,
            Statistic::Bucket(_) => -0.5,
            Statistic::Clock(..) => -0.5,
            Statistic::Greedy(_) => -2.0,
        };
        let period = match statistic.rule(number) {
            Rule::Window { period, .. } => nanos(period),
            Rule::Concurrency { .. } => under_way as u64,
        };
        let nice = if self.is_configured(period) {
            1.0
        } else if self.is_nice(period) {
            0.7
        } else {
            0.0
        };
        // Of the calls that count together, so that of two groups neither is laxer for its size.
        let together = series.items.len() as f64 / series.ends.len().max(1) as f64;
        let rate = f64::from(number) * 1e9 / (period.max(1) as f64) / together;
        group + family + nice + 1.5 * rate.ln()
    }

    fn is_nice(&self, span: u64) -> bool {
        let near = |nice: u64| span.abs_diff(nice) <= nice / 1_000;
        NICE.iter().any(|&nice| near(nice * MILLI)) || self.is_configured(span)
    }

    fn is_configured(&self, span: u64) -> bool {
        self.configured()
            .any(|period| span.abs_diff(period) <= period / 1_000)
    }

    fn configured(&self) -> impl Iterator<Item = u64> {
        self.known.iter().filter_map(|known| match known.rule {
            Rule::Window { period, .. } => Some(nanos(period)),
            Rule::Concurrency { .. } => None,
        })
    }

    /// Spans that people choose.
    fn chosen(&self) -> Vec<u64> {
        let nice = NICE.iter().map(|&nice| nice * MILLI);
        nice.chain(self.configured()).collect()
    }

    /// A ladder of spans, those that people choose among them.
    fn spans(&self, lasted: u64) -> Vec<u64> {
        let mut spans = self.chosen();
        let mut span = 50.0 * MILLI as f64;
        while span < lasted as f64 {
            spans.push(span as u64);
            span *= 0.25_f64.exp2();
        }
        spans.retain(|&span| span <= lasted.saturating_add(lasted / 8));
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}

/// From the first call to the last; none without a refused one.
fn lasted(series: &Series) -> Option<u64> {
    let refused = |item: &&crate::series::Item| matches!(item.sign, Sign::Refused(_));
    series.items.iter().find(refused)?;
    let first = series.items.iter().map(|item| item.sent).min()?;
    let last = series.items.iter().map(|item| item.sent).max()?;
    Some(last - first)
}

/// When windows on a clock may open: between the last refusal and the call that was accepted after it.
fn phases(series: &Series) -> Vec<u64> {
    let mut openings = Vec::new();
    for part in series.parts() {
        let mut refused = None;
        for item in part {
            match item.sign {
                Sign::Refused(_) => refused = Some(item.sent),
                Sign::Accepted => {
                    if let Some(refused) = refused.take() {
                        openings.push((item.sent, item.sent - refused));
                    }
                }
                Sign::None => {}
            }
        }
    }
    openings.sort_unstable();
    let late = openings.split_off(openings.len().saturating_sub(OPENINGS));
    late.into_iter()
        .flat_map(|(accepted, span)| (0..4).map(move |part| accepted - span * part / 4))
        .collect()
}

/// What a call may fill a bucket by: a ladder, and what was accepted while the bucket was empty at both
/// ends.
fn gaps(series: &Series, lasted: u64) -> Vec<u64> {
    let mut gaps = Vec::new();
    let mut gap = 0.5 * MILLI as f64;
    while gap < lasted as f64 && gap < 600_000.0 * MILLI as f64 {
        gaps.push(gap as u64);
        gap *= 0.25_f64.exp2();
    }
    let (mut time, mut calls) = (0, 0);
    for part in series.parts() {
        let mut refused = part
            .iter()
            .enumerate()
            .filter(|(_, item)| matches!(item.sign, Sign::Refused(_)));
        if let Some((first, begin)) = refused.next()
            && let Some((last, end)) = refused.next_back()
        {
            time += end.sent - begin.sent;
            let taken = part[first..last].iter().filter(|item| item.counted);
            calls += taken.map(|item| u64::from(item.cost)).sum::<u64>();
        }
    }
    if let Some(mean) = time.checked_div(calls) {
        gaps.extend((-6..=6).map(|step| (mean as f64 * (f64::from(step) / 24.0).exp2()) as u64));
    }
    gaps.retain(|&gap| gap > 0);
    gaps
}

/// How long calls are under way, in nanoseconds; a tenth of a second if that isn't known.
fn mean_under_way(series: &Series) -> f64 {
    let ended = series
        .items
        .iter()
        .filter(|item| item.counted && item.ended != u64::MAX);
    let (sum, number) = ended.fold((0.0, 0.0), |(sum, number), item| {
        (sum + (item.ended - item.sent) as f64, number + 1.0)
    });
    if number > 0.0 { sum / number } else { 1e8 }
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

/// Whether calls that the hypothesis lets pass were accepted after one that it explains. Until then
/// nobody knows how long the period is, and one that is too long costs the most.
pub(crate) fn is_bounded(found: &Hypothesis, series: &Series) -> bool {
    let Rule::Window {
        allowed, period, ..
    } = found.rule()
    else {
        return true;
    };
    let (mut counts, mut short) = (Vec::new(), Vec::new());
    found.statistic.counts(series, &mut counts);
    Statistic::Sliding(nanos(period)).counts(series, &mut short);
    let stopped =
        series.items.iter().zip(&counts).filter(|(item, count)| {
            matches!(item.sign, Sign::Refused(_)) && **count > found.number
        });
    let Some(first) = stopped.map(|(item, _)| item.sent).min() else {
        return false;
    };
    let accepted = series.items.iter().zip(&short).filter(|(item, count)| {
        item.sign == Sign::Accepted && item.sent > first && **count <= allowed
    });
    accepted.count() as u32 >= 2 + allowed / 8
}

/// The refusals of the series that the limit explains: their attempts, batches, and what they count for.
pub(crate) fn explained(
    statistic: Statistic,
    number: u32,
    series: &Series,
) -> impl Iterator<Item = (tollgate_model::AttemptId, u32, f64)> {
    let mut counts = Vec::new();
    statistic.counts(series, &mut counts);
    let items = series.items.iter().zip(counts);
    items.filter_map(move |(item, count)| match item.sign {
        Sign::Refused(weight) if count > number => Some((item.attempt, item.batch, weight)),
        _ => None,
    })
}
