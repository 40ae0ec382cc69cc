//! What is told to one is told to all: nodes and a value, exchange by exchange.

use std::time::Duration;
use tollgate_lease::{Answer, MemberId, Node, Notice, PAUSE, Value};
use tollgate_model::Instant;

const LEASE: Duration = Duration::from_secs(60);
const SERVER: &str = "server";
const KEY: &str = "number";

/// A store that keeps each value that it is given.
struct Store {
    value: Option<(u64, Value)>,
    revision: u64,
}

impl Store {
    fn new() -> Self {
        let value = Some((0, Value::of_nobody(SERVER)));
        Self { value, revision: 0 }
    }

    /// A node's try reaches the store; what it is answered is the caller's to pass on or to lose.
    fn take(&mut self, node: &mut Node, now: Instant) -> Answer {
        if let Some((revision, value)) = &self.value {
            node.see((*revision, value), SERVER, now);
        }
        let request = node.request(now);
        let elapsed = node.elapsed(None, now);
        let (next, answer) = Value::exchange(self.value.take(), elapsed, SERVER, &request);
        self.revision += 1;
        self.value = Some((self.revision, next));
        answer
    }

    fn exchange(&mut self, node: &mut Node, now: Instant) {
        let answer = self.take(node, now);
        node.answer(&answer, self.revision, now);
    }

    /// The value's texts, as one line.
    fn says(&self) -> String {
        let value = self.value.as_ref().map(|(_, value)| value);
        let all = value.into_iter().flat_map(Value::notices);
        all.map(|(key, text)| format!("{key}={text} ")).collect()
    }
}

fn node(name: &str) -> Node {
    Node::new(MemberId::new(name, 1), LEASE, [])
}

fn told(text: &str) -> Notice<Instant> {
    let text = Some(text.to_owned());
    Notice { text, end: None }
}

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

#[test]
fn news_that_an_answer_knows_nothing_of_go_on_at_once() {
    let (mut store, mut node) = (Store::new(), node("a"));
    store.exchange(&mut node, at(0));
    // A try is processed, and its answer is lost.
    let _lost = store.take(&mut node, at(10_000));
    node.fail(at(10_000));
    node.tell(KEY, told("60"));
    // The next one says it. It is answered what the one before was, and not processed.
    let now = node.due(at(10_001));
    store.exchange(&mut node, now);
    assert_eq!(store.says(), "");
    let due = node.due(now);
    assert!(due < now + PAUSE, "not before {due:?}, where it is {now:?}");
    store.exchange(&mut node, due);
    assert_eq!(store.says(), "number=60 ");
}

#[test]
fn what_a_file_has_gives_way_to_what_a_live_node_has_heard() {
    for is_file_first in [true, false] {
        let (mut store, mut live) = (Store::new(), node("live"));
        live.tell(KEY, told("60"));
        store.exchange(&mut live, at(0));
        store.value = None;
        let mut started = node("started");
        // Further numbers, so that the turn of its last offer would be above that of the change.
        for key in ["a", "b", KEY] {
            started.offer(key, "100");
        }
        let mut order = [&mut started, &mut live];
        if !is_file_first {
            order.reverse();
        }
        for _ in 0..2 {
            for node in &mut order {
                store.exchange(node, at(1_000));
            }
        }
        assert_eq!(store.says(), "a=100 b=100 number=60 ", "{is_file_first}");
        let heard = started.heard();
        assert_eq!(heard.get(KEY), Some(&told("60")), "{is_file_first}");
    }
}

#[test]
fn what_a_file_has_holds_where_nobody_knows_of_anything_else() {
    let mut store = Store::new();
    let (mut first, mut second) = (node("first"), node("second"));
    first.offer(KEY, "100");
    second.offer(KEY, "60");
    store.exchange(&mut first, at(0));
    store.exchange(&mut second, at(0));
    assert_eq!(second.heard().get(KEY), Some(&told("100")));
    // It has been in a value since, so it goes before what another file has.
    store.value = None;
    let mut third = node("third");
    third.offer(KEY, "60");
    store.exchange(&mut third, at(1_000));
    store.exchange(&mut second, at(1_000));
    assert_eq!(store.says(), "number=100 ");
}
