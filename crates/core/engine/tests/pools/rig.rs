//! One engine, a token endpoint and an upstream in virtual time. What holds always is asserted at each
//! command: one fetch in flight for each client, and nothing sent with a token that is not good.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Engine, Event, Facts, Family, FetchFailure, Flow, Pool, Route,
    Submission, Verdict, WindowFact,
};
use tollgate_model::{
    AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, Limit, LimitId, PoolId, RouteId,
    Rule, Scope, TokenId,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// What each token carries a minute.
pub(crate) const OF_TOKEN: u32 = 30;
const LATENCY: Duration = Duration::from_millis(80);
const WAY_IN: Duration = Duration::from_millis(10);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Due {
    Submit(ExecutionId, Duration),
    Answer(AttemptId),
    Fetched(ClientId, TokenId),
    Wake,
}

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) execution: ExecutionId,
    pub(crate) client: ClientId,
    pub(crate) token: TokenId,
}

/// A token that was granted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    pub(crate) client: ClientId,
    pub(crate) at: Instant,
    pub(crate) expires: Instant,
}

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) now: Instant,
    /// Life of the tokens granted from now on.
    pub(crate) life: Duration,
    pub(crate) fetch_takes: Duration,
    /// Clients whose fetches fail, and what the endpoint asks for then.
    pub(crate) failing: BTreeMap<ClientId, Option<Duration>>,
    /// A fetch that takes longer than this is given up.
    pub(crate) token_timeout: Duration,
    /// Why the fetches of failing clients fail.
    pub(crate) failure: FetchFailure,
    /// What the token endpoint grants a minute, if that is limited, and whether it says when the minute ends.
    pub(crate) grants: Option<(u32, bool)>,
    /// Grants of the endpoint's minute, and when that began.
    granted_since: (u32, Instant),
    /// Whether a client is given its token again while that is good.
    pub(crate) same_token: bool,
    /// Tokens answered 401 after so many calls.
    pub(crate) lives_for: Option<usize>,
    /// Tokens answered 401.
    pub(crate) dead: BTreeSet<TokenId>,
    /// Tokens answered 429, and until when.
    pub(crate) limited: BTreeMap<TokenId, Instant>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) fetches: Vec<(Instant, ClientId)>,
    pub(crate) granted: BTreeMap<TokenId, Grant>,
    pub(crate) dropped: BTreeMap<TokenId, Instant>,
    pub(crate) finished: BTreeMap<ExecutionId, (Instant, Verdict)>,
    /// Status of the answer that each attempt got.
    pub(crate) status: BTreeMap<AttemptId, u16>,
    /// Most fetches under way at once.
    pub(crate) most_fetching: usize,
    fetching: BTreeMap<TokenId, ClientId>,
    under_way: BTreeMap<AttemptId, TokenId>,
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    serial: u64,
    executions: u64,
}

impl Rig {
    pub(crate) fn new(config: Config) -> Self {
        config.check().unwrap();
        Self {
            engine: Engine::new(config, 7, Instant::ZERO),
            now: Instant::ZERO,
            life: MINUTE * 600,
            fetch_takes: Duration::from_millis(50),
            token_timeout: SECOND * 60,
            failure: FetchFailure::Other,
            grants: None,
            granted_since: (0, Instant::ZERO),
            same_token: false,
            lives_for: None,
            failing: BTreeMap::new(),
            dead: BTreeSet::new(),
            limited: BTreeMap::new(),
            sent: Vec::new(),
            fetches: Vec::new(),
            granted: BTreeMap::new(),
            dropped: BTreeMap::new(),
            finished: BTreeMap::new(),
            status: BTreeMap::new(),
            most_fetching: 0,
            fetching: BTreeMap::new(),
            under_way: BTreeMap::new(),
            heap: BinaryHeap::new(),
            serial: 0,
            executions: 0,
        }
    }

