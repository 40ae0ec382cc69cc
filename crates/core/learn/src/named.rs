//! Limits that only refusals name.
//!
//! Where an upstream counts a call under several limits, the headers of accepted answers speak of one of
//! them, a token's, say. Those of a refusal speak of the limit that has turned the call away. So a refusal
//! whose header names a full window that nobody has configured tells how many calls it allows and when it
//! ends. Two such refusals, of which one call was sent when the other refusal was known, are believed: there
//! is no number to be found from how calls are accepted and refused, as in a study.
//!
//! **How long windows last.** The full window has counted as many of our calls as it allows. So it was open
//! when the first of these was answered, counted back from the refusal, and its period is no shorter than
//! from there to the end that was told, nor longer than from the sending of the call before that one. And
//! windows end no less than a period apart, so none is longer than from one end that was told to another
//! window's. Headers round to whole seconds, so what remains is a span of a few seconds. A period
//! that is configured is taken first. Else, of the periods that people choose, the longest that isn't longer than
//! from the first call's sending to the next call that was accepted: mostly a window opens with its first call.
//!
//! **Whose calls count.** The narrowest group that both refused calls share, and for which such a period is
//! left; where one is left that is configured, only those groups count. Where somebody else's calls are
//! counted as well none is left, and nothing is held: what they leave is found by studies. Nor is a
//! limit of single tokens held, for each token's own headers are believed by its own ledger.
//!
//! **How it is held.** As what is configured is: a slot lasts from a call's sending until a period after its
//! answer (`counted_within` is none), which no upstream refuses if the number and the period are true. Of
//! accepted calls no header speaks of the limit, so a raised number is found by trying more, seldom.

use crate::call::{Record, State as Called};
use crate::finding::{Change, Finding, FindingId, Group, Reason, State, implies};
use crate::fit::chosen;
use crate::guard::Guard;
use crate::held::HeldFinding;
use crate::names::{FullWindow, Naming};
use crate::observations::Observations;
use crate::state::Learner;
use crate::statistic::Statistic;
use crate::work::Work;
use std::collections::BTreeSet;
use std::time::Duration;
use tollgate_model::{AttemptId, EndpointId, Instant, Rule, nanos};

/// Refusals that are remembered, of one batch one.
const NAMINGS: usize = 8;

/// What a group's namings leave of a period, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    least: u64,
    most: u64,
    /// No longer than this if windows open with a call.
    likely: u64,
}

impl Learner {
    /// The call was refused, and its header says by which window: one that is none of those configured. To be
    /// told after [`Self::answered`].
    pub fn refused_by(&mut self, attempt: AttemptId, now: Instant, window: FullWindow) {
        let Some(record) = self.observed.ring.get(attempt) else {
            return;
        };
        let namings = &mut self.observed.names.namings;
        let known = |naming: &Naming| {
            naming.batch == record.batch && naming.window.allowed == window.allowed
        };
        if window.allowed == 0 || namings.iter().any(known) {
            return;
        }
        if namings.len() >= NAMINGS {
            namings.pop_front();
        }
        namings.push_back(Naming {
            attempt,
            batch: record.batch,
            call: record.call,
            answered: now,
            window,
        });
        self.observed.names.is_fresh = true;
    }

    /// Accepted answers name this number of a limit that is known: no refusal names another by it.
    pub fn accepted_by(&mut self, allowed: u32) {
        if self.observed.names.namings.is_empty() {
            return;
        }
        self.observed
            .names
            .namings
            .retain(|naming| naming.window.allowed != allowed);
        let changes = &mut self.changes;
        self.observed.held.retain(|held| {
            let goes = held.is_named() && held.finding.rule.allowed() == allowed;
            if goes {
                changes.push_back(Change::Forget(held.finding.id, Reason::Contradicted));
            }
            !goes
        });
    }

    /// Holds the limit that the last refusals have named. The calls that were sent before them are answered.
    pub(crate) fn hold_named(&mut self, now: Instant, work: &mut Work) {
        if !std::mem::take(&mut self.observed.names.is_fresh) {
            return;
        }
        let Some(last) = self.observed.names.namings.back().copied() else {
            return;
        };
        let allowed = last.window.allowed;
        let namings = self.observed.names.namings.iter();
        let namings = namings.filter(|naming| naming.window.allowed == allowed);
        let namings: Vec<Naming> = namings.copied().collect();
        if namings.len() < 2 {
            return;
        }
        let Some((group, period)) = self.observed.named(&namings, work) else {
            return;
        };
        let rule = Rule::Window {
            allowed,
            period: Duration::from_nanos(period),
            counted_within: None,
        };
        let is_token = matches!(group, Group::Token | Group::ClientTokens(_));
        let mut known = self.observed.known.iter();
        if is_token || known.any(|it| group.is_within(it.group) && implies(it.rule, rule)) {
            return;
        }
        self.put_named(group, rule, namings.len() as u64, now);
    }

