//! The driver's behaviour over real sockets, against the emulated platform.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;
use support::{at_once, call, credentials, platform, setup, tables, window, with_tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tollgate_driver::{
    Answer, AnswerCounts, Bounds, Call, ChangeError, ClientCredentials, Driver, Extension, Failure,
    Progress,
};
use tollgate_emulator::Emulator;
use tollgate_engine::{Client, Config, Leave, NoSuchEntry, Pool, Route};
use tollgate_model::{Limit, LimitId, Reason, Rule, Scope};
use tollgate_platform::{Faults, Spread, Window};

const MINUTE: Duration = Duration::from_secs(60);

/// A platform and a driver for it, with `per_token` calls a minute on one token.
struct World {
    emulator: Emulator,
    driver: Driver,
}

impl World {
    async fn start(per_token: u32, at_once: u32, latency: Duration) -> Self {
        let platform = tollgate_platform::Config {
            token: Some(Window {
                allowed: per_token,
                period: MINUTE,
            }),
            latency: Spread::fixed(latency),
            ..platform()
        };
        let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let token_url = format!("http://{}/oauth/token", emulator.address());
        let driver = start(limited(per_token, at_once), &token_url);
        Self { emulator, driver }
    }

    fn call(&self, method: http::Method, deadline: Duration, timeout: Duration) -> Call {
        let url = format!(
            "http://{}/api/v2/users/7/presences/PURECLOUD",
            self.emulator.address()
        );
        call(method, &url, deadline, timeout)
    }

    /// A GET that may wait and take a while.
    async fn get(&self) -> Result<Answer, Failure> {
        let call = self.call(http::Method::GET, MINUTE, MINUTE);
        self.driver.execute(call).await
    }
}

fn limited(per_token: u32, most: u32) -> Config {
    let per_token = window("per token", Scope::Token, per_token, MINUTE);
    let mut tables = with_tokens(tables(Some(at_once(most))), 1, Some(per_token));
    tables.flows[0].max_queued = 100;
    tables.policy.retry_pause = Duration::from_millis(5);
    tables
}

fn start(engine: Config, token_url: &str) -> Driver {
    let bounds = Bounds {
        connect_timeout: Duration::from_secs(2),
        ..Bounds::default()
    };
    Driver::start(setup(engine, vec![credentials(token_url)], bounds)).unwrap()
}

fn unavailable(percent: u8) -> Faults {
    Faults {
        unavailable_percent: percent,
        ..Faults::default()
    }
}

#[tokio::test]
async fn a_revoked_token_is_replaced_and_the_call_replayed_once() {
    let world = World::start(300, 50, Duration::from_millis(1)).await;
    assert_eq!(world.get().await.unwrap().status, 200);
    world.emulator.revoke_all();
    let answer = world.get().await.unwrap();
    assert_eq!((answer.status, answer.attempts), (200, 2));
    assert_eq!(world.emulator.counts().unauthorized, 1);
    assert_eq!(world.emulator.counts().tokens.len(), 2);
}

#[tokio::test]
async fn what_is_unavailable_is_tried_again_only_if_idempotent() {
    let world = World::start(300, 50, Duration::from_millis(1)).await;
    world.emulator.set_faults(unavailable(100));
    let answer = world.get().await.unwrap();
    assert_eq!(
        (answer.status, answer.attempts),
        (503, 3),
        "the policy's bound"
    );
    let post = world.call(http::Method::POST, MINUTE, MINUTE);
    let answer = world.driver.execute(post).await.unwrap();
    assert_eq!((answer.status, answer.attempts), (503, 1));
    world.emulator.set_faults(unavailable(0));
    assert_eq!(world.get().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_dropped_connection_is_lost_after_the_retries() {
    let world = World::start(300, 50, Duration::from_millis(1)).await;
    world.emulator.set_faults(Faults {
        dropped_percent: 100,
        ..Faults::default()
    });
    let post = world.call(http::Method::POST, MINUTE, MINUTE);
    assert!(matches!(
        world.driver.execute(post).await,
        Err(Failure::NoAnswer(_))
    ));
    assert_eq!(world.emulator.counts().admitted, 1, "a POST is sent once");
    assert!(matches!(world.get().await, Err(Failure::NoAnswer(_))));
    assert_eq!(world.emulator.counts().admitted, 4, "a GET three times");
}

#[tokio::test]
async fn who_asks_is_told_how_far_an_execution_came_however_it_ends() {
    let world = World::start(300, 1, Duration::from_millis(1)).await;
    let (progress, answers) = (
        Arc::new(Progress::default()),
        Arc::new(AnswerCounts::default()),
    );
    let watched = |method, timeout| {
        let mut call = world.call(method, MINUTE, timeout);
        call.request.progress = Some(Arc::clone(&progress));
        call.request.answers = Some(Arc::clone(&answers));
        call
    };
    world.emulator.set_faults(unavailable(100));
    let answer = world
        .driver
        .execute(watched(http::Method::GET, MINUTE))
        .await;
    assert_eq!(answer.unwrap().attempts, 3);
    assert_eq!(progress.attempts(), 3);
    let took = progress.under_way().unwrap();
    assert!(took >= Duration::from_millis(3), "three answers: {took:?}");
    world.emulator.set_faults(Faults {
        dropped_percent: 100,
        ..Faults::default()
    });
    let lost = world
        .driver
        .execute(watched(http::Method::POST, MINUTE))
        .await;
    assert!(matches!(lost, Err(Failure::NoAnswer(_))), "{lost:?}");
    assert_eq!(progress.attempts(), 4);
    // Nothing of this one is sent: another has the only place, and its caller leaves.
    let slow = World::start(300, 1, Duration::from_secs(30)).await;
    let (driver, holds) = (
        slow.driver.clone(),
        slow.call(http::Method::GET, MINUTE, MINUTE),
    );
    let holder = tokio::spawn(async move { driver.execute(holds).await });
    let waited = Arc::new(Progress::default());
    let mut waits = slow.call(http::Method::GET, MINUTE, MINUTE);
    waits.request.progress = Some(Arc::clone(&waited));
    let held = async {
        while slow.emulator.counts().admitted == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(MINUTE, held).await.unwrap();
    let short = Duration::from_millis(200);
    let waiting = tokio::time::timeout(short, slow.driver.execute(waits));
    assert!(waiting.await.is_err());
    assert_eq!((waited.attempts(), waited.under_way()), (0, None));
    assert!(waited.waited(slow.driver.now()) >= short / 2);
    holder.abort();
    let read: Vec<_> = answers.read().filter(|(_, count)| *count > 0).collect();
    assert_eq!(read, [("5xx", 3), ("none", 1)]);
    assert!(world.driver.steps() > 5);
}

#[tokio::test]
async fn a_timeout_frees_the_place_under_the_concurrency_limit() {
    let world = World::start(300, 1, Duration::from_secs(30)).await;
    let slow = world.call(http::Method::GET, MINUTE, Duration::from_millis(100));
    assert_eq!(
        world.driver.execute(slow.clone()).await.unwrap_err(),
        Failure::TimedOut
    );
    // The one place is free again, or this would wait for it.
    assert_eq!(
        world.driver.execute(slow).await.unwrap_err(),
        Failure::TimedOut
    );
    assert_eq!(world.emulator.counts().admitted, 2);
}

#[tokio::test]
async fn a_caller_that_hangs_up_frees_its_place() {
    let world = World::start(300, 1, Duration::from_secs(30)).await;
    let hung_up = tokio::time::timeout(Duration::from_millis(300), world.get()).await;
    assert!(hung_up.is_err());
    let next = world.call(http::Method::GET, MINUTE, Duration::from_millis(100));
    assert_eq!(
        world.driver.execute(next).await.unwrap_err(),
        Failure::TimedOut
    );
}

#[tokio::test]
async fn what_cannot_start_in_time_is_refused_at_once_with_limit_and_instant() {
    let world = World::start(2, 50, Duration::from_millis(1)).await;
    for _ in 0..2 {
        assert_eq!(world.get().await.unwrap().status, 200);
    }
    let hasty = world.call(http::Method::GET, Duration::from_secs(5), MINUTE);
    match world.driver.execute(hasty).await.unwrap_err() {
        Failure::Refused {
            refusal,
            earliest_in,
        } => {
            assert_eq!(refusal.reason, Reason::DeadlineCannotBeMet);
            assert_eq!(refusal.limit.as_deref(), Some("per token"));
            let earliest_in = earliest_in.unwrap();
            assert!(
                earliest_in > Duration::from_secs(5) && earliest_in <= MINUTE,
                "{earliest_in:?}"
            );
        }
        other => panic!("expected a refusal, found {other:?}"),
    }
    assert_eq!(world.emulator.counts().limited(), 0);
}

#[tokio::test]
async fn no_connection_is_told_from_no_answer() {
    let world = World::start(300, 50, Duration::from_millis(1)).await;
    // A port that was free a moment ago, and is again.
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let post = call(
        http::Method::POST,
        &format!("http://{closed}/"),
        MINUTE,
        MINUTE,
    );
    assert!(matches!(
        world.driver.execute(post).await,
        Err(Failure::ConnectFailed(_))
    ));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let world = World::start(300, 50, Duration::from_millis(1)).await;
    let driver = start(
        limited(300, 50),
        &format!("http://{}/nothing", world.emulator.address()),
    );
    let call = world.call(http::Method::GET, Duration::from_millis(300), MINUTE);
    assert!(matches!(
        driver.execute(call).await,
        Err(Failure::Refused { .. })
    ));
    assert_eq!(world.emulator.counts().admitted, 0);
}

/// Answers every request with the same token.
async fn same_token() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let body = r#"{"access_token":"same","expires_in":3600}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            });
        }
    });
    address
}

