//! What is seen of a run.

use super::case::Case;
use crate::cmd::bench::world::Arrival;
use crate::cmd::bench::{part, percentile};
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::LimitName;

/// What became of a call.
#[derive(Clone, Copy)]
enum Fate {
    /// It is waiting or under way, or has not been made.
    Open,
    /// It was answered 200; the try was sent then.
    Served(Instant),
    /// It was answered otherwise, or not at all.
    Failed,
    Refused(Instant),
    Expired,
}

/// What is seen of one or several runs of a case.
#[derive(Default)]
pub(super) struct Seen {
    began: Instant,
    learned: Instant,
    end: Instant,
    fates: Vec<Fate>,
    /// Status and time of sending of each call's last answer.
    last: Vec<(u16, Instant)>,
    /// Admitted calls, ours and strangers', weighted: those of the first and the last period of what is
    /// measured count in part, so that it matters little where windows begin.
    used: f64,
    /// Strangers' calls, asked and admitted, as last seen.
    strangers: (u64, u64),
    /// The same with the weights of the calls admitted.
    strangers_weighted: f64,
    period: Duration,
    /// What could be used.
    could: f64,
    /// What would be used by who knows the windows, where that was looked at.
    known: f64,
    /// Calls that come too late for windows in which more was counted than the number that it has fallen to.
    shut_out: Vec<Arrival>,
    pub(super) whole: Part,
    /// What arrived or happened after the learning.
    pub(super) after: Part,
}

/// Counts of a stretch of time.
#[derive(Default)]
pub(super) struct Part {
    pub(super) admitted: u64,
    /// Refused by limits.
    pub(super) refused: u64,
    /// Of these, those that nobody could foresee.
    unforeseen: u64,
    /// Refused for no limit's sake.
    pub(super) strays: u64,
    pub(super) stranger_asked: u64,
    pub(super) stranger_served: u64,
    pub(super) parties: Vec<PartySeen>,
}

/// Counts of one party's calls.
#[derive(Clone, Default)]
pub(super) struct PartySeen {
    pub(super) name: &'static str,
    /// Its path or its host are not the limited ones.
    pub(super) other: bool,
    pub(super) asked: u64,
    pub(super) served: u64,
    /// Those that nobody could have served.
    shut_out: u64,
    pub(super) failed: u64,
    pub(super) expired: u64,
    pub(super) refused_at_once: u64,
    /// Taken in, and refused later, but before it expired.
    pub(super) let_go: u64,
    /// From arrival to the send that was served.
    pub(super) waits: Vec<Duration>,
}

impl Seen {
    pub(super) fn new(case: &Case, began: Instant, learned: Instant, end: Instant) -> Self {
        Self {
            began,
            learned,
            end,
            period: case.period,
            ..Self::default()
        }
    }

    fn call(&mut self, call: usize) -> &mut Fate {
        if self.fates.len() <= call {
            self.fates.resize(call + 1, Fate::Open);
            self.last.resize(call + 1, (0, Instant::ZERO));
        }
        &mut self.fates[call]
    }

    /// Part of a call at this instant that counts as use of the measured time.
    fn weight(&self, at: Instant) -> f64 {
        if at < self.learned || at >= self.end {
            return 0.0;
        }
        let period = self.period.as_secs_f64();
        let up = at.since(self.learned).as_secs_f64() / period;
        let down = self.end.since(at).as_secs_f64() / period;
        up.min(down).min(1.0)
    }

    pub(super) fn admitted(&mut self, now: Instant) {
        self.used += self.weight(now);
        self.whole.admitted += 1;
        self.after.admitted += u64::from(now >= self.learned);
    }

    /// Nobody could have served these.
    pub(super) fn are_shut_out(&mut self, calls: &[Arrival]) {
        self.shut_out.extend(calls);
    }

    pub(super) fn limited(&mut self, limit: LimitName, foreseen: bool, now: Instant) {
        let stray = limit == LimitName::Stray;
        let after = now >= self.learned;
        for (part, counts) in [(&mut self.whole, true), (&mut self.after, after)] {
            part.strays += u64::from(counts && stray);
            part.refused += u64::from(counts && !stray);
            part.unforeseen += u64::from(counts && !stray && !foreseen);
        }
    }

