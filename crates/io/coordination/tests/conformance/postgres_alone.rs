//! What only PostgreSQL can suffer.

use crate::support::place::skip;
use crate::support::postgres::{Disk, Server};
use crate::{CoordinationError, CoordinationUrl, PATIENCE, Site, at, found, put, value};
use std::time::Duration;
use tokio::time::Instant;
use tollgate_coordination::{Revision, Swap, open};

macro_rules! server {
    () => {
        match Server::start(Disk::Lags) {
            Ok(server) => server,
            Err(why) => return skip(&why),
        }
    };
}

/// A standby that was behind takes over: the value is older, and the server another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_of_postgres_takes_over() {
    let mut primary = server!();
    let standby = primary.standby();
    let host = |url: String| {
        let host = url.trim_start_matches("postgres://postgres@");
        host.trim_end_matches("/postgres").to_owned()
    };
    let (first, second) = (host(primary.url("postgres")), host(standby.url("postgres")));
    // The standby comes first, and is passed over.
    let store = at(&format!("postgres://postgres@{second},{first}/postgres"));
    let first = put(&store, None, b"one").await;
    let second = put(&store, Some(first), b"two").await;
    let before = found(&store).await;

    let other = at(&standby.url("postgres"));
    let read = other.read().await;
    assert_eq!(read, Err(CoordinationError::NotPrimary));

    wait_for_standby(&primary, &standby).await;
    let alone = |statement| standby.run("postgres", statement);
    alone("ALTER SYSTEM SET primary_conninfo = ''");
    alone("SELECT pg_reload_conf()");
    let followers = "SELECT count(*)::text FROM pg_stat_replication";
    until(&primary, followers, "0").await;
    put(&store, Some(second), b"three, which gets lost").await;
    primary.kill();
    standby.promote();
    let after = found(&store).await;
    assert_eq!(value(&after), Some((second, &b"two"[..])));
    assert_ne!(after.server, before.server);
    put(&store, Some(second), b"goes on").await;
    let known = found(&other).await;
    assert_eq!(value(&known), Some((second + 1, &b"goes on"[..])));
}

/// Until the standby has all that the primary has.
async fn wait_for_standby(primary: &Server, standby: &Server) {
    let has = ask(primary, "SELECT pg_current_wal_lsn()::text").await;
    let caught_up = format!("SELECT (pg_last_wal_replay_lsn() >= '{has}')::text");
    until(standby, &caught_up, "true").await;
}

async fn until(server: &Server, statement: &str, answer: &str) {
    let until = Instant::now() + PATIENCE;
    while ask(server, statement).await != answer {
        assert!(Instant::now() < until, "{statement} is never {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ask(server: &Server, statement: &str) -> String {
    let (client, connection) =
        tokio_postgres::connect(&server.url("postgres"), tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    client.query_one(statement, &[]).await.unwrap().get(0)
}

/// A commit that no standby confirms is made, and said not to be durable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_that_no_standby_confirms_is_not_durable() {
    let server = server!();
    let store = at(&server.url("postgres"));
    let mut revision = put(&store, None, b"one").await;
    server.run(
        "postgres",
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
    );
    server.run("postgres", "SELECT pg_reload_conf()");
    let until = Instant::now() + PATIENCE;
    loop {
        let swap = store.swap(Some(Revision(revision)), b"next", "").await;
        match swap {
            Ok(Swap::Done {
                is_durable: false, ..
            }) => break,
            // The settings take a moment.
            Ok(Swap::Done { revision: now, .. }) => revision = now.0,
            other => panic!("{other:?}"),
        }
        assert!(Instant::now() < until, "always durable");
    }
    assert_eq!(
        value(&found(&store).await),
        Some((revision + 1, &b"next"[..]))
    );
    // What others read meanwhile is no error either.
    let other = at(&server.url("postgres"));
    assert_eq!(
        value(&found(&other).await),
        Some((revision + 1, &b"next"[..]))
    );
}

/// A role that may use its own database and no more is enough; one that may not is refused, and says no password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_of_postgres_are_few_and_needed() {
    let server = server!();
    server.run("postgres", "CREATE ROLE plain LOGIN");
    server.run("postgres", "CREATE DATABASE plain OWNER plain");
    server.run("postgres", "CREATE ROLE poor LOGIN");
    let as_role = |role: &str, database: &str| {
        let url = server.url(database);
        url.replace(
            "postgres://postgres@",
            &format!("postgres://{role}:hunter2@"),
        )
    };
    let plain = at(&as_role("plain", "plain"));
    put(&plain, None, b"one").await;
    for (role, database) in [("poor", "plain"), ("nobody", "plain"), ("plain", "nowhere")] {
        let url = CoordinationUrl::parse(&as_role(role, database)).unwrap();
        let refused = open(&url, "acme").unwrap().read().await.unwrap_err();
        assert!(
            matches!(refused, CoordinationError::Refused(_)),
            "{refused:?}"
        );
        assert!(!format!("{refused} {refused:?} {url:?}").contains("hunter2"));
    }
}

/// A table that was dropped or emptied, or whose row isn't ours, is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_postgres_that_was_changed_is_told() {
    let server = server!();
    let store = at(&server.url("postgres"));
    put(&store, None, b"one").await;
    let before = found(&store).await;
    server.run("postgres", "TRUNCATE tollgate_coordination");
    assert_eq!(found(&store).await.value, None);
    server.run("postgres", "DROP TABLE tollgate_coordination");
    let after = found(&store).await;
    assert_eq!(after.value, None);
    assert_ne!(after.server, before.server);
    put(&store, None, b"anew").await;
    server.run("postgres", "UPDATE tollgate_coordination SET revision = -1");
    let read = store.read().await;
    assert!(
        matches!(read, Err(CoordinationError::NotOurs(_))),
        "{read:?}"
    );
}

/// Another who holds the row's lock makes swaps late, and no longer than that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_waited_for_so_long() {
    let site = match Site::postgres() {
        Ok(site) => site,
        Err(why) => return skip(&why),
    };
    let store = at(&site.url());
    let first = put(&store, None, b"one").await;
    let (client, connection) = tokio_postgres::connect(&site.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
        .batch_execute("BEGIN; SELECT * FROM tollgate_coordination FOR UPDATE")
        .await
        .unwrap();
    let swap = store.swap(Some(Revision(first)), b"two", "").await;
    assert_eq!(swap, Err(CoordinationError::Late));
    assert_eq!(value(&found(&store).await), Some((first, &b"one"[..])));
    client.batch_execute("COMMIT").await.unwrap();
    put(&store, Some(first), b"two").await;
}
