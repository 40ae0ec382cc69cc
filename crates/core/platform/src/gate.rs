//! The limits, and what each key has counted under them.

use crate::meter::Meter;
use crate::{Alignment, Facts, Kind, Law, LimitName, Paths, Whose};
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{Instant, Stream};

/// Paths that are told apart under a limit of each path; what comes beyond counts as one.
const MOST_PATHS: usize = 4_096;

/// Who makes a call, and what it asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passer<'a> {
    /// Whose token it is, and which; none of a stranger's own.
    pub(crate) token: Option<u32>,
    pub(crate) client: Option<usize>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

/// The limits, in the order in which they are looked at.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    laws: Vec<Held>,
    alignment: Alignment,
    seed: u64,
    paths: BTreeMap<String, u32>,
}

#[derive(Clone, Debug)]
struct Held {
    law: Law,
    name: LimitName,
    now: Kind,
    meters: BTreeMap<Key, Meter>,
}

/// The token's or the client's place, and the path's.
type Key = (u32, u32);

/// Where a call is counted.
pub(crate) type GatePlace = (usize, Key);

impl Gate {
    pub(crate) fn new(laws: Vec<Law>, alignment: Alignment, seed: u64) -> Self {
        let held = laws.into_iter().map(|law| Held {
            name: name(&law),
            now: law.kind,
            meters: BTreeMap::new(),
            law,
        });
        Self {
            laws: held.collect(),
            alignment,
            seed,
            paths: BTreeMap::new(),
        }
    }

    /// Settles where the windows of one key open, before it counts anything.
    pub(crate) fn open(&mut self, whose: Whose, place: u32, phase: u64) {
        for held in &mut self.laws {
            if held.law.whose == whose && held.law.paths == Paths::All {
                let meter = Meter::new(held.now, self.alignment, phase);
                held.meters.entry((place, 0)).or_insert(meter);
            }
        }
    }

    /// Takes the numbers that hold so long after the beginning.
    pub(crate) fn advance(&mut self, since: Duration) {
        for held in &mut self.laws {
            if held.law.steps.is_empty() {
                continue;
            }
            let kind = held.law.at(since);
            if kind != held.now {
                held.now = kind;
                held.meters
                    .values_mut()
                    .for_each(|meter| meter.become_kind(kind));
            }
        }
    }

    /// The meters that a call counts under, in order.
    fn passes(&mut self, passer: Passer<'_>) -> Vec<GatePlace> {
        let mut passed = Vec::with_capacity(self.laws.len());
        for place in 0..self.laws.len() {
            let law = &self.laws[place].law;
            if !law.clients.is_empty() && !passer.client.is_some_and(|it| law.clients.contains(&it))
            {
                continue;
            }
            let who = match law.whose {
                Whose::Token => passer.token,
                Whose::Client => passer.client.map(|client| client as u32),
                Whose::Organisation => Some(0),
            };
            let Some(who) = who else { continue };
            let path = match &law.paths {
                Paths::All => 0,
                Paths::Under { method, prefix } => {
                    let fits = method.as_ref().is_none_or(|it| it == passer.method)
                        && passer.path.starts_with(prefix.as_str());
                    if !fits {
                        continue;
                    }
                    0
                }
                Paths::Each => self.path(passer),
            };
            passed.push((place, (who, path)));
        }
        passed
    }

    fn path(&mut self, passer: Passer<'_>) -> u32 {
        let key = format!("{} {}", passer.method, passer.path);
        if let Some(number) = self.paths.get(&key) {
            return *number;
        }
        let number = self.paths.len() as u32;
        if self.paths.len() < MOST_PATHS {
            self.paths.insert(key, number);
        }
        number
    }

    fn meter(&mut self, (place, key): GatePlace) -> &mut Meter {
        let held = &mut self.laws[place];
        let (alignment, now) = (self.alignment, held.now);
        let phase =
            self.seed ^ ((place as u64) << 48) ^ (u64::from(key.0) << 16) ^ u64::from(key.1);
        held.meters
            .entry(key)
            .or_insert_with(|| Meter::new(now, alignment, Stream::new(phase).next()))
    }

    /// Counts the call under all its limits, or tells which turned it away and for how long.
    pub(crate) fn enter(
        &mut self,
        passer: Passer<'_>,
        now: Instant,
    ) -> Result<Entered, (LimitName, Duration, Option<Facts>)> {
        let passed = self.passes(passer);
        let closed = passed.iter().find(|it| !self.meter(**it).has_room(now));
        if let Some(&closed) = closed {
            for &counted in &passed {
                if self.laws[counted.0].law.counts_refused && !self.meter(counted).is_concurrency()
                {
                    self.meter(counted).count(now);
                }
            }
            let shown = self.laws[closed.0].law.shown && !self.meter(closed).is_concurrency();
            let facts = match shown {
                true => Some(self.facts(closed, now)),
                false => self.shown(&passed, now),
            };
            let wait = self.meter(closed).wait(now);
            return Err((self.laws[closed.0].name, wait, facts));
        }
        let mut entered = Entered {
            places: Vec::new(),
            window: None,
            facts: None,
        };
        for &counted in &passed {
            let opens = self.meter(counted).count(now);
            if self.meter(counted).is_concurrency() {
                entered.places.push(counted);
            } else if self.laws[counted.0].name == LimitName::Organisation
                && entered.window.is_none()
            {
                let meter = self.meter(counted);
                let opened = opens.then(|| meter.opened().unwrap_or(now));
                entered.window = Some((opened, meter.counted(now)));
            }
        }
        entered.facts = self.shown(&passed, now);
        Ok(entered)
    }

    pub(crate) fn leave(&mut self, places: &[GatePlace]) {
        for &place in places {
            self.meter(place).leave();
        }
    }

    /// What headers say to a call that no limit of theirs has turned away.
    pub(crate) fn spoken_of(&mut self, passer: Passer<'_>, now: Instant) -> Option<Facts> {
        let passed = self.passes(passer);
        self.shown(&passed, now)
    }

    /// The first window that headers speak of.
    fn shown(&mut self, passed: &[GatePlace], now: Instant) -> Option<Facts> {
        let shown = passed
            .iter()
            .find(|it| self.laws[it.0].law.shown && !self.meter(**it).is_concurrency());
        shown.map(|shown| self.facts(*shown, now))
    }

    fn facts(&mut self, counted: GatePlace, now: Instant) -> Facts {
        let meter = self.meter(counted);
        let bound = meter.bound();
        Facts {
            count: meter.counted(now),
            allowed: bound.allowed,
            reset: meter.reset_seconds(now),
            period: bound.period,
        }
    }
}

/// A call that is counted.
#[derive(Debug)]
pub(crate) struct Entered {
    /// Its places under limits on calls at once.
    pub(crate) places: Vec<GatePlace>,
    /// The organisation's window: when it opened if this call did that, and what it counts.
    pub(crate) window: Option<(Option<Instant>, u32)>,
    pub(crate) facts: Option<Facts>,
}

fn name(law: &Law) -> LimitName {
    match (&law.paths, law.kind, law.whose) {
        (Paths::Under { .. } | Paths::Each, ..) => LimitName::Path,
        (_, Kind::Concurrency(_), _) => LimitName::Concurrency,
        (.., Whose::Token) => LimitName::Token,
        (.., Whose::Client) => LimitName::Client,
        (.., Whose::Organisation) => LimitName::Organisation,
    }
}
