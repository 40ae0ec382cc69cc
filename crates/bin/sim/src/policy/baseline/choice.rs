//! Which token a call takes, and what follows a 429.

use super::{Baseline, TOKENS_TODAY, Try, USUAL_WAIT};
use crate::policy::Kind;
use tollgate_engine::{Command, Facts, Verdict};
use tollgate_model::{Instant, Reason, Refusal, TokenId};

impl Baseline {
    /// The place and the token of the next call; none while none is granted.
    pub(super) fn place(&mut self, now: Instant) -> Option<(usize, TokenId)> {
        self.fetch_missing(now);
        let places = self.tokens.len();
        let found = (0..places).find_map(|ahead| {
            let place = (self.turn + ahead) % places;
            Some((place, self.tokens[place]?))
        });
        if let Some((place, _)) = found {
            self.turn = (place + 1) % places;
        }
        found
    }

    fn fetch_missing(&mut self, now: Instant) {
        for place in 0..self.tokens.len() {
            let coming = self.fetching.values().any(|other| *other == place);
            if self.tokens[place].is_none() && !coming {
                self.fetch(place, now);
            }
        }
    }

    fn fetch(&mut self, place: usize, now: Instant) {
        let token = TokenId(self.next_token);
        self.next_token += 1;
        self.fetching.insert(token, place);
        if self.kind == Kind::Today {
            self.taken_up.push_back(now);
            if self.taken_up.len() > TOKENS_TODAY {
                self.taken_up.pop_front();
            }
        }
        let client = self.settings.token_places[place];
        self.commands.push_back(Command::FetchToken(client, token));
    }

    /// Fetches another in its place when a call asks for it.
    pub(super) fn forget(&mut self, place: usize) {
        let token = self.tokens[place].take();
        self.commands.extend(token.map(Command::DropToken));
    }

    pub(super) fn granted(&mut self, token: TokenId, now: Instant) {
        let Some(place) = self.fetching.remove(&token) else {
            return;
        };
        self.tokens[place] = Some(token);
        for execution in std::mem::take(&mut self.waiting) {
            self.start(execution, now);
        }
    }

    pub(super) fn not_granted(&mut self, token: TokenId) {
        self.fetching.remove(&token);
        if !self.fetching.is_empty() || self.tokens.iter().any(Option::is_some) {
            return;
        }
        for execution in std::mem::take(&mut self.waiting) {
            let refusal = Refusal {
                reason: Reason::NoToken,
                limit: None,
                earliest_start: None,
            };
            self.finish(execution, Verdict::Refused(refusal));
        }
    }

    pub(super) fn limited(&mut self, it: &Try, facts: Facts, answered: Verdict, now: Instant) {
        let Some(execution) = self.executions.get_mut(&it.execution) else {
            return;
        };
        execution.limited += 1;
        let tries = execution.limited as usize;
        let wait = facts.retry_after.unwrap_or(USUAL_WAIT).max(USUAL_WAIT);
        match (self.kind, it.place) {
            (Kind::Today, Some(place)) if facts.window.is_some() && tries < TOKENS_TODAY => {
                self.next_today(it, place, answered, now);
            }
            (Kind::Today, _) => self.finish(it.execution, answered),
            (Kind::RoundRobin, Some(_)) if tries < self.tokens.len() => {
                self.again(it.execution, now, now, answered);
            }
            _ => {
                execution.limited = 0;
                self.again(it.execution, now + wait, now, answered);
            }
        }
    }

    /// Takes up the next token, unless another call already did.
    fn next_today(&mut self, it: &Try, place: usize, answered: Verdict, now: Instant) {
        if self.tokens[place] == it.token {
            let period = self.settings.period;
            let spent = self.taken_up.len() == TOKENS_TODAY
                && self.taken_up.front().is_some_and(|at| *at + period > now);
            if spent {
                return self.finish(it.execution, answered);
            }
            self.forget(place);
        }
        self.start(it.execution, now);
    }
}
