//! A study that is under way: which limit explains the refusals that nothing explains yet.
//!
//! It looks at the calls as they were when it began, step by step; a step ends with the turn that it is
//! done in ([`crate::work`]), so each comes to the same result however long the turns are.

use crate::call::State as Called;
use crate::finding::{FindingId, Group};
use crate::fit::{Hypothesis, Search, Totals, best, explained, is_bounded};
use crate::guard::Near;
use crate::learner::Learner;
use crate::reconcile::{Evidence, Explained, is_longer};
use crate::series::Series;
use crate::statistic::nanos;
use crate::work::{Tape, Work};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_model::{AttemptId, EndpointId, Instant, Rule};

/// Endpoints looked at by themselves in one study.
const ENDPOINTS: usize = 4;
/// Clients looked at by themselves in one study.
const CLIENTS: usize = 2;
/// So many of the latest refusals say which groups are looked at.
const LATEST: usize = 256;

/// By so much less evidence a limit with a configured period needs, as a logarithm: they are few.
const USUAL: f64 = 3.0;

/// What a step has come to.
pub(crate) enum Step {
    /// There are others.
    Next,
    /// Which refusals nothing explains is known.
    Fresh,
    /// A hypothesis that is sure enough. If that changes nothing there are other steps.
    Found(Found),
    /// There are not enough refusals that nothing explains.
    Few,
    /// All of them are near to a finding whose period may be a little longer.
    Stretch,
    /// No hypothesis explains them.
    Nothing,
}

/// A hypothesis that is sure enough, and all that it explains.
pub(crate) struct Found {
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
    /// The learner as it was when the study began, with the calls.
    of: Learner,
    stage: Stage,
    of_held: BTreeMap<FindingId, Explained>,
    /// Refusals that a finding explains, and those of late that none does.
    explained: BTreeSet<AttemptId>,
    fresh: BTreeSet<AttemptId>,
    /// Of the latter those that no finding is near to.
    others: BTreeSet<AttemptId>,
    near: Vec<Near>,
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
    /// Nothing was found.
    Over,
}

/// Some of the calls: a limit may have changed, so all of them are looked at, then the last quarter, and so
/// on; each with all refusals, and then without those that are explained.
#[derive(Clone, Copy, Debug)]
struct Part {
    calls: usize,
    /// Since when refusals count, and since when calls are known that they may be counted with.
    from: Instant,
    begin: Instant,
    missed: Option<Instant>,
    totals: Totals,
    /// What a hypothesis has to gain.
    evidence: f64,
    without_explained: bool,
}

