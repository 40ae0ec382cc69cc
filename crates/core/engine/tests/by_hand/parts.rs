//! A part of a client's tokens, where several processes share the client.

use super::support::{Desk, fetches, seconds, sent};
use super::tokens::config;
use std::time::Duration;
use tollgate_engine::{Command, Event, Facts, Lease};
use tollgate_model::{ClientId, Instant, LimitId, TokenId};

const LONG: Duration = Duration::from_secs(3_600);

/// A client with so many tokens at the most in all processes, a token with eight calls a minute.
fn sharing(max_tokens: u32) -> Desk {
    let mut config = config(1_000, &[max_tokens]);
    config.clients[0].name = "a".into();
    config.policy.shares_limits = true;
    let mut desk = Desk::new(config);
    let lease = Lease {
        slots: 700,
        until: Instant::NEVER,
        is_renewed: true,
    };
    desk.event(Event::SetLease {
        limit: LimitId(0),
        lease: Some(lease),
        held: Vec::new(),
    });
    desk
}

impl Desk {
    fn use_tokens(&mut self, tokens: u32) -> Vec<Command> {
        let client = ClientId(0);
        self.event(Event::SetTokenPart { client, tokens })
    }

    /// Gives the tokens that are fetched; so many.
    fn take(&mut self, commands: &[Command]) -> usize {
        let fetched = fetches(commands);
        for token in &fetched {
            self.grant(*token, LONG);
        }
        fetched.len()
    }

    /// Tokens that are used.
    fn used(&self) -> usize {
        self.engine.snapshot(self.now).clients[0].tokens
    }

    /// So many calls, whose fetches give tokens of such a life. Gives with which tokens they were sent.
    fn calls(&mut self, calls: usize, life: Duration) -> Vec<TokenId> {
        let mut all = Vec::new();
        for _ in 0..calls {
            let mut commands = self.submit(0, LONG);
            while let Some(at) = commands
                .iter()
                .position(|it| matches!(it, Command::FetchToken(..)))
            {
                let Command::FetchToken(_, token) = commands.remove(at) else {
                    unreachable!();
                };
                commands.extend(self.grant(token, life));
            }
            for attempt in sent(&commands) {
                self.answer(attempt, 200, Facts::default());
            }
            all.extend(commands.iter().filter_map(|it| match it {
                Command::Send { token, .. } => *token,
                _ => None,
            }));
        }
        all
    }
}

fn dropped(commands: &[Command]) -> usize {
    let dropped = commands.iter();
    dropped
        .filter(|it| matches!(it, Command::DropToken(_)))
        .count()
}

#[test]
fn a_process_uses_one_token_before_it_has_a_part_and_then_no_more_than_its_part() {
    let mut desk = sharing(4);
    assert_eq!(desk.calls(20, LONG).len(), 8);
    assert_eq!(desk.used(), 1);
    // None is a part, too, and a call needs a token.
    desk.use_tokens(0);
    assert_eq!(desk.used(), 1);
    let more = desk.use_tokens(3);
    assert_eq!(desk.take(&more), 2, "calls wait");
    assert_eq!(desk.used(), 3);
    // More than the client may have in all is no part.
    desk.calls(20, LONG);
    let more = desk.use_tokens(9);
    assert_eq!(desk.take(&more), 1);
    assert_eq!(desk.used(), 4);
}

#[test]
fn tokens_beyond_the_part_are_kept_with_what_they_have_counted() {
    let mut desk = sharing(3);
    desk.use_tokens(3);
    assert_eq!(desk.calls(20, LONG).len(), 20);
    assert_eq!(desk.used(), 3);
    let commands = desk.use_tokens(1);
    assert_eq!((desk.used(), dropped(&commands)), (1, 0));
    // The two that have nothing left are parked, four slots are left of the third.
    assert_eq!(desk.calls(6, LONG).len(), 4);
    let commands = desk.use_tokens(3);
    assert_eq!((fetches(&commands).len(), desk.used()), (0, 3));
    assert_eq!(sent(&commands).len(), 0, "they are as full as they were");
    desk.use_tokens(1);
    // When their windows have ended they have room again, but they are parked.
    let commands: Vec<Command> = desk.wait(seconds(61)).into_iter().map(|it| it.1).collect();
    assert_eq!(sent(&commands).len(), 2, "those that waited");
    let commands = desk.use_tokens(2);
    assert_eq!((fetches(&commands).len(), desk.used()), (0, 2));
    assert_eq!(desk.calls(30, LONG).len(), 14);
}

