//! The provider's side of a run: the data-action service (executions, concurrency) and behind it the
//! API (tokens, clients, the organisation's window), both by the emulator's own rules.

use crate::scenario::{Scenario, UNIT};
use std::time::Duration;
use tollgate_engine::{Facts, Family, WindowFact};
use tollgate_model::{ClientId, Instant, TokenId};
use tollgate_platform::{Fault, LimitName, Limited, Platform, TokenNumber, Verdict};

/// The limits in the order of reports.
pub(crate) const LIMITS: [&str; 5] = [
    "token",
    "client",
    "organisation",
    "executions",
    "concurrency",
];
const EXECUTIONS: usize = 3;
const CONCURRENCY: usize = 4;

#[derive(Debug)]
pub(crate) struct Upstream {
    service: Platform,
    caller: Option<TokenNumber>,
    /// Whether the service has limits of its own.
    guarded: bool,
    api: Platform,
    clients: Vec<String>,
    /// By the policy's `TokenId`.
    tokens: Vec<Option<TokenNumber>>,
}

/// What becomes of a call that arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// It is under way; [`Upstream::leave`] is to be called at its end.
    Admitted {
        facts: Facts,
        fault: Option<Fault>,
        /// How many times longer than usual it takes.
        slower: u32,
    },
    /// 429, by the limit with this place in [`LIMITS`].
    Limited(usize, Facts),
    /// 401.
    Unauthorized,
}

impl Upstream {
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut service = Platform::new(scenario.action_service(), seed ^ 1);
        let grant = service.grant("executions", "", Instant::ZERO);
        Self {
            caller: grant.map(|grant| grant.number),
            service,
            guarded: scenario
                .limits
                .executions
                .or(scenario.limits.concurrency)
                .is_some(),
            api: Platform::new(scenario.platform(), seed),
            clients: scenario
                .clients
                .iter()
                .map(|client| client.name.clone())
                .collect(),
            tokens: Vec::new(),
        }
    }

    /// Grants a token under the policy's number; its life, if it is granted.
    pub(crate) fn grant(
        &mut self,
        client: ClientId,
        token: TokenId,
        now: Instant,
    ) -> Option<Duration> {
        let name = self.clients.get(client.index())?;
        let grant = self.api.grant(name, "", now)?;
        if self.tokens.len() <= token.index() {
            self.tokens.resize(token.index() + 1, None);
        }
        self.tokens[token.index()] = Some(grant.number);
        Some(grant.expires_in)
    }

    pub(crate) fn set_faults(&mut self, faults: tollgate_platform::Faults) {
        self.service.set_faults(faults);
        self.api.set_faults(faults);
    }

    pub(crate) fn way_in(&mut self) -> Duration {
        self.api.way_in()
    }

    /// A call arrives: with a token (which may be none that is known), or one that needs none.
    pub(crate) fn arrive(&mut self, token: Option<TokenId>, now: Instant) -> Reply {
        let mut reply = None;
        if self.guarded || token.is_none() {
            let verdict = self.service.arrive(self.caller, now);
            reply = match of(verdict, EXECUTIONS) {
                // Its windows show in no header.
                Reply::Limited(limit, facts) => {
                    return Reply::Limited(
                        limit,
                        Facts {
                            refused: false,
                            window: None,
                            ..facts
                        },
                    );
                }
                Reply::Unauthorized => return Reply::Unauthorized,
                admitted @ Reply::Admitted { .. } => Some(admitted),
            };
        }
        let Some(token) = token else {
            return match reply {
                Some(Reply::Admitted { fault, slower, .. }) => Reply::Admitted {
                    facts: Facts::default(),
                    fault,
                    slower,
                },
                _ => Reply::Unauthorized,
            };
        };
        let number = self.tokens.get(token.index()).copied().flatten();
        let verdict = self.api.arrive(number, now);
        if !matches!(verdict, Verdict::Admitted(_)) && self.guarded {
            self.service.leave();
        }
        of(verdict, 2)
    }

    /// An admitted call is over.
    pub(crate) fn leave(&mut self) {
        self.service.leave();
    }
}

/// `organisation` is the place in [`LIMITS`] of what this provider calls its organisation's.
fn of(verdict: Verdict, organisation: usize) -> Reply {
    match verdict {
        Verdict::Admitted(admitted) => Reply::Admitted {
            facts: Facts {
                refused: false,
                retry_after: None,
                window: admitted.facts.map(window),
            },
            fault: admitted.fault,
            slower: (admitted.latency.as_secs() / UNIT.as_secs()) as u32,
        },
        Verdict::Limited(limited) => {
            let limit = match limited.limit {
                LimitName::Token => 0,
                LimitName::Client => 1,
                LimitName::Organisation | LimitName::Path | LimitName::Stray => organisation,
                LimitName::Concurrency => CONCURRENCY,
            };
            Reply::Limited(limit, facts(&limited))
        }
        Verdict::Unauthorized => Reply::Unauthorized,
    }
}

fn facts(limited: &Limited) -> Facts {
    Facts {
        refused: false,
        retry_after: Some(Duration::from_secs(limited.retry_after)),
        window: limited.facts.map(window),
    }
}

fn window(facts: tollgate_platform::Facts) -> WindowFact {
    WindowFact {
        count: facts.count,
        allowed: facts.allowed,
        reset: Duration::from_secs(facts.reset),
        family: Family::Platform,
    }
}
