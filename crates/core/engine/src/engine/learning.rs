//! What calls tell the learners of their upstreams, and what is held of what those find ([`crate::lessons`]).

mod restart;

use super::machine::Engine;
use crate::attempt::Attempt;
use crate::learned_limit::{Group, RecentCall, TableEntry, is_learned};
use crate::lessons::{BETWEEN, Lesson, MOST_UPSTREAMS};
use crate::upstream::Upstream;
use crate::{Config, Facts, LearnedView, LimitSpec, Source, WindowFact};
use std::collections::{BTreeMap, BTreeSet};
use tollgate_learn::{
    Change, Finding, FindingId, FullWindow, KnownLimit, Learner, Outcome, Settings,
};
use tollgate_model::{AttemptId, Instant, Rule, Scope};
use tollgate_quota::Ledger;

impl Engine {
    /// A call was sent.
    pub(super) fn learn_sent(&mut self, attempt: AttemptId, sent: &Attempt) {
        let upstream = self.upstreams.of(sent.passage.route);
        let learns = self.learns();
        match self.lessons.of.get_mut(&upstream) {
            Some(lesson) => lesson.learner.sent(attempt, sent.seen()),
            None if learns => self.lessons.past.sent(upstream, attempt, sent),
            None => {}
        }
    }

    /// The head of a call's answer has arrived, or is not expected any more.
    pub(super) fn learn_answered(
        &mut self,
        attempt: AttemptId,
        of: &Attempt,
        outcome: Outcome,
        now: Instant,
    ) {
        let upstream = self.upstreams.of(of.passage.route);
        if matches!(outcome, Outcome::Refused { .. }) {
            self.begin_lesson(upstream);
        }
        match self.lessons.of.get_mut(&upstream) {
            Some(lesson) => {
                lesson.learner.answered(attempt, now, outcome);
                self.lessons.told.insert(upstream);
            }
            None => self.lessons.past.answered(attempt, now, outcome),
        }
    }

    /// A refused call, which has given all its slots back, takes those of learned limits that count it all the same.
    pub(super) fn count_refused(&mut self, of: &Attempt) {
        let passage = &of.passage;
        let Some(lesson) = self.lessons.of.get(&self.upstreams.of(passage.route)) else {
            return;
        };
        let call = of.seen();
        for finding in lesson.learner.findings() {
            let place = lesson.held.get(&finding.id);
            let (Some((place, _)), Rule::Window { period, .. }, true) =
                (place, finding.rule, finding.counts_refused)
            else {
                continue;
            };
            if finding.group.part(&call).is_none() {
                continue;
            }
            let hold = |ledger: &mut Ledger| ledger.hold(passage.cost, of.sent + period);
            match (*place, passage.token) {
                (TableEntry::Shared(limit), _) => hold(&mut self.resources.ledgers[limit.index()]),
                (TableEntry::Tokens(_, place), Some(token)) => {
                    self.resources.pools.change(token, |ledgers| {
                        ledgers.get_mut(place).into_iter().for_each(hold);
                    });
                }
                (TableEntry::Tokens(..), None) => {}
            }
        }
    }

    /// The refused call's header names a window that is full and that nobody has configured.
    pub(super) fn learn_named(
        &mut self,
        attempt: AttemptId,
        of: &Attempt,
        facts: Facts,
        now: Instant,
    ) {
        let full = facts.window.filter(WindowFact::is_full);
        let Some(full) = full.filter(|full| !self.is_known(of, *full)) else {
            return;
        };
        let upstream = self.upstreams.of(of.passage.route);
        if let Some(lesson) = self.lessons.of.get_mut(&upstream) {
            let window = FullWindow {
                allowed: full.allowed,
                reset: full.reset,
            };
            lesson.learner.refused_by(attempt, now, window);
        }
    }

    /// An accepted call's header speaks of a known limit by this number.
    pub(super) fn learn_spoken_of(&mut self, of: &Attempt, allowed: u32) {
        if self.lessons.of.is_empty() {
            return;
        }
        let upstream = self.upstreams.of(of.passage.route);
        if let Some(lesson) = self.lessons.of.get_mut(&upstream) {
            lesson.learner.accepted_by(allowed);
        }
    }

    /// A call is over.
    pub(super) fn learn_ended(&mut self, attempt: AttemptId, of: &Attempt, now: Instant) {
        let upstream = self.upstreams.of(of.passage.route);
        match self.lessons.of.get_mut(&upstream) {
            Some(lesson) => lesson.learner.ended(attempt, now),
            None => self.lessons.past.ended(attempt, now),
        }
    }

