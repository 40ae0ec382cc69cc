//! The state machine: what happens, and what follows from it.

mod attempt;
mod beside;
mod closing;
mod extend;
mod goodput;
mod grow;
mod learned;
mod lesson;
mod limits;
mod own;
mod promises;
mod refused;
mod restart;
mod split;
mod start;
mod strangers;
mod token;
mod told;
mod upstream;
mod view;

use crate::deadline_queue::QueueKey;
use crate::estimate::{Backlog, Estimate, Estimator};
use crate::foreign::Foreign;
use crate::latency::Latencies;
use crate::queue::{Candidate, Queue};
use crate::reservations::Reservations;
use crate::resources::Resources;
use crate::situation::Situation;
use crate::timer::{Timer, Timers};
use crate::{Command, Config, Event, Submission, Verdict};
use attempt::Attempt;
pub use extend::{Extension, NoSuchEntry};
pub use learned::LEARNED;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::{AttemptId, ClientId, ExecutionId, Instant, Reason, Refusal, RouteId, Stream};

/// Event in, command out, next wake-up.
///
/// After each `handle_…` the caller carries out what [`Self::poll_command`] gives until it gives
/// none, and calls [`Self::handle_timeout`] when [`Self::poll_timeout`] says so.
#[derive(Debug)]
pub struct Engine {
    config: Arc<Config>,
    resources: Resources,
    queue: Queue,
    executions: BTreeMap<ExecutionId, Execution>,
    attempts: BTreeMap<AttemptId, Attempt>,
    next_attempt: u64,
    timers: Timers,
    commands: VecDeque<Command>,
    flows: Vec<FlowCount>,
    /// Hundredths of a retry that the budget has left.
    retry_budget: u32,
    /// Drawn from for the spread of renewals.
    random: Stream,
    /// When a blocked lane may have room.
    wake: Option<Instant>,
    /// What lower classes leave to higher ones.
    reservations: Reservations,
    /// The last choice's candidates; kept for its memory.
    order: Vec<Candidate>,
    /// The last estimate's tables; kept for their memory.
    backlog: Backlog,
    /// What other applications take of the limits.
    foreign: Foreign,
    headers_ignored: u64,
    /// What is configured where headers have put something else in force.
    configured: told::Configured,
    limited: u64,
    /// How long answers take under each limit on calls at once.
    latencies: Latencies,
    /// What an earlier process has used; none if there was none.
    earlier: Option<restart::Earlier>,
    /// Retired clients that may have tokens to drop.
    retiring: Vec<ClientId>,
    /// Places in the tables that are set aside for learned limits and for routes of single endpoints.
    own: own::Own,
    /// Which routes lead to one upstream.
    upstreams: upstream::Upstreams,
    /// Endpoints that have a route or a limit of their own.
    endpoints: split::Endpoints,
    /// The learners of upstreams that have refused a call.
    lessons: lesson::Lessons,
    /// Numbers that headers speak of beside the configured ones.
    header_numbers: beside::HeaderNumbers,
    /// What refusals have closed.
    closings: closing::Closings,
    /// How far the queue has been looked through for calls that can't start in time any more.
    promises: promises::Promises,
}

/// An execution that is not over.
#[derive(Debug)]
struct Execution {
    submission: Submission,
    state: State,
    attempts: u32,
    /// When its timeout passes; set by its first attempt.
    give_up: Option<Instant>,
    /// A 401 is answered by another token once.
    replayed: bool,
    /// Attempts that a limit has turned away.
    refusals: u32,
    /// When its last pause is over.
    pauses_until: Instant,
}

impl Execution {
    /// Whether its timeout, which its first attempt has set, passes before its deadline.
    fn times_out_first(&self) -> bool {
        self.give_up
            .is_some_and(|at| at <= self.submission.deadline)
    }

