//! A log that can't be written costs lines, and nothing else.

mod common;

use common::{Server, settled};
use std::io::Read as _;
use std::process::Stdio;

/// Fetches a token where nobody listens, which the engine's task warns of.
const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"
roles = ["execute", "author", "administer"]

[[client]]
name = "pool"
client_id = "demo"
client_secret_env = "TOLLGATE_TEST_SECRET"
token_url = "http://127.0.0.1:1/oauth/token"
max_tokens = 1

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

[[flow]]
name = "voice"
priority = 0
default = true
"#;

/// Makes the engine's task log, and sees that it lives on.
fn engine_survives(server: &Server) {
    let token = server.token();
    let (_, actions) = server.get("/api/v2/integrations/actions?name=Get-Queue-Counts", &token);
    let actions: serde_json::Value = serde_json::from_str(&actions).expect("JSON");
    let id = actions["entities"][0]["id"].as_str().expect("the action");
    for _ in 0..3 {
        let (status, _) = server.post(
            &format!("/api/v2/integrations/actions/{id}/execute"),
            &token,
            "Tollgate-Deadline: 300ms\r\n",
            r#"{"queueId": "00000000-0000-4000-8000-000000000000"}"#,
        );
        assert!(status >= 429, "there is no platform: {status}");
    }
    let (status, limits) = server.get("/api/v2/tollgate/limits", &token);
    assert_eq!(status, 200, "{limits}");
    assert_eq!(server.get("/health", "").0, 200);
}

#[test]
fn a_log_without_a_reader_ends_nothing() {
    let mut server = Server::start(CONFIG, |it| it.stderr(Stdio::piped()));
    drop(server.process.stderr.take());
    engine_survives(&server);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_full_disk_ends_nothing() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let full = full.expect("Linux has /dev/full");
    let server = Server::start(CONFIG, |it| it.stderr(Stdio::from(full)));
    engine_survives(&server);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up() {
    let mut server = Server::start(CONFIG, |it| {
        it.stderr(Stdio::piped()).env("RUST_LOG", "trace")
    });
    let token = server.token();
    // Far more than a pipe holds.
    for _ in 0..300 {
        assert_eq!(server.get("/api/v2/integrations", &token).0, 200);
    }
    engine_survives(&server);
    let mut log = server.process.stderr.take().expect("piped");
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes).map(|_| bytes)
    });
    assert_eq!(server.terminate(), 0);
    let log = reading.join().expect("read").expect("read");
    let log = String::from_utf8(log).expect("text");
    assert!(log.contains("serving") && log.contains("draining"), "{log}");
    assert!(!log.contains('\u{1b}'), "escapes where no terminal is");
}

#[test]
fn a_service_goes_on_without_stdout_and_through_sighup() {
    let mut server = Server::start(CONFIG, |it| it.stderr(Stdio::null()));
    drop(server.stdout.take());
    for _ in 0..3 {
        server.signal("HUP");
    }
    engine_survives(&server);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_log_filter_that_cant_be_understood_is_refused() {
    let output = settled(
        &["serve", "--config", "no/such/file"],
        &[("RUST_LOG", "inof")],
    );
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("RUST_LOG: \"inof\" is no level"), "{said}");
}
