//! What a hypothesis explains, and whether it is known how far it goes.

use super::Hypothesis;
use crate::finding::{Group, KnownLimit};
use crate::probe::FEW;
use crate::series::{Series, Sign};
use crate::statistic::Statistic;
use std::collections::BTreeMap;
use tollgate_model::{AttemptId, Rule, nanos};

/// A stranger that takes so much of a window seldom leaves the same of two.
const TAKEN: u32 = 8;

/// Whether calls that the hypothesis lets pass were accepted after one that it explains. Until then
/// nobody knows how long the period is, and one that is too long costs the most.
///
/// What a sliding window of the period lets pass every kind of window does. More than that is let pass by windows
/// that open with a call, or by a clock; that counts where refusals are explained in two of them, and where they
/// let pass more than a few calls, which any burst looks like. Of a limit that others may share more is asked: what
/// they leave of two windows is often the same, and seldom of three, so a third window has to refuse. Two are enough
/// where both let pass exactly the same number, are as long as configured, and a stranger would have to take much of
/// them. A bucket shows itself sooner, for it refuses again after few calls; so do sliding windows, so it has to be the
/// only kind of limit that explains as much (`stands_alone`).
pub(crate) fn is_bounded(
    found: &Hypothesis,
    stands_alone: bool,
    known: &[KnownLimit],
    series: &Series,
) -> bool {
    let Rule::Window { period, .. } = found.rule() else {
        return true;
    };
    if let Statistic::Weighted(..) = found.statistic {
        return has_come_back(found, series) && passes_again(found.statistic, found, series);
    }
    let of_tokens = matches!(found.group, Group::Token | Group::ClientTokens(_));
    let opens = matches!(
        found.statistic,
        Statistic::FirstCall(_) | Statistic::Clock(_)
    );
    let much = || taken(found, known).is_some_and(|taken| taken >= TAKEN);
    let recurs = || much() && has_come_back(found, series) && is_same_again(found, series);
    if opens && !of_tokens && !is_in_third_window(found, series) && !recurs() {
        return false;
    }
    let slides = Statistic::Sliding(nanos(period));
    let again = || match found.statistic {
        Statistic::Bucket(_) => stands_alone && refuses_in_between(found, series),
        _ => opens && found.number >= FEW && has_come_back(found, series),
    };
    passes_again(slides, found, series) || again() && passes_again(found.statistic, found, series)
}

/// Whether calls that windows of this kind let pass were accepted after a refused one of the same part that the
/// hypothesis explains.
fn passes_again(windows: Statistic, found: &Hypothesis, series: &Series) -> bool {
    let (mut counts, mut passed) = (Vec::new(), Vec::new());
    found.statistic.counts(series, &mut counts);
    windows.counts(series, &mut passed);
    let mut counts = counts.into_iter().zip(passed);
    let mut accepted = 0;
    for part in series.parts() {
        let mut is_explained = false;
        for (item, (count, passed)) in part.iter().zip(counts.by_ref()) {
            match item.sign {
                Sign::Refused(_) => is_explained |= count > found.number,
                Sign::Accepted if is_explained && passed <= found.number => accepted += 1,
                _ => {}
            }
        }
    }
    accepted >= 2 + found.number / 8
}

/// Whether calls were refused again after few of those that the hypothesis lets pass together: a window that has refused
/// a call lets pass its whole number before the next refusal, a bucket what has leaked meanwhile.
fn refuses_in_between(found: &Hypothesis, series: &Series) -> bool {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let mut counts = counts.into_iter();
    let mut times = 0;
    for part in series.parts() {
        // When the last refusal was known, and the calls that were sent and accepted since.
        let mut last: Option<(u64, u32)> = None;
        for (item, count) in part.iter().zip(counts.by_ref()) {
            match item.sign {
                Sign::Refused(_) if count > found.number => {
                    let accepted = last.map_or(0, |(_, accepted)| accepted);
                    times += u32::from(accepted > 0 && accepted <= found.number / 2);
                    last = Some((item.ended, 0));
                }
                Sign::Accepted => {
                    if let Some((known, accepted)) = &mut last
                        && item.sent >= *known
                    {
                        *accepted += 1;
                    }
                }
                _ => {}
            }
        }
    }
    times >= 2
}

