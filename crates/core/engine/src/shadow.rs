//! What would happen with nothing in shadow: a second engine, which only decides.
//!
//! **Why a second engine.** A call that is sent whatever the limits say, and the same call as it would have waited,
//! take their slots at different times, and so do all calls behind them. No ledger can hold both. So the tables are
//! given to another engine with every limit and every flow enforced; it is told of each call when the first engine is,
//! and what it decides is noted ([`ShadowDecision`]) and carried out by nobody.
//!
//! **What it is told of answers.** That a call which it has sent is answered as long after that as the first engine's
//! was after its own sending, and not before that one's answer is known. A call that the first engine has not sent
//! takes as long as the last one on its route. What the answer was is not told: refusals, retries and bad credentials
//! are the first engine's, and many of the refusals would not be, were the limits obeyed.
//!
//! **What it doesn't know**, and so leaves out: numbers that headers tell, limits that are learned, other applications
//! that headers betray, further attempts of one execution, and what an earlier process has used. Its tokens are granted
//! at once where the client has one. What it says is what the *configured* limits, classes and deadlines make of the
//! calls. Tested in `tests/shadow.rs`: what is foretold of a load in shadow is what happens to the same load enforced.

mod call;
mod count;

pub use count::ShadowCount;

use crate::{Command, Config, Event, Facts, ShadowDecision, Submission, Verdict};
use call::{Call, Part, Real, Took, UNKNOWN};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tollgate_model::{
    AttemptId, ClientId, ExecutionId, Instant, LimitId, Refusal, RouteId, TokenId,
};

/// How long a token lives: renewing them is the first engine's.
const TOKEN_LIFE: Duration = Duration::from_secs(86_400);

/// An engine as it is told and asked here; the engine's own file says that it is one.
pub(crate) trait Decides {
    fn handle_event(&mut self, event: Event, now: Instant);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_command(&mut self) -> Option<Command>;
    fn poll_timeout(&self) -> Option<Instant>;
    /// The shared limit of this name.
    fn limit_named(&self, name: &str) -> Option<LimitId>;
    /// Appends to its tables what these have more at their ends, with nothing in shadow.
    fn extend_to(&mut self, config: &Config, now: Instant);
}

/// The second engine, and what it is told and has told.
#[derive(Debug)]
pub(crate) struct Shadow<E> {
    engine: E,
    calls: BTreeMap<ExecutionId, Call>,
    /// Its attempts under way, and when each was sent.
    attempts: BTreeMap<AttemptId, Instant>,
    /// What becomes of them, and when it is told.
    due: BTreeSet<(Instant, AttemptId, Part)>,
    /// How long the last call took on each route.
    usual: BTreeMap<RouteId, Took>,
    /// Tokens that it wants of clients without one.
    wanted: Vec<(ClientId, TokenId)>,
    counts: Vec<ShadowCount>,
    refused_by: BTreeMap<LimitId, u64>,
    /// Decisions that nobody was told of yet; none of calls that are not decided any more.
    decisions: Vec<(ExecutionId, Option<ShadowDecision>)>,
}

impl<E: Decides> Shadow<E> {
    /// Of an engine in whose tables nothing is in shadow, and which has so many flows.
    pub(crate) fn new(engine: E, flows: usize) -> Self {
        Self {
            engine,
            calls: BTreeMap::new(),
            attempts: BTreeMap::new(),
            due: BTreeSet::new(),
            usual: BTreeMap::new(),
            wanted: Vec::new(),
            counts: vec![ShadowCount::default(); flows],
            refused_by: BTreeMap::new(),
            decisions: Vec::new(),
        }
    }

    /// What would have become of each flow's calls, in the order of the configuration.
    pub(crate) fn counts(&self) -> &[ShadowCount] {
        &self.counts
    }

