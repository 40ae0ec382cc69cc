//! The provider: which calls it admits, and what it says of them.

mod fate;
mod strangers;
mod tokens;

use crate::gate::{Gate, GatePlace, Passer};
use crate::said::{self, Header};
use crate::strangers::StrangerCalls;
use crate::verdict::Place;
use crate::{
    Admitted, Config, Counted, Counts, Faults, LimitName, Limited, Request, Slowing,
    StrangerCounts, TokenCounts, TokenNumber, Verdict, Whose, WindowCount,
};
use std::collections::BTreeMap;
use std::time::Duration;
use tokens::Tokens;
use tollgate_model::{Instant, Stream};

/// The organisation's windows that are remembered.
const REMEMBERED_WINDOWS: usize = 4_096;

/// The provider.
#[derive(Clone, Debug)]
pub struct Platform {
    config: Config,
    random: Stream,
    /// Of what is drawn beside the way in, the latency, the faults and the tokens.
    luck: Stream,
    gate: Gate,
    tokens: Tokens,
    strangers: Vec<StrangerCalls>,
    /// When the first call or token was asked for.
    began: Option<Instant>,
    under_way: u32,
    /// Places under limits on calls at once, by call.
    places: BTreeMap<u64, Vec<GatePlace>>,
    calls: u64,
    /// When each of the workers is free.
    workers: Vec<Instant>,
    seed: u64,
    counts: Counts,
}

