//! What a learner knows, what it is about to do, and what it has asked for.

use crate::finding::{Change, Finding, FindingId, KnownLimit};
use crate::guard::Guard;
use crate::held::HeldFinding;
use crate::observations::Observations;
use crate::probe::Probe;
use crate::run::Run;
use crate::settings::Settings;
use crate::statistic::Statistic;
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_model::Instant;

/// Learns the limits of one upstream from which calls it accepts and refuses.
///
/// Whoever sends tells each call ([`Self::sent`], [`Self::answered`], [`Self::ended`]), calls
/// [`Self::handle_timeout`] when [`Self::poll_timeout`] says so, and then carries out what
/// [`Self::poll_change`] asks for.
#[derive(Clone, Debug)]
pub struct Learner {
    pub(crate) observed: Observations,
    pub(crate) changes: VecDeque<Change>,
    pub(crate) next: u32,
    /// Refusals of calls that were sent before the first of them was known.
    pub(crate) batch: Batch,
    pub(crate) study: Study,
    pub(crate) looked: u64,
}

/// Refusals of calls that were sent before the first of them was known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) number: u32,
    pub(crate) size: u32,
    /// When its first refusal was known.
    pub(crate) known: Instant,
}

/// When refusals are looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Study {
    pub(crate) due: Option<Instant>,
    /// Calls without an answer that it waits for.
    pub(crate) waiting: u32,
    /// Calls sent up to here are waited for.
    pub(crate) upto: Instant,
    /// When the last one ended, and the calls that were looked at for it.
    pub(crate) last: Instant,
    pub(crate) looked: u64,
    /// The one that is under way.
    pub(crate) run: Option<Box<Run>>,
}

impl Learner {
    /// A learner of an upstream with these limits configured.
    #[must_use]
    pub fn new(settings: Settings, known: Vec<KnownLimit>) -> Self {
        Self {
            observed: Observations::new(settings, known),
            changes: VecDeque::new(),
            next: 0,
            batch: Batch::default(),
            study: Study::default(),
            looked: 0,
        }
    }

    /// Holds what was found, under a number of its own.
    pub(crate) fn hold(
        &mut self,
        mut finding: Finding,
        statistic: Statistic,
        guard: Guard,
        now: Instant,
    ) {
        finding.id = FindingId(self.next);
        finding.since = now;
        self.next += 1;
        self.changes.push_back(Change::Hold(finding.clone()));
        let probe = Probe::new(&self.observed.settings.probing, finding.rule, now);
        self.observed.held.push(HeldFinding {
            finding,
            statistic,
            from: self.observed.ring.next(),
            probe,
            guard,
            small: 0,
        });
    }

    /// Between two studies: the longer the more was to be looked at.
    pub(crate) fn pause(&self) -> Duration {
        self.observed.settings.study_every + self.observed.settings.rest_after(self.study.looked)
    }
}
