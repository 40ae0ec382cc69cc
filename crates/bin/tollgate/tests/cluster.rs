//! `tollgate cluster` on a real Redis and a real PostgreSQL: a first value, and what is shown of one that nodes have made.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../io/store/tests/support/place.rs"]
mod place;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../io/store/tests/support/postgres.rs"]
mod postgres;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../io/coordination/tests/support/redis.rs"]
mod redis;

use place::Folder;
use redis::Redis;
use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;
use tollgate_coordination::{CoordinationUrl, Swap, open};
use tollgate_lease::{Claim, Elapsed, MemberId, Request, Telling, Value, Want};

const ORGANIZATION: &str = "0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f";

/// Of a value whose first member's lease has ended.
const SHOWN: &str = "\
2 members, 1 limit, 0 doubts so far
spans are from the last exchange of any member, whenever that was

 member                                                        seen  lease left
 b/00000000000000ff                                          0s ago         10s
 long-name.long-name.long-name.long-name.long-name.long-nam  7s ago          4s
 e.long/00000000000000ff

 limit            of                                               slots  wants
 pool per minute  allowed                                            300
                  b/00000000000000ff                                   0     20
                  long-name.long-name.long-name.long-name.long-na      0     10
                  me.long-name.long/00000000000000ff
                  free                                                 0
                  returning, the last in 60s                         300
";

