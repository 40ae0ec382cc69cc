//! Weighted windows.

use super::{Hypothesis, Search};
use crate::series::Series;
use crate::statistic::Statistic;

/// Phases that are looked at first, and the part of a window that the best is refined to.
const EVEN: u64 = 8;
const FINEST: u64 = 128;
/// Refusals that a weighted window has to be held against: some phase explains fewer by chance.
pub(super) const SEVERAL: f64 = 8.0;

impl Search<'_> {
    /// The best weighted window over a configured period; over those near to one, too, if nothing else explains much.
    ///
    /// What a weighted window counts changes with its phase, the more the more calls come in bursts. So many phases are
    /// looked at, most for a configured period, and around the best nearer and nearer ones.
    pub(super) fn weighted(
        &mut self,
        series: &Series,
        spans: &[u64],
        near: bool,
        under_way: f64,
    ) -> Option<Hypothesis> {
        let mut top: Option<Hypothesis> = None;
        let mut look = |search: &mut Self, span: u64, phase: u64| {
            let found = search.weigh(series, Statistic::Weighted(span, phase), under_way);
            let better = found.filter(|found| top.is_none_or(|top| found.value > top.value));
            top = better.or(top);
            top.map(|top| top.statistic)
        };
        let mut best = None;
        for &span in spans {
            let phases = match () {
                () if self.is_configured(span) => 4 * EVEN,
                () if near && self.is_near_to_configured(span) => EVEN,
                () => continue,
            };
            for phase in 0..phases {
                best = look(self, span, span * phase / phases);
            }
        }
        let mut step = 2 * EVEN;
        while let Some(Statistic::Weighted(span, phase)) = best.filter(|_| step <= FINEST) {
            look(self, span, phase + span / step);
            best = look(self, span, phase + span - span / step);
            step *= 2;
        }
        top
    }
}
