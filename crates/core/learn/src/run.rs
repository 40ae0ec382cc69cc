//! A study that is under way: which limit explains the refusals that nothing explains yet.
//!
//! It looks at the calls as they were when it began, step by step; a step ends with the turn that it is
//! done in ([`crate::work`]), so each comes to the same result however long the turns are.

mod groups;
mod part;

use crate::call::State as Called;
use crate::explained::{Evidence, Explained, is_longer};
use crate::finding::{FindingId, Group};
use crate::fit::{Hypothesis, Search, best, explained, is_bounded};
use crate::guard::NearbyRefusals;
use crate::observations::Observations;
use crate::series::Series;
use crate::work::{Tape, Work};
use part::Part;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{AttemptId, Instant};

/// By so much less evidence a limit with a configured period needs, as a logarithm: they are few.
const USUAL: f64 = 3.0;
/// A limit with another period needs more evidence the more numbers it is chosen from, beyond about so many: where
/// thousands of calls were accepted, the few that were refused by chance are the highest of some count.
const NUMBERS: f64 = 16.0;

/// What a step has come to.
pub(crate) enum Step {
    /// There are others.
    Next,
    /// Which refusals nothing explains is known.
    Fresh,
    /// A hypothesis that is sure enough. If that changes nothing there are other steps.
    Found(Explanation),
    /// There are not enough refusals that nothing explains.
    Few,
    /// All of them are near to a finding whose period may be a little longer.
    Stretch,
    /// No hypothesis explains them.
    Nothing,
}

/// A hypothesis that is sure enough, and all that it explains.
pub(crate) struct Explanation {
    pub(crate) hypothesis: Hypothesis,
    pub(crate) explains: Explained,
}

/// A study that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// When it was due.
    pub(crate) due: Instant,
    /// Calls looked at so far.
    pub(crate) looked: u64,
    /// What was known when the study began.
    of: Observations,
    stage: Stage,
    of_held: BTreeMap<FindingId, Explained>,
    /// Refusals that a finding explains, and those of late that none does.
    explained: BTreeSet<AttemptId>,
    fresh: BTreeSet<AttemptId>,
    /// Of the latter those that no finding is near to.
    others: BTreeSet<AttemptId>,
    near: Vec<NearbyRefusals>,
    /// Whether what is found may only mend what binds already.
    mend: bool,
    groups: Vec<Group>,
    tape: Tape<Option<Hypothesis>>,
    /// The calls of the group that is looked at.
    series: Option<Series>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// What the findings from this one on explain is not known.
    Explain(usize),
    /// Which refusals the findings from this one on are near to is not known.
    Near(usize),
    /// Limits are looked for among some of the calls: for the groups from this one on, with what was found.
    Look(Part, usize, Vec<Hypothesis>),
    /// The best are held against the calls, from this one on.
    Judge(Part, usize, Vec<Hypothesis>),
    /// All was looked at, and nothing was found.
    Over,
}

impl Run {
    /// A study of what is known.
    pub(crate) fn new(of: Observations, due: Instant) -> Self {
        Self {
            due,
            looked: 0,
            of,
            stage: Stage::Explain(0),
            of_held: BTreeMap::new(),
            explained: BTreeSet::new(),
            fresh: BTreeSet::new(),
            others: BTreeSet::new(),
            near: Vec::new(),
            mend: false,
            groups: Vec::new(),
            tape: Tape::default(),
            series: None,
        }
    }

    /// Refusals up to this attempt were looked at in earlier studies.
    pub(crate) fn seen_before(&self) -> Option<AttemptId> {
        self.of.seen
    }

    /// The last call that is looked at.
    pub(crate) fn last(&self) -> Option<AttemptId> {
        self.of.ring.iter().next_back().map(|record| record.attempt)
    }

    /// What is accepted in tries that were too much is known.
    pub(crate) fn measured(&mut self, now: Instant) {
        self.of.measure(now);
    }

    pub(crate) fn near(&mut self) -> Vec<NearbyRefusals> {
        std::mem::take(&mut self.near)
    }

    /// What a hypothesis is held against that explains so much.
    pub(crate) fn evidence<'a>(&'a self, explains: &'a Explained) -> Evidence<'a> {
        Evidence {
            explains,
            of_held: &self.of_held,
            mend: self.mend,
        }
    }

