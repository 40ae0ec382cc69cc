//! Calls at independent instants, a limiter that places them, and the emulated upstreams that they go to, in
//! virtual time.
//!
//! The limiter has the engine's five verbs, be it the engine or what people use today. What it sends is a while
//! on its way and comes back as the event that the driver would make of the answer. Whoever looks on ([`Watch`])
//! is told what happens, and sums it up.

use crate::cmd::wire::headers;
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollgate_driver::facts_of;
use tollgate_engine::{Command, Event, Facts, FetchFailure, LossKind, Submission, Verdict};
use tollgate_model::{
    Agenda, AttemptId, ClientId, EndpointId, ExecutionId, FlowId, Instant, RouteId, TokenId,
};
use tollgate_platform::{
    Fault, LimitName, Place, Platform, Request, TokenAnswer, TokenNumber, Verdict as Answered,
};
use tollgate_sim::Limiter;

/// Events of one instant; more are a loop without an end.
const MOST_AT_ONCE: u32 = 1_000_000;
/// What the driver waits for a token endpoint, at the most.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);
/// The life of a token whose endpoint doesn't say it, and the longest that is believed.
const LIVES: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(172_800));

/// A call as it is made.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) at: Instant,
    /// The place of its caller.
    pub(super) party: usize,
    /// The latest useful start.
    pub(super) deadline: Instant,
}

/// How the calls of one kind are placed, and where they go.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) flow: FlowId,
    pub(super) route: RouteId,
    pub(super) endpoint: EndpointId,
    pub(super) host: usize,
    pub(super) path: String,
    pub(super) timeout: Duration,
}

/// How long it takes to come and go.
#[derive(Clone, Copy)]
pub(super) struct Ways {
    /// From the upstream to us.
    pub(super) out: Duration,
    /// How long a refusal takes.
    pub(super) refusal: Duration,
    /// To the token endpoint and back.
    pub(super) grant: Duration,
    /// Whether what answers say is read from headers; else the numbers are known as they are.
    pub(super) headers: bool,
}

/// The upstreams, and the tokens that were granted by the first of them.
pub(super) struct Upstreams {
    pub(super) hosts: Vec<Platform>,
    pub(super) tokens: BTreeMap<TokenId, (String, TokenNumber)>,
}

/// A try that is under way.
pub(super) struct Attempt {
    pub(super) call: usize,
    pub(super) host: usize,
    token: Option<TokenId>,
    pub(super) sent: Instant,
    /// When it arrived at the upstream.
    pub(super) reached: Option<Instant>,
    place: Option<Place>,
    /// Its status and what it says; none before it is given, and where the connection is dropped.
    answer: Option<(u16, Said)>,
}

enum Said {
    Numbers(Facts),
    /// Headers and a body.
    Head(HeaderMap, Vec<u8>),
}

/// Looks on.
pub(super) trait Watch {
    /// Looks at the upstreams, at the beginning and whenever it asked to; gives when it wants to look again.
    fn look(&mut self, _: &mut Upstreams, _: Instant) -> Option<Instant> {
        None
    }
    /// The upstream takes a call in.
    fn admitted(&mut self, attempt: &Attempt, now: Instant);
    /// A limit of the upstream turns a call away.
    fn limited(&mut self, attempt: &Attempt, limit: LimitName, now: Instant);
    /// The answer has come, with its status, or its loss shows.
    fn answered(&mut self, _: &Attempt, _: Option<u16>) {}
    /// The limiter tells the caller what came of the call.
    fn over(&mut self, call: usize, verdict: &Verdict, now: Instant);
}

enum Due {
    Arrival(usize),
    Reach(AttemptId),
    /// The call is over at the upstream.
    Depart(AttemptId),
    Answer(AttemptId),
    /// The token endpoint answers, or has not within the time that the driver gives it.
    Asked(ClientId, TokenId, bool),
    Look,
    Wake,
}

