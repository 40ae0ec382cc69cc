//! Windows that follow one another, wherever they open.
//!
//! Nobody tells at which phase windows open, and it may be another for each part: a token's windows may begin with the
//! token. But where calls are refused and accepted says much of it, and the number that is best under one phase is
//! the same for all parts.

use super::taken;
use crate::series::{Item, Series, Sign};
use tollgate_model::tally;

/// The last times at which refusals ended; this many say at which phase windows open.
const OPENINGS: usize = 8;

pub(super) fn counts(series: &Series, span: u64, into: &mut Vec<u32>) {
    let span = span.max(1);
    let runs: Vec<Vec<Refusals>> = series.parts().map(runs).collect();
    let full = full(&runs);
    for (part, runs) in series.parts().zip(&runs) {
        let begin = into.len();
        let mut best: Option<(u32, Vec<u32>)> = None;
        for phase in phases(part, runs, full, span) {
            into.truncate(begin);
            in_windows(part, span, phase, into);
            let counts = &into[begin..];
            let separated = separated(part, counts);
            if best.as_ref().is_none_or(|(most, _)| separated > *most) {
                best = Some((separated, counts.to_vec()));
            }
        }
        into.truncate(begin);
        into.extend(best.into_iter().flat_map(|(_, counts)| counts));
    }
}

fn in_windows(part: &[Item], span: u64, phase: u64, into: &mut Vec<u32>) {
    let (mut window, mut sum) = (u64::MAX, 0);
    let shift = span - phase % span;
    for item in part {
        let number = (item.sent + shift) / span;
        if number != window {
            (window, sum) = (number, 0);
        }
        into.push(sum + item.cost + item.ahead);
        sum += taken(item);
    }
}

/// Refused calls that were counted higher than any that was accepted.
fn separated(part: &[Item], counts: &[u32]) -> u32 {
    let all = part.iter().zip(counts);
    let accepted = all.clone().filter(|(item, _)| item.sign == Sign::Accepted);
    let most = accepted.map(|(_, &count)| count).max().unwrap_or(0);
    let refused =
        all.filter(|(item, count)| matches!(item.sign, Sign::Refused(_)) && **count > most);
    tally(refused.count())
}

/// Calls refused one after another, with none accepted between.
struct Refusals {
    /// The first of them.
    at: usize,
    /// When the last of them was sent.
    last: u64,
    /// When the next call was sent that was accepted.
    opened: Option<u64>,
    /// Slots of the calls accepted since the refusals before.
    accepted: Option<u32>,
}

fn runs(part: &[Item]) -> Vec<Refusals> {
    let mut runs: Vec<Refusals> = Vec::new();
    let mut accepted = 0;
    for (at, item) in part.iter().enumerate() {
        match (item.sign, runs.last_mut()) {
            (Sign::Accepted, run) => {
                accepted += item.cost;
                if let Some(run) = run {
                    run.opened.get_or_insert(item.sent);
                }
            }
            (Sign::Refused(_), Some(run)) if run.opened.is_none() => run.last = item.sent,
            (Sign::Refused(_), before) => {
                let accepted = before.map(|_| accepted);
                runs.push(Refusals {
                    at,
                    last: item.sent,
                    opened: None,
                    accepted,
                });
            }
            (Sign::None, _) => continue,
        }
        if matches!(item.sign, Sign::Refused(_)) {
            accepted = 0;
        }
    }
    runs
}

/// What a window lets pass: what is accepted between two refusals, as a rule.
fn full(runs: &[Vec<Refusals>]) -> Option<u32> {
    let between = runs.iter().flatten().filter_map(|run| run.accepted);
    let mut between: Vec<u32> = between.collect();
    between.sort_unstable();
    between.get(between.len() / 2).copied()
}

/// Phases at which windows of the span may open: the last of those for which most is as it is where windows open so,
/// and some before. A window opens between a call that was refused and the next that was accepted; and before it
/// refuses one it has let `full` pass.
fn phases(
    part: &[Item],
    runs: &[Refusals],
    full: Option<u32>,
    span: u64,
) -> impl Iterator<Item = u64> {
    // Where the phases begin (excluded) and end (included) that one observation leaves.
    let mut edges: Vec<(u64, i32)> = Vec::new();
    let mut depth = 0;
    let mut leave = |begin: u64, end: u64| {
        if end - begin < span {
            let (begin, end) = (begin % span, end % span);
            edges.extend([(begin, 1), (end, -1)]);
            depth += i32::from(end < begin);
        }
    };
    for run in runs.iter().rev().take(OPENINGS) {
        if let Some(opened) = run.opened {
            leave(run.last, opened);
        }
        let first = full.and_then(|full| first_of(&part[..run.at], full));
        if let Some((before, first)) = first {
            leave(before, first);
        }
    }
    edges.sort_unstable();
    let (mut most, mut last, mut length) = (0, span, span);
    for (at, &(end, step)) in edges.iter().enumerate() {
        if step < 0 && depth > most {
            most = depth;
            let before = at.checked_sub(1).unwrap_or(edges.len() - 1);
            (last, length) = (end + span, (end + span - edges[before].0) % span);
        }
        depth += step;
    }
    (0..4).map(move |part| last - length * part / 4)
}

/// When the first of the last calls was sent that take so many slots, and the call before it.
fn first_of(part: &[Item], slots: u32) -> Option<(u64, u64)> {
    let (mut sum, mut first) = (0, None);
    for item in part.iter().rev().filter(|item| item.counted) {
        sum += item.cost;
        if sum > slots {
            return first.map(|first| (item.sent, first));
        }
        first = Some(item.sent);
    }
    None
}
