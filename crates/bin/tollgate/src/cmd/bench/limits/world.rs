//! One case in virtual time: the engine, the upstreams, and calls at independent instants.

use super::arrival::{Arrival, arrivals};
use super::bound;
use super::case::Case;
use super::ours;
use super::seen::Seen;
use crate::cmd::wire::headers;
use reqwest::header::HeaderMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_driver::facts_of;
use tollgate_engine::{Command, Engine, Event, Facts, FetchFailure, LossKind, Verdict};
use tollgate_model::{AttemptId, Instant, Reason, TokenId};
use tollgate_platform::{
    Alignment, Fault, Place, Platform, Request, TokenAnswer, TokenNumber, Verdict as Answered,
};

/// What the wall clock says at the beginning.
const BEGINNING: Instant = Instant::from_nanos(tollgate_platform::BEGINNING.as_nanos() as u64);
/// Events of one instant; more are a loop without an end.
const MOST_AT_ONCE: u32 = 1_000_000;
/// From the upstream to us.
const WAY_OUT: Duration = Duration::from_millis(1);
/// How long a refusal takes.
const REFUSAL: Duration = Duration::from_millis(2);
/// The way to the token endpoint and back.
const GRANT: Duration = Duration::from_millis(5);
/// What the driver waits for a token endpoint, at the most.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The life of a token whose endpoint doesn't say it, and the longest that is believed.
const LIVES: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(172_800));

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrival(usize),
    Reach(u64),
    /// The call is over at the upstream.
    Depart(u64),
    Answer(u64),
    /// The token endpoint answers, or has not within the time that the driver gives it.
    Asked(u32, u32, bool),
    Look,
    /// A number falls at this host.
    Fall(usize),
    Wake,
}

/// A try that is under way.
struct Try {
    call: usize,
    token: Option<TokenId>,
    sent: Instant,
    place: Option<Place>,
    answer: Option<Answer>,
    /// When it arrived at the upstream.
    reached: Option<Instant>,
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

enum Answer {
    Head(u16, HeaderMap, Vec<u8>),
    Dropped,
}

pub(super) struct World<'a> {
    case: &'a Case,
    engine: Engine,
    /// By party.
    names: Vec<ours::Names>,
    hosts: Vec<Platform>,
    arrivals: Vec<Arrival>,
    tokens: BTreeMap<u32, (String, TokenNumber)>,
    tries: BTreeMap<u64, Try>,
    heap: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    serial: u64,
    /// The last one, of each host.
    falls: Vec<Option<Fall>>,
    seen: Seen,
}

/// Runs a case for so many windows after those of learning.
pub(super) fn run(case: &Case, windows: u32, alignment: Alignment, seed: u64) -> Seen {
    let (learned, end) = case.times(BEGINNING, windows);
    let arrivals = arrivals(case, seed, (BEGINNING, end));
    let (engine, names) = ours::engine(case, seed, BEGINNING);
    let hosts = case.hosts.iter().map(|config| {
        let config = tollgate_platform::Config {
            alignment,
            ..config.clone()
        };
        Platform::new(config, seed)
    });
    let mut world = World {
        engine,
        names,
        hosts: hosts.collect(),
        tokens: BTreeMap::new(),
        tries: BTreeMap::new(),
        heap: BinaryHeap::new(),
        serial: 0,
        falls: vec![None; case.hosts.len()],
        seen: Seen::new(case, BEGINNING, learned, end),
        case,
        arrivals,
    };
    world.hosts.iter_mut().for_each(|host| host.look(BEGINNING));
    if let Some(first) = world.arrivals.first() {
        world.at(first.at, Due::Arrival(0));
    }
    world.at(BEGINNING, Due::Look);
    for host in 0..case.hosts.len() {
        for fall in case.falls(host, end.since(BEGINNING)) {
            world.at(BEGINNING + fall, Due::Fall(host));
        }
    }
    let mut still = (BEGINNING, 0_u32);
    while let Some(Reverse((now, _, due))) = world.heap.pop() {
        if now >= end {
            break;
        }
        still = if now == still.0 {
            (now, still.1 + 1)
        } else {
            (now, 0)
        };
        assert!(
            still.1 < MOST_AT_ONCE,
            "{}: time stands still at {:?}",
            case.name,
            now.since(BEGINNING)
        );
        world.step(due, now);
        while let Some(command) = world.engine.poll_command() {
            world.carry_out(command, now);
        }
        if let Some(at) = world.engine.poll_timeout() {
            let first = world.heap.peek().map(|Reverse((at, ..))| *at);
            if first.is_none_or(|first| at < first) {
                world.at(at.max(now), Due::Wake);
            }
        }
    }
    world.seen.finish(case, &world.arrivals);
    if case.varies() {
        let draw = (alignment, seed);
        let served = bound::served(case, &world.arrivals, draw, (BEGINNING, end));
        world.seen.could_be_served(&served);
    }
    world.seen
}

