//! The provider's side of a run: the data-action service (executions, concurrency) and behind it the
//! API (tokens, clients, the organisation's window), both by the emulator's own rules.
//!
//! Where the scenario says what the upstream really is (`[upstream]`), that is the API, and the service
//! has no limits beside it. Its headers are then read as they would come over a wire, by the reader that
//! the scenario was given; else a policy is told the numbers as they are.

mod counters;
mod read;

use crate::action::Action;
use crate::scenario::{ReadFacts, Scenario};
use counters::Counters;
pub use read::facts;
use read::wall;
use std::time::Duration;
use tollgate_engine::{Facts, FetchFailure};
use tollgate_model::{ClientId, Instant, RouteId, TokenId};
use tollgate_platform::{
    BEGINNING, Counted, Fault, LimitName, Limited, Place as ApiPlace, Platform, Request,
    StrangerCounts, TokenAnswer, TokenNumber, Verdict,
};

/// The limits in the order of reports.
pub(crate) const LIMITS: [&str; 8] = [
    "token",
    "client",
    "organisation",
    "executions",
    "concurrency",
    "path",
    "stray",
    "integration or action",
];
const ORGANISATION: usize = 2;
const EXECUTIONS: usize = 3;
const CONCURRENCY: usize = 4;
const PATH: usize = 5;
const STRAY: usize = 6;
const FURTHER: usize = 7;

#[derive(Debug)]
pub(crate) struct Upstream {
    service: Platform,
    caller: Option<TokenNumber>,
    /// Whether the service has limits of its own.
    guarded: bool,
    /// Further limits of the service that the scenario is about.
    counters: Counters,
    api: Platform,
    /// Whether calls without a token reach the API.
    open: bool,
    /// Whether a call counts when it is answered.
    at_answer: bool,
    reads: Option<ReadFacts>,
    /// What the API's clock says when the run begins.
    beginning: Duration,
    clients: Vec<String>,
    /// By the policy's `TokenId`: the text and the number.
    tokens: Vec<Option<(String, TokenNumber)>>,
}

/// Where an admitted call is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// In the API, if it got there.
    api: Option<ApiPlace>,
    /// The route that it came on.
    route: Option<RouteId>,
}

/// What becomes of a call that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// It is under way; [`Upstream::leave`] is to be called at its end.
    Admitted {
        facts: Facts,
        fault: Option<Fault>,
        takes: Duration,
        place: Place,
    },
    /// Turned away with this status, by the limit with this place in [`LIMITS`].
    Limited(u16, usize, Facts),
    /// 401.
    Unauthorized,
}

/// What the token endpoint says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Granted {
    /// A token, and how long it is said to live.
    New(Duration),
    /// The token that was granted as this one before.
    Known(TokenId, Duration),
    Not(Option<Duration>, FetchFailure),
}

/// How long a token is taken to live whose life isn't said.
const UNSAID: Duration = Duration::from_secs(3_600);