impl Run {
    /// A study of what the learner, which it takes for itself, knows.
    pub(crate) fn new(of: Learner, due: Instant) -> Self {
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

    /// The last call that is looked at.
    pub(crate) fn last(&self) -> Option<AttemptId> {
        self.of.ring.iter().next_back().map(|record| record.attempt)
    }

    /// What is accepted in tries that were too much is known.
    pub(crate) fn measured(&mut self, now: Instant) {
        self.of.measure(now);
    }

    pub(crate) fn near(&mut self) -> Vec<Near> {
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
            record.state == Called::Refused && Some(record.attempt) > self.of.study.seen
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

    /// Looks at so many of the last calls, or at fewer, if there are two batches of refusals among them.
    fn turn_to(
        &mut self,
        mut calls: usize,
        mut evidence: f64,
        mut without_explained: bool,
        work: &mut Work,
    ) {
        loop {
            if let Some(part) = self.part(calls, evidence, without_explained, work) {
                self.stage = Stage::Look(part, 0, Vec::new());
                return;
            }
            if !without_explained && !self.explained.is_empty() && !self.mend {
                without_explained = true;
                continue;
            }
            without_explained = false;
            calls /= 4;
            evidence += 1.0;
            if calls < self.of.settings.least {
                return;
            }
        }
    }

    /// The step after all that was to be looked at in the part.
    fn turn_from(&mut self, part: &Part, work: &mut Work) {
        if !part.without_explained && !self.explained.is_empty() && !self.mend {
            self.turn_to(part.calls, part.evidence, true, work);
        } else if part.calls / 4 >= self.of.settings.least {
            self.turn_to(part.calls / 4, part.evidence + 1.0, false, work);
        }
    }

    /// The last so many calls; none if there are not two batches of refusals among them.
    fn part(
        &self,
        calls: usize,
        evidence: f64,
        without_explained: bool,
        work: &mut Work,
    ) -> Option<Part> {
        let from = self.of.ring.last(calls);
        let mut totals = Totals::default();
        let mut batches = BTreeSet::new();
        for record in self.of.ring.since(from) {
            match record.state {
                Called::Accepted => totals.accepted += 1.0,
                Called::Refused if !self.is_left_out(without_explained, record.attempt) => {
                    totals.refused += f64::from(record.weight);
                    batches.insert(record.batch);
                }
                _ => {}
            }
        }
        work.spend(4 * calls);
        if batches.len() < 2 {
            return None;
        }
        // Refusals are counted with calls of as long before them as the evidence lasts.
        let mut records = self.of.ring.iter();
        let (first, last) = (records.next()?.call.sent, records.next_back()?.call.sent);
        let begin = from.before(last.since(from));
        let missed = if begin <= first {
            self.of.missed
        } else {
            self.of.missed.max(Some(begin))
        };
        Some(Part {
            calls,
            from,
            begin,
            missed,
            totals,
            evidence,
            without_explained,
        })
    }

    fn is_left_out(&self, without_explained: bool, attempt: AttemptId) -> bool {
        without_explained && self.explained.contains(&attempt)
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
        let hypothesis = search.middle(&series, found, mended);
        let hypothesis = search.usual(&series, hypothesis);
        let few = match hypothesis.rule() {
            Rule::Window { period, .. } => search.is_configured(nanos(period)),
            Rule::Concurrency { .. } => false,
        };
        if !work.goes_on() {
            self.series = Some(series);
            self.stage = Stage::Judge(part, at, best);
            return Step::Next;
        }
        work.spend(series.passes(5));
        let enough = part.evidence - if few { USUAL } else { 0.0 };
        let sure = (found.gain >= enough).then(|| self.is_sure(hypothesis, &series));
        match sure.flatten() {
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
    fn is_sure(&self, hypothesis: Hypothesis, series: &Series) -> Option<Found> {
        if !is_bounded(&hypothesis, series) {
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
        sure.then_some(Found {
            hypothesis,
            explains,
        })
    }
}

impl Learner {
    /// The groups that the refused calls belong to, narrow to wide.
    fn groups(&self, fresh: &BTreeSet<AttemptId>) -> Vec<Group> {
        // No more than that there are two of them has to be known.
        let (mut clients, mut endpoints) = (BTreeSet::new(), BTreeSet::new());
        for record in self.ring.iter() {
            if clients.len() < 2 {
                clients.extend(record.call.client);
            }
            if endpoints.len() < 2 {
                endpoints.insert(record.call.endpoint);
            }
        }
        let mut groups = BTreeSet::new();
        let records = fresh.iter().rev().take(LATEST);
        for record in records.filter_map(|attempt| self.ring.get(*attempt)) {
            let some = |of: fn(&Group) -> bool| groups.iter().filter(|group| of(group)).count();
            let of_endpoints = some(|group| matches!(group, Group::Endpoint(_)));
            let of_clients = some(|group| matches!(group, Group::Client(_)));
            if record.call.token.is_some() {
                groups.insert(Group::Token);
            }
            if endpoints.len() > 1
                && record.call.endpoint != EndpointId::UNKNOWN
                && of_endpoints < ENDPOINTS
            {
                groups.insert(Group::Endpoint(record.call.endpoint));
            }
            if let Some(client) = record.call.client
                && clients.len() > 1
                && of_clients < CLIENTS
            {
                groups.insert(Group::Client(client));
                groups.insert(Group::ClientTokens(client));
            }
        }
        groups.insert(match endpoints.first() {
            Some(&only) if endpoints.len() == 1 && only != EndpointId::UNKNOWN => {
                Group::Endpoint(only)
            }
            _ => Group::Upstream,
        });
        groups.into_iter().collect()
    }
}
