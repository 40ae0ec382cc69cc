//! How often somebody may guess a secret.
//!
//! Each wrong login, and each request with a wrong secret of its own, is charged to the address that it came from
//! and to the id that it named, whether there is such an id or not (an API key names none). Either may be wrong a
//! number of times in a minute, and what would be beyond it is answered 429 without a look at the secret. A login is
//! charged when it begins and given back if it was right, so that guesses at once are no way around.
//!
//! **Real logins go on.** A pair of id and secret that was right before passes whatever others are guessing,
//! from the same address and at the same id too: it is recognised by a hash with this process's own key, at
//! the cost of that hash. It is checked in full all the same, and forgotten when it is wrong.
//!
//! **Addresses.** An IPv6 address stands for its /64, which one subscriber has whole. Behind a proxy all
//! callers have the proxy's address; `trusted_proxies` names those whose `X-Forwarded-For` is believed: the
//! last address in it that is no such proxy.
//!
//! **Bounds.** [`MOST`] entries of each table; beyond it those go that are charged least.

use http::HeaderMap;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tollgate_upstream::Network;

/// Entries of a table.
const MOST: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// Counts wrong logins by address and by client id.
pub struct Logins {
    per_minute: u32,
    proxies: Vec<Network>,
    key: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Wrong logins charged when, by hash of an address or of an id. A charge wears off evenly, by
    /// `per_minute` in a minute.
    charged: HashMap<u64, (f64, Instant)>,
    /// Pairs that were right, and when.
    right: HashMap<u64, Instant>,
}

/// What somebody shows to prove who they are.
#[derive(Clone, Copy, Hash)]
pub(crate) struct Shown<'a> {
    /// In which way: what is right in one may be wrong in another.
    pub(crate) way: Way,
    /// The id that is named.
    pub(crate) id: Option<&'a str>,
    pub(crate) secret: &'a str,
}

/// The ways that take a secret.
#[derive(Clone, Copy, Hash)]
pub(crate) enum Way {
    OAuth,
    Basic,
    ApiKey,
}

/// A login that has been let in.
pub(crate) struct Attempt {
    pair: u64,
    /// What was charged: an address, and an id.
    charged: [Option<u64>; 2],
}

impl Logins {
    /// Bounds of so many wrong logins a minute; what these proxies say of an address is believed.
    #[must_use]
    pub fn new(per_minute: u32, proxies: Vec<Network>) -> Self {
        Self {
            per_minute,
            proxies,
            key: RandomState::new(),
            state: Mutex::default(),
        }
    }

    /// The address that a request comes from: the peer's, or what trusted proxies say.
    pub(crate) fn source(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_proxy = |address: IpAddr| self.proxies.iter().any(|it| it.contains(address));
        let mut source = peer.to_canonical();
        let said = headers.get_all("x-forwarded-for").iter().rev();
        let said = said.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        for text in said {
            if !is_proxy(source) {
                break;
            }
            match text.trim().parse::<IpAddr>() {
                Ok(address) => source = address.to_canonical(),
                Err(_) => break,
            }
        }
        source
    }

    /// Lets a login in, or says how long its address or its id has to wait.
    pub(crate) fn enter(
        &self,
        source: IpAddr,
        shown: Shown<'_>,
        now: Instant,
    ) -> Result<Attempt, Duration> {
        let pair = self.key.hash_one(shown);
        let id = shown.id.map(|id| self.key.hash_one(id));
        let keys = [Some(self.key.hash_one(network(source))), id];
        let mut state = self.lock();
        if state.right.contains_key(&pair) {
            return Ok(Attempt {
                pair,
                charged: [None; 2],
            });
        }
        let most = f64::from(self.per_minute);
        let worst = keys.map(|key| key.map_or(0.0, |key| state.now(key, most, now)));
        let over = worst.into_iter().fold(0.0, f64::max) + 1.0 - most;
        if over > 0.0 {
            return Err(MINUTE.mul_f64((over / most).min(1.0)));
        }
        for (key, charged) in keys.into_iter().zip(worst) {
            if let Some(key) = key {
                state.charge(key, charged + 1.0, now);
            }
        }
        Ok(Attempt {
            pair,
            charged: keys,
        })
    }

