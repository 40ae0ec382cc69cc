//! The state machine: what happens, and what follows from it.
//!
//! An event is handled in three steps. What is due by now happens first (timers, deadlines); then the event itself; then
//! the engine settles down: findings of learners are put in force, calls that can't be served in time any more are
//! refused, and whatever can start is started. What is to be done about it waits in a list of commands.

mod admission;
mod answers;
mod asking;
mod corrections;
mod demanded;
mod extend;
mod goodput;
mod grow;
mod header_limits;
mod learned;
mod learning;
mod leases;
mod limits;
mod machine;
mod promises;
mod refused;
mod restart;
mod shadowing;
mod shutting;
mod split;
mod start;
mod strangers;
mod token;
mod token_part;
mod view;

use crate::timer::Timer;
use crate::{Command, Event};
pub use demanded::LimitDemand;
pub use extend::{Extension, NoSuchEntry};
pub use machine::Engine;
use std::time::Duration;
pub use token_part::TokenDemand;
use tollgate_model::Instant;

impl Engine {
    /// Tells the engine what happened.
    pub fn handle_event(&mut self, event: Event, now: Instant) {
        let from = self.commands.len();
        if self.shadow.is_some() {
            self.tell_shadow(&event, now);
        }
        self.handle(event, now);
        if self.shadow.is_some() {
            self.show_to_shadow(from, now);
        }
    }

    fn handle(&mut self, event: Event, now: Instant) {
        // Who hung up is not told what a timer says at the same instant.
        if let Event::Cancel(execution) = event {
            self.cancel(execution, now);
        }
        self.run_timers(now);
        match event {
            Event::Submit(submission) => self.submit(submission, now),
            Event::Cancel(_) => {}
            Event::Head {
                attempt,
                status,
                facts,
            } => self.head(attempt, status, facts, now),
            Event::Done(attempt) => self.done(attempt, now),
            Event::Lost(attempt, kind) => self.lost(attempt, kind, now),
            Event::TokenGranted { token, expires_in } => self.token_granted(token, expires_in, now),
            Event::TokenFailed {
                token,
                retry_after,
                failure,
            } => self.token_failed(token, retry_after, failure, now),
            Event::TokenRepeated {
                token,
                known,
                expires_in,
            } => self.token_repeated(token, known, expires_in, now),
            Event::RenewCredentials(client) => self.renew_credentials(client, now),
            Event::WatchClient(client) => self.watch_client(client, now),
            Event::SetLimit { limit, allowed } => self.set_limit(limit, allowed, now),
            Event::LiftLimit(limit) => self.lift_limit(limit, now),
            Event::SetLeave { limit, leave } => self.set_leave(limit, leave),
            Event::SetLease { limit, lease, held } => self.set_lease(limit, lease, &held, now),
            Event::Inherit { limit } => self.inherit(limit, now),
            Event::SetGuarantees { limit, slots } => self.set_guarantees(limit, &slots),
            Event::SetTokenLimit {
                client,
                place,
                allowed,
            } => {
                self.set_token_limit(client, place, allowed);
                self.open_tokens_of(client, now);
                self.recheck_promises();
            }
            Event::SetMaxTokens { client, max_tokens } => self.set_max_tokens(client, max_tokens),
            Event::SetTokenPart { client, tokens } => self.set_token_part(client, tokens, now),
            Event::RenameLimit { limit, name } => self.rename_limit(limit, name),
            Event::RenameClient { client, name } => self.rename_client(client, name),
            Event::NameEndpoint { endpoint, name } => {
                self.endpoints.name_it(endpoint, name);
                self.hold_earlier(now);
            }
            Event::ForgetLearned { name } => self.forget_learned(&name),
            Event::Close { limit, until } => self.close(limit, until),
            Event::Open(closed) => self.open(closed, now),
            Event::RetireClient(client) => self.retire_client(client),
        }
        self.settle_down(now);
    }

    /// Wakes the engine; due whenever [`Self::poll_timeout`] said so. Early and repeated calls do no
    /// harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        let from = self.commands.len();
        self.run_timers(now);
        self.give_turn(now);
        self.settle_down(now);
        if self.shadow.is_some() {
            self.show_to_shadow(from, now);
        }
    }

    pub(super) fn settle_down(&mut self, now: Instant) {
        self.apply_findings(now);
        if self.any_flow_in_shadow {
            self.send_in_shadow(now);
        }
        self.keep_promises(now);
        self.start_what_can(now);
        self.keep_next_promises(now);
        self.drop_retired(now);
        let (attempts, executions) = (&self.attempts, &self.executions);
        let (tokens, closed) = (&self.resources.pools.tokens, self.closings.any_closed());
        self.timers.prune(|timer| match timer {
            Timer::GiveUp(attempt) => attempts.contains_key(&attempt),
            Timer::Retry(execution) => executions.contains_key(&execution),
            Timer::Renew(token) | Timer::Retire(token) | Timer::Open(token) => {
                tokens.get(token).is_some()
            }
            Timer::Fetch(_) | Timer::Promises | Timer::Lease(_) | Timer::Asked(_) => true,
            Timer::Probes => closed,
        });
    }

    /// The next thing to do.
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When to call [`Self::handle_timeout`] next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        // A deadline is still met at its instant, so it has passed one nanosecond later.
        let expiry = self
            .queue
            .next_deadline()
            .map(|at| at + Duration::from_nanos(1));
        [
            self.timers.next(),
            self.wake,
            expiry,
            self.lessons.next_timeout(),
            self.shadow.as_ref().and_then(|it| it.next_timeout()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn run_timers(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::GiveUp(attempt) => self.time_out(attempt, now),
                Timer::Retry(execution) => self.resume(execution, now),
                Timer::Renew(token) => self.renew(token, now),
                Timer::Retire(token) => self.retire_if_too_old(token, now),
                Timer::Open(token) => {
                    self.resources.pools.open(token, now);
                    self.resources.unblock();
                }
                Timer::Probes => self.wait_for_probes(now),
                Timer::Promises => self.recheck_the_rest(),
                Timer::Fetch(client) => self.may_fetch_again(client, now),
                Timer::Lease(limit) => self.lease_may_have_ended(limit, now),
                Timer::Asked(limit) => self.end_asking(limit, now),
            }
        }
        self.expire(now);
    }
}
