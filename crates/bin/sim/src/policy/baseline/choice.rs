//! Which token a call takes.

use super::{Baseline, TOKENS_TODAY};
use crate::policy::Kind;
use tollgate_engine::{Command, Verdict};
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
                lease: None,
            };
            self.finish(execution, Verdict::Refused(refusal));
        }
    }
}