#[tokio::test]
async fn a_token_that_is_given_twice_has_its_quota_once() {
    let address = same_token().await;
    let mut config = limited(2, 50);
    config.clients[0].max_tokens = 3;
    let driver = start(config, &format!("http://{address}/token"));
    let get = || {
        let soon = Duration::from_millis(300);
        call(
            http::Method::GET,
            &format!("http://{address}/"),
            soon,
            MINUTE,
        )
    };
    for _ in 0..2 {
        assert_eq!(driver.execute(get()).await.unwrap().status, 200);
    }
    let refused = driver.execute(get()).await;
    assert!(
        matches!(refused, Err(Failure::Refused { .. })),
        "{refused:?}"
    );
    assert_eq!(driver.snapshot().await.unwrap().tokens.len(), 1);
}

#[tokio::test]
async fn draining_ends_with_what_is_under_way() {
    let world = World::start(300, 50, Duration::from_millis(200)).await;
    let driver = world.driver.clone();
    let call = world.call(http::Method::GET, MINUTE, MINUTE);
    let running = tokio::spawn(async move { driver.execute(call).await });
    while world.emulator.counts().admitted == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(world.driver.drain(MINUTE).await);
    assert_eq!(running.await.unwrap().unwrap().status, 200);
    assert_eq!(world.get().await.unwrap_err(), Failure::Draining);
}