/// Whether refusals that the hypothesis explains are nearly as far apart as its span is long: in two windows, not
/// in one that may be of a shorter limit's.
pub(crate) fn has_come_back(found: &Hypothesis, series: &Series) -> bool {
    are_apart(found, series, |span| span - span / 4)
}

/// Whether refusals that the hypothesis explains are so far apart that some are in a third of its windows.
fn is_in_third_window(found: &Hypothesis, series: &Series) -> bool {
    are_apart(found, series, |span| span + span / 4)
}

/// What a stranger would take of each window, if the number were what it leaves. None if the period is not configured.
///
/// What it takes of windows varies by its root, so that two windows are left the same with a likelihood of one in twice
/// the root of π times as much: in a tenth of all cases where it takes eight.
fn taken(found: &Hypothesis, known: &[KnownLimit]) -> Option<u32> {
    let of_period = known.iter().filter_map(|known| match known.rule {
        Rule::Window {
            allowed, period, ..
        } if found.window() == Some(nanos(period)) => Some((known.group, allowed)),
        _ => None,
    });
    let left = of_period.map(|(group, allowed)| match found.group.is_within(group) {
        true => allowed.saturating_sub(found.number),
        // Of a limit that nobody has configured nobody knows how large it would be.
        false => found.number,
    });
    left.min()
}

/// Whether every window had let pass exactly the number when it first refused a call.
fn is_same_again(found: &Hypothesis, series: &Series) -> bool {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let above = |count: u32| count > found.number;
    let mut first_refused = BTreeMap::new();
    for (item, &count) in series.items.iter().zip(&counts) {
        match item.sign {
            Sign::Accepted if above(count) => return false,
            Sign::Refused(_) if above(count) => {
                let first = first_refused.entry(item.batch).or_insert(count);
                *first = count.min(*first);
            }
            _ => {}
        }
    }
    let mut first_refused = first_refused.values();
    first_refused.all(|&count| count == found.number + 1)
}

fn are_apart(found: &Hypothesis, series: &Series, least: impl Fn(u64) -> u64) -> bool {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let span = found.statistic.span().unwrap_or(0);
    let ends = ends_of_explained(found, series, &counts);
    ends.is_some_and(|(first, last)| last - first >= least(span))
}

/// When the first of the refused calls was sent that the hypothesis explains.
pub(super) fn first_explained(found: &Hypothesis, series: &Series) -> u64 {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    ends_of_explained(found, series, &counts).map_or(0, |(first, _)| first)
}

/// When the first and the last of the refused calls were sent that the hypothesis explains.
fn ends_of_explained(found: &Hypothesis, series: &Series, counts: &[u32]) -> Option<(u64, u64)> {
    let explained =
        series.items.iter().zip(counts).filter(|(item, count)| {
            matches!(item.sign, Sign::Refused(_)) && **count > found.number
        });
    let sent = || explained.clone().map(|(item, _)| item.sent);
    Some((sent().min()?, sent().max()?))
}

/// The refusals of the series that the limit explains: their attempts, batches, and what they count for.
pub(crate) fn explained(
    statistic: Statistic,
    number: u32,
    series: &Series,
) -> impl Iterator<Item = (AttemptId, u32, f64)> {
    let mut counts = Vec::new();
    statistic.counts(series, &mut counts);
    let items = series.items.iter().zip(counts);
    items.filter_map(move |(item, count)| match item.sign {
        Sign::Refused(weight) if count > number => Some((item.attempt, item.batch, weight)),
        _ => None,
    })
}
