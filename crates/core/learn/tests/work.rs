//! What is looked at in a turn, and in all, is bounded whatever is sent and refused.
//!
//! Work is counted, not timed, so these hold on any machine.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_learn::{
    Call, Change, Finding, FindingId, Group, KnownLimit, Learner, Outcome, Settings,
};
use tollgate_model::{AttemptId, ClientId, EndpointId, Instant, TokenId};
use world::limiter::window;
use world::random::Random;

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLI;
/// How long an answer takes.
const LATENCY: u64 = 12 * MILLI;

/// What an upstream is sent, and how it answers.
#[derive(Clone, Copy)]
struct Input {
    name: &'static str,
    /// Calls at one instant, and the time between two such instants.
    burst: u64,
    gap: u64,
    seconds: u64,
    /// Tokens, clients and endpoints that calls go through in turn.
    tokens: u64,
    clients: u64,
    endpoints: u64,
    cost: u32,
    /// The share of calls refused by chance.
    strays: f64,
    /// Calls accepted in a window of a second, of one endpoint if there are several.
    allowed: Option<u64>,
    /// Findings held from the beginning.
    held: u32,
}

const PLAIN: Input = Input {
    name: "strays, 5 % of 200 a second",
    burst: 1,
    gap: 5 * MILLI,
    seconds: 45,
    tokens: 1,
    clients: 1,
    endpoints: 1,
    cost: 1,
    strays: 0.05,
    allowed: None,
    held: 0,
};

const INPUTS: [Input; 9] = [
    PLAIN,
    Input {
        name: "strays, 5 % of 2000 a second, all groups",
        gap: MILLI / 2,
        seconds: 20,
        tokens: 8,
        clients: 3,
        endpoints: 7,
        ..PLAIN
    },
    Input {
        name: "a third refused by chance, all groups",
        gap: 5 * MILLI,
        tokens: 50,
        clients: 5,
        endpoints: 11,
        strays: 0.33,
        ..PLAIN
    },
    Input {
        name: "nearly all refused",
        strays: 0.97,
        ..PLAIN
    },
    Input {
        name: "bursts of 4000 at one instant",
        burst: 4_000,
        gap: 4 * SECOND,
        endpoints: 3,
        ..PLAIN
    },
    Input {
        name: "bursts of 4000 calls that take 1000 each",
        burst: 4_000,
        gap: 4 * SECOND,
        cost: 1_000,
        ..PLAIN
    },
    Input {
        name: "eight findings and strays",
        gap: 5 * MILLI,
        tokens: 4,
        clients: 2,
        endpoints: 8,
        held: 8,
        ..PLAIN
    },
    Input {
        name: "a limit of each endpoint, and strays",
        gap: 5 * MILLI,
        endpoints: 12,
        strays: 0.01,
        allowed: Some(7),
        ..PLAIN
    },
    Input {
        name: "a limit nobody obeys",
        gap: 2 * MILLI,
        seconds: 20,
        strays: 0.0,
        allowed: Some(90),
        ..PLAIN
    },
];

/// What was looked at.
#[derive(Debug, Default)]
struct Looked {
    /// In the longest turn, and in all.
    most: u64,
    all: u64,
    turns: u64,
}

fn finding(at: u32) -> Finding {
    Finding {
        id: FindingId(0),
        group: match at % 4 {
            0 => Group::Upstream,
            1 => Group::Token,
            2 => Group::Client(ClientId(0)),
            _ => Group::Endpoint(EndpointId(1 + at)),
        },
        rule: window(10 + at, 1_000 * u64::from(at + 1)),
        counts_refused: false,
        state: tollgate_learn::State::Confirmed,
        accepted: 100,
        refused: 10,
        since: Instant::ZERO,
    }
}

fn learner() -> Learner {
    let rule = window(1_000_000, 60_000);
    let group = Group::Upstream;
    Learner::new(Settings::default(), vec![KnownLimit { group, rule }])
}

