//! Several nodes: an engine each, unchanged, that share limits over a store.
//!
//! A call goes to one of the nodes, by their shares, as a load balancer in front of them would have it. Limits wider than a
//! token, and how many tokens clients have, are leased in parts ([`tollgate_lease`]) over a store in memory ([`exchange`]);
//! limits of a token are each node's own, since it fetches its own tokens, and so is what a node learns of the upstream.
//!
//! Each engine has numbers of its own for attempts and tokens. To the world a token's number is the engine's times the
//! number of nodes, and the node's place on top; attempts are numbered one after the other ([`numbers`]).

mod exchange;
mod member;
mod numbers;
mod spread;

use super::Limiter;
use crate::scenario::{Scenario, Tables};
use exchange::Exchanges;
use member::{Member, SharedTable};
use numbers::Numbers;
use spread::Spread;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use tollgate_config::ClusterConfig;
use tollgate_engine::{Command, Event, Verdict};
use tollgate_model::{ExecutionId, Instant, Stream, TokenId};

/// Tollgate as several processes.
#[derive(Debug)]
pub(crate) struct Cluster {
    members: Vec<Member>,
    spread: Spread,
    /// Who takes the call that is asked for next.
    next: usize,
    /// Where each execution is that has not ended.
    executions: BTreeMap<ExecutionId, usize>,
    attempts: Numbers,
    exchanges: Exchanges,
    commands: VecDeque<Command>,
}

impl Cluster {
    /// Nodes that have their parts of the limits when the run begins, as a node listens to nobody before that.
    pub(crate) fn new(scenario: &Scenario, tables: &Tables, seed: u64) -> Self {
        let shared = Rc::new(SharedTable::new(scenario, &tables.config));
        let members = (0..scenario.nodes.count).map(|place| {
            let mut config = tables.config.clone();
            config.policy.ask = ClusterConfig::ASK;
            let seed = Stream::child(seed, "engine", place.into()).next();
            Member::new(place, config, seed, Rc::clone(&shared))
        });
        let mut cluster = Self {
            members: members.collect(),
            spread: Spread::new(scenario, Stream::child(seed, "nodes", 0)),
            next: 0,
            executions: BTreeMap::new(),
            attempts: Numbers::default(),
            exchanges: Exchanges::new(&scenario.nodes),
            commands: VecDeque::new(),
        };
        cluster.exchanges.begin(&mut cluster.members);
        cluster
    }

    fn tell(&mut self, place: usize, event: Event, now: Instant) {
        self.members[place].engine.handle_event(event, now);
        self.collect(place, now);
    }

    /// Takes a node's commands over, in the world's numbers.
    fn collect(&mut self, place: usize, now: Instant) {
        while let Some(command) = self.members[place].engine.poll_command() {
            let command = match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    give_up,
                    lease_ends,
                } => Command::Send {
                    execution,
                    attempt: self.attempts.add(place, attempt),
                    token: token.map(|token| self.token_of(place, token)),
                    give_up,
                    lease_ends,
                },
                Command::Abort(attempt) => Command::Abort(self.attempts.take(place, attempt)),
                Command::Finish(execution, verdict) => {
                    self.executions.remove(&execution);
                    Command::Finish(execution, self.in_the_worlds(place, verdict))
                }
                Command::FetchToken(client, token) => {
                    Command::FetchToken(client, self.token_of(place, token))
                }
                Command::DropToken(token) => Command::DropToken(self.token_of(place, token)),
                Command::AskForSlots => {
                    self.exchanges.hasten(place, &mut self.members[place], now);
                    continue;
                }
                Command::WouldHave(..) => command,
            };
            self.commands.push_back(command);
        }
    }

    /// Whether all nodes together use no more tokens than each client may have, or than one each.
    fn share_tokens(&self) -> bool {
        let config = self.members[0].engine.config();
        config.clients.with_ids().all(|(client, it)| {
            let used = |member: &Member| member.engine.tokens_used(client);
            let most = (it.max_tokens as usize).max(self.members.len());
            self.members.iter().map(used).sum::<usize>() <= most
        })
    }

    fn in_the_worlds(&self, place: usize, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Answered(attempt) => Verdict::Answered(self.attempts.of(place, attempt)),
            Verdict::Refused(_) | Verdict::TimedOut | Verdict::Lost(_) => verdict,
        }
    }

    fn token_of(&self, place: usize, token: TokenId) -> TokenId {
        TokenId(token.0 * self.members.len() as u32 + place as u32)
    }

    /// A token's node, and its number there.
    fn token_at(&self, token: TokenId) -> (usize, TokenId) {
        let nodes = self.members.len() as u32;
        ((token.0 % nodes) as usize, TokenId(token.0 / nodes))
    }

    /// An event about a token goes to the node that fetches it.
    fn tell_of_token(&mut self, event: Event, now: Instant) {
        let (place, event) = match event {
            Event::TokenGranted { token, expires_in } => {
                let (place, token) = self.token_at(token);
                (place, Event::TokenGranted { token, expires_in })
            }
            Event::TokenFailed {
                token,
                retry_after,
                failure,
            } => {
                let (place, token) = self.token_at(token);
                let failed = Event::TokenFailed {
                    token,
                    retry_after,
                    failure,
                };
                (place, failed)
            }
            // A scenario of several nodes has no endpoint that gives a token twice.
            _ => return,
        };
        self.tell(place, event, now);
    }
}

impl Limiter for Cluster {
    fn handle_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Submit(submission) => {
                self.executions.insert(submission.execution, self.next);
                self.tell(self.next, Event::Submit(submission), now);
            }
            Event::Cancel(execution) => {
                if let Some(place) = self.executions.remove(&execution) {
                    self.tell(place, Event::Cancel(execution), now);
                }
            }
            Event::Head {
                attempt,
                status,
                facts,
            } => {
                if let Some((place, attempt)) = self.attempts.at(attempt) {
                    let head = Event::Head {
                        attempt,
                        status,
                        facts,
                    };
                    self.tell(place, head, now);
                }
            }
            Event::Done(attempt) => {
                if let Some((place, own)) = self.attempts.at(attempt) {
                    self.tell(place, Event::Done(own), now);
                    self.attempts.take(place, own);
                }
            }
            Event::Lost(attempt, kind) => {
                if let Some((place, own)) = self.attempts.at(attempt) {
                    self.tell(place, Event::Lost(own, kind), now);
                    self.attempts.take(place, own);
                }
            }
            Event::TokenGranted { .. }
            | Event::TokenFailed { .. }
            | Event::TokenRepeated { .. } => self.tell_of_token(event, now),
            // What operators say is said to all.
            _ => (0..self.members.len()).for_each(|place| self.tell(place, event.clone(), now)),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some(place) = self.exchanges.step(&mut self.members, now) {
            self.collect(place, now);
        }
        for place in 0..self.members.len() {
            let engine = &mut self.members[place].engine;
            if engine.poll_timeout().is_some_and(|at| at <= now) {
                engine.handle_timeout(now);
                self.collect(place, now);
            }
        }
        debug_assert!(
            self.share_tokens(),
            "more tokens are used than clients may have"
        );
    }

    fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let engines = self.members.iter().map(|it| it.engine.poll_timeout());
        engines.chain([self.exchanges.next_at()]).flatten().min()
    }

    fn next_node(&mut self, flow: usize, now: Instant) -> usize {
        self.next = self.spread.draw(flow, now);
        self.next
    }

    fn round_trips(&self) -> u64 {
        self.exchanges.round_trips()
    }
}