#[tokio::test]
async fn a_route_with_a_client_of_its_own_is_added_while_running() {
    let world = World::start(10, 10, Duration::ZERO).await;
    let add = |mut tables: Extension<'_>, credentials| {
        let client = Client {
            name: "added".into(),
            limits: vec![],
            token_limits: vec![],
            max_tokens: 1,
            shared_as: None,
        };
        let client = tables.add_client(client, credentials);
        let pool = tables.add_pool(Pool {
            name: "added".into(),
            clients: vec![client],
        });
        let route = tables.add_route(Route {
            name: "added".into(),
            limits: vec![LimitId(0)],
            pool: Some(pool),
            ..Route::default()
        });
        (client, route)
    };
    let credentials = |secret: &str| ClientCredentials {
        token_url: format!("http://{}/oauth/token", world.emulator.address())
            .parse()
            .unwrap(),
        client_id: "one".into(),
        client_secret: secret.to_owned().into(),
    };
    let call = |route| Call {
        route,
        ..world.call(http::Method::GET, Duration::from_millis(300), MINUTE)
    };
    // The ids of an equal driver are those that this one gives once it is extended.
    let other = World::start(10, 10, Duration::ZERO).await;
    let wrong = credentials("wrong");
    let early = other.driver.extend(move |tables| add(tables, wrong)).await;
    let early = world.driver.execute(call(early.unwrap().1)).await;
    assert_eq!(early.unwrap_err(), Failure::Unknown("route"));
    let wrong = credentials("wrong");
    let added = world.driver.extend(move |tables| add(tables, wrong)).await;
    let (client, route) = added.unwrap();
    let refused = world.driver.execute(call(route)).await.unwrap_err();
    assert!(matches!(refused, Failure::Refused { .. }), "{refused:?}");
    let right = credentials("emulated");
    world.driver.set_credentials(client, right).await.unwrap();
    let later = Call {
        deadline: MINUTE,
        ..call(route)
    };
    assert_eq!(world.driver.execute(later).await.unwrap().status, 200);
}

/// What an operator changes holds when the change returns, and one of what isn't there is told.
#[tokio::test]
async fn a_change_is_acknowledged() {
    let world = World::start(10, 10, Duration::ZERO).await;
    let limit = world.driver.extend(|mut tables| {
        tables.add_limit(Limit {
            name: "added".into(),
            scope: Scope::Organisation,
            rule: Rule::Concurrency { allowed: 3 },
        })
    });
    let limit = limit.await.unwrap();
    world.driver.set_limit(limit, 2).await.unwrap();
    let snapshot = world.driver.snapshot().await.unwrap();
    let added = snapshot.limits.iter().find(|limit| limit.name == "added");
    assert_eq!(added.map(|limit| limit.allowed), Some(2));
    let other = World::start(10, 10, Duration::ZERO).await;
    let unknown = Err(ChangeError::NoSuchEntry(NoSuchEntry));
    assert_eq!(other.driver.set_limit(limit, 2).await, unknown);
    assert_eq!(
        other.driver.set_leave(limit, Leave::Calls(1)).await,
        unknown
    );
    other.driver.stop();
    other.driver.ended().await;
    let stopped = Err(ChangeError::Stopped);
    assert_eq!(other.driver.set_limit(limit, 2).await, stopped);
}
