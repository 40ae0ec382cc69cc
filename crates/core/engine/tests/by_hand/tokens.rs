//! When a pool fetches a token, how long it sends with it, and what follows when none can be had.

use super::support::{Desk, fetches, millis, per_minute, seconds, sent};
use std::time::Duration;
use tollgate_engine::{
    Client, Command, Config, Event, Facts, FetchFailure, Flow, LossKind, Pool, Route, Verdict,
};
use tollgate_model::{AttemptId, ClientId, Instant, LimitId, PoolId, Reason, Rule, Scope, TokenId};

const LONG: Duration = Duration::from_secs(3_600);

/// Clients with so many tokens at the most each, a token with eight calls a minute.
pub(crate) fn config(organisation: u32, max_tokens: &[u32]) -> Config {
    let clients = max_tokens.iter().enumerate();
    Config {
        limits: vec![per_minute(
            "organisation",
            Scope::Organisation,
            organisation,
        )]
        .into(),
        clients: clients
            .map(|(at, &max_tokens)| Client {
                name: at.to_string(),
                limits: vec![],
                token_limits: vec![per_minute("token", Scope::Token, 8).into()],
                max_tokens,
                shared_as: None,
            })
            .collect(),
        pools: vec![Pool {
            name: "pool".into(),
            clients: (0..max_tokens.len() as u32).map(ClientId).collect(),
        }]
        .into(),
        routes: vec![Route {
            name: "route".into(),
            limits: vec![LimitId(0)],
            pool: Some(PoolId(0)),
            cost: 1,
        }]
        .into(),
        flows: vec![Flow::default()].into(),
        ..Config::default()
    }
}

/// With its first token, and one call under way.
fn begun(organisation: u32, max_tokens: &[u32]) -> Desk {
    let mut desk = Desk::new(config(organisation, max_tokens));
    for token in fetches(&desk.submit(0, LONG)) {
        desk.grant(token, LONG);
    }
    desk
}

fn failed(token: TokenId, retry_after: Option<Duration>) -> Event {
    Event::TokenFailed {
        token,
        retry_after,
        failure: FetchFailure::Other,
    }
}

#[test]
fn a_pool_grows_when_less_than_a_quarter_of_a_token_is_left() {
    let mut desk = begun(1_000, &[4]);
    for call in 2..=6 {
        let commands = desk.submit(0, LONG);
        assert_eq!(sent(&commands).len(), 1);
        assert_eq!(fetches(&commands), [], "two of eight are left at {call}");
    }
    let second = fetches(&desk.submit(0, LONG));
    assert_eq!(second.len(), 1, "one is left");
    assert_eq!(
        fetches(&desk.submit(0, LONG)),
        [],
        "one fetch at a time for a client"
    );
    desk.grant(second[0], LONG);
    for call in 9..=14 {
        assert_eq!(fetches(&desk.submit(0, LONG)), [], "enough left at {call}");
    }
    assert_eq!(fetches(&desk.submit(0, LONG)).len(), 1);
}

#[test]
fn a_pool_holds_no_more_tokens_than_its_clients_may() {
    let mut desk = begun(1_000, &[1]);
    let waits: Vec<_> = (0..20).flat_map(|_| desk.submit(0, LONG)).collect();
    assert_eq!(fetches(&waits), []);
    assert_eq!(sent(&waits).len(), 7);
}

#[test]
fn a_pool_holds_no_more_tokens_than_the_wider_limits_can_use() {
    // Sixteen a minute for all are two tokens' worth.
    let mut desk = Desk::new(config(16, &[2, 2]));
    let first = fetches(&desk.submit(0, LONG));
    assert_eq!(first.len(), 2, "without any, each client fetches one");
    let mut desk = Desk::new(config(8, &[2, 2]));
    let first = fetches(&desk.submit(0, LONG));
    assert_eq!(first.len(), 1, "eight a minute are one token's worth");
    desk.grant(first[0], LONG);
    let all: Vec<_> = (0..7).flat_map(|_| desk.submit(0, LONG)).collect();
    assert_eq!(fetches(&all), []);
    let mut desk = Desk::new(config(17, &[9]));
    let mut tokens = fetches(&desk.submit(0, LONG));
    for _ in 0..30 {
        let token = tokens.pop();
        tokens.extend(
            token
                .map(|token| fetches(&desk.grant(token, LONG)))
                .unwrap_or_default(),
        );
        tokens.extend(fetches(&desk.submit(0, LONG)));
    }
    assert_eq!(
        desk.engine.snapshot(desk.now).tokens.len(),
        3,
        "one too many is better than one too few"
    );
}

