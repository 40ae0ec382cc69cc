//! Tokens by their numbers, which count up: places in a ring instead of nodes of a tree.

use std::collections::VecDeque;
use tollgate_model::{TokenId, tally};

/// Values by token. Takes the room from the oldest token that is there to the newest.
#[derive(Debug)]
pub(crate) struct Tokens<T> {
    /// Number of the first place.
    base: u32,
    places: VecDeque<Option<T>>,
}

impl<T> Tokens<T> {
    pub(crate) fn new() -> Self {
        Self {
            base: 0,
            places: VecDeque::new(),
        }
    }

    fn place(&self, token: TokenId) -> Option<usize> {
        token.0.checked_sub(self.base).map(|place| place as usize)
    }

    pub(crate) fn get(&self, token: TokenId) -> Option<&T> {
        self.places.get(self.place(token)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, token: TokenId) -> Option<&mut T> {
        let place = self.place(token)?;
        self.places.get_mut(place)?.as_mut()
    }

    /// Tokens are numbered in the order of their fetching, but may be granted in another.
    pub(crate) fn insert(&mut self, token: TokenId, value: T) {
        if self.places.is_empty() {
            self.base = token.0;
        }
        while token.0 < self.base {
            self.places.push_front(None);
            self.base -= 1;
        }
        let place = (token.0 - self.base) as usize;
        while self.places.len() <= place {
            self.places.push_back(None);
        }
        self.places[place] = Some(value);
    }

    pub(crate) fn remove(&mut self, token: TokenId) -> Option<T> {
        let place = self.place(token)?;
        let value = self.places.get_mut(place)?.take();
        while let Some(None) = self.places.front() {
            self.places.pop_front();
            self.base += 1;
        }
        value
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TokenId, &T)> {
        let numbered = (self.base..).zip(&self.places);
        numbered.filter_map(|(number, value)| Some((TokenId(number), value.as_ref()?)))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().flatten()
    }
}

/// Some of the tokens: a bit for each, and a bit for each word of bits that is not empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenSet {
    /// Number of the first word.
    base: u32,
    words: VecDeque<u64>,
    /// By words, 64 of them in each.
    used: Vec<u64>,
    len: usize,
}

impl TokenSet {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn contains(&self, token: TokenId) -> bool {
        let word = (token.0 / 64).checked_sub(self.base);
        let word = word.and_then(|word| self.words.get(word as usize));
        word.is_some_and(|word| word & bit(token) != 0)
    }

    pub(crate) fn insert(&mut self, token: TokenId) {
        let word = token.0 / 64;
        if self.words.is_empty() {
            self.base = word;
        }
        if word < self.base {
            // Rare: a token granted before an older one.
            while word < self.base {
                self.words.push_front(0);
                self.base -= 1;
            }
            self.used.clear();
            for place in 0..self.words.len() {
                self.mark(place);
            }
        }
        let place = (word - self.base) as usize;
        while self.words.len() <= place {
            self.words.push_back(0);
        }
        self.len += usize::from(self.words[place] & bit(token) == 0);
        self.words[place] |= bit(token);
        self.mark(place);
    }

    /// Notes whether the word is empty.
    fn mark(&mut self, place: usize) {
        if self.used.len() <= place / 64 {
            self.used.resize(place / 64 + 1, 0);
        }
        let mark = 1 << (place % 64);
        if self.words[place] == 0 {
            self.used[place / 64] &= !mark;
        } else {
            self.used[place / 64] |= mark;
        }
    }

    pub(crate) fn remove(&mut self, token: TokenId) -> bool {
        let there = self.contains(token);
        if there {
            let place = (token.0 / 64 - self.base) as usize;
            self.words[place] &= !bit(token);
            self.mark(place);
            self.len -= 1;
            // An empty set starts anew, at the number of the next.
            if self.len == 0 {
                self.words.clear();
                self.used.clear();
            }
        }
        there
    }

    /// The first token from this number on.
    pub(crate) fn first_from(&self, token: TokenId) -> Option<TokenId> {
        let from = token.0.max(self.base.saturating_mul(64));
        let place = (from / 64 - self.base) as usize;
        let word = self.words.get(place)? & (u64::MAX << (from % 64));
        let (place, word) = if word == 0 {
            let place = self.used_from(place + 1)?;
            (place, self.words[place])
        } else {
            (place, word)
        };
        let number = (self.base + tally(place)) * 64 + word.trailing_zeros();
        Some(TokenId(number))
    }

    /// The first word from this one on that is not empty.
    fn used_from(&self, place: usize) -> Option<usize> {
        let first = place / 64;
        for (at, &used) in self.used.iter().enumerate().skip(first) {
            let used = if at == first {
                used & (u64::MAX << (place % 64))
            } else {
                used
            };
            if used != 0 {
                return Some(at * 64 + used.trailing_zeros() as usize);
            }
        }
        None
    }

    pub(crate) fn first(&self) -> Option<TokenId> {
        self.first_from(TokenId(0))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = TokenId> {
        let next = |token: &TokenId| self.first_from(TokenId(token.0 + 1));
        std::iter::successors(self.first(), next)
    }
}

fn bit(token: TokenId) -> u64 {
    1 << (token.0 % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Against the standard library's trees.
    #[test]
    fn a_ring_and_its_bits_are_a_map_and_a_set() {
        let (mut tokens, mut map) = (Tokens::new(), BTreeMap::new());
        let (mut bits, mut set) = (TokenSet::default(), BTreeSet::new());
        let mut random = 3_u64;
        for step in 0..20_000_u32 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let token = TokenId(100 + step / 20 + (random >> 33) as u32 % 200);
            if random >> 62 == 0 {
                tokens.insert(token, step);
                map.insert(token, step);
                bits.insert(token);
                set.insert(token);
            } else {
                assert_eq!(tokens.remove(token), map.remove(&token));
                assert_eq!(bits.remove(token), set.remove(&token));
            }
            assert_eq!(tokens.get(token), map.get(&token));
            assert_eq!(bits.contains(token), set.contains(&token));
            assert_eq!(bits.len(), set.len());
            assert_eq!(bits.first_from(token), set.range(token..).next().copied());
        }
        assert!(!set.is_empty());
        assert_eq!(bits.iter().collect::<Vec<_>>(), Vec::from_iter(set));
        let pairs: Vec<_> = tokens.iter().map(|(token, step)| (token, *step)).collect();
        assert_eq!(pairs, Vec::from_iter(map));
    }
}
