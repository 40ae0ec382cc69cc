//! One client's tokens, and which of them have room.

use crate::tokens::{TokenSet, Tokens};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

/// An access token's ledgers.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) client: ClientId,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) sent: u64,
    /// When a successor is to be fetched.
    pub(crate) renews: Instant,
    /// When it is to be looked at again, if it has no room.
    pub(super) watched: Option<Instant>,
}

/// An OAuth client's tokens.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(crate) pool: Option<PoolId>,
    /// Tokens to send with.
    pub(crate) live: TokenSet,
    /// Those of them that had room when last looked at.
    pub(super) ready: TokenSet,
    /// When a token without room may have some again. May name one that is gone, or an instant that
    /// does not matter any more.
    pub(super) full: BinaryHeap<Reverse<(Instant, TokenId)>>,
    pub(crate) fetching: Option<TokenId>,
    /// Nothing new will ask for its tokens.
    pub(crate) retired: bool,
    pub(crate) failures: u32,
    pub(crate) paused_until: Instant,
}

impl Token {
    pub(super) fn has_room(&mut self, now: Instant, cost: u32) -> bool {
        self.ledgers
            .iter_mut()
            .all(|ledger| ledger.has_room(now, cost))
    }

    /// When there is room by the passing of time alone.
    pub(super) fn next_room(&mut self, now: Instant, cost: u32) -> Option<Instant> {
        let mut rooms = self
            .ledgers
            .iter_mut()
            .map(|ledger| ledger.next_room(now, cost));
        rooms.try_fold(now, |latest, room| Some(latest.max(room?)))
    }
}

impl ClientState {
    pub(super) fn new() -> Self {
        Self {
            pool: None,
            live: TokenSet::default(),
            ready: TokenSet::default(),
            full: BinaryHeap::new(),
            fetching: None,
            retired: false,
            failures: 0,
            paused_until: Instant::ZERO,
        }
    }

    /// Notes when the full token may have room. Without a known end its next settlement brings it here.
    pub(super) fn watch(&mut self, token: TokenId, held: &mut Token, now: Instant) {
        if let Some(at) = held.next_room(now, 1)
            && held.watched.is_none_or(|watched| at < watched)
        {
            held.watched = Some(at);
            self.full.push(Reverse((at, token)));
        }
    }

    /// Looks again at the full tokens whose time has come.
    pub(super) fn wake(&mut self, tokens: &mut Tokens<Token>, now: Instant) {
        while let Some(&Reverse((at, token))) = self.full.peek() {
            if at > now {
                break;
            }
            self.full.pop();
            if let Some(held) = tokens.get_mut(token)
                && held.watched == Some(at)
            {
                held.watched = None;
                self.ready.insert(token);
            }
        }
    }
}
