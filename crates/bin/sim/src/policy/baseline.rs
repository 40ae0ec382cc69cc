//! The policies that are not the engine: a call is tried, and tried again.
//!
//! They differ in which token a call takes and in what follows a 429; see the table in [`super`].

mod adaptive;
mod choice;
mod ends;
mod held;
mod vegas;

use super::{Kind, Limiter};
pub use adaptive::SendRate;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tollgate_engine::{Command, Event, Facts, Submission, Verdict};
use tollgate_model::{Agenda, AttemptId, ClientId, ExecutionId, Instant, RouteId, TokenId};
pub use vegas::Vegas;

/// What a baseline knows.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Clients, each as often as it may hold tokens.
    pub(crate) token_places: Vec<ClientId>,
    /// The routes that take a token.
    pub(crate) with_token: Vec<RouteId>,
    /// Length of the windows.
    pub(crate) period: Duration,
    /// From one send to the next, at a pace that keeps the windows.
    pub(crate) pace: Duration,
}

/// Tokens that today's service takes up within a window's length.
const TOKENS_TODAY: usize = 3;

#[derive(Debug)]
pub(crate) struct Baseline {
    kind: Kind,
    settings: Settings,
    /// A token for each place; none until it is granted.
    tokens: Vec<Option<TokenId>>,
    /// Fetches under way, and the place each is for.
    fetching: BTreeMap<TokenId, usize>,
    next_token: u32,
    /// Where the next call's token is looked for.
    turn: usize,
    /// When the last tokens were taken up (`today`).
    taken_up: VecDeque<Instant>,
    /// When the next call may leave (`paced`).
    next_slot: Instant,
    /// The limiters of `adaptive` and `vegas`, and the calls that they hold back.
    send_rate: SendRate,
    vegas: Vegas,
    held: VecDeque<ExecutionId>,
    /// When the send rate lets the next of them leave, if a timer is set for that.
    release_at: Option<Instant>,
    executions: BTreeMap<ExecutionId, Execution>,
    attempts: BTreeMap<AttemptId, Try>,
    next_attempt: u64,
    /// Executions that wait for a token.
    waiting: VecDeque<ExecutionId>,
    timers: Agenda<Timer>,
    commands: VecDeque<Command>,
}

#[derive(Debug)]
struct Execution {
    submission: Submission,
    failures: u32,
    /// Tokens that answered 429 in a row.
    limited: u32,
}

#[derive(Debug)]
struct Try {
    execution: ExecutionId,
    place: Option<usize>,
    token: Option<TokenId>,
    head: Option<(u16, Facts)>,
    sent: Instant,
    /// Attempts under way when this one was sent, itself included.
    in_flight: usize,
}

#[derive(Clone, Copy, Debug)]
enum Timer {
    GiveUp(AttemptId),
    Start(ExecutionId),
    /// The deadline of a call that a limiter holds back.
    Expire(ExecutionId),
    /// The send rate may let a call leave.
    Release,
}

impl Limiter for Baseline {
    fn handle_event(&mut self, event: Event, now: Instant) {
        // Who hung up is not told what a timer says at the same instant.
        if let Event::Cancel(execution) = event {
            self.cancel(execution);
        }
        self.run_timers(now);
        match event {
            Event::Submit(submission) => self.submit(submission, now),
            Event::Head {
                attempt,
                status,
                facts,
            } => {
                if let Some(it) = self.attempts.get_mut(&attempt) {
                    it.head = Some((status, facts));
                }
            }
            Event::Done(attempt) => {
                if let Some(it) = self.attempts.remove(&attempt) {
                    self.learn(&it, it.head.map(|(status, _)| status), now);
                    self.done(attempt, &it, now);
                }
            }
            Event::Lost(attempt, kind) => {
                if let Some(it) = self.attempts.remove(&attempt) {
                    self.learn(&it, None, now);
                    self.failed(it.execution, Verdict::Lost(kind), now);
                }
            }
            Event::TokenGranted { token, .. } => self.granted(token, now),
            Event::TokenFailed { token, .. } | Event::TokenRepeated { token, .. } => {
                self.not_granted(token);
            }
            Event::Cancel(_)
            | Event::SetLimit { .. }
            | Event::LiftLimit(_)
            | Event::SetLeave { .. }
            | Event::SetLease { .. }
            | Event::Inherit { .. }
            | Event::SetGuarantees { .. }
            | Event::SetTokenLimit { .. }
            | Event::SetMaxTokens { .. }
            | Event::SetTokenPart { .. }
            | Event::RenameLimit { .. }
            | Event::RenameClient { .. }
            | Event::NameEndpoint { .. }
            | Event::ForgetLearned { .. }
            | Event::Close { .. }
            | Event::Open(_)
            | Event::RenewCredentials(_)
            | Event::WatchClient(_)
            | Event::RetireClient(_) => {} // The simulator's limits stay as they are.
        }
        self.release(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.run_timers(now);
        self.release(now);
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next_at()
    }
}

impl Baseline {
    pub(crate) fn new(kind: Kind, settings: Settings) -> Self {
        let places = match kind {
            Kind::OneToken | Kind::Today => settings.token_places.len().min(1),
            _ => settings.token_places.len(),
        };
        Self {
            kind,
            tokens: vec![None; places],
            settings,
            fetching: BTreeMap::new(),
            next_token: 0,
            turn: 0,
            taken_up: VecDeque::new(),
            next_slot: Instant::ZERO,
            send_rate: SendRate::new(),
            vegas: Vegas::new(),
            held: VecDeque::new(),
            release_at: None,
            executions: BTreeMap::new(),
            attempts: BTreeMap::new(),
            next_attempt: 0,
            waiting: VecDeque::new(),
            timers: Agenda::default(),
            commands: VecDeque::new(),
        }
    }