    pub(super) fn strangers(&mut self, (asked, admitted): (u64, u64), now: Instant) {
        let new = (asked - self.strangers.0, admitted - self.strangers.1);
        self.strangers = (asked, admitted);
        let weight = self.weight(now);
        self.used += weight * new.1 as f64;
        self.strangers_weighted += weight * new.0 as f64;
        let after = now >= self.learned;
        for (part, counts) in [(&mut self.whole, true), (&mut self.after, after)] {
            part.stranger_asked += u64::from(counts) * new.0;
            part.stranger_served += u64::from(counts) * new.1;
        }
    }

    pub(super) fn answered(&mut self, call: usize, status: u16, sent: Instant) {
        self.call(call);
        self.last[call] = (status, sent);
    }

    /// The last answer stands.
    pub(super) fn over(&mut self, call: usize) {
        self.call(call);
        let (status, sent) = self.last[call];
        *self.call(call) = match status {
            200 => Fate::Served(sent),
            _ => Fate::Failed,
        };
    }

    pub(super) fn served(&mut self, call: usize, sent: Instant) {
        *self.call(call) = Fate::Served(sent);
    }

    pub(super) fn failed(&mut self, call: usize) {
        *self.call(call) = Fate::Failed;
    }

    pub(super) fn refused(&mut self, call: usize, expired: bool, now: Instant) {
        *self.call(call) = match expired {
            true => Fate::Expired,
            false => Fate::Refused(now),
        };
    }

    /// Counts by party, and what could be used.
    pub(super) fn finish(&mut self, case: &Case, arrivals: &[Arrival]) {
        let limited = |party: &super::case::Party| {
            case.path_rate(party).is_finite() || (case.hosts.len() > 1 && party.host == 0)
        };
        let some_limited = case.parties.iter().any(limited);
        let party = case.parties.iter().map(|party| PartySeen {
            name: party.name,
            other: some_limited && !limited(party),
            ..PartySeen::default()
        });
        self.whole.parties = party.collect();
        self.after.parties = self.whole.parties.clone();
        let mut asked = vec![0.0; case.parties.len()];
        let slowest = case.hosts.iter().map(|host| host.latency.to).max();
        let late = Duration::from_secs(2) + slowest.unwrap_or_default();
        for (call, arrival) in arrivals.iter().enumerate() {
            asked[arrival.party] += self.weight(arrival.at);
            // What may still be waiting at the end is of no party.
            if arrival.deadline + late >= self.end {
                continue;
            }
            let fate = *self.call(call);
            self.whole.parties[arrival.party].count(fate, arrival.at);
            if arrival.at >= self.learned {
                self.after.parties[arrival.party].count(fate, arrival.at);
            }
        }
        for call in std::mem::take(&mut self.shut_out) {
            let counts = call.at >= self.learned && call.deadline + late < self.end;
            self.after.parties[call.party].shut_out += u64::from(counts);
        }
        self.could = self.could(case, &asked);
        self.fates = Vec::new();
        self.last = Vec::new();
    }

    /// When whoever knows the windows would be served.
    pub(super) fn could_be_served(&mut self, served: &[Instant]) {
        self.known = served.iter().map(|&at| self.weight(at)).sum();
    }

    /// The less of what was asked for and what the upstream really allowed.
    fn could(&self, case: &Case, asked: &[f64]) -> f64 {
        // The weights of a period's hundredths.
        let step = self.period / 100;
        let mut at = self.learned;
        let mut allowed = vec![0.0; case.hosts.len()];
        let mut weights = 0.0;
        while at < self.end {
            let weight = self.weight(at + step / 2) * step.as_secs_f64();
            weights += weight;
            for (host, allowed) in allowed.iter_mut().enumerate() {
                *allowed += weight * case.rate(host, at.since(self.began));
            }
            at = at + step;
        }
        let of_host = |(host, allowed): (usize, f64)| {
            let mut paths: Vec<(&str, f64, f64)> = Vec::new();
            for (party, asked) in case.parties.iter().zip(asked) {
                if party.host != host {
                    continue;
                }
                match paths.iter_mut().find(|path| path.0 == party.path) {
                    Some(path) => path.1 += asked,
                    None => paths.push((&party.path, *asked, case.path_rate(party) * weights)),
                }
            }
            let ours: f64 = paths.iter().map(|path| path.1.min(path.2)).sum();
            let others = if host == 0 {
                self.strangers_weighted
            } else {
                0.0
            };
            (ours + others).min(allowed)
        };
        allowed.into_iter().enumerate().map(of_host).sum()
    }

