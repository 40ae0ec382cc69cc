//! A database that is there and says nothing, and work of one kind that is slow: both cost what they
//! must, and no more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use std::time::{Duration, Instant};
use support::postgres::{Disk, Server};
use support::proxy::{Proxy, Way};
use support::{NOW, by, open, open_hasty, skip};
use tollgate_store::Table;
use tollgate_store::*;

/// More than anything here may take on a slow machine, and less than waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

fn event() -> AuditEvent {
    AuditEvent {
        by: by(0),
        action: "execute".into(),
        entity_type: "action".into(),
        entity_id: "a".into(),
        detail: JsonText::default(),
    }
}

async fn client(store: &Store) -> MadeClient {
    let body = ClientBody {
        name: "c".into(),
        access_token_validity_seconds: 3600,
        ..ClientBody::default()
    };
    let id = EntityId::random();
    store.create_client(id, body, &by(0)).await.unwrap()
}

/// A small change: a table of a random name.
async fn write(store: &Store) -> StoreResult<()> {
    let id = EntityId::random();
    let body = TableBody {
        name: id.to_string(),
        description: String::new(),
        schema: JsonText::default(),
        division: String::new(),
    };
    store.create::<Table>((id, body), &by(0)).await.map(drop)
}

/// Waits until the store answers again.
async fn recovers(store: &Store) {
    let until = Instant::now() + PATIENCE;
    while let Err(error) = write(store).await {
        assert!(Instant::now() < until, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_taken_up_again() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    server.database("mute");
    let proxy = Proxy::start(server.socket()).await;
    let store = open_hasty(&proxy.url("mute")).await;
    let made = client(&store).await;
    let (id, secret) = (made.client.id.to_string(), made.secret);
    let token = store.issue_token(&id, &secret, NOW).await.unwrap().token;

    for round in 0..3 {
        proxy.set(Way::Mute);
        let all = async {
            let (reads, checks, logins, writes, appends) = tokio::join!(
                join_all((0..20).map(|_| store.revision())),
                join_all((0..20).map(|_| store.check_token(&token, NOW))),
                join_all((0..4).map(|_| store.issue_token(&id, &secret, NOW))),
                join_all((0..8).map(|_| write(&store))),
                join_all((0..8).map(|_| store.record(&[]))),
            );
            assert!(reads.iter().all(Result::is_err), "{reads:?}");
            assert!(checks.iter().all(Result::is_err), "{checks:?}");
            assert!(logins.iter().all(Result::is_err), "{logins:?}");
            assert!(writes.iter().all(Result::is_err), "{writes:?}");
            assert!(appends.iter().all(Result::is_err), "{appends:?}");
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap();

        // From now on nobody waits long: of a thousand calls, a few try, and the others are told at once.
        let (began, taken) = (Instant::now(), proxy.taken());
        for _ in 0..1000 {
            store.check_token(&token, NOW).await.unwrap_err();
        }
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        assert!(proxy.taken() - taken < 100, "it isn't stormed");

        // What was silent is not used again, whether the connections live on or not.
        if round == 1 {
            proxy.cut();
        }
        proxy.set(Way::Open);
        recovers(&store).await;
        store.check_token(&token, NOW).await.unwrap();
        store.issue_token(&id, &secret, NOW).await.unwrap();
    }
    // Nothing that was told as failed is half there.
    let found = store.audit(&AuditQuery::default()).await.unwrap();
    let issued = found.items.iter().filter(|it| it.action == "issue").count();
    assert!(issued >= 4, "{issued}");
}

#[tokio::test]
async fn connections_that_are_cut_are_made_anew() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    server.database("cut");
    let proxy = Proxy::start(server.socket()).await;
    let store = open_hasty(&proxy.url("cut")).await;
    for _ in 0..20 {
        proxy.cut();
        // Reads and beginnings are tried again on a new connection; who calls doesn't notice.
        store.revision().await.unwrap();
        proxy.cut();
        write(&store).await.unwrap();
    }
    proxy.set(Way::Shut);
    store.revision().await.unwrap_err();
    proxy.set(Way::Open);
    recovers(&store).await;
}

#[tokio::test]
async fn slow_writers_take_no_place_of_others() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let url = server.database("slow");
    let store = open(&url).await;
    let made = client(&store).await;
    let (id, secret) = (made.client.id.to_string(), made.secret);
    let token = store.issue_token(&id, &secret, NOW).await.unwrap().token;
    let (other, task) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(task);
    let key = i64::from_be_bytes(*b"tollgate");
    let held = format!("SELECT pg_advisory_lock({key})");
    other.batch_execute(&held).await.unwrap();

    let writers = join_all((0..50).map(|_| write(&store)));
    let others = async {
        for _ in 0..20 {
            store.revision().await.unwrap();
            store.check_token(&token, NOW).await.unwrap();
            store.record(&[event()]).await.unwrap();
        }
        store.issue_token(&id, &secret, NOW).await.unwrap();
        Instant::now()
    };
    let writers = async { (writers.await, Instant::now()) };
    let ((written, writers_ended), others_ended) = tokio::join!(writers, others);
    let busy = |it: &StoreResult<()>| matches!(it, Err(StoreError::Busy { .. }));
    assert!(written.iter().all(busy), "{written:?}");
    assert!(others_ended < writers_ended, "they went on meanwhile");
}

#[tokio::test]
async fn a_login_and_a_new_secret_at_once_leave_no_token_of_the_old_one() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let store = open(&server.database("renewed")).await;
    for _ in 0..5 {
        let made = client(&store).await;
        let id = made.client.id.to_string();
        let logins = join_all((0..4).map(|_| store.issue_token(&id, &made.secret, NOW)));
        let by = by(1);
        let renewal = store.new_client_secret(&made.client.id, &by);
        let (tokens, renewed) = tokio::join!(logins, renewal);
        renewed.unwrap();
        for issued in tokens.into_iter().flatten() {
            let denied = store.check_token(&issued.token, NOW).await;
            assert!(matches!(denied, Err(StoreError::Denied)), "{denied:?}");
        }
    }
}

#[tokio::test]
async fn several_hosts_are_tried_until_one_will_do() {
    let (standby, primary) = match (Server::start_read_only(), Server::start(Disk::Lags)) {
        (Ok(standby), Ok(primary)) => (standby, primary),
        (Err(why), _) | (_, Err(why)) => return skip(&why),
    };
    primary.database("many");
    let mute = Proxy::start(primary.socket()).await;
    mute.set(Way::Mute);
    let (one, two) = (
        Proxy::start(standby.socket()).await,
        Proxy::start(primary.socket()).await,
    );
    // The standby has no such database and couldn't be written to if it had.
    let (mute, one, two) = (mute.port, one.port, two.port);
    let url = format!(
        "postgres://postgres@127.0.0.1:{mute},127.0.0.1:{one},127.0.0.1:{two}/many?target_session_attrs=read-write"
    );
    let store = open_hasty(&url).await;
    write(&store).await.unwrap();
    // One of a kind that takes no writes is passed by also where its database is there.
    let url = format!(
        "postgres://postgres@127.0.0.1:{one},127.0.0.1:{two}/postgres?target_session_attrs=read-write"
    );
    let store = open_hasty(&url).await;
    write(&store).await.unwrap();
}