impl Platform {
    /// A provider that has counted nothing.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        let mut random = Stream::new(seed);
        let mut gate = Gate::new(config.laws(), config.alignment, seed);
        if config.client.is_some() {
            for client in 0..config.clients.len() {
                gate.open(Whose::Client, client as u32, random.next());
            }
        }
        if config.organisation.is_some() {
            gate.open(Whose::Organisation, 0, random.next());
        }
        let workers = match config.slowing {
            Slowing::Workers(workers) => vec![Instant::ZERO; workers.max(1) as usize],
            _ => Vec::new(),
        };
        Self {
            counts: Counts {
                strangers: vec![StrangerCounts::default(); config.strangers.len()],
                ..Counts::default()
            },
            random,
            luck: Stream::new(!seed),
            gate,
            tokens: Tokens::default(),
            strangers: Vec::new(),
            began: None,
            under_way: 0,
            places: BTreeMap::new(),
            calls: 0,
            workers,
            seed,
            config,
        }
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.config.faults = faults;
    }

    /// How long this call is on its way before it counts.
    pub fn way_in(&mut self) -> Duration {
        let way_in = self.config.way_in.draw(&mut self.random);
        match self.config.counted {
            Counted::OnArrival => way_in,
            Counted::AtAnswer => way_in + self.config.latency.draw(&mut self.random),
        }
    }

    /// A call arrives whose path matters to no limit; `token` is what its bearer stands for, if
    /// anything.
    pub fn arrive(&mut self, token: Option<TokenNumber>, now: Instant) -> Verdict {
        let request = Request {
            token,
            method: "GET",
            path: "/",
        };
        self.arrive_at(request, now)
    }

    /// A call arrives.
    pub fn arrive_at(&mut self, request: Request<'_>, now: Instant) -> Verdict {
        self.arrive_taking(request, None, now)
    }

    /// A call arrives that takes as long as is said, asked for if it is admitted, before other calls and
    /// faults slow it down; with none, as long as is configured.
    pub fn arrive_taking(
        &mut self,
        request: Request<'_>,
        takes: Option<&mut dyn FnMut() -> Duration>,
        now: Instant,
    ) -> Verdict {
        self.look(now);
        let (token, client) = match self.tokens.good(request.token, now) {
            Some((token, client)) => (token, Some(client)),
            None if self.config.needs_token => {
                self.counts.unauthorized += 1;
                return Verdict::Unauthorized;
            }
            None => (0, None),
        };
        let passer = Passer {
            token: Some(token),
            client,
            method: request.method,
            path: request.path,
        };
        let verdict = self.decide(passer, takes, now);
        let counts = &mut self.counts;
        let mut unnamed = TokenCounts::default();
        let of_token = counts
            .tokens
            .get_mut(token as usize)
            .unwrap_or(&mut unnamed);
        match &verdict {
            Verdict::Limited(limited) => {
                *counts.limited.entry(limited.limit).or_default() += 1;
                of_token.limited += 1;
            }
            _ => {
                counts.admitted += 1;
                of_token.admitted += 1;
                let most = self.config.token_endpoint.calls;
                self.tokens.count(token, most);
            }
        }
        verdict
    }

    /// The call is over that has this place.
    pub fn depart(&mut self, place: Place) {
        if let Some(places) = self.places.remove(&place.0) {
            self.gate.leave(&places);
        }
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The call is over that has been under way for the longest.
    pub fn leave(&mut self) {
        let first = self.places.keys().next().copied();
        self.depart(Place(first.unwrap_or(u64::MAX)));
    }

    /// The headers of the answer to a call of which this was said, a moment or a while ago.
    pub fn headers(&mut self, verdict: &Verdict, now: Instant) -> Vec<Header> {
        let headers = &self.config.headers;
        let (facts, refusal) = match verdict {
            Verdict::Admitted(admitted) => (admitted.facts, None),
            Verdict::Limited(limited) => (limited.facts, Some(limited)),
            Verdict::Unauthorized => (None, None),
        };
        let mut said = facts.map_or_else(Vec::new, |facts| {
            said::window(headers, facts, &mut self.luck, now)
        });
        if let Some(limited) = refusal {
            let stray = limited
                .stray
                .and_then(|place| self.config.strays.get(place));
            let form = stray.map_or(&headers.retry_after, |stray| &stray.retry_after);
            said.extend(said::retry_after(
                form,
                (limited.retry_after, limited.wait),
                now,
            ));
        }
        said
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn decide(
        &mut self,
        passer: Passer<'_>,
        takes: Option<&mut dyn FnMut() -> Duration>,
        now: Instant,
    ) -> Verdict {
        for (place, stray) in self.config.strays.iter().enumerate() {
            if self.luck.fraction() * 100.0 < stray.percent {
                let facts = if stray.shows {
                    self.gate.spoken_of(passer, now)
                } else {
                    None
                };
                return Verdict::Limited(Limited {
                    limit: LimitName::Stray,
                    retry_after: 1,
                    wait: Duration::from_secs(1),
                    facts,
                    status: stray.status,
                    stray: Some(place),
                });
            }
        }
        match self.gate.enter(passer, now) {
            Err((limit, wait, facts)) => Verdict::Limited(Limited {
                limit,
                retry_after: match facts {
                    // The observed platform says as much as its reset.
                    Some(facts) if facts.count >= facts.allowed => facts.reset,
                    _ => wait.as_secs() + u64::from(wait.subsec_nanos() > 0),
                },
                wait,
                facts,
                status: self.config.headers.refusal,
                stray: None,
            }),
            Ok(entered) => {
                self.remember(entered.window, now);
                self.under_way += 1;
                self.counts.most_at_once = self.counts.most_at_once.max(self.under_way);
                self.calls += 1;
                if !entered.places.is_empty() {
                    self.places.insert(self.calls, entered.places);
                }
                let (latency, fault) = self.fate(takes, now);
                Verdict::Admitted(Admitted {
                    facts: entered.facts,
                    latency,
                    fault,
                    place: Place(self.calls),
                })
            }
        }
    }

    fn remember(&mut self, window: Option<(Option<Instant>, u32)>, now: Instant) {
        let Some((opened, count)) = window else {
            return;
        };
        let windows = &mut self.counts.windows;
        if opened.is_some() || windows.is_empty() {
            if windows.len() == REMEMBERED_WINDOWS {
                windows.pop_front();
            }
            let opened = opened.unwrap_or(now);
            windows.push_back(WindowCount { opened, count: 0 });
        }
        if let Some(window) = windows.back_mut() {
            window.count = count;
        }
    }
}