pub(super) struct World<'a> {
    arrivals: &'a [Arrival],
    callers: &'a [Caller],
    ways: Ways,
    limiter: &'a mut dyn Limiter,
    watch: &'a mut dyn Watch,
    upstreams: Upstreams,
    attempts: BTreeMap<AttemptId, Attempt>,
    agenda: Agenda<Due>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        hosts: Vec<Platform>,
        ways: Ways,
        (arrivals, callers): (&'a [Arrival], &'a [Caller]),
        limiter: &'a mut dyn Limiter,
        watch: &'a mut dyn Watch,
    ) -> Self {
        let tokens = BTreeMap::new();
        Self {
            arrivals,
            callers,
            ways,
            limiter,
            watch,
            upstreams: Upstreams { hosts, tokens },
            attempts: BTreeMap::new(),
            agenda: Agenda::default(),
        }
    }

    /// The limiter has so many tokens before it asks for one.
    pub(super) fn holding(mut self, tokens: u32, now: Instant) -> Self {
        for token in 0..tokens {
            self.upstreams.grant(ClientId(0), TokenId(token), now);
        }
        self
    }

    pub(super) fn run(mut self, from: Instant, until: Instant) {
        let hosts = self.upstreams.hosts.iter_mut();
        hosts.for_each(|host| host.look(from));
        if let Some(first) = self.arrivals.first() {
            self.agenda.add(first.at, Due::Arrival(0));
        }
        self.agenda.add(from, Due::Look);
        let (mut before, mut at_once) = (from, 0);
        while let Some((now, due)) = self.agenda.pop() {
            if now >= until {
                break;
            }
            at_once = if now == before { at_once + 1 } else { 0 };
            before = now;
            let passed = now.since(from);
            assert!(at_once < MOST_AT_ONCE, "time stands still at {passed:?}");
            self.step(due, now);
            while let Some(command) = self.limiter.poll_command() {
                self.carry_out(command, now);
            }
            if let Some(at) = self.limiter.poll_timeout()
                && self.agenda.next_at().is_none_or(|first| at < first)
            {
                self.agenda.add(at.max(now), Due::Wake);
            }
        }
    }

    fn step(&mut self, due: Due, now: Instant) {
        match due {
            Due::Arrival(call) => {
                if let Some(next) = self.arrivals.get(call + 1) {
                    self.agenda.add(next.at, Due::Arrival(call + 1));
                }
                self.submit(call, now);
            }
            Due::Reach(attempt) => self.reach(attempt, now),
            Due::Depart(attempt) => self.depart(attempt),
            Due::Answer(attempt) => self.answer(attempt, now),
            Due::Asked(client, token, true) => {
                let event = self.upstreams.grant(client, token, now);
                self.limiter.handle_event(event, now);
            }
            Due::Asked(_, token, false) => {
                let late = failed(token, None, FetchFailure::Late);
                self.limiter.handle_event(late, now);
            }
            Due::Look => {
                if let Some(next) = self.watch.look(&mut self.upstreams, now) {
                    self.agenda.add(next, Due::Look);
                }
            }
            Due::Wake => self.limiter.handle_timeout(now),
        }
    }

    fn submit(&mut self, call: usize, now: Instant) {
        let arrival = self.arrivals[call];
        let caller = &self.callers[arrival.party];
        let submission = Submission {
            execution: ExecutionId(call as u64),
            flow: caller.flow,
            route: caller.route,
            endpoint: caller.endpoint,
            deadline: arrival.deadline,
            timeout: caller.timeout,
            idempotent: true,
        };
        self.limiter.handle_event(Event::Submit(submission), now);
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
                let host = self.callers[self.arrivals[call].party].host;
                let way_in = self.upstreams.hosts[host].way_in();
                let it = Attempt {
                    call,
                    host,
                    token,
                    sent: now,
                    reached: None,
                    place: None,
                    answer: None,
                };
                self.attempts.insert(attempt, it);
                self.agenda.add(now + way_in, Due::Reach(attempt));
            }
            Command::Abort(attempt) => {
                self.depart(attempt);
                self.attempts.remove(&attempt);
            }
            Command::FetchToken(client, token) => {
                let takes = self.ways.grant + self.upstreams.hosts[0].grant_takes();
                let in_time = takes < TOKEN_TIMEOUT;
                let asked = Due::Asked(client, token, in_time);
                self.agenda.add(now + takes.min(TOKEN_TIMEOUT), asked);
            }
            Command::AskForSlots | Command::WouldHave(..) => {}
            Command::DropToken(token) => {
                self.upstreams.tokens.remove(&token);
            }
            Command::Finish(execution, verdict) => {
                self.watch.over(execution.index(), &verdict, now);
            }
        }
    }

    /// The call arrives at the upstream.
    fn reach(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.get_mut(&attempt) else {
            return;
        };
        it.reached = Some(now);
        let held = it.token.and_then(|token| self.upstreams.tokens.get(&token));
        let request = Request {
            token: held.map(|(_, number)| *number),
            method: "GET",
            path: &self.callers[self.arrivals[it.call].party].path,
        };
        let host = &mut self.upstreams.hosts[it.host];
        let answered = host.arrive_at(request, now);
        let (takes, status) = match &answered {
            Answered::Admitted(admitted) => {
                it.place = Some(admitted.place);
                self.watch.admitted(it, now);
                let status = match admitted.fault {
                    None => Some(200),
                    Some(Fault::Unavailable) => Some(503),
                    Some(Fault::Dropped) => None,
                };
                (admitted.latency, status)
            }
            Answered::Limited(limited) => {
                self.watch.limited(it, limited.limit, now);
                (self.ways.refusal, Some(limited.status))
            }
            Answered::Unauthorized => (self.ways.refusal, Some(401)),
        };
        let over = now + takes;
        it.answer = status.map(|status| {
            if !self.ways.headers {
                return (status, Said::Numbers(tollgate_sim::facts(&answered)));
            }
            let said = headers(host.headers(&answered, over), wall(over));
            (status, Said::Head(said, body(&answered)))
        });
        self.agenda.add(over, Due::Depart(attempt));
        let back = over + self.ways.out;
        self.agenda.add(back, Due::Answer(attempt));
    }

    fn depart(&mut self, attempt: AttemptId) {
        if let Some(it) = self.attempts.get_mut(&attempt)
            && let Some(place) = it.place.take()
        {
            self.upstreams.hosts[it.host].depart(place);
        }
    }

    fn answer(&mut self, attempt: AttemptId, now: Instant) {
        let Some(it) = self.attempts.remove(&attempt) else {
            return;
        };
        let status = it.answer.as_ref().map(|(status, ..)| *status);
        self.watch.answered(&it, status);
        let Some((status, said)) = it.answer else {
            let lost = Event::Lost(attempt, LossKind::NoAnswer);
            return self.limiter.handle_event(lost, now);
        };
        let head = Event::Head {
            attempt,
            status,
            facts: match said {
                Said::Numbers(facts) => facts,
                Said::Head(headers, body) => facts_of(status, &headers, &body, wall(now)),
            },
        };
        self.limiter.handle_event(head, now);
        self.limiter.handle_event(Event::Done(attempt), now);
    }
}