    /// Calls that this limit would have turned away.
    pub(crate) fn refused_by(&self, limit: LimitId) -> u64 {
        self.refused_by.get(&limit).copied().unwrap_or(0)
    }

    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let due = self.due.first().map(|(at, ..)| *at);
        due.into_iter().chain(self.engine.poll_timeout()).min()
    }

    pub(crate) fn submit(&mut self, submission: Submission, now: Instant) {
        let call = Call::new(submission, now);
        self.calls.insert(submission.execution, call);
        self.engine.handle_event(Event::Submit(submission), now);
    }

    /// Tells what changes the tables.
    pub(crate) fn change(&mut self, event: Event, now: Instant) {
        self.engine.handle_event(event, now);
    }

    /// The first engine has sent the call; the first of its attempts counts.
    pub(crate) fn sent(&mut self, execution: ExecutionId, now: Instant) {
        if let Some(call) = self.calls.get_mut(&execution)
            && matches!(call.real, Real::Waiting)
        {
            call.real = Real::Sent {
                at: now,
                head: None,
            };
        }
    }

    /// An answer to the call begins.
    pub(crate) fn answered(&mut self, execution: ExecutionId, now: Instant) {
        if let Some(call) = self.calls.get_mut(&execution)
            && let Real::Sent { head, .. } = &mut call.real
        {
            *head = Some(now);
        }
    }

    /// The caller has gone. Before an answer it would not have waited longer for the second engine either.
    pub(crate) fn cancelled(&mut self, execution: ExecutionId, now: Instant) {
        let Some(call) = self.calls.get(&execution) else {
            return;
        };
        let is_answered = matches!(call.real, Real::Sent { head: Some(_), .. });
        if is_answered || call.attempt.is_some() || call.is_over {
            return self.over(execution, now);
        }
        self.calls.remove(&execution);
        self.decisions.push((execution, None));
        self.engine.handle_event(Event::Cancel(execution), now);
    }

    /// The first engine has finished the call.
    pub(crate) fn over(&mut self, execution: ExecutionId, now: Instant) {
        let Some(call) = self.calls.get_mut(&execution) else {
            return;
        };
        let route = call.submission.route;
        let took = match call.real {
            Real::Sent { at, head } => {
                let took = Took {
                    head: head.unwrap_or(now).since(at),
                    all: now.since(at),
                };
                self.usual.insert(route, took);
                took
            }
            Real::Waiting => self.usual.get(&route).copied().unwrap_or(UNKNOWN),
            Real::Over(_) => return,
        };
        call.real = Real::Over(took);
        if call.is_over {
            self.calls.remove(&execution);
        } else if let Some(attempt) = call.attempt {
            self.time(attempt, took, now);
        }
    }

    /// Appends to the tables what the other engine's have more at their ends.
    pub(crate) fn extend(&mut self, config: &Config, now: Instant) {
        self.counts
            .resize_with(config.flows.len(), Default::default);
        self.engine.extend_to(config, now);
    }

    /// Lets the second engine decide what it can by now. `has_token`: whether the first engine has one of the client.
    pub(crate) fn decide(&mut self, has_token: impl Fn(ClientId) -> bool, now: Instant) {
        loop {
            self.tell_due(now);
            self.grant(&has_token, now);
            if self.engine.poll_timeout().is_some_and(|at| at <= now) {
                self.engine.handle_timeout(now);
            }
            let mut is_idle = true;
            while let Some(command) = self.engine.poll_command() {
                is_idle = false;
                self.note(command, now);
            }
            if is_idle {
                return;
            }
        }
    }

    /// Decisions that nobody was told of yet.
    pub(crate) fn take_decisions(
        &mut self,
    ) -> impl Iterator<Item = (ExecutionId, Option<ShadowDecision>)> {
        self.decisions.drain(..)
    }

    /// Tells of answers whose time has come.
    fn tell_due(&mut self, now: Instant) {
        while let Some((at, attempt, part)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            if !self.attempts.contains_key(&attempt) {
                continue;
            }
            let event = match part {
                Part::Head => Event::Head {
                    attempt,
                    status: 200,
                    facts: Facts::default(),
                },
                Part::Rest => {
                    self.attempts.remove(&attempt);
                    Event::Done(attempt)
                }
            };
            self.engine.handle_event(event, now);
        }
    }

    fn grant(&mut self, has_token: &impl Fn(ClientId) -> bool, now: Instant) {
        let granted: Vec<_> = self
            .wanted
            .extract_if(.., |(client, _)| has_token(*client))
            .collect();
        for (_, token) in granted {
            let expires_in = TOKEN_LIFE;
            let event = Event::TokenGranted { token, expires_in };
            self.engine.handle_event(event, now);
        }
    }

    fn note(&mut self, command: Command, now: Instant) {
        match command {
            Command::Send {
                execution, attempt, ..
            } => {
                self.attempts.insert(attempt, now);
                let Some(call) = self.calls.get_mut(&execution) else {
                    return;
                };
                call.attempt = Some(attempt);
                let waited = now.since(call.submitted);
                if let Real::Over(took) = call.real {
                    self.time(attempt, took, now);
                }
                self.decided(execution, ShadowDecision::Sent { waited });
            }
            Command::Finish(execution, verdict) => {
                if let Verdict::Refused(refusal) = verdict {
                    self.decided(execution, ShadowDecision::Refused(refusal));
                }
                let Some(call) = self.calls.get_mut(&execution) else {
                    return;
                };
                call.is_over = true;
                call.attempt = None;
                if matches!(call.real, Real::Over(_)) {
                    self.calls.remove(&execution);
                }
            }
            Command::Abort(attempt) => {
                self.attempts.remove(&attempt);
            }
            Command::FetchToken(client, token) => self.wanted.push((client, token)),
            Command::DropToken(token) => self.wanted.retain(|(_, wanted)| *wanted != token),
            Command::AskForSlots | Command::WouldHave(..) => {}
        }
    }

    fn decided(&mut self, execution: ExecutionId, decision: ShadowDecision) {
        let Some(call) = self.calls.get_mut(&execution).filter(|it| !it.is_decided) else {
            return;
        };
        call.is_decided = true;
        self.counts[call.submission.flow.index()].add(&decision);
        if let ShadowDecision::Refused(Refusal {
            limit: Some(name), ..
        }) = &decision
            && let Some(limit) = self.engine.limit_named(name)
        {
            *self.refused_by.entry(limit).or_default() += 1;
        }
        self.decisions.push((execution, Some(decision)));
    }

    /// Has the attempt answered as long after its sending as the first engine's was, and not before now.
    fn time(&mut self, attempt: AttemptId, took: Took, now: Instant) {
        if let Some(sent) = self.attempts.get(&attempt) {
            self.due
                .insert(((*sent + took.head).max(now), attempt, Part::Head));
            self.due
                .insert(((*sent + took.all).max(now), attempt, Part::Rest));
        }
    }
}
