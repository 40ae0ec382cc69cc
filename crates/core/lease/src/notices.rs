//! What one node was told and all are to know: a number that an operator has set, or that the upstream has closed a limit.
//!
//! A *notice* has a key and a text, whose meaning is the driver's. Some end: then their end goes from clock to clock as a
//! span, which only lengthens on the way. A notice that is taken back stays as one without a text, so that a node that was
//! away doesn't bring it back.
//!
//! **The last change wins**, in the order in which changes reach the value and not by any clock: each gets the next *turn*.
//! Nodes keep the notices they have heard with their turns and show them in each exchange, so a store that has forgotten
//! them, or has older ones, has them again from the first node that comes. Of two of one turn, which only a store that was
//! split can make, the one that is in the value stays.
//!
//! **What a file has is older than what any value had.** A node that starts *offers* what its file has, without knowing when
//! that was so: it holds where the value says nothing of the key. After a doubt that is no reason to believe it, for the value
//! may have forgotten what live nodes are about to show. So while the value is learned anew an offer stays at turn 0, which
//! is before every turn that a value gives, and whoever has heard anything else of the key replaces it, in whichever order
//! they come. When the learning is over all who live have shown what they know, since a node exchanges several times in the
//! span of its lease, and learning lasts a lease: then what is still at turn 0 was said by nobody else, and gets the next turn
//! as a change does. It can't get it sooner: with the turn 1 of a value that was just made it would win over the change that
//! was the first in the value before, and with a further one over later changes. Which of two files is the newer
//! nobody knows, so the first to come stays.

use crate::StoreTime;
use crate::time::at_least;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::Instant;

/// Notices without a text that are kept at the most.
const MOST_TAKEN_BACK: usize = 256;

/// What a notice says, and until when: `T` is a span, an instant of a node's clock, or one of the store's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice<T> {
    /// None if what was said of this key is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its end; none if it has none.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub end: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T: Copy> Notice<T> {
    fn by<U>(&self, clock: impl Fn(T) -> U) -> Notice<U> {
        Notice {
            text: self.text.clone(),
            end: self.end.map(clock),
        }
    }
}

/// A notice with its turn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Noted<T> {
    /// The place of the change that it is of among all changes; 0 of what a node's file has, before the value has
    /// given it a turn.
    pub turn: u64,
    /// What it says.
    pub notice: Notice<T>,
}

/// What a node tells the value.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// What it has heard.
    pub known: BTreeMap<String, Noted<Duration>>,
    /// What has changed at this node.
    pub news: BTreeMap<String, Notice<Duration>>,
}

/// The notices in the value.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notices {
    /// The turn of the last change.
    pub(crate) turn: u64,
    pub(crate) all: BTreeMap<String, Noted<StoreTime>>,
}

impl Notices {
    pub(crate) fn is_empty(&self) -> bool {
        self.turn == 0 && self.all.is_empty()
    }

    /// What a member has heard, as far as it is newer than what is here.
    pub(crate) fn merge(&mut self, known: &BTreeMap<String, Noted<Duration>>, now: StoreTime) {
        for (key, noted) in known {
            let here = self.all.get(key).map(|here| here.turn);
            if here.is_none_or(|here| here < noted.turn) {
                // Members are to hear of an offer as they do of a change.
                let next = self.turn + u64::from(noted.turn == 0);
                self.turn = next.max(noted.turn);
                let noted = Noted {
                    turn: noted.turn,
                    notice: noted.notice.by(|span| now + at_least(span)),
                };
                self.all.insert(key.clone(), noted);
            }
        }
    }

    /// The value is not learned anew: what was offered holds as a change does.
    pub(crate) fn take_offers(&mut self) {
        for noted in self.all.values_mut().filter(|it| it.turn == 0) {
            self.turn += 1;
            noted.turn = self.turn;
        }
    }

    /// What has changed at a member.
    pub(crate) fn change(&mut self, news: &BTreeMap<String, Notice<Duration>>, now: StoreTime) {
        for (key, notice) in news {
            self.turn += 1;
            let noted = Noted {
                turn: self.turn,
                notice: notice.by(|span| now + at_least(span)),
            };
            self.all.insert(key.clone(), noted);
        }
    }

    /// Drops what has ended, and the oldest of what was taken back.
    pub(crate) fn release(&mut self, now: StoreTime) {
        let lasts = |noted: &Noted<StoreTime>| noted.notice.end.is_none_or(|end| end > now);
        self.all.retain(|_, noted| lasts(noted));
        let taken_back = self.all.values().filter(|it| it.notice.text.is_none());
        let mut turns: Vec<u64> = taken_back.map(|it| it.turn).collect();
        if turns.len() > MOST_TAKEN_BACK {
            turns.sort_unstable();
            let oldest = turns[turns.len() - MOST_TAKEN_BACK];
            let stays = |it: &Noted<_>| it.notice.text.is_some() || it.turn >= oldest;
            self.all.retain(|_, it| stays(it));
        }
    }

