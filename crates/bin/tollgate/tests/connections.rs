//! Callers of the running service that are slow; `crates/io/listen/tests` has the kinds of silence.

mod common;

use common::Server;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"
header_timeout = "300ms"
write_timeout = "300ms"
# Far longer than the test waits for an answer.
body_timeout = "10m"
idle_timeout = "10m"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "http://127.0.0.1:1"
clients = ["pool"]
actions = { folder = "actions" }

[[integration]]
name = "Web services"
type = "custom-rest-actions"
actions = { folder = "actions" }

[[client]]
name = "pool"
client_id = "demo"
client_secret_env = "TOLLGATE_TEST_SECRET"
token_url = "http://127.0.0.1:1/oauth/token"
max_tokens = 1

[[flow]]
name = "voice"
priority = 0
default = true
"#;

const PAUSE: Duration = Duration::from_millis(20);

#[test]
fn a_body_that_drips_is_answered_408() {
    let server = Server::start(CONFIG, |serve| serve.stderr(Stdio::null()));
    let heads = [
        ("Content-Length: 100000\r\n", &b"x"[..]),
        ("Transfer-Encoding: chunked\r\n", b"1\r\nx\r\n"),
    ];
    for (header, drip) in heads {
        let mut stream = server.connect();
        let head = format!("POST /oauth/token HTTP/1.1\r\nHost: x\r\n{header}\r\n");
        stream.write_all(head.as_bytes()).expect("sent");
        stream.set_read_timeout(Some(PAUSE)).expect("set");
        let mut answer = [0; 12];
        // A test that hangs is ended from outside: every other way out is the server's.
        let read = loop {
            match stream.read(&mut answer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                ended => break ended.expect("an answer"),
            }
            // Fails where the answer has come just now.
            let _ = stream.write_all(drip);
        };
        assert_eq!(&answer[..read], b"HTTP/1.1 408", "{header}");
    }
}

#[test]
fn answers_that_are_never_read_hold_nothing() {
    let server = Server::start(CONFIG, |serve| serve.stderr(Stdio::null()));
    let mut stream = server.connect();
    // Some 200 kB each, in the end more than the buffers of the sockets hold.
    let request = b"GET /api/v2/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.set_write_timeout(Some(PAUSE)).expect("set");
    // Until the server reads no more requests, and then until it has cut the connection.
    loop {
        match stream.write(request) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    assert_eq!(server.get("/health", "").0, 200);
}
