//! One case in virtual time: the engine, the upstreams as they are, and what is seen of them.

use super::arrival::arrivals;
use super::bound;
use super::case::{Case, Party};
use super::seen::Seen;
use crate::cmd::bench::believed::ROUTE;
use crate::cmd::bench::world::{Arrival, Attempt, Caller, Upstreams, Watch, Ways, World};
use std::collections::VecDeque;
use std::time::Duration;
use tollgate_engine::{Engine, Flow, Verdict};
use tollgate_model::{EndpointId, FlowId, Instant, Reason};
use tollgate_platform::{Alignment, Config, LimitName, Platform};

/// What the wall clock says at the beginning.
const BEGINNING: Instant = Instant::from_nanos(tollgate_platform::BEGINNING.as_nanos() as u64);
const WAYS: Ways = Ways {
    out: Duration::from_millis(1),
    refusal: Duration::from_millis(2),
    grant: Duration::from_millis(5),
    headers: true,
};
/// How long an answer may take, at the least.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a case for so many windows after those of learning.
pub(super) fn run(case: &Case, windows: u32, alignment: Alignment, seed: u64) -> Seen {
    let (learned, end) = case.times(BEGINNING, windows);
    let arrivals = arrivals(case, seed, (BEGINNING, end));
    let flows = case.parties.iter().map(|party| Flow {
        name: party.name.into(),
        priority: party.class,
        ..Flow::default()
    });
    let mut engine = Engine::new(case.believed.config(flows), seed, BEGINNING);
    let hosts = case.hosts.iter().cloned().map(|config| {
        let config = Config {
            alignment,
            ..config
        };
        Platform::new(config, seed)
    });
    let mut falls: Vec<(Instant, usize)> = Vec::new();
    for host in 0..case.hosts.len() {
        let of_host = case.falls(host, end.since(BEGINNING)).into_iter();
        falls.extend(of_host.map(|after| (BEGINNING + after, host)));
    }
    falls.sort_by_key(|(at, _)| *at);
    let mut watch = Watching {
        case,
        arrivals: &arrivals,
        coming: falls.into(),
        falls: vec![None; case.hosts.len()],
        seen: Seen::new(case, BEGINNING, learned, end),
    };
    let callers = callers(case);
    World::new(
        hosts.collect(),
        WAYS,
        (&arrivals, &callers),
        &mut engine,
        &mut watch,
    )
    .run(BEGINNING, end);
    let mut seen = watch.seen;
    seen.finish(case, &arrivals);
    if case.varies() {
        let draw = (alignment, seed);
        let served = bound::served(case, &arrivals, draw, (BEGINNING, end));
        seen.could_be_served(&served);
    }
    seen
}

fn callers(case: &Case) -> Vec<Caller> {
    // Never less than the slowest answer takes.
    let slowest = case.hosts.iter().map(|host| host.latency.to).max();
    let timeout = TIMEOUT.max(slowest.unwrap_or_default() * 2);
    let parties = case.parties.iter().enumerate();
    let caller = |(number, party): (usize, &Party)| {
        // Parties that ask the same host for the same path have one endpoint.
        let same = |other: &Party| other.host == party.host && other.path == party.path;
        let first = case.parties.iter().position(same).unwrap_or(number);
        Caller {
            flow: FlowId(number as u32),
            route: ROUTE,
            endpoint: EndpointId(first as u32 + 1),
            host: party.host,
            path: party.path.clone(),
            timeout,
        }
    };
    parties.map(caller).collect()
}

struct Watching<'a> {
    case: &'a Case,
    arrivals: &'a [Arrival],
    /// When numbers fall, and at which host.
    coming: VecDeque<(Instant, usize)>,
    /// The last one, of each host.
    falls: Vec<Option<Fall>>,
    seen: Seen,
}

/// A number has fallen.
#[derive(Clone, Copy)]
struct Fall {
    at: Instant,
    /// A call was refused since, before anything had been told of it.
    has_refused: bool,
    /// A call was answered that had reached the upstream since.
    is_told: bool,
}

impl Watch for Watching<'_> {
    fn look(&mut self, upstreams: &mut Upstreams, now: Instant) -> Option<Instant> {
        while let Some((_, host)) = self.coming.pop_front_if(|(at, _)| *at <= now) {
            self.fall(host, upstreams, now);
        }
        let mut counts = (0, 0);
        for host in &mut upstreams.hosts {
            host.look(now);
            for stranger in &host.counts().strangers {
                counts.0 += stranger.asked;
                counts.1 += stranger.admitted;
            }
        }
        self.seen.strangers(counts, now);
        Some(now + self.case.period / 100)
    }

    fn admitted(&mut self, _: &Attempt, now: Instant) {
        self.seen.admitted(now);
    }

    fn limited(&mut self, attempt: &Attempt, limit: LimitName, now: Instant) {
        let foreseen = self.foresees(attempt);
        self.seen.limited(limit, foreseen, now);
    }

    fn answered(&mut self, attempt: &Attempt, status: Option<u16>) {
        if let Some(fall) = &mut self.falls[attempt.host] {
            fall.is_told |= attempt.reached.is_some_and(|reached| reached >= fall.at);
        }
        if let Some(status) = status {
            self.seen.answered(attempt.call, status, attempt.sent);
        }
    }

    fn over(&mut self, call: usize, verdict: &Verdict, now: Instant) {
        match verdict {
            Verdict::Answered(_) => self.seen.over(call),
            Verdict::Refused(refusal) => {
                let expired = refusal.reason == Reason::Expired;
                self.seen.refused(call, expired, now);
            }
            Verdict::TimedOut | Verdict::Lost(_) => self.seen.failed(call),
        }
    }
}

impl Watching<'_> {
    /// Fewer calls are admitted from now on.
    fn fall(&mut self, host: usize, upstreams: &Upstreams, now: Instant) {
        self.falls[host] = Some(Fall {
            at: now,
            has_refused: false,
            is_told: false,
        });
        let has_first_class = self.case.parties.iter().any(|party| party.class > 0);
        let believed = self.case.believed.tokens.iter().sum::<u32>() as usize;
        let tokens: Vec<_> = match believed {
            0 => vec![None],
            // Another token could be asked for.
            most if upstreams.tokens.len() < most => return,
            _ => {
                let tokens = upstreams.tokens.values();
                tokens.map(|(_, number)| Some(*number)).collect()
            }
        };
        if host == 0 && has_first_class {
            let now_it_is = (upstreams.hosts[host].clone(), &tokens[..]);
            let late = bound::late_alone(self.case, now_it_is, self.arrivals, now);
            self.seen.are_shut_out(&late);
        }
    }

    /// Whether a call's refusal could have been foreseen. When a number falls, nobody who is not told of what
    /// is to come can know before a call is answered that has reached the upstream since: those under way at that instant are
    /// refused, and one more.
    fn foresees(&mut self, attempt: &Attempt) -> bool {
        let Some(fall) = &mut self.falls[attempt.host] else {
            return true;
        };
        if attempt.sent <= fall.at {
            return false;
        }
        fall.is_told || std::mem::replace(&mut fall.has_refused, true)
    }
}
