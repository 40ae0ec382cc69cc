//! A process that goes on with the part of one that has died.

use std::time::Duration;
use tollgate_lease::{Answer, Elapsed, Grant, MemberId, Node, SharedLimit, Value, Want, Wants};
use tollgate_model::Instant;

const KEY: &str = "organisation:calls";
const ALLOWED: u32 = 60;
const TAIL: Duration = Duration::from_secs(75);
const NOW: Instant = Instant::from_nanos(1_000_000_000);

/// A process of this number that wants so many slots.
fn process(number: u64, slots: u32) -> Node {
    let shared = SharedLimit {
        name: None,
        moves_singly: false,
        allowed: ALLOWED,
        tail: TAIL,
    };
    let member = MemberId::new("n", number);
    let mut node = Node::new(member, Duration::from_secs(60), [(KEY.to_owned(), shared)]);
    let by_class = vec![Want {
        class: 0,
        weight: 1,
        slots,
    }];
    let guaranteed = Vec::new();
    node.want(
        KEY,
        Wants {
            by_class,
            guaranteed,
        },
    );
    node
}

/// The value after the node's next try, and what the node is told.
fn exchange(value: Value, node: &mut Node) -> (Value, Answer) {
    let request = node.request(NOW);
    let elapsed = Elapsed {
        since_known: Duration::ZERO,
        ..node.elapsed(None, NOW)
    };
    Value::exchange(Some((1, value)), elapsed, "server", &request)
}

fn grant(answer: &Answer) -> &Grant {
    answer.grants.get(KEY).expect("it states the limit")
}

/// Process 1 has half of the limit and wants more; process 2 was granted the other half, under which calls of process 1 count
/// for fifty seconds more, and has died before it heard of that: the value, and the answer that is lost.
fn halves() -> (Value, Answer) {
    let (mut first, mut second) = (process(1, ALLOWED), process(2, ALLOWED / 2));
    let (value, answer) = exchange(Value::of_nobody("server"), &mut first);
    first.answer(&answer, 1, NOW);
    let (value, answer) = exchange(value, &mut second);
    second.answer(&answer, 1, NOW);
    first.give_back(KEY, 0, &[(NOW + Duration::from_secs(50), ALLOWED / 2)]);
    let (value, _) = exchange(value, &mut first);
    exchange(value, &mut second)
}

/// Slots that other processes' calls count under.
fn phantoms(grant: &Grant) -> u32 {
    grant.phantoms.iter().map(|(_, slots)| slots).sum()
}

/// Process 3, whose predecessor had so much of the limit as the file says.
fn heir(of: u64, known: u32) -> Node {
    let mut heir = process(3, ALLOWED / 2);
    heir.succeed(of);
    heir.inherit(KEY, known);
    heir
}

#[test]
fn an_heir_holds_what_the_dead_was_granted_and_never_heard_of() {
    let (value, lost) = halves();
    assert_eq!((grant(&lost).slots, phantoms(grant(&lost))), (30, 30));
    let mut heir = heir(2, ALLOWED);
    let (value, answer) = exchange(value, &mut heir);
    let told = grant(&answer);
    assert_eq!((told.slots, told.is_inherited), (30, true));
    assert_eq!(phantoms(told), 30);
    assert!(told.phantoms[0].0 >= Duration::from_secs(50));
    // The answer is lost, and given again.
    let (_, again) = exchange(value, &mut heir);
    assert_eq!(grant(&again), told);
}

#[test]
fn what_an_heir_knows_nothing_of_returns_as_after_a_death() {
    let (value, _) = halves();
    for known in [0, 10] {
        let (value, answer) = exchange(value.clone(), &mut heir(1, known));
        let told = grant(&answer);
        assert_eq!(told.is_inherited, known > 0);
        // What it has beyond is free as late as if nobody had come.
        assert_eq!(told.slots - phantoms(told), known);
        assert!(told.phantoms.iter().all(|(free, _)| *free >= TAIL));
        let view = value.views().next().expect("the limit");
        assert_eq!(view.leased + view.returning + view.free, ALLOWED);
        assert!(value.members().all(|it| it.member.process() != 1));
    }
}

#[test]
fn nobody_inherits_of_a_process_that_is_not_known() {
    let (value, _) = halves();
    let (_, answer) = exchange(value, &mut heir(7, ALLOWED));
    assert!(!grant(&answer).is_inherited);
}
