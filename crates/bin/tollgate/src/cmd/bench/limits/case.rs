//! What is measured: an upstream as it is, as tollgate believes it to be, and who calls.

use crate::cmd::bench::believed::Believed;
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::{Config, Kind, Law, Paths};

/// What is reached by who knows the upstream at each instant, but not what it will become. Parts of 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    /// Of what could be used; none where that was not looked at.
    pub(super) used: Option<f64>,
    /// Of the calls that reach the upstream.
    pub(super) refused: f64,
    /// Of the first class's calls, served.
    pub(super) voice: f64,
}

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    /// What is wrong.
    pub(super) about: String,
    pub(super) goals: Goals,
    /// The upstreams, as they are.
    pub(super) hosts: Vec<Config>,
    pub(super) believed: Believed,
    pub(super) parties: Vec<Party>,
    pub(super) period: Duration,
}

/// Calls of one kind.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) name: &'static str,
    pub(super) host: usize,
    pub(super) path: String,
    /// Calls a second; at the height of the wave, where there is one.
    pub(super) rate: f64,
    /// How the rate changes; none where calls come at the same rate all the time.
    pub(super) wave: Option<Wave>,
    /// Class; 0 goes first.
    pub(super) class: u8,
    /// How long a call may wait.
    pub(super) within: Duration,
}

/// A load that rises from nothing, and falls to nothing at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    pub(super) length: Duration,
}

impl Wave {
    /// The part of the highest rate, so long after the beginning.
    pub(super) fn height(self, after: Duration) -> f64 {
        (after.as_secs_f64() / self.length.as_secs_f64()).fract()
    }
}

/// What a row must reach once it has been learned. Parts of 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Goals {
    pub(super) kind: &'static str,
    pub(super) used: Option<f64>,
    pub(super) refused: Option<f64>,
    /// Of the calls for other paths or hosts than the limited one, served.
    pub(super) other: Option<f64>,
    pub(super) stranger: Option<f64>,
    /// Of the first class's calls, served.
    pub(super) voice: f64,
    /// Of the calls taken in, those that expired.
    pub(super) expired: f64,
}

impl Goals {
    const fn new(kind: &'static str, used: f64, refused: f64) -> Self {
        Self {
            kind,
            used: Some(used),
            refused: Some(refused),
            other: None,
            stranger: None,
            voice: 1.0,
            expired: 0.001,
        }
    }

    /// The numbers are true.
    pub(super) const TRUE: Self = Self::new("true", 0.99, 0.0);
    /// Headers tell.
    pub(super) const TOLD: Self = Self::new("told", 0.99, 0.001);
    /// Nobody tells.
    pub(super) const UNTOLD: Self = Self::new("untold", 0.97, 0.005);
    /// Buckets and hidden limits that nobody tells.
    pub(super) const HIDDEN: Self = Self::new("hidden", 0.95, 0.005);
    pub(super) const AT_ONCE: Self = Self::new("at once", 0.95, 0.01);
    /// Refusals for no limit's sake are no fault of ours.
    pub(super) const STRAY: Self = Self {
        refused: None,
        ..Self::new("stray", 0.99, 0.0)
    };
    pub(super) const PATH: Self = Self {
        other: Some(1.0),
        ..Self::new("path", 0.97, 0.005)
    };
    pub(super) const STRANGER: Self = Self {
        used: None,
        refused: None,
        stranger: Some(0.95),
        ..Self::new("stranger", 0.0, 0.0)
    };
    /// Lies and troubles that should cost nothing but are promised no number.
    pub(super) const TROUBLE: Self = Self {
        used: None,
        refused: None,
        ..Self::new("trouble", 0.0, 0.0)
    };
    /// Headers lie, but the number is true.
    pub(super) const LIE: Self = Self {
        used: Some(0.97),
        refused: Some(0.001),
        ..Self::TROUBLE
    };

    /// The same beside what is reached by who knows the upstream, but not what it will become.
    pub(super) fn beside(self, reached: Reached) -> Self {
        Self {
            used: self.used.map(|used| used * reached.used.unwrap_or(1.0)),
            refused: self.refused.map(|refused| refused + reached.refused),
            voice: self.voice * reached.voice,
            ..self
        }
    }
}

impl Case {
    /// The rates at which one host really admits calls, each from an instant on after the beginning:
    /// what all its limits but those of single paths leave.
    fn rates(&self, host: usize) -> Vec<(Duration, f64)> {
        let config = &self.hosts[host];
        let laws = config.laws();
        let mut times: Vec<Duration> = vec![Duration::ZERO];
        for law in &laws {
            times.extend(turns(law));
        }
        times.sort_unstable();
        times.dedup();
        let takes = config.latency.mean();
        let rate = |at| config.carries(at, &self.believed.tokens, takes);
        times.into_iter().map(|at| (at, rate(at))).collect()
    }