    fn run_timers(&mut self, now: Instant) {
        while let Some((at, timer)) = self.timers.pop_due(now) {
            match timer {
                Timer::GiveUp(attempt) => {
                    if let Some(it) = self.attempts.remove(&attempt) {
                        self.commands.push_back(Command::Abort(attempt));
                        self.learn(&it, None, now);
                        self.finish(it.execution, Verdict::TimedOut);
                    }
                }
                Timer::Start(execution) => self.start(execution, now),
                Timer::Expire(execution) => self.expire(execution),
                Timer::Release => self.release_at = self.release_at.filter(|next| *next > at),
            }
        }
    }

    fn submit(&mut self, submission: Submission, now: Instant) {
        let execution = submission.execution;
        self.executions.insert(
            execution,
            Execution {
                submission,
                failures: 0,
                limited: 0,
            },
        );
        if self.kind == Kind::Paced {
            self.pace(&submission, now);
        } else {
            self.start(execution, now);
        }
    }

    /// The caller hung up. Timers and the queue for a token pass over what is not there.
    fn cancel(&mut self, execution: ExecutionId) {
        self.executions.remove(&execution);
        let mut under_way = self.attempts.iter();
        let attempt = under_way.find(|(_, it)| it.execution == execution);
        if let Some(attempt) = attempt.map(|(attempt, _)| *attempt) {
            self.attempts.remove(&attempt);
            self.commands.push_back(Command::Abort(attempt));
        }
    }

    /// Sends the execution's request, or lets it wait for a token, or for its turn.
    fn start(&mut self, execution: ExecutionId, now: Instant) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        let deadline = it.submission.deadline.max(now);
        // Who is held already goes first.
        if !self.held.is_empty() || !self.try_start(execution, now) {
            self.hold(execution, deadline);
        }
    }

    /// Whether the execution is out of the limiter's hands: sent, ended, or waiting for a token.
    fn try_start(&mut self, execution: ExecutionId, now: Instant) -> bool {
        let Some(it) = self.executions.get(&execution) else {
            return true;
        };
        let place = if self.settings.with_token.contains(&it.submission.route) {
            let Some(place) = self.place(now) else {
                self.waiting.push_back(execution);
                return true;
            };
            Some(place)
        } else {
            None
        };
        let lets = self.lets(now);
        if lets {
            self.send(execution, place, now);
        }
        lets
    }

    fn send(&mut self, execution: ExecutionId, place: Option<(usize, TokenId)>, now: Instant) {
        let Some(it) = self.executions.get(&execution) else {
            return;
        };
        let give_up = now + it.submission.timeout;
        let attempt = AttemptId(self.next_attempt);
        self.next_attempt += 1;
        let token = place.map(|(_, token)| token);
        let in_flight = self.attempts.len() + 1;
        self.attempts.insert(
            attempt,
            Try {
                execution,
                place: place.map(|(place, _)| place),
                token,
                head: None,
                sent: now,
                in_flight,
            },
        );
        self.timers.add(give_up, Timer::GiveUp(attempt));
        self.commands.push_back(Command::Send {
            execution,
            attempt,
            token,
            give_up,
            lease_ends: None,
        });
    }
}
