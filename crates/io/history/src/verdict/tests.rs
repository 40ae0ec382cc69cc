use super::*;

fn limit(name: &str, allowed: u64, used: u64) -> LimitFound {
    LimitFound {
        name: name.to_owned(),
        scope: Scope::Organisation,
        allowed,
        used,
        told_otherwise: None,
    }
}

/// A minute with calls, and room.
fn usual() -> Situation {
    Situation {
        running_for: Duration::from_secs(3_600),
        calls: Calls {
            answered: 254,
            ..Calls::default()
        },
        limits: vec![limit("org.rate", 300, 254), limit("org.other", 1_000, 254)],
        ..Situation::default()
    }
}

fn without(client: &str) -> Without {
    Without {
        client: client.to_owned(),
        endpoint: "login.example.com:443".to_owned(),
    }
}

fn refused(flow: &str, limit: &str, reason: &str, calls: u64) -> Refused {
    Refused {
        flow: flow.to_owned(),
        limit: limit.to_owned(),
        reason: reason.to_owned(),
        calls,
    }
}

/// Each situation with what is said of it.
#[rustfmt::skip]
fn table() -> Vec<(Situation, State, &'static str)> {
    let idle = Situation { calls: Calls::default(), limits: vec![limit("org.rate", 300, 0)], ..usual() };
    let started = Situation { running_for: Duration::from_secs(5), ..idle.clone() };
    let tight = Situation { limits: vec![limit("org.rate", 300, 280)], ..usual() };
    let full = Situation { limits: vec![limit("org.rate", 300, 300)], ..usual() };
    let loose = Situation { limits: vec![limit("org.rate", 3_000, 2)], ..usual() };
    let unlimited = Situation { limits: vec![], ..usual() };
    let parted = Situation { parted: true, ..unlimited.clone() };
    let one = vec![refused("voice", "org.rate", "deadline.cannot.be.met", 12)];
    let one_flow = Situation { refused: one.clone(), ..usual() };
    let two = [one, vec![refused("chat", "", "queue.full", 1)]].concat();
    let two_flows = Situation { refused: two, ..usual() };
    let no_token = Situation { without_token: vec![without("pool-a")], dry_integrations: 1, calls: Calls::default(), ..usual() };
    let no_token_for_some = Situation { calls: usual().calls, ..no_token.clone() };
    let one_client = Situation { without_token: vec![without("pool-b")], ..usual() };
    let too_many = Situation { too_many: vec![("Web".into(), 2), ("Genesys Cloud".into(), 9)], ..usual() };
    let differs = LimitFound { told_otherwise: Some(3_000), ..limit("org.rate", 2_000, 900) };
    let differs = Situation { limits: vec![differs], ..usual() };
    let calls = Calls { answered: 30, refused: 0, failed: 10 };
    let failing = Situation { calls, failed: vec![("Web".into(), "upstream.error".into(), 10)], ..usual() };
    let few = Situation { calls: Calls { failed: 3, ..usual().calls }, failed: failing.failed.clone(), ..usual() };
    let waits = Situation { longest_wait: Some(("voice".into(), Duration::from_millis(4_200))), ..full.clone() };
    let briefly = Situation { longest_wait: Some(("voice".into(), Duration::from_millis(400))), ..usual() };
    let store = Situation { store_away: true, ..usual() };
    let lease = Situation { lease_ended: true, calls: Calls::default(), ..usual() };
    let starting = Situation { node: Node::Starting, ..idle.clone() };
    let draining = Situation { node: Node::Draining, ..usual() };
    let silent = Situation { node: Node::Silent, ..usual() };
    let refusing_and_more = Situation { store_away: true, too_many: too_many.too_many.clone(), ..one_flow.clone() };
    vec![
        (usual(), State::Good, "All calls in time; the organisation's limit org.rate carries 18 % more."),
        (idle, State::Good, "Nothing has called in the last minute."),
        (started, State::Good, "Just started; nothing has called yet."),
        (tight, State::Tight, "All calls in time, but the organisation's limit org.rate carries 7 % more."),
        (full, State::Tight, "All calls in time, but the organisation's limit org.rate is full."),
        (loose, State::Good, "All calls in time; the organisation's limit org.rate carries more than ten times as much."),
        (unlimited, State::Good, "All calls in time; no shared limit is used."),
        (parted, State::Good, "All calls in time; the nodes share the limits."),
        (one_flow, State::Refusing, "12 calls were refused in the last minute, of voice (org.rate: deadline.cannot.be.met)."),
        (two_flows, State::Refusing, "13 calls were refused in the last minute, of 2 flows, most of them of voice \
            (org.rate: deadline.cannot.be.met)."),
        (no_token, State::Down, "No access token can be had for the client pool-a from login.example.com:443: calls that \
            need one are refused."),
        (no_token_for_some, State::Refusing, "No access token can be had for the client pool-a from \
            login.example.com:443: calls that need one are refused."),
        (one_client, State::Tight, "The client pool-b gets no token from login.example.com:443; other clients carry its calls."),
        (too_many, State::Tight, "The upstream of Genesys Cloud answered 429 9 times in the last minute: somebody else \
            uses its limits, or they are lower than configured."),
        (differs, State::Tight, "The upstream says that org.rate allows 2000, not 3000 as configured; its number holds."),
        (failing, State::Tight, "10 of 40 calls in the last minute failed, most of them at Web (upstream.error)."),
        (few, State::Good, "All calls in time; the organisation's limit org.rate carries 18 % more."),
        (waits, State::Tight, "Calls wait for their start, in voice for 4 s; the organisation's limit org.rate is full."),
        (briefly, State::Good, "All calls in time; the organisation's limit org.rate carries 18 % more."),
        (store, State::Tight, "The store can't be reached: calls go on, changes and jobs don't."),
        (lease, State::Down, "This node's part of the shared limits has ended, since it can't reach the coordination \
            store: calls under them are refused."),
        (starting, State::Tight, "Starting: the first tokens are being fetched."),
        (draining, State::Down, "This node is about to end: it takes no more calls than those under way."),
        (silent, State::Down, "The engine gives no answer: no call is made. Restart this node."),
        (refusing_and_more, State::Refusing, "12 calls were refused in the last minute, of voice (org.rate: \
            deadline.cannot.be.met)."),
    ]
}

#[test]
fn each_situation_has_its_line() {
    for (situation, state, sentence) in table() {
        let verdict = Verdict::of(&situation);
        assert_eq!(
            (verdict.state, &*verdict.sentence()),
            (state, sentence),
            "{situation:#?}"
        );
    }
}

#[test]
fn numbers_alone_make_no_other_verdict() {
    let verdict = Verdict::of(&usual());
    let mut more = usual();
    more.limits[0].used += 5;
    assert!(!verdict.differs(&Verdict::of(&more)));
    more.limits[0].used = 299;
    assert!(verdict.differs(&Verdict::of(&more)));
}
