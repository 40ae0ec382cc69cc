//! Requests that pass through a gateway, over sockets: what reaches the upstream, and what never does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bent;
#[path = "../harness/mod.rs"]
mod harness;
mod world;

use bytes::Bytes;
use harness::login;
use http_body::Frame;
use http_body_util::StreamBody;
use std::io;
use world::{OWN_LISTENER, World, code};

#[tokio::test]
async fn a_request_reaches_the_upstream_as_it_is_but_for_the_token() {
    let world = World::start(OWN_LISTENER).await;
    let answer = world
        .request("GET", "/api/v2/users/7?pageSize=25&q=a%20b&q=c")
        .header("x-custom", "mine")
        .header("accept-language", "de")
        .header("tollgate-deadline", "30s")
        .header("connection", "x-gone")
        .header("x-gone", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers["x-upstream"], "yes");
    assert!(headers.contains_key("tollgate-waited"));
    assert!(!headers.contains_key("x-hop"));
    assert_eq!(answer.text().await.unwrap(), "answer");

    let seen = world.arrivals().pop().unwrap();
    assert_eq!(seen.line, "GET /api/v2/users/7?pageSize=25&q=a%20b&q=c");
    assert_eq!(
        seen.headers["authorization"],
        "Bearer of-the-pool-0123456789"
    );
    assert_eq!(seen.headers["x-custom"], "mine");
    assert_eq!(seen.headers["accept-language"], "de");
    for gone in ["tollgate-deadline", "x-gone"] {
        assert!(!seen.headers.contains_key(gone), "{gone}");
    }
}

#[tokio::test]
async fn statuses_redirects_and_heads_come_back_as_they_are() {
    let world = World::start(OWN_LISTENER).await;
    let answer = world
        .request("GET", "/api/v2/missing")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.text().await.unwrap(), "nothing here");
    let answer = world.request("GET", "/api/v2/moved").send().await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/elsewhere");
    let answer = world.request("HEAD", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], "6");
    let answer = world.request("GET", "/api/v2/big").send().await.unwrap();
    assert_eq!(answer.headers()["content-length"], "3000000");
    assert_eq!(answer.bytes().await.unwrap().len(), 3_000_000);
}

#[tokio::test]
async fn bodies_are_bounded_and_long_ones_are_never_held() {
    let bounds = format!("{OWN_LISTENER}\nmax_body_bytes = 2_000_000\nreplay_bytes = 1000");
    let world = World::start(&bounds).await;
    let upload = async |bytes: usize, is_known: bool| {
        let bytes = vec![b'x'; bytes];
        let body = match is_known {
            true => reqwest::Body::from(bytes),
            false => {
                let parts: Vec<_> = bytes.chunks(10_000).map(Bytes::copy_from_slice).collect();
                let frames = parts
                    .into_iter()
                    .map(|it| Ok::<_, io::Error>(Frame::data(it)));
                reqwest::Body::wrap(StreamBody::new(futures_util::stream::iter(frames)))
            }
        };
        let sent = world.request("POST", "/api/v2/uploads/x").body(body).send();
        sent.await.unwrap()
    };
    for is_known in [true, false] {
        for bytes in [0, 10, 1000, 1001, 2_000_000] {
            let answer = upload(bytes, is_known).await;
            assert_eq!(answer.status(), 200, "{bytes} {is_known}");
            assert_eq!(world.arrivals().pop().unwrap().body, bytes);
        }
        let answer = upload(2_000_001, is_known).await;
        let expected = (413, "request.entity.too.large".to_owned());
        assert_eq!(code(answer).await, expected);
        assert!(world.arrivals().is_empty());
    }
}