    /// Notes that the login was right.
    pub(crate) fn right(&self, attempt: &Attempt, now: Instant) {
        self.give_back(attempt, now);
        let mut state = self.lock();
        if state.right.len() >= MOST
            && !state.right.contains_key(&attempt.pair)
            && let Some(oldest) = state.right.iter().min_by_key(|(_, at)| **at)
        {
            let oldest = *oldest.0;
            state.right.remove(&oldest);
        }
        state.right.insert(attempt.pair, now);
    }

    /// Notes that the login was wrong.
    pub(crate) fn wrong(&self, attempt: &Attempt) {
        self.lock().right.remove(&attempt.pair);
    }

    /// Takes the charge back: nobody knows whether the login was right.
    pub(crate) fn give_back(&self, attempt: &Attempt, now: Instant) {
        let mut state = self.lock();
        for key in attempt.charged.into_iter().flatten() {
            let charged = state.now(key, f64::from(self.per_minute), now);
            state.charge(key, (charged - 1.0).max(0.0), now);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each table is whole between two operations on it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The charge that is left of a key's.
    fn now(&self, key: u64, per_minute: f64, now: Instant) -> f64 {
        self.charged.get(&key).map_or(0.0, |(charged, at)| {
            let worn = now.saturating_duration_since(*at).as_secs_f64() / MINUTE.as_secs_f64();
            (charged - worn * per_minute).max(0.0)
        })
    }

    fn charge(&mut self, key: u64, charged: f64, now: Instant) {
        if self.charged.len() >= MOST && !self.charged.contains_key(&key) {
            self.charged
                .retain(|_, (_, at)| now.saturating_duration_since(*at) < MINUTE);
            let least = self.charged.iter().min_by(|a, b| a.1.0.total_cmp(&b.1.0));
            if let Some(least) = least.map(|it| *it.0).filter(|_| self.charged.len() >= MOST) {
                self.charged.remove(&least);
            }
        }
        self.charged.insert(key, (charged, now));
    }
}

/// The address, or the network that one subscriber has.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn pair<'a>(id: &'a str, secret: &'a str) -> Shown<'a> {
        Shown {
            way: Way::OAuth,
            id: Some(id),
            secret,
        }
    }

    #[test]
    fn keys_are_charged_to_their_source_alone_and_each_way_is_its_own() {
        let (logins, now) = (Logins::new(3, Vec::new()), Instant::now());
        let key = |secret| Shown {
            way: Way::ApiKey,
            id: None,
            secret,
        };
        for guess in ["1", "2", "3"] {
            assert!(logins.enter(ip("10.0.0.1"), key(guess), now).is_ok());
        }
        assert!(logins.enter(ip("10.0.0.1"), key("4"), now).is_err());
        let elsewhere = logins.enter(ip("10.0.0.2"), key("4"), now).ok().unwrap();
        logins.right(&elsewhere, now);
        let basic = Shown {
            way: Way::Basic,
            ..key("4")
        };
        assert!(logins.enter(ip("10.0.0.1"), key("4"), now).is_ok(), "known");
        assert!(logins.enter(ip("10.0.0.1"), basic, now).is_err());
    }

    #[test]
    fn guesses_are_bounded_by_source_and_by_id_and_real_logins_go_on() {
        let (logins, now) = (Logins::new(10, Vec::new()), Instant::now());
        let enter = |source: &str, id: &str, secret: &str, now| {
            logins.enter(ip(source), pair(id, secret), now)
        };
        let right = enter("10.0.0.1", "real", "right", now).unwrap();
        logins.right(&right, now);
        let guess = |source: &str, id: &str, nth: u32| {
            let entered = enter(source, id, &format!("guess {nth}"), now);
            entered.inspect(|it| logins.wrong(it)).is_ok()
        };
        let let_in = (0..100)
            .filter(|nth| guess("10.0.0.9", &format!("id {nth}"), *nth))
            .count();
        assert_eq!(let_in, 10, "of one source, whatever the ids");
        let let_in = (0..100)
            .filter(|nth| guess(&format!("10.1.0.{nth}"), "real", *nth))
            .count();
        assert_eq!(let_in, 10, "at one id, whatever the sources");
        let let_in = (0..100)
            .filter(|nth| guess(&format!("2001:db8::{nth:x}"), &format!("x{nth}"), *nth))
            .count();
        assert_eq!(let_in, 10, "of one IPv6 network");
        for source in ["10.0.0.1", "10.0.0.9", "10.7.7.7"] {
            assert!(
                enter(source, "real", "right", now).is_ok(),
                "known to be right"
            );
        }
        let wait = enter("10.0.0.9", "new", "right", now).err().unwrap();
        assert!(wait <= MINUTE / 10 + Duration::from_millis(1), "{wait:?}");
        assert!(enter("10.0.0.9", "new", "right", now + wait).is_ok());
        // One that was right and isn't any more has no lane.
        let stale = enter("10.0.0.9", "real", "right", now).unwrap();
        logins.wrong(&stale);
        assert!(enter("10.0.0.9", "real", "right", now).is_err());
    }