impl Upstream {
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut service = Platform::new(scenario.action_service(), seed ^ 1);
        let grant = service.grant("executions", "", Instant::ZERO);
        let api = scenario.platform();
        Self {
            caller: grant.map(|grant| grant.number),
            service,
            guarded: scenario.has_action_service(),
            counters: Counters::new(scenario, seed),
            open: !api.needs_token,
            at_answer: api.counted == Counted::AtAnswer,
            reads: scenario.reads.filter(|_| scenario.upstream.is_some()),
            beginning: scenario
                .upstream
                .as_ref()
                .map_or(Duration::ZERO, |_| BEGINNING),
            api: Platform::new(api, seed),
            clients: client_names(scenario),
            tokens: Vec::new(),
        }
    }

    /// How long the token endpoint takes this time, beyond the scenario's `token_latency`.
    pub(crate) fn grant_takes(&mut self) -> Duration {
        self.api.grant_takes()
    }

    /// Grants a token under the policy's number, if it does.
    pub(crate) fn grant(&mut self, client: ClientId, token: TokenId, now: Instant) -> Granted {
        let Some(name) = self.clients.get(client.index()) else {
            return Granted::Not(None, FetchFailure::Other);
        };
        let now = now + self.beginning;
        let grant = match self.api.ask_token(name, "", now) {
            TokenAnswer::Granted(grant) => grant,
            TokenAnswer::Invalid => return Granted::Not(None, FetchFailure::Credentials),
            TokenAnswer::Failing => return Granted::Not(None, FetchFailure::Other),
            TokenAnswer::Limited(said) => {
                let facts = self.reads.map(|reads| reads(429, said, &[], wall(now)));
                let retry_after = facts.and_then(|facts| facts.retry_after);
                return Granted::Not(retry_after, FetchFailure::Other);
            }
        };
        let life = if grant.says_life {
            grant.expires_in
        } else {
            UNSAID
        };
        let same = |held: &Option<(String, TokenNumber)>| {
            held.as_ref()
                .is_some_and(|(text, _)| *text == grant.access_token)
        };
        if let Some(known) = self.tokens.iter().position(same) {
            return Granted::Known(TokenId(known as u32), life);
        }
        if self.tokens.len() <= token.index() {
            self.tokens.resize(token.index() + 1, None);
        }
        self.tokens[token.index()] = Some((grant.access_token, grant.number));
        Granted::New(life)
    }

    pub(crate) fn set_faults(&mut self, faults: tollgate_platform::Faults) {
        self.service.set_faults(faults);
        self.api.set_faults(faults);
    }

    /// How long a call is on its way; `takes` says how long it is worked on, where it counts after that.
    pub(crate) fn way_in(&mut self, takes: impl FnOnce() -> Duration) -> Duration {
        let way_in = self.api.way_in();
        if self.at_answer {
            way_in + takes()
        } else {
            way_in
        }
    }

    /// What other applications asked for and got up to `now`.
    pub(crate) fn strangers(&mut self, now: Instant) -> StrangerCounts {
        self.api.look(now + self.beginning);
        let strangers = self.api.counts().strangers.iter();
        strangers.fold(StrangerCounts::default(), |sum, it| StrangerCounts {
            asked: sum.asked + it.asked,
            admitted: sum.admitted + it.admitted,
        })
    }

    /// A call arrives: with a token (which may be none that is known), or one that needs none. `takes`
    /// says how long it takes, if it is admitted.
    pub(crate) fn arrive(
        &mut self,
        action: &Action,
        token: Option<TokenId>,
        takes: &mut dyn FnMut() -> Duration,
        now: Instant,
    ) -> Reply {
        let at_answer = self.at_answer;
        let mut takes = || match at_answer {
            true => Duration::ZERO,
            false => takes(),
        };
        let reaches_api = token.is_some() || self.open;
        if let Err(limited) = self.counters.enter(action.route, now) {
            let facts = unseen(&limited);
            return Reply::Limited(limited.status, FURTHER, facts);
        }
        if self.guarded || !reaches_api {
            let request = Request {
                token: self.caller,
                method: "GET",
                path: "/",
            };
            let mut none = || Duration::ZERO;
            let of_service: &mut dyn FnMut() -> Duration =
                if reaches_api { &mut none } else { &mut takes };
            let verdict = self.service.arrive_taking(request, Some(of_service), now);
            match verdict {
                Verdict::Admitted(admitted) if !reaches_api => {
                    return Reply::Admitted {
                        facts: Facts::default(),
                        fault: admitted.fault,
                        takes: admitted.latency,
                        place: Place {
                            api: None,
                            route: action.route,
                        },
                    };
                }
                Verdict::Admitted(_) => {}
                // Its windows show in no header.
                Verdict::Limited(limited) => {
                    let limit = place_of(limited.limit, EXECUTIONS);
                    self.counters.leave(action.route);
                    return Reply::Limited(limited.status, limit, unseen(&limited));
                }
                Verdict::Unauthorized => {
                    self.counters.leave(action.route);
                    return Reply::Unauthorized;
                }
            }
        }
        let held = token.and_then(|token| self.tokens.get(token.index())?.as_ref());
        let request = Request {
            token: held.map(|(_, number)| *number),
            method: action.method,
            path: &action.path,
        };
        let now = now + self.beginning;
        let verdict = self.api.arrive_taking(request, Some(&mut takes), now);
        if !matches!(verdict, Verdict::Admitted(_)) {
            self.counters.leave(action.route);
            if self.guarded {
                self.service.leave();
            }
        }
        let facts = self.facts_of(&verdict, now);
        match verdict {
            Verdict::Admitted(admitted) => Reply::Admitted {
                facts,
                fault: admitted.fault,
                takes: admitted.latency,
                place: Place {
                    api: Some(admitted.place),
                    route: action.route,
                },
            },
            Verdict::Limited(limited) => {
                let limit = place_of(limited.limit, ORGANISATION);
                Reply::Limited(limited.status, limit, facts)
            }
            Verdict::Unauthorized => Reply::Unauthorized,
        }
    }

    /// An admitted call is over that had this place.
    pub(crate) fn leave(&mut self, place: Place) {
        self.service.leave();
        self.counters.leave(place.route);
        if let Some(place) = place.api {
            self.api.depart(place);
        }
    }
}

/// By the ids of the engine's tables.
fn client_names(scenario: &Scenario) -> Vec<String> {
    match &scenario.service {
        Some(service) => {
            let clients = service.engine.clients.iter();
            clients.map(|client| client.name.clone()).collect()
        }
        None => {
            let clients = scenario.clients.iter();
            clients.map(|client| client.name.clone()).collect()
        }
    }
}

/// `organisation` is the place in [`LIMITS`] of what this provider calls its organisation's.
fn place_of(limit: LimitName, organisation: usize) -> usize {
    match limit {
        LimitName::Token => 0,
        LimitName::Client => 1,
        LimitName::Organisation => organisation,
        LimitName::Concurrency => CONCURRENCY,
        LimitName::Path => PATH,
        LimitName::Stray => STRAY,
    }
}

/// The facts of a window that shows in no header.
fn unseen(limited: &Limited) -> Facts {
    Facts {
        window: None,
        ..facts(&Verdict::Limited(*limited))
    }
}