#[test]
fn limits_of_other_periods_are_compared_by_their_rates() {
    // Sixteen a minute.
    let mut config = config(960, &[9]);
    config.limits[0].rule = Rule::Window {
        allowed: 960,
        period: seconds(3_600),
        counted_within: None,
    };
    let mut desk = Desk::new(config);
    let mut tokens = fetches(&desk.submit(0, LONG));
    for _ in 0..30 {
        if let Some(token) = tokens.pop() {
            desk.grant(token, LONG);
        }
        tokens.extend(fetches(&desk.submit(0, LONG)));
    }
    assert_eq!(desk.engine.snapshot(desk.now).tokens.len(), 2);
}

#[test]
fn a_fetch_for_one_client_counts_for_all() {
    // Two tokens' worth.
    let mut desk = Desk::new(config(16, &[2, 2]));
    let first = fetches(&desk.submit(0, LONG));
    desk.grant(first[0], LONG);
    let all: Vec<_> = (0..20).flat_map(|_| desk.submit(0, LONG)).collect();
    assert_eq!(fetches(&all), [], "one is there, the other on its way");
}

#[test]
fn while_there_is_a_token_one_more_is_fetched_at_a_time() {
    let mut desk = begun(1_000, &[2, 2, 2, 2]);
    assert_eq!(
        desk.engine.snapshot(desk.now).tokens.len(),
        4,
        "at first all"
    );
    let ahead: Vec<_> = (2..=32).flat_map(|_| desk.submit(0, LONG)).collect();
    assert_eq!((sent(&ahead).len(), fetches(&ahead).len()), (31, 2));
    // Two more clients may have a second one, and calls wait.
    let waits = [0; 3].map(|_| fetches(&desk.submit(0, LONG)).len());
    assert_eq!(waits, [1, 1, 0]);
}

#[test]
fn a_token_that_can_not_come_any_more_is_not_waited_for() {
    let mut desk = begun(1_000, &[1]);
    for attempt in 0..8 {
        if attempt > 0 {
            desk.submit(0, LONG);
        }
        desk.answer(AttemptId(attempt), 200, Facts::default());
    }
    let commands = desk.submit(0, seconds(10));
    let [Command::Finish(_, Verdict::Refused(refusal))] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(refusal.reason, Reason::DeadlineCannotBeMet);
    assert_eq!(refusal.limit.as_deref(), Some("token"));
    assert_eq!(refusal.earliest_start, Some(Instant::ZERO + seconds(60)));
    // Another token may come at any moment.
    let mut desk = begun(1_000, &[2]);
    (0..7).for_each(|_| drop(desk.submit(0, LONG)));
    assert_eq!(desk.submit(0, seconds(10)), [], "it waits");
}

#[test]
fn a_failed_fetch_is_tried_again_after_a_pause_that_doubles() {
    let mut desk = Desk::new(config(1_000, &[1]));
    let mut token = fetches(&desk.submit(0, LONG))[0];
    for pause in [
        500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ] {
        desk.event(failed(token, None));
        let begin = desk.now;
        let done = desk.wait(millis(pause));
        let [(at, Command::FetchToken(_, next))] = done[..] else {
            panic!("{pause}: {done:?}");
        };
        assert_eq!(at, begin + millis(pause));
        token = next;
    }
    desk.event(failed(token, Some(seconds(7))));
    assert_eq!(desk.wait(millis(6_999)), [], "as the endpoint asked");
    token = fetches(&[desk.wait(millis(1)).remove(0).1])[0];
    let attempt = sent(&desk.grant(token, seconds(40)))[0];
    desk.answer(attempt, 200, Facts::default());
    // It was accepted, so its successor's first failure is a first one.
    let renewed = desk.wait(seconds(31));
    let [.., (_, Command::FetchToken(_, token))] = renewed[..] else {
        panic!("{renewed:?}");
    };
    desk.event(failed(token, None));
    let begin = desk.now;
    let [(at, Command::FetchToken(..))] = desk.wait(seconds(1))[..] else {
        panic!("a renewal is tried again");
    };
    assert_eq!(at, begin + millis(500));
}

