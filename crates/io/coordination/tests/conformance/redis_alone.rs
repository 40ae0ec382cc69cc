//! What only Redis can suffer.

use crate::support::place::{Folder, certificate, skip};
use crate::support::redis::Redis;
use crate::{CoordinationError, CoordinationUrl, PATIENCE, Shared, at, found, put, value};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_coordination::{Revision, Swap, open};

const KEY: &str = "tollgate:{acme}:coordination";

macro_rules! server {
    ($($settings:expr),*) => {
        match Redis::start_with(&[$($settings),*]) {
            Ok(server) => server,
            Err(why) => return skip(&why),
        }
    };
}

/// A primary, its replica, and three Sentinels that know both.
struct Watched {
    primary: Redis,
    replica: Redis,
    sentinels: Vec<Redis>,
}

impl Watched {
    fn start() -> Result<Self, String> {
        let primary = Redis::start()?;
        let port = primary.port.to_string();
        let replica = Redis::start_with(&["--replicaof", &format!("127.0.0.1 {port}")])?;
        eventually(|| {
            primary
                .cli(&["info", "replication"])
                .contains("state=online")
        });
        let sentinels: Vec<_> = (0..3)
            .map(|_| Redis::start_sentinel(primary.port, 2))
            .collect();
        for sentinel in &sentinels {
            eventually(|| {
                let known = sentinel.cli(&["sentinel", "master", "main"]);
                let has = |field: &str, count| known.contains(&format!("{field}\n{count}\n"));
                has("num-slaves", 1) && has("num-other-sentinels", 2)
            });
        }
        Ok(Self {
            primary,
            replica,
            sentinels,
        })
    }

    fn store(&self) -> Shared {
        let address = |sentinel: &Redis| format!("127.0.0.1:{}", sentinel.port);
        let addresses: Vec<_> = self.sentinels.iter().map(address).collect();
        at(&format!("redis+sentinel://{}/main", addresses.join(",")))
    }
}

fn eventually(condition: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < until, "it never comes to that");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Makes a swap that must succeed, of the revision that there is now; whether it is durable.
async fn is_durable(store: &Shared, last: &mut Option<Revision>) -> bool {
    match store.swap(*last, b"next", "").await {
        Ok(Swap::Done {
            is_durable,
            revision,
            ..
        }) => {
            *last = Some(revision);
            is_durable
        }
        other => panic!("{other:?}"),
    }
}

/// A replica that was behind takes over: the value is older, and the server another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_that_loses_writes_is_told() {
    let mut watched = match Watched::start() {
        Ok(watched) => watched,
        Err(why) => return skip(&why),
    };
    let store = watched.store();
    found(&store).await;
    let mut last = None;
    assert!(is_durable(&store, &mut last).await);
    assert!(is_durable(&store, &mut last).await);
    let kept = last;
    let before = found(&store).await;

    let other = at(&watched.replica.url());
    let read = other.read().await;
    assert_eq!(read, Err(CoordinationError::NotPrimary));

    // Nothing listens there.
    watched.replica.cli(&["replicaof", "127.0.0.1", "1"]);
    let is_alone = || watched.primary.cli(&["info", "replication"]);
    eventually(|| is_alone().contains("connected_slaves:0"));
    assert!(!is_durable(&store, &mut last).await, "nobody else has it");
    watched.primary.kill();
    let after = found(&store).await;
    assert_eq!(
        value(&after),
        kept.map(|revision| (revision.0, &b"next"[..]))
    );
    assert_ne!(after.server, before.server);

    // The old primary comes back, is made a replica, and confirms.
    watched.primary.start_again();
    // A swap was once told `Changed` with another revision here. That a late Sentinel still named the old primary is a guess,
    // which nothing has confirmed; so a swap that isn't made is tried again, until one is durable.
    let until = Instant::now() + PATIENCE;
    loop {
        let now = found(&store).await.value;
        let swap = store.swap(now.map(|(revision, _)| revision), b"on", "");
        if let Ok(Swap::Done {
            is_durable: true,
            server,
            ..
        }) = swap.await
        {
            assert_eq!(server, after.server);
            break;
        }
        assert!(Instant::now() < until, "never durable again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A failover while all live: the session leaves the old primary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_on_purpose_is_followed() {
    let watched = match Watched::start() {
        Ok(watched) => watched,
        Err(why) => return skip(&why),
    };
    let store = watched.store();
    let first = put(&store, None, b"one").await;
    let before = found(&store).await;
    let done = watched.sentinels[0].cli(&["sentinel", "failover", "main"]);
    assert_eq!(done, "OK\n");
    let until = Instant::now() + PATIENCE;
    loop {
        let now = found(&store).await;
        assert_eq!(value(&now), Some((first, &b"one"[..])));
        if now.server != before.server {
            break;
        }
        assert!(Instant::now() < until, "it stays where it was");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = put(&store, Some(first), b"two").await;
    let kept = watched.replica.cli(&["get", KEY]);
    assert_eq!(kept, format!("tollgate1 {second}\ntwo\n"));
}

/// A replica that is stopped confirms nothing, and costs no more than the bound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_replica_confirms_is_not_durable() {
    let primary = server!();
    let of = format!("127.0.0.1 {}", primary.port);
    let store = at(&primary.url());
    let mut last = Some(Revision(put(&store, None, b"one").await));
    assert!(is_durable(&store, &mut last).await, "there is no replica");
    let replica = server!("--replicaof", &of);
    eventually(|| {
        primary
            .cli(&["info", "replication"])
            .contains("state=online")
    });
    assert!(is_durable(&store, &mut last).await);
    replica.signal("-STOP");
    assert!(!is_durable(&store, &mut last).await);
    assert_eq!(
        value(&found(&store).await),
        last.map(|revision| (revision.0, &b"next"[..]))
    );
    replica.signal("-CONT");
    drop(replica);
    eventually(|| {
        primary
            .cli(&["info", "replication"])
            .contains("connected_slaves:0")
    });
    assert!(!is_durable(&store, &mut last).await, "there was one");
}

/// Neither an empty cache of scripts nor a flush stops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_and_values_may_be_flushed() {
    let server = server!();
    let store = at(&server.url());
    let first = put(&store, None, b"one").await;
    assert_eq!(server.cli(&["script", "flush"]), "OK\n");
    let second = put(&store, Some(first), b"two").await;
    let before = found(&store).await;
    assert_eq!(server.cli(&["flushall"]), "OK\n");
    let after = found(&store).await;
    assert_eq!(after.value, None);
    assert_eq!(after.server, before.server);
    let swap = store.swap(Some(Revision(second)), b"three", "").await;
    assert_eq!(swap, Ok(Swap::Changed(after)));
}

