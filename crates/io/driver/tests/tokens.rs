//! Token endpoints on a socket that are slow, limited, or give nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{setup, tables, window, with_tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate_driver::{Answer, Bounds, Call, ClientCredentials, Driver, Failure};
use tollgate_model::{ClientId, Reason, Scope};

const MINUTE: Duration = Duration::from_secs(60);

/// What the endpoint does with its next fetches.
#[derive(Clone, Copy, Debug)]
enum Answers {
    /// Gives a token, once so many fetches are under way.
    Together(usize),
    Token,
    /// Status, `Retry-After` and the word in the body.
    No(u16, Option<u32>, &'static str),
    Nothing,
}

#[derive(Debug)]
struct Endpoint {
    answers: Answers,
    /// Tokens that it gives before it answers 429.
    left: usize,
    fetches: usize,
    under_way: usize,
    /// Most fetches under way at once since this was reset.
    most: usize,
}

/// An upstream that answers every call 200, and its token endpoint at `/token`.
#[derive(Clone, Debug)]
struct Upstream {
    endpoint: Arc<Mutex<Endpoint>>,
    address: SocketAddr,
}

impl Upstream {
    async fn start(answers: Answers, left: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            endpoint: Arc::new(Mutex::new(Endpoint {
                answers,
                left,
                fetches: 0,
                under_way: 0,
                most: 0,
            })),
            address: listener.local_addr().unwrap(),
        };
        let serving = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        upstream
    }