#[test]
fn a_token_that_comes_when_the_part_is_smaller_is_parked() {
    let mut desk = sharing(4);
    desk.use_tokens(2);
    desk.calls(6, LONG);
    let coming = fetches(&desk.submit(0, LONG));
    assert_eq!(coming.len(), 1);
    desk.use_tokens(1);
    let commands = desk.grant(coming[0], LONG);
    assert_eq!((desk.used(), dropped(&commands)), (1, 0));
    assert_eq!(fetches(&desk.use_tokens(2)), []);
    assert_eq!(desk.used(), 2);
}

/// A token's life is ten minutes, and it is renewed a minute ahead of its end if it is used.
#[test]
fn a_parked_token_takes_the_place_of_one_that_ends_and_is_not_renewed_itself() {
    let mut desk = sharing(2);
    desk.use_tokens(2);
    desk.calls(6, seconds(600));
    assert_eq!(desk.used(), 1);
    desk.wait(seconds(300));
    // The second is fetched, and the first one is parked, which has less left.
    desk.calls(8, seconds(600));
    assert_eq!(desk.used(), 2);
    desk.use_tokens(1);
    let commands = desk.wait(seconds(300));
    let fetched = commands
        .iter()
        .any(|(_, it)| matches!(it, Command::FetchToken(..)));
    assert!(!fetched, "{commands:?}");
    let tokens = desk.engine.snapshot(desk.now).tokens;
    assert_eq!(tokens.len(), 1);
    // Its own end is renewed as usual.
    let mut all = Vec::new();
    for _ in 0..30 {
        desk.calls(1, seconds(600));
        all.extend(desk.wait(seconds(10)).into_iter().map(|it| it.1));
    }
    assert_eq!(fetches(&all).len(), 1, "{all:?}");
}

#[test]
fn a_token_that_a_429_has_closed_stays_closed_while_it_is_parked() {
    let mut desk = sharing(2);
    desk.use_tokens(2);
    desk.calls(12, LONG);
    assert_eq!(desk.used(), 2);
    let refused = sent(&desk.submit(0, LONG));
    let facts = Facts {
        retry_after: Some(seconds(40)),
        ..Facts::default()
    };
    desk.answer(refused[0], 429, facts);
    desk.answer(refused[0], 429, facts);
    for tokens in [1, 2, 1] {
        desk.use_tokens(tokens);
    }
    desk.wait(seconds(200));
    desk.use_tokens(2);
    assert_eq!(
        desk.calls(16, LONG).len(),
        15,
        "both are open, and one call is under way"
    );
}

#[test]
fn what_is_asked_of_tokens_is_told_with_what_they_hold() {
    let mut desk = sharing(3);
    desk.use_tokens(2);
    desk.calls(12, LONG);
    let [demand] = &desk.engine.token_demand(seconds(2), desk.now)[..] else {
        panic!("one client");
    };
    let of = demand.tokens;
    assert_eq!((demand.name.as_str(), demand.max_tokens), ("a", 3));
    assert_eq!((of.asked.asked, of.asked.waiting, of.of_token), (12, 0, 8));
    assert_eq!((of.used.held, of.used.stay), (12, 12));
    assert_eq!(of.used.period, Some(seconds(60)));
    assert_eq!(of.wider, 700);
    desk.use_tokens(1);
    let held = desk.engine.token_demand(seconds(2), desk.now)[0]
        .tokens
        .used
        .held;
    assert_eq!(held, 12, "of parked ones, too");
    desk.event(Event::RetireClient(ClientId(0)));
    assert!(desk.engine.token_demand(seconds(2), desk.now).is_empty());
    assert!(desk.engine.snapshot(desk.now).tokens.is_empty());
}