    fn at(&mut self, at: Instant, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    /// One call now, that has to start within so much.
    pub(crate) fn call(&mut self, within: Duration) -> ExecutionId {
        self.calls(1, Duration::ZERO, within)
    }

    /// So many calls from now on, one each `every`. Gives the first one's number.
    pub(crate) fn calls(&mut self, count: u32, every: Duration, within: Duration) -> ExecutionId {
        let first = ExecutionId(self.executions);
        for nth in 0..count {
            let execution = ExecutionId(self.executions);
            self.executions += 1;
            self.at(self.now + every * nth, Due::Submit(execution, within));
        }
        first
    }

    /// One call after so much time, that has to start within so much of then.
    pub(crate) fn call_in(&mut self, after: Duration, within: Duration) -> ExecutionId {
        let execution = ExecutionId(self.executions);
        self.executions += 1;
        self.at(self.now + after, Due::Submit(execution, within));
        execution
    }

    /// Lets so much time pass.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        let mut idle_wakes = 0;
        while let Some(at) = self.next().filter(|&at| at <= end) {
            // A wake that brings no later one is a spin.
            idle_wakes = if at > self.now { 0 } else { idle_wakes + 1 };
            assert!(idle_wakes < 1_000, "spins at {at:?}");
            self.now = at.max(self.now);
            self.step();
        }
        self.now = end;
    }

    /// Stands still for so long: what was due meanwhile comes after it, all at one instant.
    pub(crate) fn suspend(&mut self, span: Duration) {
        self.now = self.now + span;
    }

    fn next(&self) -> Option<Instant> {
        let due = self.heap.peek().map(|Reverse((at, ..))| *at);
        due.into_iter().chain(self.engine.poll_timeout()).min()
    }

    fn step(&mut self) {
        let due = match self.heap.peek() {
            Some(Reverse((at, ..))) if *at <= self.now => self.heap.pop(),
            _ => None,
        };
        match due.map_or(Due::Wake, |Reverse((.., due))| due) {
            Due::Submit(execution, within) => {
                let submission = Submission {
                    execution,
                    flow: FlowId(0),
                    route: RouteId(0),
                    endpoint: EndpointId::UNKNOWN,
                    deadline: self.now + within,
                    timeout: MINUTE,
                    idempotent: true,
                };
                self.tell(Event::Submit(submission));
            }
            Due::Answer(attempt) => self.answer(attempt),
            Due::Fetched(client, token) => self.fetched(client, token),
            Due::Wake => self.engine.handle_timeout(self.now),
        }
        self.carry_out();
    }

    fn tell(&mut self, event: Event) {
        self.engine.handle_event(event, self.now);
    }

    fn answer(&mut self, attempt: AttemptId) {
        let Some(token) = self.under_way.remove(&attempt) else {
            return;
        };
        let mut facts = Facts::default();
        if let Some(calls) = self.lives_for
            && self.sent.iter().filter(|it| it.token == token).count() > calls
        {
            self.dead.insert(token);
        }
        let status = if self.dead.contains(&token) {
            401
        } else if let Some(until) = self.limited.get(&token).filter(|it| **it > self.now) {
            let pause = until.since(self.now);
            facts.retry_after = Some(pause);
            facts.window = Some(WindowFact {
                count: OF_TOKEN,
                allowed: OF_TOKEN,
                reset: pause.min(MINUTE),
                family: Family::Platform,
            });
            429
        } else {
            200
        };
        self.status.insert(attempt, status);
        self.tell(Event::Head {
            attempt,
            status,
            facts,
        });
        self.tell(Event::Done(attempt));
    }