    /// Drops what ends: a value that isn't trusted may have what is long over. Members that know of what isn't show it.
    pub(crate) fn forget(&mut self) {
        self.all.retain(|_, noted| noted.notice.end.is_none());
    }

    /// What a member is told.
    pub(crate) fn told(&self, now: StoreTime) -> BTreeMap<String, Noted<Duration>> {
        let all = self.all.iter();
        all.map(|(key, noted)| {
            let noted = Noted {
                turn: noted.turn,
                notice: noted.notice.by(|end| at_least(end.since(now))),
            };
            (key.clone(), noted)
        })
        .collect()
    }
}

/// The notices at a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    known: BTreeMap<String, Noted<Instant>>,
    /// What has changed here and isn't acknowledged, with the first try that said it; none before it is said.
    news: BTreeMap<String, (Option<u64>, Notice<Instant>)>,
    /// What others have changed, for the driver.
    heard: BTreeMap<String, Notice<Instant>>,
}

impl Board {
    /// What this node knew before it was one of several: it holds if the value says nothing of that key.
    pub(crate) fn offer(&mut self, key: String, text: String) {
        let notice = Notice {
            text: Some(text),
            end: None,
        };
        self.known.entry(key).or_insert(Noted { turn: 0, notice });
    }

    /// Something has changed here.
    pub(crate) fn tell(&mut self, key: String, notice: Notice<Instant>) {
        self.heard.remove(&key);
        self.news.insert(key, (None, notice));
    }

    /// What try number `sequence` says.
    pub(crate) fn say(&mut self, sequence: u64, now: Instant) -> Telling {
        let lasts = |notice: &Notice<Instant>| notice.end.is_none_or(|end| end > now);
        self.known.retain(|_, noted| lasts(&noted.notice));
        self.news.retain(|_, (_, notice)| lasts(notice));
        let known = self.known.iter().map(|(key, noted)| {
            let notice = noted.notice.by(|end| end.since(now));
            let turn = noted.turn;
            (key.clone(), Noted { turn, notice })
        });
        let news = self.news.iter_mut().map(|(key, (said, notice))| {
            said.get_or_insert(sequence);
            (key.clone(), notice.by(|end| end.since(now)))
        });
        Telling {
            known: known.collect(),
            news: news.collect(),
        }
    }

    /// What the value has, once it has processed try number `sequence`.
    pub(crate) fn answered(
        &mut self,
        sequence: u64,
        told: &BTreeMap<String, Noted<Duration>>,
        now: Instant,
    ) {
        let is_done = |said: &Option<u64>| said.is_some_and(|said| said <= sequence);
        let done = self.news.extract_if(.., |_, (said, _)| is_done(said));
        let done: BTreeMap<String, Notice<Instant>> =
            done.map(|(key, (_, notice))| (key, notice)).collect();
        for (key, noted) in told {
            let before = self.known.get(key);
            let is_same = |before: &Noted<Instant>| {
                before.turn == noted.turn && before.notice.text == noted.notice.text
            };
            if before.is_some_and(|before| before.turn > noted.turn || is_same(before)) {
                continue;
            }
            let notice = noted.notice.by(|span| now + span);
            // What was changed here is no news here, unless another node has changed it since.
            let is_ours = done.get(key).is_some_and(|ours| {
                ours.text == notice.text && ours.end.is_some() == notice.end.is_some()
            });
            let is_known = before.is_some_and(|before| before.notice == notice);
            if !is_ours && !is_known && !self.news.contains_key(key) {
                self.heard.insert(key.clone(), notice.clone());
            }
            let turn = noted.turn;
            self.known.insert(key.clone(), Noted { turn, notice });
        }
    }

    /// What a value has of notices without an end, before an exchange with it.
    pub(crate) fn read(&mut self, notices: &Notices, now: Instant) {
        let lasting = notices.all.iter().filter(|(_, it)| it.notice.end.is_none());
        let lasting = lasting.map(|(key, noted)| {
            let turn = noted.turn;
            let notice = noted.notice.by(|_| Duration::ZERO);
            (key.clone(), Noted { turn, notice })
        });
        self.answered(0, &lasting.collect(), now);
    }

    /// What is told of the key, as far as it is known here.
    pub(crate) fn noticed(&self, key: &str) -> Option<&Notice<Instant>> {
        let known = || self.known.get(key).map(|noted| &noted.notice);
        self.news.get(key).map(|(_, notice)| notice).or_else(known)
    }

    /// What others have changed since this was last asked.
    pub(crate) fn heard(&mut self) -> BTreeMap<String, Notice<Instant>> {
        std::mem::take(&mut self.heard)
    }

    /// Whether something has changed here that no try has said.
    pub(crate) fn has_news(&self) -> bool {
        self.news.values().any(|(said, _)| said.is_none())
    }
}