    /// Holds the limit in place of what was held for the same refusals.
    fn put_named(&mut self, group: Group, rule: Rule, refused: u64, now: Instant) {
        if self
            .observed
            .held
            .iter()
            .any(|held| held.is_named() && held.finding.group == group && held.finding.rule == rule)
        {
            return;
        }
        let is_same = |held: &HeldFinding| {
            let found = &held.finding;
            let near = match (found.rule, rule) {
                (Rule::Window { period: one, .. }, Rule::Window { period: other, .. }) => {
                    one >= other / 2 && one <= other * 2
                }
                _ => false,
            };
            let nested = found.group.is_within(group) || group.is_within(found.group);
            let is_one = !matches!(found.group, Group::Token | Group::ClientTokens(_));
            held.is_named() && found.rule.allowed() == rule.allowed() || nested && near && is_one
        };
        let changes = &mut self.changes;
        self.observed.held.retain(|held| {
            let goes = is_same(held);
            if goes {
                changes.push_back(Change::Forget(held.finding.id, Reason::Superseded));
            }
            !goes
        });
        if self.observed.held.len() >= self.observed.settings.findings {
            return;
        }
        let finding = Finding {
            id: FindingId(0),
            group,
            rule,
            counts_refused: false,
            state: State::Confirmed,
            accepted: 0,
            refused,
            since: now,
        };
        let span = match rule {
            Rule::Window { period, .. } => nanos(period),
            Rule::Concurrency { .. } => return,
        };
        self.hold(finding, Statistic::FirstCall(span), Guard::default(), now);
    }
}

impl Observations {
    /// Whose calls count under the limit that these refusals name, and how long its windows last.
    fn named(&self, namings: &[Naming], work: &mut Work) -> Option<(Group, u64)> {
        let one = namings.last()?.call;
        let groups = [
            Some(Group::Token),
            Some(Group::Endpoint(one.endpoint)).filter(|_| one.endpoint != EndpointId::UNKNOWN),
            one.client.map(Group::Client),
            Some(Group::Upstream),
        ];
        let shared = groups.into_iter().flatten().filter(|group| {
            namings
                .iter()
                .all(|naming| group.part(&naming.call).is_some())
        });
        let configured: BTreeSet<u64> = self
            .known
            .iter()
            .filter_map(|known| match known.rule {
                Rule::Window { period, .. } => Some(nanos(period)),
                Rule::Concurrency { .. } => None,
            })
            .collect();
        let periods = shared.filter_map(|group| {
            let bounds = self.bounds(namings, group, work)?;
            let left = bounds.least..=bounds.most;
            let usual = configured.iter().copied().find(|span| left.contains(span));
            let spans = || chosen(&self.known).filter(|span| left.contains(span));
            let likely = spans().filter(|span| *span <= bounds.likely).max();
            Some((group, usual.or(likely).or_else(|| spans().min())?))
        });
        // The first of those that are as good.
        periods.min_by_key(|(_, period)| !configured.contains(period))
    }

    /// What the namings leave of the period, if the group's calls are what is counted. None if nothing, or
    /// not all calls of a window are known.
    fn bounds(&self, namings: &[Naming], group: Group, work: &mut Work) -> Option<Bounds> {
        let mut bounds = Bounds {
            least: 0,
            most: u64::MAX,
            likely: u64::MAX,
        };
        let mut is_bounded = false;
        for (at, naming) in namings.iter().enumerate() {
            work.spend(self.ring.len());
            let (low, up) = naming.end();
            let part = group.part(&naming.call);
            let of_part = |record: &&Record| {
                group.part(&record.call) == part && record.state != Called::Refused
            };
            let mut before = self
                .ring
                .iter()
                .rev()
                .skip_while(|record| record.attempt >= naming.attempt)
                .filter(of_part);
            let mut counted = 0_u32;
            let first = before.find(|record| {
                counted = counted.saturating_add(record.call.cost);
                counted >= naming.window.allowed
            });
            if let Some(first) = first {
                is_bounded = true;
                bounds.least = bounds.least.max(nanos(low.since(first.answered())));
                if let Some(other) = before.next() {
                    bounds.most = bounds.most.min(nanos(up.since(other.call.sent)));
                }
                let next = self.ring.iter().filter(of_part);
                let mut next = next.filter(|record| {
                    record.call.sent >= naming.answered && record.state == Called::Accepted
                });
                let again = next.next().map(Record::answered);
                let up = again.map_or(up, |again| up.min(again));
                bounds.likely = bounds.likely.min(nanos(up.since(first.call.sent)));
            }
            // Where a call was accepted between, the next naming is of another window.
            for other in namings.iter().skip(at + 1) {
                let between = |record: &Record| {
                    record.call.sent >= naming.answered
                        && record.attempt < other.attempt
                        && record.state == Called::Accepted
                };
                if group.part(&other.call) == part && self.ring.iter().filter(of_part).any(between)
                {
                    let (_, up) = other.end();
                    bounds.most = bounds.most.min(nanos(up.since(low)));
                }
            }
        }
        (is_bounded && bounds.least <= bounds.most).then_some(bounds)
    }

    /// Refused calls whose header names the number that is held.
    pub(crate) fn named_by(&self, held: &HeldFinding) -> impl Iterator<Item = AttemptId> {
        let allowed = held.finding.rule.allowed();
        let is_named = held.is_named();
        let namings = self.names.namings.iter();
        namings
            .filter(move |naming| is_named && naming.window.allowed == allowed)
            .map(|naming| naming.attempt)
    }
}
