//! One client's tokens, and which of them have room.

use super::endpoint::Endpoint;
use crate::config::Policy;
use crate::tokens::{TokenSet, Tokens};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use tollgate_model::{ClientId, Instant, PoolId, TokenId};
use tollgate_quota::Ledger;

/// An access token's ledgers.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) client: ClientId,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) sent: u64,
    /// Nothing is sent with it until then.
    pub(crate) closed_until: Instant,
    /// Whether a call with it had another answer than 401.
    pub(crate) proven: bool,
    /// When it is to be looked at again, if it has no room.
    pub(super) watched: Option<Instant>,
    /// Its time to be renewed has come, whether it needs to be or not.
    pub(crate) renewing: bool,
    /// From then on it is too old to send with.
    pub(crate) retires: Instant,
}

/// An OAuth client's tokens.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(crate) pool: Option<PoolId>,
    /// Tokens that are there.
    pub(crate) live: TokenSet,
    /// When each of them becomes too old to send with, the first to be so first.
    pub(super) ends: BTreeSet<(Instant, TokenId)>,
    /// Those of them that had room when last looked at.
    pub(super) ready: TokenSet,
    /// Those of them that nothing is sent with, because of a 429.
    pub(super) closed: TokenSet,
    /// Those of them that are not used, since they are beyond [`Self::part`]; none of the closed ones.
    pub(super) parked: TokenSet,
    /// Tokens that this process may use of the client's, from one on; as many as it has where no other shares the client.
    pub(super) part: u32,
    /// When a token without room may have some again. May name one that is gone, or an instant that
    /// does not matter any more.
    pub(super) full: BinaryHeap<Reverse<(Instant, TokenId)>>,
    /// Sums over its tokens, as its pool's, where the pool's clients are apart.
    pub(crate) aggregates: Vec<Ledger>,
    /// Tokens that wait for a successor, the first due first.
    pub(crate) due: VecDeque<TokenId>,
    /// Fetches under way, and since when.
    pub(crate) fetching: BTreeMap<TokenId, Instant>,
    pub(crate) endpoint: Endpoint,
    /// The fetch under way was made for nobody, to see whether the endpoint gives tokens again.
    pub(crate) probing: bool,
    /// Somebody was refused for want of a token since the last fetch.
    pub(crate) wanted: bool,
    /// Whether it can have a token is to be known, though nobody is refused for want of one.
    pub(crate) watched: bool,
    /// Nothing new will ask for its tokens.
    pub(crate) retired: bool,
    /// Nothing is sent with its tokens, and none fetched, until then.
    pub(super) closed_until: Instant,
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
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            pool: None,
            live: TokenSet::default(),
            ends: BTreeSet::new(),
            ready: TokenSet::default(),
            closed: TokenSet::default(),
            parked: TokenSet::default(),
            part: if policy.shares_limits { 1 } else { u32::MAX },
            full: BinaryHeap::new(),
            aggregates: Vec::new(),
            due: VecDeque::new(),
            fetching: BTreeMap::new(),
            endpoint: Endpoint::new(policy.fetches_at_once),
            probing: false,
            wanted: false,
            watched: false,
            retired: false,
            closed_until: Instant::ZERO,
        }
    }

    /// Whether something may be sent with the token, were there room.
    pub(super) fn is_open(&self, token: TokenId) -> bool {
        self.live.contains(token) && !self.closed.contains(token) && !self.parked.contains(token)
    }

    /// Whether none of its tokens waits for the end of a 429's pause.
    pub(super) fn closed_is_empty(&self) -> bool {
        self.closed.is_empty()
    }

    /// Tokens that something may be sent with, were there room.
    pub(super) fn open(&self) -> usize {
        self.used() - self.closed.len()
    }

    /// Tokens that aren't parked.
    pub(crate) fn used(&self) -> usize {
        self.live.len() - self.parked.len()
    }

    /// The tokens that aren't parked.
    pub(super) fn used_tokens(&self) -> impl Iterator<Item = TokenId> {
        let live = self.live.iter();
        live.filter(|token| !self.parked.contains(*token))
    }

    /// When a token may be fetched, and sent with.
    pub(crate) fn fetches_from(&self) -> Instant {
        self.endpoint.paused_until().max(self.closed_until)
    }

    /// Whether one more fetch may be under way.
    pub(crate) fn may_fetch_more(&self) -> bool {
        self.fetching.len() < self.endpoint.at_once()
    }

    /// Whether it may come to hold one more token than those there are and those on their way.
    pub(super) fn may_hold_more(&self, most: usize) -> bool {
        self.used() + self.fetching.len() < most
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
