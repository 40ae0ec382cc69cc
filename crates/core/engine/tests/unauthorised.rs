//! Tokens that are granted and then refused.

#[path = "trouble/setup.rs"]
mod setup;

use setup::{at, commands, fetched, pooled};
use std::time::Duration;
use tollgate_engine::{Command, Engine, Event, Facts, Submission, Verdict};
use tollgate_model::{EndpointId, ExecutionId, FlowId, RouteId};

/// The call of that number, which may start for so many milliseconds.
fn call(number: u64, now: u64, within: u64) -> Submission {
    Submission {
        execution: ExecutionId(number),
        flow: FlowId(0),
        route: RouteId(0),
        endpoint: EndpointId::UNKNOWN,
        deadline: at(now + within),
        timeout: Duration::from_secs(10),
        idempotent: true,
    }
}

/// A call that may start for two seconds.
fn submit_at(engine: &mut Engine, now: u64) -> Vec<Command> {
    let number = engine.snapshot(at(now)).flows[0].answered + 1_000_000;
    engine.handle_event(Event::Submit(call(number, now, 2_000)), at(now));
    commands(engine)
}

/// Submits a call, answers each of its attempts so, and grants every token. Gives how many were fetched, and how
/// many calls were answered.
fn play(engine: &mut Engine, call: Submission, status: u16, now: u64) -> (usize, usize) {
    let (mut fetches, mut answered) = (0, 0);
    engine.handle_event(Event::Submit(call), at(now));
    loop {
        let told = commands(engine);
        for command in &told {
            let event = match *command {
                Command::FetchToken(_, token) => {
                    fetches += 1;
                    Event::TokenGranted {
                        token,
                        expires_in: Duration::from_secs(86_400),
                    }
                }
                Command::Send { attempt, .. } => {
                    let head = Event::Head {
                        attempt,
                        status,
                        facts: Facts::default(),
                    };
                    engine.handle_event(head, at(now));
                    Event::Done(attempt)
                }
                Command::Finish(_, Verdict::Answered(_)) => {
                    answered += 1;
                    continue;
                }
                _ => continue,
            };
            engine.handle_event(event, at(now));
        }
        if told.is_empty() {
            return (fetches, answered);
        }
    }
}

/// Answers every call 401 and grants every token; how many were fetched.
fn unauthorised(engine: &mut Engine, seconds: u64) -> usize {
    let steps = (0..seconds * 100).map(|number| {
        let now = number * 10;
        let (fetches, _) = play(engine, call(number, now, 100), 401, now);
        engine.handle_timeout(at(now + 10));
        fetches
    });
    steps.sum()
}

#[test]
fn a_credential_that_is_always_refused_is_asked_for_in_pauses_that_double() {
    let mut engine = pooled(1, 10);
    assert_eq!(unauthorised(&mut engine, 10), 5, "after 0.5, 1, 2 and 4 s");
    // What it left to wake for is gone with its tokens.
    engine.handle_timeout(at(60_000));
    assert_eq!(engine.poll_timeout(), None);
}

#[test]
fn a_token_that_was_accepted_ends_the_doubling() {
    let mut engine = pooled(1, 10);
    assert_eq!(unauthorised(&mut engine, 2), 3, "the next after 2 s more");
    let calls = |engine: &mut Engine, status| {
        let mut told = submit_at(engine, 4_000);
        if let Some(token) = fetched(&told) {
            let expires_in = Duration::from_secs(3_600);
            engine.handle_event(Event::TokenGranted { token, expires_in }, at(4_000));
            told = commands(engine);
        }
        let Some(Command::Send { attempt, .. }) = told.pop() else {
            panic!("{told:?}");
        };
        let facts = Facts::default();
        let head = Event::Head {
            attempt,
            status,
            facts,
        };
        engine.handle_event(head, at(4_000));
        engine.handle_event(Event::Done(attempt), at(4_000));
        commands(engine)
    };
    calls(&mut engine, 200);
    let token = fetched(&calls(&mut engine, 401)).expect("a successor at once");
    let retry_after = None;
    engine.handle_event(
        Event::TokenFailed {
            token,
            retry_after,
            failure: tollgate_engine::FetchFailure::Other,
        },
        at(4_000),
    );
    assert_eq!(engine.poll_timeout(), Some(at(4_500)));
}

#[test]
fn a_call_that_two_tokens_are_turned_away_with_condemns_no_client() {
    let mut engine = pooled(1, 1_000);
    let (mut fetches, mut served) = (0, 0);
    // Every second call is answered 401, whatever its token is.
    for number in 0..40 {
        let (now, status) = (1_000 + number * 1_000, [200, 401][number as usize % 2]);
        let (fetched, answered) = play(&mut engine, call(number, now, 900), status, now);
        fetches += fetched;
        served += answered;
    }
    assert_eq!(served, 40, "every call is answered, the bad ones 401");
    assert!(fetches <= 22, "one token for each bad call: {fetches}");
}
