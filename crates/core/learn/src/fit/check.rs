//! What a hypothesis explains, and whether it is known how far it goes.

use super::Hypothesis;
use crate::probe::FEW;
use crate::series::{Series, Sign};
use crate::statistic::{Statistic, nanos};
use tollgate_model::{AttemptId, Rule};

/// Whether calls that the hypothesis lets pass were accepted after one that it explains. Until then
/// nobody knows how long the period is, and one that is too long costs the most.
///
/// What a sliding window of the period lets pass every kind of window does. More than that is let pass by windows
/// that open with a call, or by a clock; that counts where refusals are explained in two of them, and where they
/// let pass more than a few calls, which any burst looks like.
pub(crate) fn is_bounded(found: &Hypothesis, series: &Series) -> bool {
    let Rule::Window { period, .. } = found.rule() else {
        return true;
    };
    let is_opened = found.number >= FEW
        && matches!(
            found.statistic,
            Statistic::FirstCall(_) | Statistic::Clock(..)
        );
    if let Statistic::Weighted(..) = found.statistic {
        return has_come_back(found, series) && passes_again(found.statistic, found, series);
    }
    let slides = Statistic::Sliding(nanos(period));
    passes_again(slides, found, series)
        || is_opened && has_come_back(found, series) && passes_again(found.statistic, found, series)
}

/// Whether calls that were sent after the first that the hypothesis explains, and that windows of this kind let
/// pass, were accepted.
fn passes_again(windows: Statistic, found: &Hypothesis, series: &Series) -> bool {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let Some((first, _)) = ends_of_explained(found, series, &counts) else {
        return false;
    };
    windows.counts(series, &mut counts);
    let accepted = series.items.iter().zip(&counts).filter(|(item, count)| {
        item.sign == Sign::Accepted && item.sent > first && **count <= found.number
    });
    accepted.count() as u32 >= 2 + found.number / 8
}

/// Whether refusals that the hypothesis explains are nearly as far apart as its span is long: in two windows, not
/// in one that may be of a shorter limit's.
pub(crate) fn has_come_back(found: &Hypothesis, series: &Series) -> bool {
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let span = found.statistic.span().unwrap_or(0);
    let ends = ends_of_explained(found, series, &counts);
    ends.is_some_and(|(first, last)| last - first >= span - span / 4)
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
