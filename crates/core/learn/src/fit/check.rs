//! What a hypothesis explains, and whether it is known how far it goes.

use super::Hypothesis;
use crate::series::{Series, Sign};
use crate::statistic::Statistic;
use tollgate_model::{AttemptId, Rule};

/// Whether calls that the hypothesis lets pass were accepted after one that it explains. Until then
/// nobody knows how long the period is, and one that is too long costs the most.
pub(crate) fn is_bounded(found: &Hypothesis, series: &Series) -> bool {
    let Rule::Window { allowed, .. } = found.rule() else {
        return true;
    };
    let mut counts = Vec::new();
    found.statistic.counts(series, &mut counts);
    let counted = || series.items.iter().zip(&counts);
    let stopped = counted()
        .filter(|(item, count)| matches!(item.sign, Sign::Refused(_)) && **count > found.number);
    let Some(first) = stopped.map(|(item, _)| item.sent).min() else {
        return false;
    };
    let accepted = counted().filter(|(item, count)| {
        item.sign == Sign::Accepted && item.sent > first && **count <= found.number
    });
    accepted.count() as u32 >= 2 + allowed / 8
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
