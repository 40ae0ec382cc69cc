//! What somebody would be served who knows the upstream's windows.
//!
//! The calls of a case in the order of their arrival, each as soon as any token is accepted, and whoever would be
//! late not at all. The emulated platform is asked without a way or an answer's time, and what it turns
//! away counts nothing: whoever knows the windows would not have asked. Windows that open by the clock let
//! nobody pass more calls in time: they don't depend on what is sent, and a call that is served earlier takes room from
//! none that could not wait as long. Where a window opens with its first call this is what the same rule
//! passes; to leave a window closed for a while might pass a few more.
//!
//! **When a number falls** below what was counted, the upstream turns every call away until the windows end. Who
//! doesn't know what is to come can't have left room for that: slots that are left free for a number that does not fall
//! are lost. What the first class can be served then is found from the upstream as it is at that instant:
//! its calls alone, as if nobody else called until all windows have ended ([`late_alone`]). No order of calls
//! serves more of them.

use super::case::Case;
use crate::cmd::bench::world::Arrival;
use std::collections::VecDeque;
use tollgate_model::Instant;
use tollgate_platform::{Alignment, Config, Platform, Request, TokenAnswer, TokenNumber, Verdict};

/// Looks in a period for a window that has opened.
const LOOKS: u32 = 600;

/// When calls are served, by who knows the windows of the first host.
pub(super) fn served(
    case: &Case,
    arrivals: &[Arrival],
    (alignment, seed): (Alignment, u64),
    (from, until): (Instant, Instant),
) -> Vec<Instant> {
    let Some(config) = case.hosts.first() else {
        return Vec::new();
    };
    let config = Config {
        alignment,
        ..config.clone()
    };
    let mut host = Platform::new(config, seed);
    host.look(from);
    let tokens = tokens(case, &mut host, from);
    let arrivals = arrivals.iter().copied();
    serve(case, (&mut host, &tokens), arrivals, (from, until)).0
}

/// The calls of the first class that come within a period from an instant on, and are too late though they are
/// served alone by this host.
pub(super) fn late_alone(
    case: &Case,
    (mut host, tokens): (Platform, &[Option<TokenNumber>]),
    arrivals: &[Arrival],
    from: Instant,
) -> Vec<Arrival> {
    let until = from + case.period;
    let first = arrivals.partition_point(|arrival| arrival.at < from);
    let come = arrivals[first..].iter().copied();
    let come = come.take_while(|arrival| arrival.at < until);
    let of_first = come.filter(|arrival| case.parties[arrival.party].class == 0);
    serve(
        case,
        (&mut host, tokens),
        of_first,
        (from, until + case.period),
    )
    .1
}

/// When calls are served, and those that are too late.
fn serve(
    case: &Case,
    (host, tokens): (&mut Platform, &[Option<TokenNumber>]),
    arrivals: impl Iterator<Item = Arrival>,
    (from, until): (Instant, Instant),
) -> (Vec<Instant>, Vec<Arrival>) {
    let mut waiting: VecDeque<Arrival> = VecDeque::new();
    let mut arrivals = arrivals.peekable();
    let (mut served, mut late) = (Vec::new(), Vec::new());
    let mut now = from;
    while now < until {
        while let Some(arrival) = arrivals.next_if(|it| it.at <= now) {
            waiting.push_back(arrival);
        }
        while let Some(first) = waiting.front() {
            let party = &case.parties[first.party];
            let mut accepts = |token: &Option<TokenNumber>| {
                let request = Request {
                    token: *token,
                    method: "GET",
                    path: &party.path,
                };
                matches!(host.arrive_at(request, now), Verdict::Admitted(_))
            };
            if now > first.deadline {
                late.extend(waiting.pop_front());
            } else if tokens.iter().any(&mut accepts) {
                served.push(now);
                waiting.pop_front();
            } else {
                break;
            }
        }
        let look = now + case.period / LOOKS;
        now = match (arrivals.peek(), waiting.is_empty()) {
            (Some(next), true) => next.at,
            (None, true) => break,
            (_, false) => look,
        };
    }
    (served, late)
}

/// All tokens that may be held; one that is none where calls need no token.
fn tokens(case: &Case, host: &mut Platform, now: Instant) -> Vec<Option<TokenNumber>> {
    if case.believed.tokens.is_empty() {
        return vec![None];
    }
    let mut tokens = Vec::new();
    for (client, number) in case.believed.tokens.iter().enumerate() {
        for _ in 0..*number {
            let name = format!("client-{client}");
            if let TokenAnswer::Granted(grant) = host.ask_token(&name, "emulated", now) {
                tokens.push(Some(grant.number));
            }
        }
    }
    tokens
}