/// A command on the store at this URL: status, stdout and stderr.
fn cluster(url: &str, args: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = match url {
        "" => String::new(),
        url => format!("[cluster]\nurl = \"{url}\"\nnode = \"a\"\nlease = \"20s\"\n"),
    };
    let text = format!(
        "[[caller]]\nclient_id = \"flows\"\nclient_secret_env = \"CALLER\"\n\
         [[integration]]\nname = \"Platform\"\ntype = \"custom-rest-actions\"\n\
         actions = {{ folder = \".\" }}\n[organization]\nid = \"{ORGANIZATION}\"\n{cluster}"
    );
    std::fs::write(folder.path().join("tollgate.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("cluster").args(args);
    command.args(["--config", "tollgate.toml"]);
    command.current_dir(folder.path());
    command.env("CALLER", "Xq3v9-kT7m2Lw8Rz-of-a-caller");
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// What a member asks for of a limit of 300 whose calls count for a minute.
fn request(name: &str, sequence: u64, wants: u32) -> Request {
    let claim = Claim {
        allowed: 300,
        tail: Duration::from_secs(60),
        wants: vec![Want {
            class: 0,
            weight: 1,
            slots: wants,
        }],
        ..Claim::default()
    };
    Request {
        member: MemberId::new(name, 255),
        sequence,
        acknowledged: sequence - 1,
        lease: Duration::from_secs(10),
        seen: 0,
        succeeds: None,
        leaves: false,
        telling: Telling::default(),
        claims: BTreeMap::from([("pool per minute".to_owned(), claim)]),
    }
}

/// Puts what this makes of the value in its place.
async fn change(url: &str, change: impl Fn(&str, u64, Value) -> Value) {
    let store = open(&CoordinationUrl::parse(url).unwrap(), ORGANIZATION).unwrap();
    let found = store.read().await.unwrap();
    let (revision, text) = found.value.unwrap();
    let value = Value::read(&text).unwrap();
    let next = change(found.server.as_str(), revision.0, value);
    let swap = store.swap(Some(revision), &next.write(), "").await.unwrap();
    assert!(matches!(swap, Swap::Done { .. }), "{swap:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_value_is_put_and_kept() {
    let server = match Redis::start() {
        Ok(server) => server,
        Err(why) => return place::skip(&why),
    };
    let url = server.url();
    let none = "there is no value; `tollgate cluster init` puts a first one there\n";
    assert_eq!(cluster(&url, &["status"]), (0, none.into(), String::new()));
    let (status, said, _) = cluster(&url, &["status", "--json"]);
    assert_eq!((status, &*said), (0, "null\n"));

    let made = "the value is there; nodes may start\n";
    assert_eq!(cluster(&url, &["init"]), (0, made.into(), String::new()));
    let (_, said, _) = cluster(&url, &["status"]);
    assert!(
        said.starts_with("0 members, 0 limits, 0 doubts so far\n"),
        "{said}"
    );
    // The first node doesn't wait, and no doubt is counted.
    change(&url, |server, revision, value| {
        let first = request("a", 1, 300);
        let (value, answer) =
            Value::exchange(Some((revision, value)), Elapsed::default(), server, &first);
        assert_eq!((answer.doubt, value.doubts()), (None, 0));
        assert_eq!(answer.grants["pool per minute"].slots, 300);
        value
    })
    .await;

    let (status, said, _) = cluster(&url, &["init"]);
    assert_eq!(status, 0);
    assert!(said.contains("there is a value already"), "{said}");
    let (_, said, _) = cluster(&url, &["status"]);
    assert!(said.starts_with("1 member, 1 limit,"), "{said}");

    // A node is a member, and none is seen for twice the time in which one that lives would exchange.
    let (status, said, errors) = cluster(&url, &["init", "--force"]);
    assert_eq!((status, &*said), (0, "the value was replaced\n"));
    assert!(
        errors.contains("whether a node still exchanges"),
        "{errors}"
    );
    assert!(errors.contains("cut off from the store"), "{errors}");
    let (_, said, _) = cluster(&url, &["status"]);
    assert!(said.starts_with("0 members, 0 limits,"), "{said}");
    // What can't be read may be of nodes that live.
    let store = open(&CoordinationUrl::parse(&url).unwrap(), ORGANIZATION).unwrap();
    let (revision, _) = store.read().await.unwrap().value.unwrap();
    let other = store.swap(Some(revision), b"of another version", "").await;
    assert!(matches!(other, Ok(Swap::Done { .. })));
    let (status, _, errors) = cluster(&url, &["init", "--force"]);
    assert_eq!(status, 0);
    assert!(errors.contains("looking for 6s whether a node"), "{errors}");
    // Of nobody's value nothing is asked.
    let (status, _, errors) = cluster(&url, &["init", "--force"]);
    assert_eq!(status, 0);
    assert!(!errors.contains("whether a node"), "{errors}");
}

/// Exchanges for a member that lives, until this is dropped.
fn living(url: &str) -> tokio::task::JoinHandle<()> {
    let url = url.to_owned();
    tokio::spawn(async move {
        loop {
            change(&url, |server, revision, value| {
                let found = Some((revision, value));
                Value::exchange(found, Elapsed::default(), server, &request("a", 1, 20)).0
            })
            .await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_value_is_shown_and_is_not_replaced_while_a_node_lives() {
    let server = match postgres::Server::start(postgres::Disk::Lags) {
        Ok(server) => server,
        Err(why) => return place::skip(&why),
    };
    let url = server.database("cluster");
    let made = "the value is there; nodes may start\n";
    assert_eq!(cluster(&url, &["init"]), (0, made.into(), String::new()));
    change(&url, |server, revision, value| {
        let found = Some((revision, value));
        Value::exchange(found, Elapsed::default(), server, &request("a", 1, 20)).0
    })
    .await;
    let node = living(&url);
    let (status, said, errors) = cluster(&url, &["init", "--force"]);
    node.abort();
    assert_eq!((status, &*said), (1, ""), "{errors}");
    assert!(
        errors.contains("so a node runs; nothing was replaced"),
        "{errors}"
    );
    let (_, said, _) = cluster(&url, &["status"]);
    assert!(
        said.starts_with("1 member, 1 limit, 0 doubts so far\nspans"),
        "{said}"
    );
    change(&url, |_, revision, value| {
        let found = Some((revision, value));
        Value::exchange(
            found,
            Elapsed::default(),
            "after a restart",
            &request("b", 1, 20),
        )
        .0
    })
    .await;
    let (_, said, _) = cluster(&url, &["status"]);
    let why =
        "learned anew, since the store was restarted, or is another server\nall is known in 71s\n";
    assert!(said.contains(why), "{said}");
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_limits_are_shown_in_80_columns() {
    let server = match Redis::start() {
        Ok(server) => server,
        Err(why) => return place::skip(&why),
    };
    let url = server.url();
    assert_eq!(cluster(&url, &["init"]).0, 0);
    let long = &"long-name.".repeat(7)[..64];
    let whole = |seconds| Elapsed {
        since_known: Duration::from_secs(seconds),
        since_end: None,
    };
    change(&url, |server, revision, value| {
        let exchange = |value, after, request: &Request| {
            Value::exchange(Some((revision, value)), after, server, request).0
        };
        let value = exchange(value, whole(0), &request("a", 1, 120));
        let value = exchange(value, whole(4), &request(long, 1, 10));
        // The first one's lease has ended by then.
        exchange(value, whole(7), &request("b", 1, 20))
    })
    .await;
    let (status, said, errors) = cluster(&url, &["status"]);
    assert_eq!((status, &*errors), (0, ""));
    assert_eq!(said, SHOWN);
    let (_, said, _) = cluster(&url, &["status", "--json"]);
    let value = Value::read(said.as_bytes()).unwrap();
    assert_eq!(value.members().count(), 2);

    change(&url, |_, revision, value| {
        let found = Some((revision, value));
        Value::exchange(found, whole(0), "another server", &request("c", 1, 20)).0
    })
    .await;
    let (_, said, _) = cluster(&url, &["status"]);
    assert!(
        said.starts_with("1 member, 1 limit, 1 doubt so far\n"),
        "{said}"
    );
    assert!(
        said.contains("learned anew, since the store was restarted"),
        "{said}"
    );
    assert!(said.contains("  unknown, for 71s "), "{said}");
}

#[test]
fn what_is_wrong_is_told_with_its_field() {
    let (status, _, errors) = cluster("", &["status"]);
    assert_eq!(status, 64);
    assert!(errors.contains("has no [cluster]"), "{errors}");
    let (status, _, errors) = cluster("memory://x", &["init"]);
    assert_eq!(status, 64);
    assert!(errors.contains("no other reaches it"), "{errors}");
    for args in [&["status"][..], &["init"]] {
        let (status, said, errors) = cluster("redis://:hunter2@127.0.0.1:9", args);
        assert_eq!((status, &*said), (1, ""), "{errors}");
        assert!(
            errors.contains("tollgate.toml:11:7: cluster.url: "),
            "{errors}"
        );
        assert!(!errors.contains("hunter2"));
    }
}