    /// The execution's key in its lane's queue. An execution that was sent before is not sent again when its timeout
    /// has passed.
    fn queue_key(&self) -> QueueKey {
        let Submission {
            deadline,
            execution,
            ..
        } = self.submission;
        let in_time = self.give_up.map(|at| at.before(Duration::from_nanos(1)));
        QueueKey {
            deadline: in_time.map_or(deadline, |at| at.min(deadline)),
            execution,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Queued,
    Running(AttemptId),
    /// Waits for its retry's pause to pass.
    Pausing,
}

/// Counts for the snapshot.
#[derive(Clone, Copy, Debug, Default)]
struct FlowCount {
    running: usize,
    answered: u64,
    errors: u64,
    lost: u64,
    refused: u64,
}

impl Engine {
    /// An engine with empty ledgers. `config` is one that [`Config::check`] has passed.
    #[must_use]
    pub fn new(mut config: Config, seed: u64, now: Instant) -> Self {
        // A limit named twice is one limit.
        for route in &mut config.routes {
            once(&mut route.limits);
        }
        for client in &mut config.clients {
            once(&mut client.limits);
        }
        for flow in &mut config.flows {
            once(&mut flow.limits);
        }
        let own = own::Own::set_aside(&mut config);
        let config = Arc::new(config);
        Self {
            own,
            upstreams: upstream::Upstreams::new(&config),
            endpoints: split::Endpoints::default(),
            lessons: lesson::Lessons::default(),
            header_numbers: beside::HeaderNumbers::default(),
            closings: closing::Closings::default(),
            promises: promises::Promises::default(),
            resources: Resources::new(Arc::clone(&config), now),
            queue: Queue::new(&config),
            executions: BTreeMap::new(),
            attempts: BTreeMap::new(),
            next_attempt: 0,
            timers: Timers::default(),
            commands: VecDeque::new(),
            flows: vec![FlowCount::default(); config.flows.len()],
            retry_budget: attempt::FULL_RETRY_BUDGET,
            random: Stream::new(seed),
            wake: None,
            reservations: Reservations::new(&config),
            order: Vec::new(),
            backlog: Backlog::default(),
            foreign: Foreign::default(),
            headers_ignored: 0,
            configured: told::Configured::default(),
            limited: 0,
            latencies: Latencies::default(),
            earlier: None,
            retiring: Vec::new(),
            config,
        }
    }

    /// Tells the engine what happened.
    pub fn handle_event(&mut self, event: Event, now: Instant) {
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
            Event::SetLimit { limit, allowed } => {
                self.set_limit(limit, allowed);
                self.open_under(limit, now);
                self.recheck_promises();
            }
            Event::SetLeave { limit, leave } => self.set_leave(limit, leave),
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
            Event::RenameLimit { limit, name } => self.rename_limit(limit, name),
            Event::RenameClient { client, name } => self.rename_client(client, name),
            Event::NameEndpoint { endpoint, name } => {
                self.endpoints.name_it(endpoint, name);
                self.hold_earlier(now);
            }
            Event::ForgetLearned { name } => self.forget_learned(&name),
            Event::Open(closed) => self.open(closed, now),
            Event::RetireClient(client) => self.retire_client(client),
        }
        self.settle_down(now);
    }

    /// Wakes the engine; due whenever [`Self::poll_timeout`] said so. Early and repeated calls do no
    /// harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.run_timers(now);
        self.give_turn(now);
        self.settle_down(now);
    }

