//! Requests that are bent: to get past a caller's list, or to make the upstream read another one than was checked.

use crate::world::{OWN_LISTENER, World};

#[tokio::test]
async fn nothing_that_is_bent_passes() {
    let world = World::start(OWN_LISTENER).await;
    let token = &world.token;
    let auth = format!("Host: gateway\r\nAuthorization: Bearer {token}\r\n");
    let end = "Connection: close\r\n\r\n";
    let mut tried = Vec::new();
    for path in [
        "/api/v2/users/../queues",
        "/api/v2/users/..",
        "/api/v2/users/.",
        "/api/v2/users/%2e%2e/queues",
        "/api/v2/users/%2E%2e",
        "/api/v2/users/.%2e",
        "/api/v2/users/..%2fqueues",
        "/api/v2/users/7%2Froles",
        "/api/v2/users/7%5croles",
        "/api/v2/users/7\\roles",
        "/api/v2/users/%252e%252e",
        "/api/v2/users/..;x",
        "/api/v2/users/7;x=1",
        "/api/v2/users/%00",
        "/api/v2/users/7%0d%0aX-Evil:%201",
        "//api/v2/users",
        "/api//v2/users",
        "/api/v2/users//7",
        "/api/v2/users/%",
        "/api/v2/users/%zz",
        "/api/v2/users/{id}",
        "/./api/v2/users",
        "*",
        "http://evil.example/api/v2/users",
        "http://gateway/api/v2/users",
        "https://gateway/api/v2/users",
        "evil.example:443",
        "@evil.example/",
        "/api/v2/users\t",
        "/api/v2/users HTTP/1.1",
    ] {
        tried.push((
            path.to_owned(),
            format!("GET {path} HTTP/1.1\r\n{auth}{end}"),
        ));
    }
    let get = "GET /api/v2/users HTTP/1.1\r\n";
    let put = "POST /api/v2/uploads/x HTTP/1.1\r\n";
    let hidden = "GET /api/v2/queues HTTP/1.1\r\nHost: gateway\r\n\r\n";
    for (what, request) in [
        (
            "CONNECT",
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{auth}{end}"),
        ),
        (
            "TRACE",
            format!("TRACE /api/v2/users HTTP/1.1\r\n{auth}{end}"),
        ),
        (
            "upgrade",
            format!("{get}{auth}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
        ),
        (
            "h2c",
            format!(
                "{get}{auth}Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\nConnection: upgrade\r\n\r\n"
            ),
        ),
        (
            "two lengths",
            format!("{put}{auth}Content-Length: 3\r\nContent-Length: 4\r\n\r\nxxxx"),
        ),
        (
            "a list of lengths",
            format!("{put}{auth}Content-Length: 3, 4\r\n\r\nxxxx"),
        ),
        (
            "a signed length",
            format!("{put}{auth}Content-Length: +3\r\n\r\nxxx"),
        ),
        (
            "an unknown coding",
            format!("{put}{auth}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunked twice",
            format!("{put}{auth}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunked in HTTP/1.0",
            format!(
                "POST /api/v2/uploads/x HTTP/1.0\r\n{auth}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            "a bad chunk size",
            format!("{put}{auth}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
        ),
        (
            "a negative chunk size",
            format!("{put}{auth}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n"),
        ),
        (
            "a space before the colon",
            format!("{put}{auth}Content-Length : 3\r\n\r\nxxx"),
        ),
        (
            "two hosts",
            format!("{get}Host: evil.example\r\n{auth}{end}"),
        ),
        (
            "no host",
            format!("{get}Authorization: Bearer {token}\r\n{end}"),
        ),
        (
            "a folded header",
            format!("{get}{auth}X-A: b\r\n Authorization: c\r\n\r\n"),
        ),
        (
            "a bare line feed in a header",
            format!("{get}{auth}X-A: b\nX-B: c\rX-C: d\r\n\r\n"),
        ),
        ("a NUL in a header", format!("{get}{auth}X-A: b\0c\r\n\r\n")),
    ] {
        tried.push((what.to_owned(), request));
    }
    for (what, request) in &tried {
        let status = world.raw(request).await;
        println!(
            "| {:32} | {} |",
            what.escape_debug().to_string(),
            if status == 0 {
                "closed".to_owned()
            } else {
                status.to_string()
            }
        );
        let is_refused = status == 0 || (400..600).contains(&status);
        assert!(is_refused, "{what}: {status}");
        let passed = world.arrivals();
        assert!(passed.is_empty(), "{what}: {passed:?}");
    }

    // These are read in one way alone, and what is hidden in their bodies stays there.
    for (what, request) in [
        (
            "both framings",
            format!(
                "{put}{auth}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n{end}0\r\n\r\n{hidden}"
            ),
        ),
        (
            "a request in a body",
            format!(
                "{put}{auth}Content-Length: {}\r\n{end}{hidden}",
                hidden.len()
            ),
        ),
        (
            "a request in chunks",
            format!(
                "{put}{auth}Transfer-Encoding: chunked\r\n{end}{:x}\r\n{hidden}\r\n0\r\n\r\n",
                hidden.len()
            ),
        ),
        (
            "a body of a GET",
            format!(
                "{get}{auth}Content-Length: {}\r\n{end}{hidden}",
                hidden.len()
            ),
        ),
    ] {
        let status = world.raw(&request).await;
        let seen = world.arrivals();
        println!("| {what:32} | {status}, {} seen |", seen.len());
        assert!(seen.len() <= 1, "{what}: {seen:?}");
        for arrival in seen {
            assert!(!arrival.line.contains("queues"), "{what}: {arrival:?}");
            let framings = ["content-length", "transfer-encoding"];
            let framings = framings
                .iter()
                .filter(|name| arrival.headers.contains_key(**name));
            assert!(framings.count() <= 1, "{what}: {arrival:?}");
        }
    }

    // Headers that would speak for somebody else.
    let bent = format!(
        "{get}{auth}Authorization: Bearer other\r\nX-Forwarded-Host: evil\r\nProxy-Authorization: x\r\nTE: trailers\r\n\
         Connection: close, authorization, x-forwarded-host\r\n\r\n"
    );
    world.raw(&bent).await;
    for arrival in world.arrivals() {
        let all: Vec<_> = arrival.headers.get_all("authorization").iter().collect();
        assert_eq!(all, ["Bearer of-the-pool-0123456789"]);
        assert!(!arrival.headers.contains_key("proxy-authorization"));
        assert!(!arrival.headers.contains_key("te"));
    }
}