/// Sends the input's calls, with all turns that the learner asks for.
fn run(input: &Input) -> Looked {
    let mut learner = learner();
    learner.import((0..input.held).map(finding).collect(), Instant::ZERO);
    let mut random = Random::new(7);
    let mut looked = Looked::default();
    let mut windows: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    let mut attempt = 0;
    let mut free = Instant::ZERO;
    for burst in 0..input.seconds * SECOND / input.gap {
        let sent = burst * input.gap;
        let answered = Instant::from_nanos(sent + LATENCY);
        let mut calls = Vec::new();
        for _ in 0..input.burst {
            attempt += 1;
            let call = Call {
                sent: Instant::from_nanos(sent),
                token: Some(TokenId(random.below(input.tokens) as u32)),
                client: Some(ClientId(random.below(input.clients) as u32)),
                endpoint: EndpointId(1 + random.below(input.endpoints) as u32),
                cost: input.cost,
            };
            learner.sent(AttemptId(attempt), call);
            calls.push((AttemptId(attempt), call.endpoint));
        }
        for (attempt, endpoint) in calls {
            let (opened, count) = windows.entry(u64::from(endpoint.0)).or_default();
            if sent >= *opened + SECOND {
                (*opened, *count) = (sent, 0);
            }
            *count += 1;
            let full = input.allowed.is_some_and(|allowed| *count > allowed);
            let outcome = if full || random.unit() < input.strays {
                Outcome::Refused { retry_after: None }
            } else {
                Outcome::Accepted
            };
            learner.answered(attempt, answered, outcome);
            learner.ended(attempt, answered);
        }
        let next = Instant::from_nanos(sent + LATENCY + input.gap);
        while let Some(due) = learner.poll_timeout()
            && due.max(free) < next
        {
            let now = due.max(free).max(answered);
            let before = learner.looked();
            free = now + learner.handle_timeout(now);
            looked.most = looked.most.max(learner.looked() - before);
            looked.turns += 1;
            while learner.poll_change().is_some() {}
        }
    }
    looked.all = learner.looked();
    looked
}

#[test]
fn neither_a_turn_nor_all_of_them_exceed_their_bounds() {
    let settings = Settings::default();
    let turn = settings.turn + 16 * settings.calls as u64;
    for input in &INPUTS {
        let looked = run(input);
        let name = input.name;
        println!("{name}: {looked:?}");
        assert!(
            looked.turns > 100,
            "{name}: too little was looked at to say anything"
        );
        assert!(looked.most <= turn, "{name}: {} in a turn", looked.most);
        // After a study as long a pause; the last may not have had its pause yet.
        let rests = Duration::from_secs(input.seconds).as_nanos() / settings.rest.as_nanos();
        let most = rests as u64 * 1_000_000;
        assert!(
            looked.all <= most * 6 / 10,
            "{name}: {} of {most}",
            looked.all
        );
    }
}

/// What the learner finds that was told of calls under a limit of 20 in 2 seconds, some beside it, and then
/// has as many turns of that length as it asks for; what is configured changes after so many of them.
fn found(turn: u64, changes_after: u64) -> (Vec<Change>, u64) {
    let settings = Settings {
        turn,
        ..Settings::default()
    };
    let rule = window(1_000_000, 60_000);
    let group = Group::Upstream;
    let mut learner = Learner::new(settings, vec![KnownLimit { group, rule }]);
    let mut random = Random::new(3);
    let (mut opened, mut count) = (0, 0);
    for number in 1..=600 {
        let sent = number * 60 * MILLI;
        let endpoint = EndpointId(1 + random.below(3) as u32);
        let call = Call {
            sent: Instant::from_nanos(sent),
            token: Some(TokenId(random.below(2) as u32)),
            client: None,
            endpoint,
            cost: 1,
        };
        learner.sent(AttemptId(number), call);
        if sent >= opened + 2 * SECOND {
            (opened, count) = (sent, 0);
        }
        count += 1;
        let outcome = if count > 20 || random.below(50) == 0 {
            Outcome::Refused { retry_after: None }
        } else {
            Outcome::Accepted
        };
        let answered = Instant::from_nanos(sent + LATENCY);
        learner.answered(AttemptId(number), answered, outcome);
        learner.ended(AttemptId(number), answered);
    }
    let now = Instant::from_nanos(37 * SECOND);
    let mut turns = 0;
    while learner.poll_timeout().is_some_and(|due| due <= now) {
        learner.handle_timeout(now);
        turns += 1;
        if turns == changes_after {
            let rule = window(500_000, 60_000);
            learner.configure(vec![KnownLimit { group, rule }]);
        }
    }
    (
        std::iter::from_fn(|| learner.poll_change()).collect(),
        turns,
    )
}

#[test]
fn a_study_in_many_turns_finds_the_same_as_one_in_a_single_turn() {
    let (at_once, one) = found(u64::MAX, 0);
    assert!(matches!(&at_once[..], [Change::Hold(_)]), "{at_once:?}");
    for turn in [1, 10_000, 100_000] {
        let (changes, turns) = found(turn, 0);
        assert_eq!(changes, at_once, "turns of {turn}");
        assert!(turns > one, "{turns} turns of {turn}");
    }
}

#[test]
fn no_refusal_is_lost_where_what_is_configured_changes_during_a_study() {
    let (changes, all) = found(10_000, 0);
    for after in [1, 3, all / 2, all - 1] {
        assert_eq!(
            found(10_000, after).0,
            changes,
            "after {after} of {all} turns"
        );
    }
}