    fn fetched(&mut self, client: ClientId, token: TokenId) {
        self.fetching.remove(&token);
        let failed = |retry_after, failure| Event::TokenFailed {
            token,
            retry_after,
            failure,
        };
        if self.fetch_takes > self.token_timeout {
            return self.tell(failed(None, FetchFailure::Late));
        }
        if let Some(&retry_after) = self.failing.get(&client) {
            return self.tell(failed(retry_after, self.failure));
        }
        if let Some((most, says)) = self.grants {
            if self.now.since(self.granted_since.1) >= MINUTE {
                self.granted_since = (0, self.now);
            }
            if self.granted_since.0 == most {
                let ends = MINUTE - self.now.since(self.granted_since.1);
                let ends = Duration::from_secs(ends.as_secs() + 1);
                return self.tell(failed(says.then_some(ends), FetchFailure::Other));
            }
            self.granted_since.0 += 1;
        }
        let known = self.granted.iter().rev().find(|(known, it)| {
            it.client == client && self.now < it.expires && !self.dead.contains(known)
        });
        if let Some((&known, grant)) = known.filter(|_| self.same_token) {
            let expires_in = grant.expires.since(self.now);
            return self.tell(Event::TokenRepeated {
                token,
                known,
                expires_in,
            });
        }
        let grant = Grant {
            client,
            at: self.now,
            expires: self.now + self.life,
        };
        self.granted.insert(token, grant);
        self.tell(Event::TokenGranted {
            token,
            expires_in: self.life,
        });
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.engine.poll_command() {
            match command {
                Command::Send {
                    execution,
                    attempt,
                    token,
                    ..
                } => self.send(execution, attempt, token.unwrap()),
                Command::Abort(attempt) => {
                    self.under_way.remove(&attempt);
                }
                Command::Finish(execution, verdict) => {
                    let before = self.finished.insert(execution, (self.now, verdict));
                    assert_eq!(before, None, "answered twice");
                }
                Command::FetchToken(client, token) => {
                    self.fetching.insert(token, client);
                    let of_client = self.fetching.values().filter(|it| **it == client);
                    let of_client = of_client.count();
                    assert!(
                        of_client <= 8,
                        "{of_client} fetches in flight for {client:?}"
                    );
                    self.most_fetching = self.most_fetching.max(self.fetching.len());
                    self.fetches.push((self.now, client));
                    let takes = self.fetch_takes.min(self.token_timeout);
                    self.at(self.now + takes, Due::Fetched(client, token));
                }
                Command::DropToken(token) => {
                    self.dropped.insert(token, self.now);
                }
                Command::AskForSlots | Command::WouldHave(..) => {}
            }
        }
    }

    fn send(&mut self, execution: ExecutionId, attempt: AttemptId, token: TokenId) {
        let grant = self.granted[&token];
        assert!(
            !self.dropped.contains_key(&token),
            "sent with a dropped token"
        );
        assert!(
            self.now < last_use(&grant),
            "sent in the last part of its life"
        );
        self.sent.push(Sent {
            at: self.now,
            execution,
            client: grant.client,
            token,
        });
        self.under_way.insert(attempt, token);
        self.at(self.now + LATENCY, Due::Answer(attempt));
    }

    /// Tokens that are not dropped.
    pub(crate) fn live(&self) -> Vec<TokenId> {
        let granted = self.granted.keys().copied();
        granted
            .filter(|token| !self.dropped.contains_key(token))
            .collect()
    }

    /// Starts since so long ago.
    pub(crate) fn starts_within(&self, span: Duration) -> usize {
        let recent = |it: &&Sent| self.now.since(it.at) < span;
        self.sent.iter().filter(recent).count()
    }
}

/// From then on the token is too old to send with: half of what it is renewed ahead of its expiry.
pub(crate) fn last_use(grant: &Grant) -> Instant {
    let life = grant.expires.since(grant.at);
    grant.at + (life - MINUTE.min(life / 4) / 2)
}

pub(crate) fn window(name: &str, scope: Scope, allowed: u32) -> Limit {
    Limit {
        name: name.into(),
        scope,
        rule: Rule::Window {
            allowed,
            period: MINUTE,
            counted_within: Some(WAY_IN),
        },
    }
}

/// A client: how many tokens it may hold, and what it may call a minute, if that is limited.
pub(crate) type Of = (u32, Option<u32>);

/// One route under the organisation's limit, over one pool of these clients.
pub(crate) fn config(organisation: u32, clients: &[Of]) -> Config {
    let mut limits = vec![window("organisation", Scope::Organisation, organisation)];
    let mut list = Vec::new();
    for (at, (max_tokens, own)) in clients.iter().enumerate() {
        let name = format!("client {at}");
        let own = own.map(|allowed| {
            limits.push(window(&name, Scope::Client, allowed));
            LimitId(limits.len() as u32 - 1)
        });
        list.push(Client {
            name,
            limits: own.into_iter().collect(),
            token_limits: vec![window("token", Scope::Token, OF_TOKEN).into()],
            max_tokens: *max_tokens,
            shared_as: None,
        });
    }
    Config {
        limits: limits.into(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: (0..list.len()).map(|at| ClientId(at as u32)).collect(),
        }]
        .into(),
        clients: list.into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            pool: Some(PoolId(0)),
            ..Route::default()
        }]
        .into(),
        flows: vec![Flow {
            name: "flow".into(),
            ..Flow::default()
        }]
        .into(),
        ..Config::default()
    }
}