    fn endpoint(&self) -> std::sync::MutexGuard<'_, Endpoint> {
        self.endpoint.lock().unwrap()
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.unwrap();
        let answer = if request[..read].starts_with(b"POST /token") {
            let nth = {
                let mut endpoint = self.endpoint();
                endpoint.fetches += 1;
                endpoint.under_way += 1;
                endpoint.most = endpoint.most.max(endpoint.under_way);
                endpoint.fetches
            };
            let answer = self.token(nth).await;
            self.endpoint().under_way -= 1;
            answer
        } else {
            http(200, "", "{}")
        };
        // The driver may have given up.
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    async fn token(&self, nth: usize) -> String {
        loop {
            let answers = self.endpoint().answers;
            match answers {
                Answers::Nothing => {}
                Answers::Together(few) if self.endpoint().under_way < few => {}
                Answers::Together(few) => {
                    self.endpoint().answers = Answers::Together(few.min(1));
                    return self.grant(nth);
                }
                Answers::Token => return self.grant(nth),
                Answers::No(status, retry_after, word) => {
                    let header = retry_after.map_or(String::new(), |seconds| {
                        format!("retry-after: {seconds}\r\n")
                    });
                    return http(status, &header, &format!(r#"{{"error":"{word}"}}"#));
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn grant(&self, nth: usize) -> String {
        let mut endpoint = self.endpoint();
        if endpoint.left == 0 {
            return http(429, "retry-after: 1\r\n", "{}");
        }
        endpoint.left -= 1;
        let body = format!(r#"{{"access_token":"token-{nth}","expires_in":3600}}"#);
        http(200, "", &body)
    }

    /// A driver whose client may hold four tokens of two calls a minute each.
    fn driver(&self, token_timeout: Duration) -> Driver {
        let of_token = window("per token", Scope::Token, 2, MINUTE);
        let engine = with_tokens(tables(None), 4, Some(of_token));
        let bounds = Bounds {
            token_timeout,
            ..Bounds::default()
        };
        Driver::start(setup(engine, vec![self.credentials("first")], bounds)).unwrap()
    }

    fn credentials(&self, secret: &str) -> ClientCredentials {
        ClientCredentials {
            token_url: format!("http://{}/token", self.address).parse().unwrap(),
            client_id: "one".into(),
            client_secret: secret.to_owned().into(),
        }
    }

    fn call(&self) -> Call {
        let url = format!("http://{}/", self.address);
        support::call(http::Method::GET, &url, MINUTE * 10, MINUTE)
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

type Running = tokio::task::JoinHandle<Result<Answer, Failure>>;

fn calls(upstream: &Upstream, driver: &Driver, count: usize) -> Vec<Running> {
    let call = |_| {
        let (driver, call) = (driver.clone(), upstream.call());
        tokio::spawn(async move { driver.execute(call).await })
    };
    (0..count).map(call).collect()
}

fn reason(result: Result<Answer, Failure>) -> Option<Reason> {
    match result {
        Err(Failure::Refused { refusal, .. }) => Some(refusal.reason),
        other => {
            assert!(other.is_ok(), "{other:?}");
            None
        }
    }
}

/// A hang fails the test; nothing else depends on this span.
async fn until(what: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if what().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to be");
}

#[tokio::test]
async fn a_slow_endpoint_is_asked_for_all_the_tokens_that_are_needed_at_once() {
    // It answers nobody before four ask, so one after the other none would ever come.
    let upstream = Upstream::start(Answers::Together(4), 9).await;
    let driver = upstream.driver(MINUTE);
    for call in calls(&upstream, &driver, 8) {
        assert_eq!(call.await.unwrap().unwrap().status, 200);
    }
    assert_eq!(upstream.endpoint().fetches, 4, "and for no more");
}

#[tokio::test]
async fn a_limited_endpoint_is_asked_for_one_token_at_a_time_after_it_has_refused_one() {
    let upstream = Upstream::start(Answers::Together(4), 2).await;
    let driver = upstream.driver(MINUTE);
    let running = calls(&upstream, &driver, 8);
    until(async || upstream.endpoint().fetches == 4 && upstream.endpoint().under_way == 0).await;
    upstream.endpoint().most = 0;
    until(async || upstream.endpoint().fetches >= 6).await;
    assert_eq!(upstream.endpoint().most, 1);
    upstream.endpoint().left = 2;
    for call in running {
        assert_eq!(call.await.unwrap().unwrap().status, 200);
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_at_once_and_good_ones_used_at_once() {
    for (status, word) in [
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "invalid_grant"),
        (403, "access_denied"),
    ] {
        let upstream = Upstream::start(Answers::No(status, Some(3_000), word), 9).await;
        let driver = upstream.driver(MINUTE);
        for call in calls(&upstream, &driver, 8) {
            assert_eq!(reason(call.await.unwrap()), Some(Reason::NoToken), "{word}");
        }
        let refused = driver.execute(upstream.call()).await;
        assert_eq!(reason(refused), Some(Reason::NoToken));
        upstream.endpoint().answers = Answers::Token;
        let second = upstream.credentials("second");
        driver.set_credentials(ClientId(0), second).await.unwrap();
        until(async || reason(driver.execute(upstream.call()).await).is_none()).await;
    }
}

#[tokio::test]
async fn another_refusal_is_waited_out() {
    let upstream = Upstream::start(Answers::No(503, None, "temporarily_unavailable"), 9).await;
    let driver = upstream.driver(MINUTE);
    let running = calls(&upstream, &driver, 8);
    until(async || upstream.endpoint().fetches > 5).await;
    upstream.endpoint().answers = Answers::Token;
    for call in running {
        assert_eq!(call.await.unwrap().unwrap().status, 200);
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_in_time_is_waited_for_twice() {
    let upstream = Upstream::start(Answers::Nothing, 9).await;
    let driver = upstream.driver(Duration::from_millis(100));
    for call in calls(&upstream, &driver, 8) {
        assert_eq!(reason(call.await.unwrap()), Some(Reason::NoToken));
    }
    let refused = driver.execute(upstream.call()).await;
    assert_eq!(reason(refused), Some(Reason::NoToken), "at once");
    upstream.endpoint().answers = Answers::Token;
    until(async || reason(driver.execute(upstream.call()).await).is_none()).await;
}