/// What others put in our place is told, and left alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_is_told() {
    let server = server!();
    let store = at(&server.url());
    put(&store, None, b"one").await;
    for theirs in [
        &["set", KEY, "theirs"][..],
        &["set", KEY, "tollgate1 0\nx"],
        &["set", KEY, "tollgate1 x\nx"],
        &["lpush", KEY, "theirs"],
    ] {
        server.cli(&["del", KEY]);
        server.cli(theirs);
        let read = store.read().await;
        assert!(
            matches!(read, Err(CoordinationError::NotOurs(_))),
            "{read:?}"
        );
        let swap = store.swap(None, b"ours", "").await;
        assert!(
            matches!(swap, Err(CoordinationError::NotOurs(_))),
            "{swap:?}"
        );
    }
    // Ours with an end is kept without one from the next swap on.
    server.cli(&["del", KEY]);
    server.cli(&["set", KEY, "tollgate1 7\nx", "ex", "1000"]);
    put(&store, Some(7), b"y").await;
    assert_eq!(server.cli(&["ttl", KEY]), "-1\n");
}

/// A user that may do what the documentation names is enough; a wrong password is refused and not shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_of_redis_are_few_and_needed() {
    let server = server!();
    let rights = [
        "acl",
        "setuser",
        "plain",
        "on",
        ">pass word",
        "~tollgate:*",
        "&tollgate:*",
        "+get",
        "+set",
        "+eval",
        "+publish",
        "+subscribe",
        "+info",
        "+wait",
        "+ping",
    ];
    assert_eq!(server.cli(&rights), "OK\n");
    server.cli(&[
        "acl",
        "setuser",
        "poor",
        "on",
        ">hunter2",
        "~tollgate:*",
        "&*",
        "+@all",
        "-set",
    ]);
    let host = server.url().replace("redis://", "");
    let plain = at(&format!("redis://plain:pass%20word@{host}"));
    let first = put(&plain, None, b"one").await;
    let second = put(&plain, Some(first), b"two").await;
    let poor = at(&format!("redis://poor:hunter2@{host}"));
    assert_eq!(value(&found(&poor).await), Some((second, &b"two"[..])));
    let swap = poor.swap(Some(Revision(second)), b"three", "").await;
    assert!(
        matches!(swap, Err(CoordinationError::Refused(_))),
        "{swap:?}"
    );
    let url = CoordinationUrl::parse(&format!("redis://plain:hunter2@{host}")).unwrap();
    let refused = open(&url, "acme").unwrap().read().await.unwrap_err();
    assert!(
        matches!(refused, CoordinationError::Refused(_)),
        "{refused:?}"
    );
    assert!(!format!("{refused} {refused:?} {url:?}").contains("hunter2"));
}

/// Writes that a server refuses for want of replicas or memory weren't made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_refused_is_not_made() {
    let server = server!();
    let store = at(&server.url());
    let first = put(&store, None, b"one").await;
    for (setting, full, usual) in [("min-replicas-to-write", "1", "0"), ("maxmemory", "1", "0")] {
        server.cli(&["config", "set", setting, full]);
        let swap = store.swap(Some(Revision(first)), b"two", "").await;
        assert!(
            matches!(swap, Err(CoordinationError::Failed(_))),
            "{swap:?}"
        );
        assert_eq!(value(&found(&store).await), Some((first, &b"one"[..])));
        server.cli(&["config", "set", setting, usual]);
    }
    put(&store, Some(first), b"two").await;
}

/// TLS verifies the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encryption_is_verified() {
    let folder = Folder::new("certificates");
    let path = folder.path();
    if certificate(path, "server").is_none() || certificate(path, "other").is_none() {
        return skip("openssl, which makes the certificates, is not installed");
    }
    let server = match Redis::start_encrypted(path) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let base = format!("rediss://localhost:{}", server.port);
    let with = |name: &str| format!("{base}?sslrootcert={}", path.join(name).display());
    put(&at(&with("server.crt")), None, b"one").await;
    for url in [with("other.crt"), base.clone()] {
        let refused = at(&url).read().await.unwrap_err();
        assert!(refused.to_string().contains("certificate"), "{refused}");
    }
    let missing = CoordinationUrl::parse(&with("missing.crt")).unwrap();
    let missing = open(&missing, "acme").err().unwrap();
    assert!(missing.to_string().contains("missing.crt"), "{missing}");
    let plain = at(&base.replace("rediss", "redis")).read().await;
    assert!(
        matches!(plain, Err(CoordinationError::Unreachable(_))),
        "{plain:?}"
    );
}
