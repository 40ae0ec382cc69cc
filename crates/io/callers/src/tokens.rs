//! The tokens that are known, each until it ends, within a bound.

use crate::principal::Principal;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Tokens and whose they are; beyond a bound the one that ends first goes.
#[derive(Default)]
pub(crate) struct Alive {
    tokens: HashMap<String, Known>,
    by_expiry: BTreeSet<(Instant, String)>,
    /// How often tokens were ended here: what the store was asked before that isn't believed any more.
    pub(crate) endings: u64,
}

/// What is known of a token.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) expires: Instant,
    /// From when on the store is asked about the token again.
    pub(crate) fresh_until: Instant,
    pub(crate) principal: Principal,
}

pub(crate) fn lock(alive: &Mutex<Alive>) -> MutexGuard<'_, Alive> {
    // The two tables are changed together without a point where one could panic.
    alive.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Alive {
    pub(crate) fn get(&self, token: &str, now: Instant) -> Option<Known> {
        let known = self.tokens.get(token)?;
        (now < known.expires).then(|| known.clone())
    }

    pub(crate) fn insert(&mut self, token: String, known: Known, now: Instant, most: usize) {
        self.remove(&token);
        while self.by_expiry.first().is_some_and(|(at, _)| *at <= now) {
            self.end_first();
        }
        while self.tokens.len() >= most.max(1) {
            self.end_first();
        }
        self.by_expiry.insert((known.expires, token.clone()));
        self.tokens.insert(token, known);
    }

    /// Keeps on believing what is known of a token, unless it was ended meanwhile.
    pub(crate) fn believe_on(&mut self, token: &str, known: Known) {
        if let Some(there) = self.tokens.get_mut(token)
            && there.fresh_until < known.fresh_until
            && there.expires == known.expires
        {
            *there = known;
        }
    }

    pub(crate) fn remove(&mut self, token: &str) -> bool {
        let Some(known) = self.tokens.remove(token) else {
            return false;
        };
        self.by_expiry.remove(&(known.expires, token.to_owned()));
        true
    }

    /// Ends those whose owners are such.
    pub(crate) fn end_those(&mut self, is_such: impl Fn(&Principal) -> bool) {
        let ended = self
            .tokens
            .iter()
            .filter(|(_, known)| is_such(&known.principal));
        let ended: Vec<_> = ended.map(|(token, _)| token.clone()).collect();
        for token in ended {
            self.remove(&token);
        }
    }

    /// Ends all of them.
    pub(crate) fn end_all(&mut self) {
        *self = Self {
            endings: self.endings + 1,
            ..Self::default()
        };
    }

    fn end_first(&mut self) {
        if let Some((_, token)) = self.by_expiry.pop_first() {
            self.tokens.remove(&token);
        }
    }
}