#[tokio::test]
async fn callers_pass_what_is_listed_and_nothing_else() {
    let mut world = World::start(OWN_LISTENER).await;
    let tried = [
        ("program", "GET", "/api/v2/users", 200, ""),
        (
            "program",
            "POST",
            "/api/v2/users",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "GET",
            "/api/v2/queues",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "GET",
            "/api/v2/users/7/roles",
            403,
            "gateway.not.listed",
        ),
        ("program", "GET", "/api/v2/Users", 403, "gateway.not.listed"),
        (
            "program",
            "GET",
            "/api/v2/user%73",
            403,
            "gateway.not.listed",
        ),
        (
            "program",
            "PURGE",
            "/api/v2/users",
            405,
            "method.not.allowed",
        ),
        ("flows", "GET", "/api/v2/users", 403, "gateway.not.listed"),
        (
            "elsewhere",
            "GET",
            "/api/v2/users",
            403,
            "missing.permissions",
        ),
        ("everything", "GET", "/api/v2/anything/at/all", 200, ""),
        (
            "everything",
            "DELETE",
            "/api/v2/tokens/mE",
            404,
            "not.found",
        ),
        (
            "everything",
            "POST",
            "/api/v2/notifications/channels",
            501,
            "gateway.notifications",
        ),
    ];
    let mut passed = 0;
    for (caller, method, path, status, word) in tried {
        world.token = login(&world.http, &world.gateway, caller).await;
        let answer = world.request(method, path).send().await.unwrap();
        if status == 200 {
            assert_eq!(answer.status(), 200, "{caller} {method} {path}");
            passed += 1;
        } else {
            let found = code(answer).await;
            assert_eq!(found, (status, word.to_owned()), "{caller} {method} {path}");
        }
    }
    assert_eq!(world.arrivals().len(), passed);
    let answer = world.http.get(format!("{}/api/v2/users", world.gateway));
    assert_eq!(answer.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn who_logs_out_ends_its_own_token_and_not_the_pools() {
    let world = World::start(OWN_LISTENER).await;
    let ended = world
        .request("DELETE", "/api/v2/tokens/me")
        .send()
        .await
        .unwrap();
    assert_eq!(ended.status(), 204);
    let answer = world.request("GET", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(world.arrivals().is_empty());
}

#[tokio::test]
async fn a_limit_of_one_endpoint_holds_however_its_path_is_written() {
    let mut world = World::start(OWN_LISTENER).await;
    world.token = login(&world.http, &world.gateway, "everything").await;
    let put = async |path: &str| {
        let request = world.request("PUT", path).header("tollgate-deadline", "1s");
        request.send().await.unwrap()
    };
    assert_eq!(put("/api/v2/architect/ivrs/1").await.status(), 200);
    assert_eq!(put("/API/v2/architect/%69vrs/2/").await.status(), 200);
    let refused = put("/api/v2/architect/ivrs/3").await;
    assert!(!refused.headers().contains_key("retry-after"));
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["status"], 429);
    assert_eq!(body["messageParams"]["limit"], "ivrs");
    assert_eq!(put("/api/v2/architect/other/3").await.status(), 200);
}

#[tokio::test]
async fn a_gateway_may_lie_behind_a_path_or_a_host_of_the_services_listener() {
    let mut world = World::start("path = \"/platform\"").await;
    world.gateway.push_str("/platform");
    let answer = world.request("GET", "/api/v2/users").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = login(&world.http, &world.gateway, "program").await;
    assert!(!token.is_empty());
    let own = world.http.get(format!("{}/health", world.base));
    assert_eq!(own.send().await.unwrap().status(), 200);
    world.gateway = world.base.clone();
    let auth = format!("Host: x\r\nAuthorization: Bearer {}\r\n\r\n", world.token);
    for path in [
        "/platform/../api/v2/users",
        "/x/../platform/api/v2/users",
        "//platform/api/v2/users",
    ] {
        let status = world.raw(&format!("GET {path} HTTP/1.1\r\n{auth}")).await;
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(world.arrivals().len(), 1);

    let world = World::start("host = \"Genesys.example\"").await;
    let host = |name: &str| {
        let request = world.request("GET", "/api/v2/users");
        request.header("host", name).send()
    };
    assert_eq!(host("genesys.EXAMPLE:8080").await.unwrap().status(), 200);
    assert_eq!(host("other.example").await.unwrap().status(), 404);
    assert_eq!(world.arrivals().len(), 1);
    drop(world.service);
}