impl Upstreams {
    /// What the driver makes of the token endpoint's answer.
    fn grant(&mut self, client: ClientId, token: TokenId, now: Instant) -> Event {
        let name = format!("client-{}", client.0);
        let grant = match self.hosts[0].ask_token(&name, "emulated", now) {
            TokenAnswer::Granted(grant) => grant,
            TokenAnswer::Limited(said) => {
                let facts = facts_of(429, &headers(said, wall(now)), &[], wall(now));
                return failed(token, facts.retry_after, FetchFailure::Other);
            }
            TokenAnswer::Invalid => return failed(token, None, FetchFailure::Credentials),
            TokenAnswer::Failing => return failed(token, None, FetchFailure::Other),
        };
        let expires_in = match grant.says_life {
            true => grant.expires_in.min(LIVES.1),
            false => LIVES.0,
        };
        if expires_in.is_zero() {
            return failed(token, None, FetchFailure::Other);
        }
        let mut held = self.tokens.iter();
        if let Some((&known, _)) = held.find(|(_, (text, _))| *text == grant.access_token) {
            return Event::TokenRepeated {
                token,
                known,
                expires_in,
            };
        }
        let it = (grant.access_token, grant.number);
        self.tokens.insert(token, it);
        Event::TokenGranted { token, expires_in }
    }
}

fn failed(token: TokenId, retry_after: Option<Duration>, failure: FetchFailure) -> Event {
    Event::TokenFailed {
        token,
        retry_after,
        failure,
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