    fn settle_down(&mut self, now: Instant) {
        self.apply_findings(now);
        self.keep_promises(now);
        self.start_what_can(now);
        self.keep_next_promises(now);
        self.drop_retired();
        let (attempts, executions) = (&self.attempts, &self.executions);
        let (tokens, closed) = (&self.resources.pools.tokens, self.closings.any_closed());
        self.timers.prune(|timer| match timer {
            Timer::GiveUp(attempt) => attempts.contains_key(&attempt),
            Timer::Retry(execution) => executions.contains_key(&execution),
            Timer::Renew(token) | Timer::Retire(token) | Timer::Open(token) => {
                tokens.get(token).is_some()
            }
            Timer::Fetch(_) | Timer::Promises => true,
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
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn submit(&mut self, mut submission: Submission, now: Instant) {
        submission.route = self.route_for(submission.route, submission.endpoint);
        let execution = submission.execution;
        let previous = self.executions.insert(
            execution,
            Execution {
                submission,
                state: State::Queued,
                attempts: 0,
                give_up: None,
                replayed: false,
                refusals: 0,
                pauses_until: Instant::ZERO,
            },
        );
        debug_assert!(previous.is_none(), "an execution's number was used twice");
        if submission.deadline < now {
            return self.refuse(execution, Reason::DeadlineCannotBeMet, None, Some(now));
        }
        if self.starts_at_once(&submission, now) {
            self.queue.arrived(submission.flow, submission.route, now);
            return self.enqueue(execution);
        }
        if let Some(pool) = self.lacks_token(&submission, now) {
            return self.refuse_without_token(execution, pool, now);
        }
        let estimate = self.estimator(now).earliest_start(&submission);
        if estimate.at > submission.deadline {
            self.asked_in_vain(&submission, &estimate, now);
            return self.refuse(
                execution,
                estimate.reason,
                estimate.limit,
                Some(estimate.at),
            );
        }
        if let Some(behind) = self.estimator(now).displaces(&submission) {
            self.asked_in_vain(&submission, &behind, now);
            return self.refuse(execution, behind.reason, behind.limit, Some(behind.at));
        }
        let (earliest, limit) = (estimate.at, estimate.limit);
        let flow = &self.config.flows[submission.flow.index()];
        if self.queue.queued(submission.flow) >= flow.max_queued {
            return self.refuse(execution, Reason::QueueFull, limit, Some(earliest));
        }
        if self.queue.len() >= self.config.policy.max_queued {
            let Some(shed) = self.queue.least_below(submission.flow) else {
                return self.refuse(execution, Reason::QueueFull, limit, Some(earliest));
            };
            self.dequeue(shed);
            self.refuse(shed, Reason::Shed, limit.clone(), None);
        }
        self.queue.arrived(submission.flow, submission.route, now);
        self.enqueue(execution);
    }

    /// Counts a call that was not taken in among those that have come. Were it not counted, a class that
    /// finds its slots gone would be taken for one that needs none, and find them gone again. What couldn't
    /// have started within a period is not counted: no slots of the coming one are for that. Nor is what
    /// is held back by the number of calls at once, which keeping slots of a window doesn't help.
    fn asked_in_vain(&mut self, submission: &Submission, estimate: &Estimate, now: Instant) {
        if !estimate.is_at_once && estimate.at.since(now) <= self.longest_period() {
            self.queue.arrived(submission.flow, submission.route, now);
        }
    }

    fn cancel(&mut self, execution: ExecutionId, now: Instant) {
        let Some(state) = self.executions.get(&execution).map(|it| it.state) else {
            return;
        };
        match state {
            State::Queued => {
                self.dequeue(execution);
            }
            State::Running(attempt) => self.abort(attempt, now),
            State::Pausing => self.end_pause(execution),
        }
        self.executions.remove(&execution);
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
            }
        }
        while let Some(execution) = self.queue.pop_expired(now) {
            let Some(it) = self.executions.get(&execution) else {
                continue;
            };
            if it.give_up.is_some_and(|at| at <= now) {
                self.finish(execution, Verdict::TimedOut);
                continue;
            }
            let submission = it.submission;
            let pool = self.route(submission.route).pool;
            if pool.is_some_and(|pool| self.resources.pools.is_empty(pool)) {
                self.refuse(execution, Reason::NoToken, None, None);
                continue;
            }
            self.starts_have_moved(now + self.longest_period() * 16);
            let limit = self.estimator(now).earliest_start(&submission).limit;
            self.refuse(execution, Reason::Expired, limit, None);
        }
    }

    fn enqueue(&mut self, execution: ExecutionId) {
        let Some(it) = self.executions.get_mut(&execution) else {
            return;
        };
        it.state = State::Queued;
        // One that was sent before has until its timeout; what starts later could only be aborted.
        if let Some(give_up) = it.give_up {
            it.submission.deadline = it.submission.deadline.min(give_up);
        }
        let submission = it.submission;
        self.queue
            .push(submission.flow, submission.route, it.queue_key());
    }

    /// The execution's pause is over. A limit has turned the call away before, or its upstream had other
    /// troubles.
    fn resume(&mut self, execution: ExecutionId, now: Instant) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        if it.state != State::Pausing || it.pauses_until > now {
            return;
        }
        let was_refused = it.refusals > 0;
        self.end_pause(execution);
        if was_refused {
            self.enqueue_in_time(execution, now);
        } else {
            self.enqueue(execution);
        }
    }

    /// Takes an execution that pauses out of the queue.
    fn end_pause(&mut self, execution: ExecutionId) {
        if let Some(it) = self.executions.get(&execution) {
            let (flow, route) = (it.submission.flow, it.submission.route);
            self.queue.end_pause(flow, route, it.queue_key());
        }
    }

    fn dequeue(&mut self, execution: ExecutionId) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        self.queue
            .remove(it.submission.flow, it.submission.route, it.queue_key());
    }

    fn refuse(
        &mut self,
        execution: ExecutionId,
        reason: Reason,
        limit: Option<String>,
        earliest_start: Option<Instant>,
    ) {
        self.finish(
            execution,
            Verdict::Refused(Refusal {
                reason,
                limit,
                earliest_start,
            }),
        );
    }

    fn finish(&mut self, execution: ExecutionId, verdict: Verdict) {
        let Some(it) = self.executions.remove(&execution) else {
            return;
        };
        let count = &mut self.flows[it.submission.flow.index()];
        match verdict {
            Verdict::Answered(_) => count.answered += 1,
            Verdict::Refused(_) => count.refused += 1,
            Verdict::TimedOut | Verdict::Lost(_) => count.lost += 1,
        }
        self.commands.push_back(Command::Finish(execution, verdict));
    }

    /// The situation now, and what is reserved in it.
    fn situation(&mut self, now: Instant) -> (Situation<'_>, &mut Reservations) {
        let Estimator {
            situation,
            reservations,
            ..
        } = self.estimator(now);
        (situation, reservations)
    }

    fn estimator(&mut self, now: Instant) -> Estimator<'_> {
        Estimator {
            situation: Situation {
                config: &self.config,
                queue: &mut self.queue,
                resources: &mut self.resources,
                foreign: &self.foreign,
                now,
            },
            reservations: &mut self.reservations,
            backlog: &mut self.backlog,
        }
    }

    fn route(&self, route: RouteId) -> &crate::Route {
        &self.config.routes[route.index()]
    }
}

/// Each limit once, in the order of their naming.
fn once(limits: &mut Vec<tollgate_model::LimitId>) {
    let mut seen = std::collections::BTreeSet::new();
    limits.retain(|limit| seen.insert(*limit));
}