#[test]
fn while_there_is_a_token_nobody_is_refused_for_a_failed_fetch() {
    let mut desk = begun(1_000, &[2]);
    let others: Vec<_> = (0..7).flat_map(|_| desk.submit(0, LONG)).collect();
    desk.event(failed(fetches(&others)[0], Some(seconds(100))));
    assert_eq!(desk.submit(0, seconds(70)), []);
}

#[test]
fn who_can_not_wait_for_the_next_fetch_is_refused_at_once() {
    let mut desk = Desk::new(config(1_000, &[1, 1]));
    let tokens = fetches(&desk.submit(0, LONG));
    desk.event(failed(tokens[0], Some(seconds(9))));
    assert_eq!(desk.submit(0, seconds(1)), [], "the other one may come");
    desk.event(failed(tokens[1], Some(seconds(5))));
    let commands = desk.submit(0, seconds(4));
    let [Command::Finish(_, Verdict::Refused(refusal))] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(refusal.reason, Reason::NoToken);
    assert_eq!(refusal.limit, None);
    assert_eq!(refusal.earliest_start, Some(desk.now + seconds(5)));
    assert_eq!(desk.submit(0, seconds(5)), [], "just in time");
    assert_eq!(
        fetches(&[desk.wait(seconds(5)).pop().expect("a fetch").1]).len(),
        1
    );
}

fn impatient(max_tokens: &[u32]) -> Desk {
    let mut config = config(1_000, max_tokens);
    config.policy.wait_for_tokens = false;
    Desk::new(config)
}

/// Why and until when these were refused, by their numbers.
fn refusals(commands: &[Command]) -> Vec<(u64, Reason, Option<Instant>)> {
    let refused = commands.iter().filter_map(|command| match command {
        Command::Finish(id, Verdict::Refused(refusal)) => {
            Some((id.0, refusal.reason, refusal.earliest_start))
        }
        _ => None,
    });
    refused.collect()
}

#[test]
fn when_no_token_can_be_had_nobody_is_kept_waiting() {
    let mut desk = impatient(&[1, 1]);
    let first = desk.submit(0, LONG);
    let tokens = fetches(&first);
    desk.submit(0, LONG);
    // One client may still give one.
    assert_eq!(desk.event(failed(tokens[0], None)), []);
    assert_eq!(desk.submit(0, LONG), []);
    let at = Some(desk.now + millis(500));
    let done = desk.event(failed(tokens[1], None));
    let none = Reason::NoToken;
    assert_eq!(
        refusals(&done),
        [(0, none, at), (1, none, at), (2, none, at)]
    );
    assert_eq!(refusals(&desk.submit(0, LONG)), [(3, none, at)]);
    // Both are asked again by themselves, once; who comes meanwhile isn't kept waiting either.
    let asked: Vec<_> = desk.wait(millis(500)).into_iter().map(|it| it.1).collect();
    let again = fetches(&asked);
    assert_eq!(again.len(), 2, "{asked:?}");
    assert_eq!(refusals(&desk.submit(0, LONG)), [(4, none, None)]);
    desk.event(failed(again[0], None));
    assert_eq!(desk.grant(again[1], LONG), []);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 1);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 1, "one client is enough");
}

#[test]
fn a_client_that_is_watched_is_asked_for_a_token_before_any_call_and_until_it_gives_one() {
    let mut desk = impatient(&[2, 2]);
    let asked = |commands: &[(Instant, Command)]| {
        let commands: Vec<_> = commands.iter().map(|it| it.1.clone()).collect();
        fetches(&commands)
    };
    let first = fetches(&desk.event(Event::WatchClient(ClientId(0))));
    let second = fetches(&desk.event(Event::WatchClient(ClientId(1))));
    assert_eq!((first.len(), second.len()), (1, 1));
    desk.grant(second[0], LONG);
    desk.event(failed(first[0], None));
    let again = asked(&desk.wait(millis(500)));
    assert_eq!(again.len(), 1, "though no call was refused");
    desk.event(failed(again[0], None));
    assert_eq!(asked(&desk.wait(millis(999))), []);
    let again = asked(&desk.wait(millis(1)));
    desk.grant(again[0], LONG);
    // Each has what it was asked for, and no call has come.
    assert_eq!(asked(&desk.wait(seconds(300))), []);
    assert_eq!(sent(&desk.submit(0, LONG)).len(), 1);
}

