//! Which of the periods that explain the same is the likely one.
//!
//! The first refusals bound a limit's number well and its period badly: all periods between the time in which the
//! number passed and the time after which calls passed again explain the same. A period that is too short is refused
//! in each window until it has been lengthened; one that is too long wastes what it is too long by, and only tries
//! mend it. So a configured period comes first, then the middle of all that explain the same, near to what people choose.
//! Where a longer configured period explains as much, nothing is believed before refusals are far enough apart to
//! tell.

use super::candidates::lasted;
use super::check::{first_explained, has_come_back};
use super::weigh::SignStart;
use super::{Hypothesis, Search, nearly};
use crate::series::Series;
use crate::statistic::Statistic;

impl Search<'_> {
    /// The hypothesis over the middle one of all spans that explain as much, if they are far apart, or if
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
        #[expect(
            clippy::cast_possible_truncation,
            reason = "logarithms of spans have two digits"
        )]
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

    /// The hypothesis over a configured period, where what was found explains no more of the calls that
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
        let since = |known_from: Option<u64>| SignStart {
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
}

fn is_same_number(one: &Hypothesis, other: &Hypothesis) -> bool {
    one.number.abs_diff(other.number) <= other.number / 8
}