    #[test]
    fn at_once_counts_and_what_was_right_is_given_back() {
        let (logins, now) = (Logins::new(3, Vec::new()), Instant::now());
        let enter = |nth: u32| logins.enter(ip("::1"), pair("a", &nth.to_string()), now);
        let at_once: Vec<_> = (0..3).map(|nth| enter(nth).ok().unwrap()).collect();
        assert!(enter(9).is_err());
        logins.right(&at_once[0], now);
        logins.give_back(&at_once[1], now);
        assert!(enter(10).is_ok() && enter(11).is_ok() && enter(12).is_err());
    }

    #[test]
    fn tables_are_bounded() {
        let (logins, now) = (Logins::new(10, Vec::new()), Instant::now());
        for nth in 0..12_000_u32 {
            let id = format!("id {nth}");
            let entered = logins.enter(ip("::1"), pair(&id, "s"), now);
            if let Ok(entered) = entered {
                logins.right(&entered, now);
            }
        }
        let state = logins.lock();
        assert!(state.charged.len() <= MOST && state.right.len() <= MOST);
    }

    #[test]
    fn a_known_pair_that_is_right_again_takes_nobodys_room() {
        let (logins, now) = (Logins::new(10, Vec::new()), Instant::now());
        logins.lock().right = (0..MOST as u64).map(|pair| (pair, now)).collect();
        let known = Attempt {
            pair: 7,
            charged: [None; 2],
        };
        logins.right(&known, now + MINUTE);
        assert_eq!(logins.lock().right.len(), MOST);
        let new = Attempt {
            pair: u64::MAX,
            charged: [None; 2],
        };
        logins.right(&new, now + MINUTE);
        let state = logins.lock();
        assert_eq!(state.right.len(), MOST);
        assert!(state.right.contains_key(&u64::MAX) && state.right.contains_key(&7));
    }

    #[test]
    fn a_forwarded_address_is_believed_of_trusted_proxies_alone() {
        let forwarded = |texts: &[&str]| {
            let mut headers = HeaderMap::new();
            for text in texts {
                headers.append("x-forwarded-for", text.parse().unwrap());
            }
            headers
        };
        let none = Logins::new(1, Vec::new());
        assert_eq!(
            none.source(ip("10.0.0.1"), &forwarded(&["1.1.1.1"])),
            ip("10.0.0.1")
        );
        let some = Logins::new(1, vec!["10.0.0.0/8".parse().unwrap()]);
        for (peer, headers, source) in [
            ("10.0.0.1", forwarded(&[]), "10.0.0.1"),
            ("9.9.9.9", forwarded(&["1.1.1.1"]), "9.9.9.9"),
            ("10.0.0.1", forwarded(&["6.6.6.6, 1.1.1.1"]), "1.1.1.1"),
            (
                "::ffff:10.0.0.1",
                forwarded(&["6.6.6.6, 1.1.1.1, 10.2.2.2"]),
                "1.1.1.1",
            ),
            ("10.0.0.1", forwarded(&["6.6.6.6", "1.1.1.1"]), "1.1.1.1"),
            ("10.0.0.1", forwarded(&["1.1.1.1, no address"]), "10.0.0.1"),
        ] {
            assert_eq!(some.source(ip(peer), &headers), ip(source), "{headers:?}");
        }
    }
}
