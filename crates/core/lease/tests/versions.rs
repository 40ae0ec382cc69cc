//! A value of an earlier version, whose members know limits by other keys.

use std::time::Duration;
use tollgate_lease::{Doubt, Elapsed, Lease, MemberId, Node, SharedLimit, Value};
use tollgate_model::Instant;

const LEASE: Duration = Duration::from_secs(60);
const TAIL: Duration = Duration::from_secs(125);
const ALLOWED: u32 = 10;

fn node(name: &str, key: &str) -> Node {
    let shared = SharedLimit {
        name: None,
        moves_singly: false,
        allowed: ALLOWED,
        tail: TAIL,
    };
    Node::new(MemberId::new(name, 1), LEASE, [(key.to_owned(), shared)])
}

/// One exchange with the value of that revision; what the node has of its limit then, and why the value was not trusted.
fn exchange(
    value: Value,
    revision: u64,
    node: &mut Node,
    (now, passed): (Instant, Duration),
) -> (Value, Lease, Option<Doubt>) {
    let request = node.request(now);
    let elapsed = Elapsed {
        since_known: passed,
        ..node.elapsed(None, now)
    };
    let (next, answer) = Value::exchange(Some((revision, value)), elapsed, "server", &request);
    let leases = node.answer(&answer, revision + 1, now);
    let lease = leases.into_values().next().unwrap_or_default();
    (next, lease, answer.doubt)
}

#[test]
fn a_limit_with_another_key_is_nobodys_before_members_of_an_earlier_version_are_surely_over() {
    let mut old = node("old", "integration:Name.rate");
    let start = (Instant::ZERO, Duration::ZERO);
    let (value, lease, _) = exchange(Value::of_nobody("server"), 1, &mut old, start);
    assert_eq!(lease.slots, ALLOWED);
    let text = String::from_utf8(value.write()).unwrap_or_default();
    let text = text.replace("\"format\":3", "\"format\":2");
    let mut value = Value::read(text.as_bytes()).expect("earlier forms are read");

    let mut new = node("new", "stored:1.rate");
    let step = Duration::from_secs(5);
    let (mut passed, mut revision) = (Duration::ZERO, 2);
    let begun = Instant::from_nanos(1_000_000_000);
    loop {
        let at = (begun + passed, step * u32::from(revision > 2));
        let (next, lease, doubt) = exchange(value, revision, &mut new, at);
        assert_eq!(doubt, (revision == 2).then_some(Doubt::Version));
        if lease.slots > 0 {
            assert!(passed > LEASE + TAIL, "{passed:?}");
            assert_eq!(lease.slots, ALLOWED);
            break;
        }
        assert!(passed < LEASE + TAIL + 3 * step, "{passed:?}");
        (value, passed, revision) = (next, passed + step, revision + 1);
    }
}

#[test]
fn a_value_of_a_later_version_is_refused_in_words() {
    let text = String::from_utf8(Value::of_nobody("server").write()).unwrap_or_default();
    let text = text.replace("\"format\":3", "\"format\":4");
    let refused = Value::read(text.as_bytes()).expect_err("form 4 isn't known");
    let words = refused.to_string();
    assert!(
        words.contains("run the same version on all nodes"),
        "{words}"
    );
}