    /// The learner that has been due for longest has its turn, unless another had one a short while ago.
    pub(super) fn give_turn(&mut self, now: Instant) {
        if let Some(upstream) = self.lessons.take_due(now)
            && let Some(lesson) = self.lessons.of.get_mut(&upstream)
        {
            lesson.due = None;
            self.lessons.free = now + lesson.learner.handle_timeout(now).max(BETWEEN);
            self.lessons.told.insert(upstream);
        }
    }

    /// Holds what was found since, and no more what was given up.
    pub(super) fn apply_findings(&mut self, now: Instant) {
        while let Some(upstream) = self.lessons.told.pop_first() {
            while let Some(change) = self.lessons.next_change(upstream) {
                self.apply(upstream, change, now);
            }
            self.lessons.reschedule(upstream, now);
        }
    }

    fn apply(&mut self, upstream: Upstream, change: Change, now: Instant) {
        let (id, finding) = match change {
            Change::Hold(finding) | Change::Adjust(finding) => (finding.id, Some(finding)),
            Change::Forget(id, _) => (id, None),
        };
        let Some(lesson) = self.lessons.of.get(&upstream) else {
            return;
        };
        let held = lesson.held.get(&id).copied();
        let Some(finding) = finding else {
            if let Some((place, _)) = held {
                self.release_learned(place);
                self.note(upstream, id, None);
            }
            return;
        };
        let recent: Vec<RecentCall> = lesson
            .learner
            .slots(finding.id, now)
            .map(|slot| RecentCall {
                until: slot.until.unwrap_or(Instant::NEVER),
                token: slot.token,
                cost: slot.cost,
            })
            .collect();
        let Some(group) = group(upstream, &finding) else {
            return;
        };
        // Those who wait were promised their starts without it.
        self.recheck_promises();
        match held {
            Some((place, before)) if before == group => {
                self.adjust_learned(place, group, finding.rule, &recent);
            }
            before => {
                if let Some((place, _)) = before {
                    self.release_learned(place);
                }
                self.explain_refusals(upstream);
                let place = self.hold_learned(group, finding.rule, &recent);
                self.note(upstream, id, place.map(|place| (place, group)));
            }
        }
    }

    fn note(&mut self, upstream: Upstream, id: FindingId, held: Option<(TableEntry, Group)>) {
        let Some(lesson) = self.lessons.of.get_mut(&upstream) else {
            return;
        };
        match held {
            Some(held) => lesson.held.insert(id, held),
            None => lesson.held.remove(&id),
        };
    }

    /// Gives a learned limit of this name up, because an operator says so.
    pub(super) fn forget_learned(&mut self, name: &str) {
        let found = self.lessons.of.iter().find_map(|(upstream, lesson)| {
            let mut held = lesson.held.iter();
            let named = |place| self.at(place).is_some_and(|limit| limit.name == name);
            let (id, (place, _)) = held.find(|(_, (place, _))| named(*place))?;
            Some((*upstream, *id, *place))
        });
        let Some((upstream, id, place)) = found else {
            return;
        };
        if let Some(lesson) = self.lessons.of.get_mut(&upstream) {
            lesson.learner.forget(id);
            self.lessons.told.insert(upstream);
        }
        self.release_learned(place);
        self.note(upstream, id, None);
    }

    /// Learns from the upstream from now on, and from what is known of its calls so far.
    fn begin_lesson(&mut self, upstream: Upstream) {
        if !self.learns()
            || self.lessons.of.len() >= MOST_UPSTREAMS
            || self.lessons.of.contains_key(&upstream)
        {
            return;
        }
        let mut learner = Learner::new(Settings::default(), self.known(upstream));
        self.lessons.past.tell(upstream, &mut learner);
        let lesson = Lesson {
            learner,
            held: BTreeMap::new(),
            due: None,
        };
        self.lessons.of.insert(upstream, lesson);
    }

    /// Whether anything may be learned from refusals.
    fn learns(&self) -> bool {
        self.config.policy.learned_limits > 0
    }

    /// Limits have been set, or routes have come.
    pub(super) fn tell_learners(&mut self) {
        let upstreams: Vec<Upstream> = self.lessons.of.keys().copied().collect();
        for upstream in upstreams {
            let known = self.known(upstream);
            if let Some(lesson) = self.lessons.of.get_mut(&upstream) {
                lesson.learner.configure(known);
            }
        }
    }