#[test]
fn an_endpoint_is_not_asked_again_for_nobody_and_one_that_failed_long_ago_gets_a_chance() {
    let mut desk = impatient(&[1]);
    let token = fetches(&desk.submit(0, LONG))[0];
    desk.event(failed(token, None));
    let probe: Vec<_> = desk.wait(millis(500)).into_iter().map(|it| it.1).collect();
    desk.event(failed(fetches(&probe)[0], None));
    assert_eq!(desk.wait(LONG), [], "nobody came since");
    let token = fetches(&desk.submit(0, LONG))[0];
    assert_eq!(refusals(&desk.submit(0, LONG)), []);
    assert_eq!(sent(&desk.grant(token, LONG)).len(), 2);
}

#[test]
fn while_another_token_lives_a_failing_endpoint_refuses_nobody() {
    let mut desk = impatient(&[2]);
    let token = fetches(&desk.submit(0, LONG))[0];
    let mut done = desk.grant(token, LONG);
    for _ in 0..30 {
        done.extend(desk.submit(0, LONG));
    }
    let more = fetches(&done);
    assert_eq!(more.len(), 1);
    let failed = desk.event(failed(more[0], None));
    assert_eq!(refusals(&failed), []);
    assert_eq!(refusals(&desk.submit(0, LONG)), []);
}

#[test]
fn a_closed_token_is_waited_for_if_it_opens_in_time_though_no_other_can_be_had() {
    let mut desk = impatient(&[2]);
    let token = fetches(&desk.submit(0, LONG))[0];
    let attempt = sent(&desk.grant(token, LONG))[0];
    let facts = Facts {
        refused: false,
        retry_after: Some(seconds(100)),
        ..Facts::default()
    };
    // Once may be by chance; with the second the token is closed, for a minute as no window is longer.
    desk.answer(attempt, 429, facts);
    let attempt = sent(&desk.submit(0, LONG))[0];
    let more = fetches(&desk.answer(attempt, 429, facts));
    assert_eq!(more.len(), 1, "another may go on with it");
    assert_eq!(desk.submit(0, seconds(59)), []);
    let done = desk.event(failed(more[0], None));
    let at = Some(desk.now + millis(500));
    assert_eq!(refusals(&done), [(2, Reason::NoToken, at)]);
    let done = desk.submit(0, seconds(59));
    assert_eq!(refusals(&done), [(3, Reason::NoToken, at)]);
    assert_eq!(desk.submit(0, seconds(61)), []);
}

#[test]
fn a_call_whose_deadline_passes_before_the_first_token_is_told_so() {
    for mut desk in [impatient(&[1]), Desk::new(config(1_000, &[1]))] {
        assert_eq!(fetches(&desk.submit(0, seconds(2))).len(), 1);
        let done: Vec<_> = desk.wait(seconds(3)).into_iter().map(|it| it.1).collect();
        assert_eq!(refusals(&done), [(0, Reason::NoToken, None)]);
    }
}

/// When the only token is renewed and when it is dropped, in seconds after it was granted.
fn life(seed: u64, expires_in: Duration) -> (f64, f64) {
    let mut desk = Desk::seeded(config(1_000, &[2]), seed);
    let token = fetches(&desk.submit(0, LONG))[0];
    let attempt = sent(&desk.grant(token, expires_in))[0];
    desk.answer(attempt, 200, Facts::default());
    let done = desk.wait(expires_in);
    let renewed = done
        .iter()
        .find(|(_, it)| matches!(it, Command::FetchToken(..)));
    let dropped = done.iter().find(|(_, it)| *it == Command::DropToken(token));
    let at = |it: Option<&(Instant, Command)>| {
        it.expect("it happens").0.since(Instant::ZERO).as_secs_f64()
    };
    (at(renewed), at(dropped))
}