    /// Calls a second that a host admits so long after the beginning.
    pub(super) fn rate(&self, host: usize, at: Duration) -> f64 {
        let rates = self.rates(host);
        // Laws that begin anew are asked for each instant.
        let again = self.hosts[host]
            .laws()
            .into_iter()
            .filter_map(|it| it.again)
            .max();
        let at = again.map_or(at, |again| {
            Duration::from_nanos((at.as_nanos() % again.as_nanos().max(1)) as u64)
        });
        let step = rates.iter().take_while(|(from, _)| *from <= at).last();
        step.map_or(0.0, |(_, rate)| *rate)
    }

    /// Calls a second that a path's own limits admit.
    pub(super) fn path_rate(&self, party: &Party) -> f64 {
        let config = &self.hosts[party.host];
        let of_path = config.laws.iter().filter(|law| match &law.paths {
            Paths::All => false,
            Paths::Each => true,
            Paths::Under { prefix, .. } => party.path.starts_with(prefix.as_str()),
        });
        of_path
            .map(|law| rate_of(law.kind, config))
            .fold(f64::INFINITY, f64::min)
    }

    /// Least and most calls a second that a host admits at any time.
    pub(super) fn least_and_most(&self, host: usize) -> (f64, f64) {
        let rates = self.rates(host);
        let least = rates.iter().map(|it| it.1).fold(f64::INFINITY, f64::min);
        let most = rates.iter().map(|it| it.1).fold(0.0, f64::max);
        (least, most)
    }

    /// When the upstream has last become another than it was. What it becomes again after that is not new.
    pub(super) fn settled(&self) -> Duration {
        let hosts = self.hosts.iter().flat_map(Config::laws);
        hosts.flat_map(|law| turns(&law)).max().unwrap_or_default()
    }

    /// When a host comes to admit fewer calls than before, up to so long after the beginning.
    pub(super) fn falls(&self, host: usize, until: Duration) -> Vec<Duration> {
        let mut times = Vec::new();
        for law in self.hosts[host].laws() {
            let begins = (0_u32..).map_while(|round| match law.again {
                Some(again) => Some(again.checked_mul(round)?).filter(|it| *it < until),
                None => (round == 0).then_some(Duration::ZERO),
            });
            for begin in begins {
                times.push(begin);
                times.extend(turns(&law).into_iter().map(|turn| begin + turn));
            }
        }
        times.sort_unstable();
        times.dedup();
        let before = Duration::from_nanos(1);
        times.retain(|&at| {
            !at.is_zero() && at < until && self.rate(host, at) < self.rate(host, at - before)
        });
        times
    }

    /// Whether what is asked for, or what is allowed, goes up and down.
    pub(super) fn varies(&self) -> bool {
        let changes = |host: &Config| host.laws().iter().any(|law| law.again.is_some());
        self.parties.iter().any(|party| party.wave.is_some()) || self.hosts.iter().any(changes)
    }

    /// When it has been learned, and when so many windows after that have been measured.
    pub(super) fn times(&self, beginning: Instant, windows: u32) -> (Instant, Instant) {
        let learned = beginning + self.settled() + self.period * 3;
        (learned, learned + self.period * (windows + 1))
    }

    /// The same upstream under two kinds of calls: voice, which goes first and is 30 % of what the
    /// upstream really admits, beside all others.
    pub(super) fn with_voice(&self) -> Self {
        let mut case = self.clone();
        let limited = |party: &Party| self.path_rate(party).is_finite();
        let free = case.parties.iter().find(|party| !limited(party));
        let Some(party) = free.or(case.parties.first()).cloned() else {
            return case;
        };
        let (least, _) = self.least_and_most(party.host);
        let rate = 0.3 * least.min(self.path_rate(&party));
        for other in &mut case.parties {
            other.class += 1;
            if other.path == party.path && other.host == party.host {
                other.rate = (other.rate - rate).max(0.0);
            }
        }
        case.parties.push(Party {
            name: "voice",
            rate,
            wave: None,
            class: 0,
            within: Duration::from_secs(4),
            ..party
        });
        case
    }
}

fn turns(law: &Law) -> Vec<Duration> {
    law.steps.iter().map(|step| step.from).collect()
}

fn rate_of(kind: Kind, config: &Config) -> f64 {
    match kind {
        Kind::Concurrency(most) => f64::from(most) / config.latency.mean(),
        kind => kind.rate().unwrap_or(f64::INFINITY),
    }
}
