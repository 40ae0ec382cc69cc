//! Which refusals a limit explains.

use crate::finding::{Finding, FindingId};
use crate::fit::{Hypothesis, explained};
use crate::held::HeldFinding;
use crate::observations::Observations;
use crate::series::Series;
use crate::statistic::Statistic;
use crate::work::Work;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant, Rule};

/// Refused calls that a limit explains, and what each counts for.
pub(crate) type Explained = BTreeMap<AttemptId, f64>;

/// What a study holds a hypothesis against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// What the hypothesis explains.
    pub(crate) explains: &'a Explained,
    /// What each finding explains.
    pub(crate) of_held: &'a BTreeMap<FindingId, Explained>,
    /// Whether it may only mend what binds already.
    pub(crate) mend: bool,
}

impl Observations {
    /// The refusals that a finding explains.
    pub(crate) fn explained_by(&self, held: &HeldFinding, work: &mut Work) -> Explained {
        let group = held.finding.group;
        let series = Series::of(&self.ring, group, Instant::ZERO, self.floor, |_| true);
        work.spend(series.cost() + series.passes(4));
        let rule = held.probe.settled(held.finding.rule);
        let found = explained(held.statistic, held.statistic.number(rule), &series);
        // What was sent while it was in force it has let pass, whatever the upstream counts.
        let found = found.filter(|&(attempt, ..)| attempt < held.from);
        let mut all: Explained = found
            .map(|(attempt, _, weight)| (attempt, weight))
            .collect();
        let in_force = Statistic::in_force(&held.finding, rule);
        let series = series.in_order();
        let found = explained(in_force, rule.allowed(), &series);
        all.extend(found.map(|(attempt, _, weight)| (attempt, weight)));
        all.extend(self.named_by(held).map(|attempt| (attempt, 1.0)));
        all
    }
}

/// Whether the hypothesis is the finding over a period that is a little longer.
pub(crate) fn is_longer(found: &Hypothesis, finding: &Finding) -> bool {
    windows(found, finding).is_some_and(|((allowed, period), (number, before))| {
        let longer = period > before && period < before + before / 8;
        found.group == finding.group && allowed == number && longer
    })
}

/// The numbers and periods of the hypothesis and of the finding, if both are windows.
pub(crate) fn windows(
    found: &Hypothesis,
    finding: &Finding,
) -> Option<((u32, Duration), (u32, Duration))> {
    let window = |rule| match rule {
        Rule::Window {
            allowed, period, ..
        } => Some((allowed, period)),
        Rule::Concurrency { .. } => None,
    };
    window(found.rule()).zip(window(finding.rule))
}
