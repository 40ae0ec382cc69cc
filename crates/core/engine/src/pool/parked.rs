//! Tokens that are there and not used, since other processes use as many more of the client's.
//!
//! Where processes share a client, each may use a *part* of the tokens that the client may have
//! ([`crate::Event::SetTokenPart`]). Tokens beyond it are *parked*: nothing is sent with them, they are out of the sums,
//! and none is renewed. They keep what their windows have counted, so that nothing is counted anew when the part grows and
//! they are used again. A token is fetched only where none is parked; so a process never has more tokens than the client
//! may have in all, however often parts change.
//!
//! A call needs a token, so a process may always use one, whatever its part is.

use super::Pools;
use crate::Config;
use std::cmp::Reverse;
use tollgate_model::{ClientId, Instant, TokenId};
use tollgate_quota::Ledger;

impl Pools {
    /// Tokens that this process may use of the client's.
    pub(crate) fn most_tokens(&self, client: ClientId, config: &Config) -> usize {
        let part = self.clients[client.index()].part;
        config.clients[client.index()].max_tokens.min(part) as usize
    }

    /// Whether more tokens are used than may be.
    pub(crate) fn uses_too_many(&self, client: ClientId, config: &Config) -> bool {
        self.clients[client.index()].used() > self.most_tokens(client, config)
    }

    /// So many of the client's tokens may be used here, and one in any case. Those that are beyond are parked by
    /// [`Self::park_beyond`]. Whether that is another number than before.
    pub(crate) fn set_part(&mut self, client: ClientId, tokens: u32) -> bool {
        let part = tokens.max(1);
        let state = self.clients.get_mut(client.index());
        state.is_some_and(|state| std::mem::replace(&mut state.part, part) != part)
    }

    /// Parks tokens that are beyond the part: first the one that has the fewest slots left.
    pub(crate) fn park_beyond(&mut self, client: ClientId, now: Instant) {
        while let Some(token) = self.fullest_beyond(client, now) {
            self.park(client, token);
        }
    }

    fn fullest_beyond(&self, client: ClientId, now: Instant) -> Option<TokenId> {
        let state = &self.clients[client.index()];
        if state.used() <= state.part as usize {
            return None;
        }
        state.used_tokens().max_by_key(|token| {
            let ledgers = self.tokens.get(*token).map(|held| &held.ledgers);
            let slots = ledgers.into_iter().flatten().map(|ledger| ledger.held(now));
            slots.max()
        })
    }

    fn park(&mut self, client: ClientId, token: TokenId) {
        let state = &mut self.clients[client.index()];
        let was_open = state.is_open(token);
        state.ready.remove(token);
        state.closed.remove(token);
        state.due.retain(|&due| due != token);
        state.parked.insert(token);
        if let Some(held) = self.tokens.get_mut(token) {
            held.watched = None;
        }
        if was_open {
            self.resum(client, token, Ledger::unmerge);
        }
        self.forget_joint(client);
    }

    /// Uses a parked token again if one more may be used: the one that lives longest.
    pub(crate) fn unpark(
        &mut self,
        client: ClientId,
        config: &Config,
        now: Instant,
    ) -> Option<TokenId> {
        let state = &self.clients[client.index()];
        if state.retired || state.used() >= self.most_tokens(client, config) {
            return None;
        }
        let token = self.longest_parked(client)?;
        let held = self.tokens.get(token)?;
        let is_closed = held.closed_until > now;
        let state = &mut self.clients[client.index()];
        state.parked.remove(token);
        if is_closed {
            state.closed.insert(token);
        } else {
            state.ready.insert(token);
            self.resum(client, token, Ledger::merge);
        }
        self.forget_joint(client);
        Some(token)
    }

    pub(crate) fn is_parked(&self, client: ClientId, token: TokenId) -> bool {
        self.clients[client.index()].parked.contains(token)
    }

    /// Whether a parked token is there that needn't be renewed yet.
    pub(crate) fn has_fresh_parked(&self, client: ClientId) -> bool {
        let token = self.longest_parked(client);
        let held = token.and_then(|token| self.tokens.get(token));
        held.is_some_and(|held| !held.renewing)
    }

    fn longest_parked(&self, client: ClientId) -> Option<TokenId> {
        let parked = self.clients[client.index()].parked.iter();
        let held = parked.filter_map(|token| Some((token, self.tokens.get(token)?)));
        let longest = held.min_by_key(|(_, held)| (held.renewing, Reverse(held.retires)));
        longest.map(|(token, _)| token)
    }
}