impl World<'_> {
    fn at(&mut self, at: Instant, due: Due) {
        self.serial += 1;
        self.heap.push(Reverse((at, self.serial, due)));
    }

    fn step(&mut self, due: Due, now: Instant) {
        match due {
            Due::Arrival(call) => {
                if let Some(next) = self.arrivals.get(call + 1) {
                    self.at(next.at, Due::Arrival(call + 1));
                }
                let party = self.arrivals[call].party;
                let deadline = now + self.case.parties[party].within;
                let event = ours::submit(call, self.case, self.names[party], deadline);
                self.engine.handle_event(event, now);
            }
            Due::Reach(attempt) => self.reach(attempt, now),
            Due::Depart(attempt) => self.depart(attempt),
            Due::Answer(attempt) => self.answer(attempt, now),
            Due::Asked(client, token, true) => self.grant(client, token, now),
            Due::Asked(_, token, false) => {
                let failed = Event::TokenFailed {
                    token: TokenId(token),
                    retry_after: None,
                    failure: FetchFailure::Late,
                };
                self.engine.handle_event(failed, now);
            }
            Due::Look => {
                let mut counts = (0, 0);
                for host in &mut self.hosts {
                    host.look(now);
                    for stranger in &host.counts().strangers {
                        counts.0 += stranger.asked;
                        counts.1 += stranger.admitted;
                    }
                }
                self.seen.strangers(counts, now);
                self.at(now + self.case.period / 100, Due::Look);
            }
            Due::Fall(host) => self.fall(host, now),
            Due::Wake => self.engine.handle_timeout(now),
        }
    }

    fn carry_out(&mut self, command: Command, now: Instant) {
        match command {
            Command::Send {
                execution,
                attempt,
                token,
                ..
            } => {
                let call = execution.index();
                let host = self.case.parties[self.arrivals[call].party].host;
                let way_in = self.hosts[host].way_in();
                let it = Try {
                    call,
                    token,
                    sent: now,
                    place: None,
                    answer: None,
                    reached: None,
                };
                self.tries.insert(attempt.0, it);
                self.at(now + way_in, Due::Reach(attempt.0));
            }
            Command::Abort(AttemptId(attempt)) => {
                self.depart(attempt);
                self.tries.remove(&attempt);
            }
            Command::FetchToken(client, TokenId(token)) => {
                let takes = self.hosts.first_mut().map(Platform::grant_takes);
                let takes = GRANT + takes.unwrap_or_default();
                let in_time = takes < TOKEN_TIMEOUT;
                let at = now + takes.min(TOKEN_TIMEOUT);
                self.at(at, Due::Asked(client.0, token, in_time));
            }
            Command::DropToken(TokenId(token)) => {
                self.tokens.remove(&token);
            }
            Command::Finish(execution, verdict) => {
                let call = execution.index();
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
    }

    /// Fewer calls are admitted from now on.
    fn fall(&mut self, host: usize, now: Instant) {
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
            most if self.tokens.len() < most => return,
            _ => {
                let tokens = self.tokens.values();
                tokens.map(|(_, number)| Some(*number)).collect()
            }
        };
        if host == 0 && has_first_class {
            let now_it_is = (self.hosts[host].clone(), &tokens[..]);
            let late = bound::late_alone(self.case, now_it_is, &self.arrivals, now);
            self.seen.are_shut_out(&late);
        }
    }

    /// Whether a call's refusal could have been foreseen. When a number falls, nobody who is not told of what
    /// is to come can know before a call is answered that has reached the upstream since: those under way at that instant are
    /// refused, and one more.
    fn foresees(&mut self, host: usize, sent: Instant) -> bool {
        let Some(fall) = &mut self.falls[host] else {
            return true;
        };
        if sent <= fall.at {
            return false;
        }
        fall.is_told || std::mem::replace(&mut fall.has_refused, true)
    }

    /// The call arrives at the upstream.
    fn reach(&mut self, attempt: u64, now: Instant) {
        let Some(it) = self.tries.get_mut(&attempt) else {
            return;
        };
        let party = &self.case.parties[self.arrivals[it.call].party];
        let token = it.token.and_then(|token| self.tokens.get(&token.0));
        let host = &mut self.hosts[party.host];
        let request = Request {
            token: token.map(|(_, number)| *number),
            method: "GET",
            path: &party.path,
        };
        let answered = host.arrive_at(request, now);
        let mut is_limited = None;
        it.reached = Some(now);
        let (sent, host_number) = (it.sent, party.host);
        let (latency, status) = match &answered {
            Answered::Admitted(admitted) => {
                it.place = Some(admitted.place);
                self.seen.admitted(now);
                match admitted.fault {
                    None => (admitted.latency, Some(200)),
                    Some(Fault::Unavailable) => (admitted.latency, Some(503)),
                    Some(Fault::Dropped) => (admitted.latency, None),
                }
            }
            Answered::Limited(limited) => {
                is_limited = Some(limited.limit);
                (REFUSAL, Some(limited.status))
            }
            Answered::Unauthorized => (REFUSAL, Some(401)),
        };
        let over = now + latency;
        it.answer = Some(match status {
            Some(status) => {
                let headers = headers(host.headers(&answered, over), wall(over));
                Answer::Head(status, headers, body(&answered))
            }
            None => Answer::Dropped,
        });
        if let Some(limit) = is_limited {
            let foreseen = self.foresees(host_number, sent);
            self.seen.limited(limit, foreseen, now);
        }
        self.at(over, Due::Depart(attempt));
        self.at(over + WAY_OUT, Due::Answer(attempt));
    }

    fn depart(&mut self, attempt: u64) {
        if let Some(it) = self.tries.get_mut(&attempt)
            && let Some(place) = it.place.take()
        {
            let party = &self.case.parties[self.arrivals[it.call].party];
            self.hosts[party.host].depart(place);
        }
    }

    fn answer(&mut self, attempt: u64, now: Instant) {
        let Some(it) = self.tries.remove(&attempt) else {
            return;
        };
        let attempt = AttemptId(attempt);
        let host = self.case.parties[self.arrivals[it.call].party].host;
        if let Some(fall) = &mut self.falls[host] {
            fall.is_told |= it.reached.is_some_and(|reached| reached >= fall.at);
        }
        match it.answer {
            Some(Answer::Head(status, headers, body)) => {
                let facts = facts_of(status, &headers, &body, wall(now));
                self.seen.answered(it.call, status, it.sent);
                self.head(attempt, status, facts, now);
            }
            _ => {
                let lost = Event::Lost(attempt, LossKind::NoAnswer);
                self.engine.handle_event(lost, now);
            }
        }
    }

    fn head(&mut self, attempt: AttemptId, status: u16, facts: Facts, now: Instant) {
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        self.engine.handle_event(head, now);
        self.engine.handle_event(Event::Done(attempt), now);
    }

    /// The token endpoint answers, to what the driver makes of it.
    fn grant(&mut self, client: u32, token: u32, now: Instant) {
        let failed = |retry_after, failure| Event::TokenFailed {
            token: TokenId(token),
            retry_after,
            failure,
        };
        let Some(host) = self.hosts.first_mut() else {
            return;
        };
        let name = format!("client-{client}");
        let event = match host.ask_token(&name, "emulated", now) {
            TokenAnswer::Granted(grant) => {
                let life = if grant.says_life {
                    grant.expires_in.min(LIVES.1)
                } else {
                    LIVES.0
                };
                let mut known = self.tokens.iter();
                let known = known.find(|(_, (text, _))| *text == grant.access_token);
                if life.is_zero() {
                    failed(None, FetchFailure::Other)
                } else if let Some((known, _)) = known {
                    Event::TokenRepeated {
                        token: TokenId(token),
                        known: TokenId(*known),
                        expires_in: life,
                    }
                } else {
                    self.tokens
                        .insert(token, (grant.access_token, grant.number));
                    Event::TokenGranted {
                        token: TokenId(token),
                        expires_in: life,
                    }
                }
            }
            TokenAnswer::Limited(said) => {
                let facts = facts_of(429, &headers(said, wall(now)), &[], wall(now));
                failed(facts.retry_after, FetchFailure::Other)
            }
            TokenAnswer::Invalid => failed(None, FetchFailure::Credentials),
            TokenAnswer::Failing => failed(None, FetchFailure::Other),
        };
        self.engine.handle_event(event, now);
    }
}

/// The body of a refusal; of other answers nothing is read.
fn body(answered: &Answered) -> Vec<u8> {
    let Answered::Limited(limited) = answered else {
        return Vec::new();
    };
    let (code, message) = limited.words();
    let body = tollgate_platform::error_body(limited.status, code, &message, "emulated");
    body.to_string().into_bytes()
}

fn wall(now: Instant) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(now.as_nanos())
}
