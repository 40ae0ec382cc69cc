//! A log that can't be written costs lines, and nothing else.

mod common;

use common::{Server, settled};
use std::io::{BufRead as _, BufReader, Read as _};
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

/// The lines of a server's log, as they come, each read as JSON.
fn json_lines(server: &mut Server) -> impl Iterator<Item = serde_json::Value> + use<> {
    let log = server.process.stderr.take().expect("piped");
    BufReader::new(log).lines().map(|line| {
        let line = line.expect("text");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    })
}

#[test]
fn a_log_of_json_is_an_object_a_line_and_begins_with_what_is_served() {
    let config = format!("[log]\nformat = \"json\"\n{CONFIG}");
    let mut server = Server::start(&config, |it| {
        it.stderr(Stdio::piped()).env_remove("RUST_LOG")
    });
    let lines = json_lines(&mut server);
    engine_survives(&server);
    assert_eq!(server.terminate(), 0);
    let lines: Vec<_> = lines.collect();
    let serving = lines.iter().find(|line| line["message"] == "serving");
    let serving = serving.expect("it says what is served");
    for field in [
        "timestamp",
        "level",
        "target",
        "version",
        "address",
        "configuration",
    ] {
        assert!(serving[field].is_string(), "{field}: {serving}");
    }
    assert_eq!(
        serving["digest"].as_str().map(str::len),
        Some(16),
        "{serving}"
    );
    assert_eq!(serving["integrations"], 2);
    assert_eq!(serving["flows"], 1);
    let no_token = |line: &&serde_json::Value| {
        let message = line["message"].as_str().expect("a message");
        message.starts_with("no token") && line["level"] == "WARN"
    };
    assert_eq!(lines.iter().filter(no_token).count(), 1, "{lines:?}");
}

#[test]
fn a_call_without_an_output_is_a_line_and_others_are_where_they_are_wanted() {
    let config = format!("[log]\nformat = \"json\"\n{CONFIG}");
    let mut server = Server::start(&config, |it| {
        it.stderr(Stdio::piped()).env_remove("RUST_LOG")
    });
    let lines = json_lines(&mut server);
    let token = server.token();
    let path = "/api/v2/tollgate/actions/Platform/Get-Queue-Counts/execute";
    let head = "Tollgate-Deadline: 300ms\r\nININ-Correlation-Id: order-7\r\n";
    let body = r#"{"queueId": "a queue of the caller's"}"#;
    let (status, said) = server.post(path, &token, head, body);
    assert!(status >= 429, "there is no platform: {status}");
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(server.terminate(), 0);
    let calls: Vec<_> = lines.filter(|line| line["target"] == "calls").collect();
    let [line] = &calls[..] else {
        panic!("one line: {calls:?}")
    };
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["call"], said["contextId"], "{said}");
    assert_eq!(line["code"], said["messageParams"]["tollgateCode"]);
    assert_eq!(line["caller_correlation"], "order-7");
    for (field, text) in [
        ("message", "call"),
        ("flow", "voice"),
        ("integration", "Platform"),
        ("action", "Get-Queue-Counts"),
    ] {
        assert_eq!(line[field], text, "{field}: {line}");
    }
    assert!(!line.to_string().contains("a queue of the caller's"));
}

#[test]
fn levels_are_the_files_and_change_while_it_runs() {
    let config = format!("[log]\nlevel = \"warn\"\nformat = \"json\"\n{CONFIG}");
    let mut server = Server::start(&config, |it| {
        it.stderr(Stdio::piped()).env_remove("RUST_LOG")
    });
    let mut lines = json_lines(&mut server);
    let token = server.token();
    let path = "/api/v2/tollgate/log";
    let json = "Content-Type: application/json\r\n";
    let put = |body: &str| {
        let head = format!("PUT {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{json}");
        server.send(&head, body)
    };
    assert_eq!(
        server.get(path, &token),
        (200, r#"{"level":"warn"}"#.into())
    );
    let (status, said) = put(r#"{"level": "loud"}"#);
    assert!(status == 400 && said.contains("expected a level"), "{said}");
    assert_eq!(
        put(r#"{"level": "off,tollgate_driver=debug, tollgate=warn"}"#).0,
        204
    );
    let now = r#"{"level":"off,tollgate_driver=debug,tollgate=warn"}"#;
    assert_eq!(server.get(path, &token), (200, now.into()));
    engine_survives(&server);
    assert_eq!(put(r#"{"level": "info"}"#).0, 204);
    assert_eq!(server.terminate(), 0);
    let mut said = |message: &str| {
        lines.find(|line| {
            let said = line["message"].as_str();
            said.is_some_and(|it| it.starts_with(message))
        })
    };
    assert!(said("no token").is_some_and(|line| line["target"] == "tollgate_driver::pump::tokens"));
    assert!(said("the log's levels were changed").is_some());
    let draining = lines.find(|line| {
        line["message"]
            .as_str()
            .is_some_and(|it| it.starts_with("draining"))
    });
    assert!(draining.is_some_and(|line| line["level"] == "INFO"));
}
