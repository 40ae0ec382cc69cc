//! The log is warned of what somebody should look at, once for as long as it goes on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use axum::Router;
use axum::routing::{get, post};
use http::{Method, StatusCode};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{call, credentials, setup, tables, window, with_tokens};
use tokio::net::TcpListener;
use tollgate_driver::{Bounds, Driver};
use tollgate_engine::Mode;
use tollgate_model::Scope;
use tracing::subscriber::DefaultGuard;

const LONG: Duration = Duration::from_secs(60);

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes what this thread logs, on which the whole test runs.
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let to = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::WARN)
            .with_writer(move || to.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Warnings with these words.
    fn warnings(&self, words: &str) -> usize {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines();
        lines
            .filter(|line| line.contains("WARN") && line.contains(words))
            .count()
    }
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn refuses() -> String {
    let answer = || async { StatusCode::TOO_MANY_REQUESTS };
    serve(Router::new().route("/", get(answer))).await
}

#[tokio::test]
async fn an_upstream_that_refuses_what_had_room_is_warned_of_once() {
    let (log, _guard) = Log::begin();
    let engine = tables(Some(window("upstream", Scope::Host, 100, LONG)));
    let driver = Driver::start(setup(engine, vec![], Bounds::default())).unwrap();
    let url = refuses().await;
    for _ in 0..5 {
        let refused = call(Method::GET, &url, Duration::from_millis(200), LONG);
        driver.execute(refused).await.unwrap_err();
    }
    assert_eq!(log.warnings("had room under all limits known"), 1);
    assert_eq!(log.warnings("tollgate limits adopt"), 1, "what to do");
    assert!(log.warnings("closed for now") <= 2, "a route and a limit");
}

#[tokio::test]
async fn that_an_upstream_refuses_what_nothing_holds_back_is_no_wonder() {
    let (log, _guard) = Log::begin();
    let mut engine = tables(Some(window("upstream", Scope::Host, 1, LONG)));
    engine.flows[0].mode = Mode::Shadow;
    let driver = Driver::start(setup(engine, vec![], Bounds::default())).unwrap();
    let url = refuses().await;
    for _ in 0..5 {
        let refused = call(Method::GET, &url, LONG, LONG);
        assert_eq!(driver.execute(refused).await.unwrap().status, 429);
    }
    assert_eq!(log.warnings(""), 0);
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_is_warned_of_once() {
    let (log, _guard) = Log::begin();
    let answer = || async { (StatusCode::BAD_REQUEST, r#"{"error": "invalid_client"}"#) };
    let url = serve(Router::new().route("/token", post(answer))).await;
    let engine = with_tokens(tables(None), 1, None);
    let clients = vec![credentials(&format!("{url}/token"))];
    let driver = Driver::start(setup(engine, clients, Bounds::default())).unwrap();
    for _ in 0..5 {
        let without = call(Method::GET, &url, Duration::from_millis(300), LONG);
        driver.execute(without).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(log.warnings("no token: look at"), 1);
}
