//! Calls: from the interaction's asking, through the policy's attempts, to the outcome.

use super::interactions::Interaction;
use super::{NEVER, SLOT_BITS, World, slot_of};
use crate::action::ActionId;
use crate::interaction::{Ended, Progress};
use crate::policy::Limiter;
use crate::scenario::Scenario;
use crate::upstream::{Place, Reply};
use crate::world::attempts::State;
use crate::world::heap::Due;
use std::time::Duration;
use tollgate_engine::{Command, Event, Facts, LossKind, Submission, Verdict};
use tollgate_model::{AttemptId, EndpointId, ExecutionId, Instant, Stream, TokenId, nanos};
use tollgate_platform::Fault;

impl<P: Limiter> World<'_, P> {
    /// Asks for a call, which may be hung up on. Whether it is answered already, from the cache.
    pub(super) fn call(&mut self, slot: u32, action: ActionId, within: Option<Duration>) -> bool {
        let scenario = self.scenario;
        let it = &mut self.interactions[slot as usize];
        let flow = &scenario.flows[it.flow as usize];
        let known = &scenario.actions[action.index()];
        let measured = it.measured;
        self.stats.calls += 1;
        if measured {
            self.stats.flows[it.flow as usize].calls += 1;
        }
        it.action = action;
        let node = self
            .policy
            .next_node(it.flow as usize, Instant::from_nanos(self.now));
        if let Some(cache) = known.cache.filter(|_| self.caches) {
            it.key = self.keys.below(cache.keys.into()) as u32 + node as u32 * cache.keys;
            if self.kept[action.index()][it.key as usize] > self.now {
                if measured {
                    self.stats.flows[it.flow as usize].cached += 1;
                }
                self.bucket(|bucket| bucket.calls += 1);
                return true;
            }
        }
        assert!(
            slot < 1 << SLOT_BITS,
            "no more than 16 million interactions at once"
        );
        let execution = self.next_execution << SLOT_BITS | u64::from(slot);
        self.next_execution += 1;
        it.execution = execution;
        it.asked = self.now;
        it.sent = NEVER;
        it.status = 0;
        let now = Instant::from_nanos(self.now);
        let submission = Submission {
            execution: ExecutionId(execution),
            flow: self.names.flows[it.flow as usize],
            route: self.names.routes[action.index()],
            endpoint: EndpointId(action.0 + 1),
            deadline: now + within.map_or(flow.deadline, |within| within.min(flow.deadline)),
            timeout: known.timeout,
            idempotent: known.idempotent,
        };
        self.waiting += 1;
        let waiting = self.waiting;
        self.bucket(|bucket| {
            bucket.calls += 1;
            bucket.waiting = bucket.waiting.max(waiting);
        });
        if let Some(within) = within {
            let at = self.now.saturating_add(nanos(within));
            self.heap.push(at, Due::HangUp(execution));
        }
        self.policy.handle_event(Event::Submit(submission), now);
        false
    }

    /// The time that the interaction had for this call is over.
    pub(super) fn hang_up(&mut self, execution: u64) {
        let slot = slot_of(ExecutionId(execution));
        let it = &mut self.interactions[slot as usize];
        if it.execution != execution {
            return;
        }
        it.execution = NEVER;
        if it.sent == NEVER {
            self.waiting -= 1;
        }
        if it.measured {
            let failed = &mut self.stats.flows[it.flow as usize].failed;
            *failed.entry("step.timed.out").or_default() += 1;
        }
        let now = Instant::from_nanos(self.now);
        let hung_up = Event::Cancel(ExecutionId(execution));
        self.policy.handle_event(hung_up, now);
        self.go_on(slot, Some(Ended::TimedOut));
    }

    /// Carries out what the policy wants done, and what follows from that.
    pub(super) fn carry_out(&mut self) {
        while let Some(command) = self.policy.poll_command() {
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    ..
                } => self.send(execution, attempt, token),
                Command::Abort(attempt) => self.abort(attempt),
                Command::Finish(execution, verdict) => self.finish(execution, &verdict),
                Command::FetchToken(client, token) => {
                    let took = self.scenario.limits.token_latency + self.upstream.grant_takes();
                    let took = nanos(took);
                    self.heap.push(self.now + took, Due::Token(client, token));
                }
                Command::DropToken(_) => self.tokens = self.tokens.saturating_sub(1),
                Command::AskForSlots | Command::WouldHave(..) => {}
            }
        }
    }

    fn send(&mut self, execution: ExecutionId, attempt: AttemptId, token: Option<TokenId>) {
        let it = &mut self.interactions[slot_of(execution) as usize];
        debug_assert_eq!(it.execution, execution.0, "sent what nobody waits for");
        if it.sent == NEVER {
            self.waiting -= 1;
        }
        it.sent = self.now;
        self.stats.sent += 1;
        self.register(attempt, execution, token);
        if self.way_in {
            let it = &self.interactions[slot_of(execution) as usize];
            let takes = || takes(self.scenario, it, &mut self.latencies);
            let way_in = nanos(self.upstream.way_in(takes));
            self.heap.push(self.now + way_in, Due::Reach(attempt.0));
        } else {
            self.reach(attempt.0);
        }
    }

    /// The request arrives upstream.
    pub(super) fn reach(&mut self, attempt: u64) {
        let Some(it) = self.attempt(attempt).copied() else {
            return;
        };
        let now = Instant::from_nanos(self.now);
        let interaction = &self.interactions[slot_of(ExecutionId(it.execution)) as usize];
        let action = &self.scenario.actions[interaction.action.index()];
        let mut takes = || takes(self.scenario, interaction, &mut self.latencies);
        let reply = self.upstream.arrive(action, it.token, &mut takes, now);
        let (state, facts, place, after) = match reply {
            Reply::Admitted {
                facts,
                fault,
                takes,
                place,
            } => {
                self.admitted(it.token.is_some());
                let status = match fault {
                    None => Some(200),
                    Some(Fault::Unavailable) => Some(503),
                    Some(Fault::Dropped) => None,
                };
                (State::Inside(status), facts, Some(place), nanos(takes))
            }
            Reply::Limited(status, limit, facts) => {
                self.stats.limited[limit] += 1;
                self.stats.limited_measured += u64::from(self.measured.contains(&self.now));
                self.bucket(|bucket| bucket.limited += 1);
                (State::TurnedAway(status), facts, None, 0)
            }
            Reply::Unauthorized => (State::TurnedAway(401), Facts::default(), None, 0),
        };
        if it.state == State::GivenUpOnItsWay {
            if matches!(state, State::Inside(_)) {
                self.left(place);
            }
            return self.over(attempt);
        }
        if let Some(it) = self.attempt(attempt) {
            it.state = state;
            it.facts = facts;
            it.place = place;
        }
        self.heap
            .push(self.now.saturating_add(after), Due::Answer(attempt));
    }

    fn admitted(&mut self, with_token: bool) {
        self.stats.admitted += 1;
        self.stats.admitted_measured += u64::from(self.measured.contains(&self.now));
        self.under_way += 1;
        let under_way = self.under_way;
        self.stats.most_at_once = self.stats.most_at_once.max(under_way);
        self.bucket(|bucket| {
            bucket.admitted += 1;
            bucket.with_token += u64::from(with_token);
            bucket.at_once = bucket.at_once.max(under_way);
        });
    }

    fn left(&mut self, place: Option<Place>) {
        self.under_way -= 1;
        if let Some(place) = place {
            self.upstream.leave(place);
        }
    }

    /// The answer arrives, or the loss of it shows.
    pub(super) fn answer(&mut self, attempt: u64) {
        let Some(it) = self.attempt(attempt).copied() else {
            return;
        };
        let status = match it.state {
            State::Inside(status) => {
                self.left(it.place);
                status
            }
            State::TurnedAway(status) => Some(status),
            State::OnItsWay | State::GivenUpOnItsWay | State::Over => return,
        };
        self.over(attempt);
        let (attempt, now) = (AttemptId(attempt), Instant::from_nanos(self.now));
        let Some(status) = status else {
            let lost = Event::Lost(attempt, LossKind::NoAnswer);
            return self.policy.handle_event(lost, now);
        };
        self.interactions[slot_of(ExecutionId(it.execution)) as usize].status = status;
        let head = Event::Head {
            attempt,
            status,
            facts: it.facts,
        };
        self.policy.handle_event(head, now);
        self.policy.handle_event(Event::Done(attempt), now);
    }

    /// The policy gave the attempt up: it leaves the provider's concurrency at once.
    fn abort(&mut self, attempt: AttemptId) {
        let Some(it) = self.attempt(attempt.0) else {
            return;
        };
        match it.state {
            State::OnItsWay => it.state = State::GivenUpOnItsWay,
            State::Inside(_) => {
                let place = it.place;
                self.left(place);
                self.over(attempt.0);
            }
            State::TurnedAway(_) => self.over(attempt.0),
            State::GivenUpOnItsWay | State::Over => {}
        }
    }

    fn finish(&mut self, execution: ExecutionId, verdict: &Verdict) {
        let slot = slot_of(execution);
        let it = &mut self.interactions[slot as usize];
        debug_assert_eq!(it.execution, execution.0, "answered once");
        it.execution = NEVER;
        if it.sent == NEVER {
            self.waiting -= 1;
        }
        let reason = match verdict {
            Verdict::Answered(_) => match it.status {
                200..=299 => None,
                429 => Some("429"),
                401 => Some("401"),
                400..=499 => Some("4xx"),
                _ => Some("5xx"),
            },
            Verdict::Refused(refusal) => Some(refusal.reason.as_str()),
            Verdict::TimedOut => Some("timed.out"),
            Verdict::Lost(_) => Some("lost"),
        };
        if it.measured {
            let flow = &mut self.stats.flows[it.flow as usize];
            match reason {
                None => {
                    flow.answered += 1;
                    flow.response.record((self.now - it.asked) / 1_000);
                    flow.wait.record((it.sent - it.asked) / 1_000);
                }
                Some(reason) => *flow.failed.entry(reason).or_default() += 1,
            }
        }
        let cache = self.scenario.actions[it.action.index()].cache;
        if let (None, true, Some(cache)) = (reason, self.caches, cache) {
            let until = self.now + nanos(cache.life.max(Duration::ZERO));
            self.kept[it.action.index()][it.key as usize] = until;
        }
        let ended = if reason.is_none() {
            Ended::Answered
        } else {
            Ended::Failed
        };
        self.go_on(slot, Some(ended));
    }
}

/// How long the upstream works on the call of an interaction.
fn takes(scenario: &Scenario, it: &Interaction, latencies: &mut [Stream]) -> Duration {
    if let Progress::Record(_, Some(recorded)) = it.progress {
        return recorded;
    }
    let action = it.action.index();
    scenario.actions[action]
        .latency
        .draw(&mut latencies[action])
}