#[test]
fn a_token_is_renewed_ahead_of_its_expiry_and_dropped_before_it() {
    // A minute ahead, or a quarter of its life; dropped half as long before its end.
    for (expires_in, lead) in [(600, 60.0), (100, 25.0)] {
        let end = expires_in as f64;
        let lives: Vec<_> = (0..64)
            .map(|seed| life(seed, seconds(expires_in)))
            .collect();
        for &(renewed, dropped) in &lives {
            assert!(
                (end - 1.1 * lead..=end - lead).contains(&renewed),
                "{renewed}"
            );
            assert_eq!(dropped, end - lead / 2.0);
        }
        let mean = lives.iter().map(|it| it.0).sum::<f64>() / lives.len() as f64;
        assert!(
            (mean - (end - 1.05 * lead)).abs() < 0.01 * lead,
            "{mean}: spread evenly"
        );
    }
}

#[test]
fn an_idle_token_beside_another_is_not_renewed() {
    for busy in [false, true] {
        let mut desk = begun(1_000, &[2]);
        (0..6).for_each(|_| drop(desk.submit(0, LONG)));
        // The second is there in time, and lives longer.
        desk.grant(TokenId(1), LONG + seconds(100));
        desk.wait(seconds(1_000));
        for attempt in 0..7 {
            desk.answer(AttemptId(attempt), 200, Facts::default());
        }
        desk.wait(LONG - seconds(1_000) - seconds(67));
        if busy {
            desk.submit(0, LONG);
        }
        let renewals = desk.wait(seconds(10));
        let renewals = renewals
            .iter()
            .filter(|(_, it)| matches!(it, Command::FetchToken(..)));
        assert_eq!(renewals.count(), usize::from(busy));
    }
}

#[test]
fn a_token_is_not_renewed_while_a_fetch_is_under_way_or_has_to_wait() {
    let under_way = |desk: &mut Desk| drop(desk.wait(LONG - seconds(70)));
    let has_to_wait = |desk: &mut Desk| {
        under_way(desk);
        desk.event(failed(TokenId(1), Some(seconds(20))));
    };
    for begin in [&under_way as &dyn Fn(&mut Desk), &has_to_wait] {
        let mut desk = begun(1_000, &[2]);
        let first: Vec<_> = (0..6).flat_map(|_| desk.submit(0, LONG)).collect();
        assert_eq!(fetches(&first), [TokenId(1)]);
        begin(&mut desk);
        // Renewed between 66 and 60 s before its end.
        assert_eq!(desk.wait(seconds(15)), []);
    }
}

#[test]
fn a_token_that_nobody_waits_for_is_dropped() {
    let mut desk = Desk::new(config(1_000, &[1]));
    let token = TokenId(7);
    assert_eq!(desk.grant(token, LONG), [Command::DropToken(token)]);
    assert_eq!(desk.event(failed(token, None)), []);
}

#[test]
fn a_call_starts_the_moment_a_token_has_room() {
    let mut desk = begun(1_000, &[1]);
    (0..7).for_each(|_| drop(desk.submit(0, LONG)));
    desk.wait(millis(500));
    desk.answer(AttemptId(3), 200, Facts::default());
    desk.wait(millis(200));
    assert_eq!(desk.submit(0, LONG), []);
    let started = desk.wait(seconds(60));
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].0, Instant::ZERO + millis(60_500));
}

#[test]
fn calls_take_the_oldest_token_with_room() {
    let mut desk = begun(1_000, &[4]);
    (0..6).for_each(|_| drop(desk.submit(0, LONG)));
    desk.grant(TokenId(1), LONG);
    let token_of = |commands: &[Command]| match commands {
        [Command::Send { token, .. }, ..] => token.expect("a token"),
        other => panic!("{other:?}"),
    };
    assert_eq!(token_of(&desk.submit(0, LONG)), TokenId(0), "its last slot");
    assert_eq!(token_of(&desk.submit(0, LONG)), TokenId(1));
    desk.event(Event::Lost(AttemptId(3), LossKind::NeverSent));
    assert_eq!(
        token_of(&desk.submit(0, LONG)),
        TokenId(0),
        "what never left takes no slot"
    );
    let sent: Vec<_> = desk.engine.snapshot(desk.now).tokens;
    let sent: Vec<_> = sent.iter().map(|it| it.sent).collect();
    assert_eq!(sent, [9, 1]);
}