    /// Adds another run of the same case.
    pub(super) fn add(&mut self, other: Self) {
        self.used += other.used;
        self.could += other.could;
        self.known += other.known;
        self.whole.add(other.whole);
        self.after.add(other.after);
    }

    /// Of what could be used after the learning, the part that was.
    pub(super) fn used(&self) -> f64 {
        self.used / self.could.max(1.0)
    }

    /// The part that whoever knows the windows would use; none where that was not looked at.
    pub(super) fn known(&self) -> Option<f64> {
        (self.known > 0.0).then(|| (self.known / self.could.max(1.0)).min(1.0))
    }
}

impl Part {
    fn add(&mut self, other: Self) {
        self.admitted += other.admitted;
        self.refused += other.refused;
        self.unforeseen += other.unforeseen;
        self.strays += other.strays;
        self.stranger_asked += other.stranger_asked;
        self.stranger_served += other.stranger_served;
        if self.parties.is_empty() {
            self.parties = other.parties;
            return;
        }
        for (party, other) in self.parties.iter_mut().zip(other.parties) {
            party.add(other);
        }
    }

    /// Of the calls that reached the upstream, those that a limit refused.
    pub(super) fn refused_part(&self) -> f64 {
        part(self.refused, self.admitted + self.refused + self.strays)
    }

    /// The same of those that nobody could foresee.
    pub(super) fn unforeseen_part(&self) -> f64 {
        part(self.unforeseen, self.admitted + self.refused + self.strays)
    }

    /// All parties together, or those that are chosen.
    pub(super) fn of(&self, chosen: impl Fn(&PartySeen) -> bool) -> PartySeen {
        let mut all = PartySeen::default();
        for party in self.parties.iter().filter(|party| chosen(party)) {
            all.add(party.clone());
        }
        all.waits.sort_unstable();
        all
    }

    pub(super) fn stranger(&self) -> Option<f64> {
        (self.stranger_asked > 0).then(|| part(self.stranger_served, self.stranger_asked))
    }
}

impl PartySeen {
    fn count(&mut self, fate: Fate, arrived: Instant) {
        self.asked += 1;
        match fate {
            Fate::Served(sent) => {
                self.served += 1;
                self.waits.push(sent.since(arrived));
            }
            // What is under way beyond its deadline and two seconds more has not been served.
            Fate::Failed | Fate::Open => self.failed += 1,
            Fate::Expired => self.expired += 1,
            Fate::Refused(at) if at == arrived => self.refused_at_once += 1,
            Fate::Refused(_) => self.let_go += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.served += other.served;
        self.shut_out += other.shut_out;
        self.failed += other.failed;
        self.expired += other.expired;
        self.refused_at_once += other.refused_at_once;
        self.let_go += other.let_go;
        self.waits.extend(other.waits);
    }

    pub(super) fn served_part(&self) -> Option<f64> {
        (self.asked > 0).then(|| part(self.served, self.asked))
    }

    /// The part that was not shut out.
    pub(super) fn admissible_part(&self) -> f64 {
        1.0 - part(self.shut_out, self.asked)
    }

    /// Of the calls taken in, those that expired.
    pub(super) fn expired_part(&self) -> f64 {
        part(self.expired, self.asked - self.refused_at_once)
    }

    /// Of the sorted waits, in milliseconds.
    pub(super) fn wait(&self, percent: usize) -> u128 {
        percentile(&self.waits, percent).as_millis()
    }
}
