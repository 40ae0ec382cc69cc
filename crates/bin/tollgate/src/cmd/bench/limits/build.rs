//! Cases put together from few words.

use super::case::{Case, Goals, Party, Wave};
use crate::cmd::bench::believed::Believed;
use std::time::Duration;
use tollgate_platform::{
    Client, Config, Family, Headers, Kind, Law, RetryAfter, Spread, Step, Stranger, Stray, Whose,
    Window,
};

/// Tokens of the usual pool, and what each allows a second.
pub(super) const TOKENS: (u32, u32) = (5, 4);
/// What an API without tokens allows a second.
pub(super) const OPEN: u32 = 8;
/// What is asked for of what is allowed, unless a case says otherwise.
pub(super) const LOAD: f64 = 1.5;

/// How long an answer takes, unless a case says otherwise.
const ANSWER: Duration = Duration::from_millis(20);
/// How long a call is on its way, at the most.
const WAY_IN: Duration = Duration::from_millis(4);

/// So many calls a second, by the period.
pub(super) fn per(rate: u32, period: Duration) -> Window {
    Window {
        allowed: (rate * period.as_secs() as u32).max(1),
        period,
    }
}

/// The same, for a part of them.
pub(super) fn scaled(window: Window, factor: f64) -> Window {
    Window {
        allowed: ((f64::from(window.allowed) * factor).round() as u32).max(1),
        ..window
    }
}

/// An upstream that nothing limits, and that answers in 20 ms.
fn free() -> Config {
    Config {
        clients: Vec::new(),
        token: None,
        client: None,
        organisation: None,
        way_in: Spread {
            from: Duration::ZERO,
            to: WAY_IN,
        },
        latency: Spread::fixed(ANSWER),
        needs_token: false,
        ..Config::default()
    }
}

/// The same, which asks for tokens of one client.
fn guarded() -> Config {
    Config {
        clients: vec![Client {
            id: "client-0".into(),
            secret: "emulated".into(),
        }],
        needs_token: true,
        ..free()
    }
}

pub(super) fn within(period: Duration) -> Duration {
    Duration::from_secs(if period.as_secs() > 20 { 30 } else { 10 })
}

impl Case {
    /// An upstream whose tokens have limits; `laws` is the truth.
    pub(super) fn tokens(name: &str, goals: Goals, period: Duration, laws: Vec<Law>) -> Self {
        let truth = Config { laws, ..guarded() };
        let believed = Believed {
            tokens: vec![TOKENS.0],
            token: Some(per(TOKENS.1, period)),
            ..Believed::default()
        };
        Self::of(name, goals, period, truth, believed)
    }

    /// An upstream that needs no tokens.
    pub(super) fn open(name: &str, goals: Goals, period: Duration, laws: Vec<Law>) -> Self {
        let believed = Believed {
            shared: Some(per(OPEN, period)),
            ..Believed::default()
        };
        Self::of(name, goals, period, Config { laws, ..free() }, believed)
    }

    fn of(name: &str, goals: Goals, period: Duration, truth: Config, believed: Believed) -> Self {
        let mut case = Self {
            name: name.into(),
            about: String::new(),
            goals,
            hosts: vec![truth],
            believed,
            parties: Vec::new(),
            period,
        };
        case.parties = vec![Party {
            name: "calls",
            host: 0,
            path: "/api/v2/calls".into(),
            rate: 0.0,
            wave: None,
            class: 0,
            within: within(period),
        }];
        case.load(LOAD)
    }

    /// Asks for so much of what is really allowed.
    pub(super) fn load(mut self, factor: f64) -> Self {
        let (_, most) = self.least_and_most(0);
        if let Some(party) = self.parties.first_mut() {
            party.rate = factor * most;
        }
        self
    }

    /// The load is a sawtooth of this length, and rises to so much of what is really allowed.
    pub(super) fn sawtooth(self, length: Duration, factor: f64) -> Self {
        let mut case = self.load(factor);
        for party in &mut case.parties {
            party.wave = Some(Wave { length });
        }
        case
    }

    /// How long calls may wait.
    pub(super) fn within(mut self, within: Duration) -> Self {
        for party in &mut self.parties {
            party.within = within;
        }
        self
    }

    pub(super) fn about(mut self, about: &str) -> Self {
        self.about = about.into();
        self
    }

    /// Changes the upstream.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        if let Some(host) = self.hosts.first_mut() {
            change(host);
        }
        self.load(LOAD)
    }

    pub(super) fn says(self, family: Family, refusal: u16, retry_after: RetryAfter) -> Self {
        self.with(|host| {
            host.headers = Headers {
                family,
                refusal,
                retry_after,
                lie: None,
            };
        })
    }

    /// No header speaks of a window.
    pub(super) fn quiet(self) -> Self {
        self.says(Family::None, 429, RetryAfter::Seconds)
    }

    /// Nor does `Retry-After`.
    pub(super) fn mute(self) -> Self {
        self.says(Family::None, 429, RetryAfter::None)
    }

    pub(super) fn stray(self, percent: f64, status: u16, retry_after: RetryAfter) -> Self {
        self.with(|host| {
            host.strays.push(Stray {
                percent,
                status,
                retry_after,
                shows: false,
            });
        })
    }

    pub(super) fn stranger(self, stranger: Stranger) -> Self {
        self.with(|host| host.strangers.push(stranger))
    }

    pub(super) fn believing(mut self, change: impl FnOnce(&mut Believed)) -> Self {
        change(&mut self.believed);
        self.load(LOAD)
    }

    /// Other calls, for a path of theirs.
    pub(super) fn party(mut self, name: &'static str, path: &str, rate: f64) -> Self {
        let within = within(self.period);
        self.parties.push(Party {
            name,
            host: 0,
            path: path.into(),
            rate,
            wave: None,
            class: 0,
            within,
        });
        self
    }
}

pub(super) fn token(kind: Kind) -> Law {
    Law::new(Whose::Token, kind)
}

pub(super) fn all(kind: Kind) -> Law {
    Law::new(Whose::Organisation, kind)
}

/// A limit that becomes another.
pub(super) fn turns(law: Law, from: Duration, kind: Kind) -> Law {
    Law {
        steps: vec![Step { from, kind }],
        ..law
    }
}

/// A limit that changes to and fro.
pub(super) fn flaps(law: Law, every: Duration, kind: Kind) -> Law {
    Law {
        again: Some(every * 2),
        ..turns(law, every, kind)
    }
}