    /// The limits that are configured for calls to the upstream.
    fn known(&self, upstream: Upstream) -> Vec<KnownLimit> {
        let known = |group, limit: &LimitSpec| KnownLimit {
            group,
            rule: limit.rule,
        };
        let routes = self.upstreams.routes(upstream);
        let of_routes = routes.flat_map(|route| &self.config.routes[route.index()].limits);
        let shared: BTreeSet<_> = of_routes.filter(|id| !self.own.has_limit(**id)).collect();
        let shared = shared.into_iter().map(|id| &self.config.limits[id.index()]);
        let shared = shared.filter(|limit| limit.scope != Scope::Action);
        let mut all: Vec<KnownLimit> = shared
            .map(|limit| known(tollgate_learn::Group::Upstream, limit))
            .collect();
        if let Upstream::Pool(pool) = upstream {
            for id in &self.config.pools[pool.index()].clients {
                let client = &self.config.clients[id.index()];
                let of_client = client.limits.iter().filter(|id| !self.own.has_limit(**id));
                let of_client = of_client.map(|id| &self.config.limits[id.index()]);
                all.extend(of_client.map(|it| known(tollgate_learn::Group::Client(*id), it)));
                let of_token = client.token_limits.iter();
                let of_token = of_token.filter(|limit| !is_learned(limit));
                all.extend(of_token.map(|it| known(tollgate_learn::Group::ClientTokens(*id), it)));
            }
        }
        all
    }

    /// Lets the routes behind the first `known` ones pass what was learned of their upstream.
    pub(super) fn pass_learned(&self, config: &mut Config, known: usize) {
        for (upstream, lesson) in &self.lessons.of {
            for (place, group) in lesson.held.values() {
                let (TableEntry::Shared(limit), Group::Upstream(_)) = (place, group) else {
                    continue;
                };
                let routes = self.upstreams.routes(*upstream);
                for route in routes.filter(|route| route.index() >= known) {
                    config.routes[route.index()].limits.push(*limit);
                }
            }
        }
    }

    /// What was learned from refusals.
    pub(super) fn lessons_view(&self) -> Vec<LearnedView> {
        let mut views = Vec::new();
        for lesson in self.lessons.of.values() {
            for finding in lesson.learner.findings() {
                let Some((place, group)) = lesson.held.get(&finding.id) else {
                    continue;
                };
                views.push(self.finding_view(*place, *group, finding));
            }
        }
        views
    }

    /// The limit that stands there.
    fn at(&self, place: TableEntry) -> Option<&LimitSpec> {
        match place {
            TableEntry::Shared(id) => self.config.limits.get(id.index()),
            TableEntry::Tokens(pool, place) => {
                let first = self.config.pools[pool.index()].clients.first()?;
                let limits = &self.config.clients[first.index()].token_limits;
                limits.get(place)
            }
        }
    }

    fn finding_view(&self, place: TableEntry, group: Group, finding: &Finding) -> LearnedView {
        let limit = self.at(place);
        LearnedView {
            limit: match place {
                TableEntry::Shared(id) => Some(id),
                TableEntry::Tokens(..) => None,
            },
            name: limit.map(|limit| limit.name.clone()).unwrap_or_default(),
            scope: limit.map_or(Scope::Action, |limit| limit.scope),
            of: self.whose(group),
            allowed: finding.rule.allowed(),
            period: match finding.rule {
                Rule::Window { period, .. } => Some(period),
                Rule::Concurrency { .. } => None,
            },
            configured: None,
            source: Source::Refusals,
            accepted: finding.accepted,
            refused: finding.refused,
            since: finding.since,
        }
    }
}

/// Whose calls count together under the finding.
fn group(upstream: Upstream, finding: &Finding) -> Option<Group> {
    use tollgate_learn::Group as Found;
    let pool = match upstream {
        Upstream::Pool(pool) => Some(pool),
        Upstream::Route(_) => None,
    };
    Some(match finding.group {
        Found::Token => Group::Token(pool?, None),
        Found::ClientTokens(client) => Group::Token(pool?, Some(client)),
        Found::Endpoint(endpoint) => Group::Endpoint(upstream, endpoint),
        Found::Client(client) => Group::Client(client),
        Found::Upstream => Group::Upstream(upstream),
    })
}