    /// The next step, or as much of it as the turn allows.
    pub(crate) fn step(&mut self, work: &mut Work) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Explain(at) => self.explain(at, work),
            Stage::Near(at) => self.find_near(at, work),
            Stage::Look(part, at, found) => self.look(part, at, found, work),
            Stage::Judge(part, at, best) => self.judge(part, at, best, work),
            Stage::Over => Step::Nothing,
        }
    }

    fn explain(&mut self, at: usize, work: &mut Work) -> Step {
        if let Some(held) = self.of.held.get(at) {
            let explained = self.of.explained_by(held, work);
            self.explained.extend(explained.keys());
            self.of_held.insert(held.finding.id, explained);
            self.stage = Stage::Explain(at + 1);
            return Step::Next;
        }
        let records = self.of.ring.iter();
        let fresh = records.filter(|record| {
            record.state == Called::Refused && Some(record.attempt) > self.of.seen
        });
        let fresh = fresh.map(|record| record.attempt);
        let fresh = fresh.filter(|attempt| !self.explained.contains(attempt));
        self.fresh = fresh.collect();
        self.others = self.fresh.clone();
        work.spend(2 * self.of.ring.len());
        if self.fresh.len() <= self.of.enough() {
            return Step::Few;
        }
        self.stage = Stage::Near(0);
        Step::Fresh
    }

    fn find_near(&mut self, at: usize, work: &mut Work) -> Step {
        if let Some(held) = self.of.held.get(at) {
            self.near.extend(self.of.near(held, &mut self.others, work));
            self.stage = Stage::Near(at + 1);
            return Step::Next;
        }
        // What is near to a finding may mend it, but is no evidence for another limit.
        self.mend = self.others.is_empty();
        let mut near = self.near.iter();
        if self.mend && near.all(|near| self.of.is_little_stretched(near.finding)) {
            return Step::Stretch;
        }
        self.groups = self.of.groups(&self.fresh);
        let calls = self.of.ring.since(self.of.floor).count();
        work.spend(8 * self.of.ring.len());
        self.turn_to(calls, self.of.settings.evidence, false, work);
        Step::Next
    }

    /// The calls of the group, unless they are at hand from the turn before.
    fn series(&mut self, part: &Part, group: Group, work: &mut Work) -> Series {
        if let Some(series) = self.series.take() {
            return series;
        }
        self.tape.clear();
        let series = Series::of(&self.of.ring, group, part.begin, part.from, |record| {
            !self.is_left_out(part.without_explained, record.attempt)
        });
        work.spend(series.cost());
        series
    }

    /// All limits that one group may be under.
    fn look(&mut self, part: Part, at: usize, mut found: Vec<Hypothesis>, work: &mut Work) -> Step {
        let Some(&group) = self.groups.get(at) else {
            self.stage = Stage::Judge(part, 0, best(found));
            return Step::Next;
        };
        let series = self.series(&part, group, work);
        let tape = (&mut self.tape, &mut *work);
        let mut search = Search::new(&self.of.known, part.totals, part.missed, tape);
        search.look(&series);
        let of_group = search.found;
        let goes_on = work.goes_on();
        // What else than weighing there is, each time that the step is gone through.
        work.spend(series.passes(6));
        if goes_on {
            found.extend(of_group);
            self.stage = Stage::Look(part, at + 1, found);
        } else {
            self.series = Some(series);
            self.stage = Stage::Look(part, at, found);
        }
        Step::Next
    }

    /// Whether one of the best is sure enough.
    fn judge(&mut self, part: Part, at: usize, best: Vec<Hypothesis>, work: &mut Work) -> Step {
        let hopeful = |found: &&Hypothesis| found.gain >= part.evidence - USUAL;
        let found = best.get(at).filter(hopeful);
        let Some(&found) = found else {
            self.turn_from(&part, work);
            return Step::Next;
        };
        let series = self.series(&part, found.group, work);
        // A finding that has been lengthened by a little before is not near to what it should be.
        let mut held = self.of.held.iter();
        let mended = held.any(|held| is_longer(&found, &held.finding));
        let tape = (&mut self.tape, &mut *work);
        let mut search = Search::new(&self.of.known, part.totals, part.missed, tape);
        let bucket = search.rate(&series, found);
        let hypothesis = bucket.unwrap_or_else(|| search.middle(&series, found, mended));
        let hypothesis = search.usual(&series, hypothesis);
        let window = hypothesis.and_then(|hypothesis| hypothesis.window());
        let few = window.is_some_and(|window| search.is_configured(window));
        if !work.goes_on() {
            self.series = Some(series);
            self.stage = Stage::Judge(part, at, best);
            return Step::Next;
        }
        work.spend(series.passes(5));
        let stands_alone = best.iter().all(|other| other.leaks());
        let is_enough = |hypothesis: &Hypothesis| {
            let of_numbers = (1.0 + f64::from(hypothesis.number) / NUMBERS).ln();
            found.gain >= part.evidence + if few { -USUAL } else { of_numbers }
        };
        let sure = hypothesis
            .filter(is_enough)
            .and_then(|hypothesis| self.is_sure(hypothesis, stands_alone, &series));
        match sure {
            Some(sure) => {
                self.stage = Stage::Judge(part, best.len(), best);
                Step::Found(sure)
            }
            None => {
                self.stage = Stage::Judge(part, at + 1, best);
                Step::Next
            }
        }
    }

    /// The hypothesis and all that it explains, if that is enough.
    fn is_sure(
        &self,
        hypothesis: Hypothesis,
        stands_alone: bool,
        series: &Series,
    ) -> Option<Explanation> {
        if !is_bounded(&hypothesis, stands_alone, &self.of.known, series) {
            return None;
        }
        let found = explained(hypothesis.statistic, hypothesis.number, series);
        let found: Vec<_> = found.collect();
        let batches: BTreeSet<u32> = found.iter().map(|(_, batch, _)| *batch).collect();
        let explains = found
            .into_iter()
            .map(|(attempt, _, weight)| (attempt, weight));
        let explains: Explained = explains.collect();
        let of_fresh = self.fresh.iter();
        let of_fresh = of_fresh.filter(|attempt| explains.contains_key(attempt));
        let sure = batches.len() >= 2 && 2 * of_fresh.count() >= self.fresh.len();
        sure.then_some(Explanation {
            hypothesis,
            explains,
        })
    }
}
