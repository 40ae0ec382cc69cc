//! `tollgate workflow` as a user's shell and CI see it: output, exit codes, and requests to a service.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn tollgate(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .arg("workflow")
        .args(arguments)
        .current_dir(root)
        .env("FLOW_TEST_SECRET", "s3cret")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

const BROKEN: &str = "workflow:\n  name: W\n  startUpRef: S\n  states:\n    - state: {name: S, actions: [{wiat: {}}]}\n";
/// With an error besides.
const WRONG: &str = "workflow:\n  name: W\n  startUpRef: S\n  states:\n    - state: {name: S, actions: [{wiat: {}}, {wait: {}}]}\n";

#[test]
fn validate_tells_all_and_exits_by_it() {
    let good = tollgate(&["validate", "examples/workflows/support-line.yaml"]);
    assert_eq!(
        (good.status.code(), text(&good.stdout)),
        (
            Some(0),
            "examples/workflows/support-line.yaml: valid, inboundCall, 22 steps, 23 branches\n"
                .to_owned()
        )
    );
    let path = folder("validate").join("broken.yaml");
    std::fs::write(&path, BROKEN).unwrap();
    let path = path.to_str().unwrap();
    let bad = tollgate(&["validate", path, "examples/workflows/support-line.yaml"]);
    assert_eq!(bad.status.code(), Some(2));
    assert_eq!(
        text(&bad.stderr),
        format!("{path}:5:35: unsupported: no step `wiat` is known (did you mean wait?)\n")
    );
    assert!(text(&bad.stdout).contains("valid but for 1 unsupported"));
    let allowed = tollgate(&["validate", "--allow-unsupported", path]);
    assert_eq!(allowed.status.code(), Some(0));
    let json = tollgate(&["validate", "--json", path]);
    assert_eq!(json.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&report[0]["valid"], &report[0]["runs"]),
        (&serde_json::json!(false), &serde_json::json!(true))
    );
    assert_eq!(report[0]["unsupported"], 1);
    assert_eq!(report[0]["problems"][0]["line"], 5);
    std::fs::write(path, WRONG).unwrap();
    let wrong = tollgate(&["validate", "--allow-unsupported", path]);
    assert_eq!(wrong.status.code(), Some(1));
    let absent = tollgate(&["validate", "no/such.yaml"]);
    assert_eq!(absent.status.code(), Some(64));
}

#[test]
fn the_example_passes_and_a_changed_transcript_fails() {
    let passed = tollgate(&["test", "examples/workflows/tests", "--coverage", "100"]);
    let out = text(&passed.stdout);
    assert_eq!(passed.status.code(), Some(0), "{out}");
    assert!(
        out.contains("23 of  23 branches, 11 scripts: support-line.yaml"),
        "{out}"
    );

    let folder = folder("test");
    let script = format!(
        "workflow: {}/../../../examples/workflows/support-line.yaml\nanswers: {{evaluateScheduleGroup: {{closed: {{}}}}}}\nexpect: {{end: transferToAcd}}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::write(folder.join("a.yaml"), script).unwrap();
    let accepted = tollgate(&["test", folder.to_str().unwrap(), "--accept"]);
    assert_eq!(
        accepted.status.code(),
        Some(1),
        "the end differs all the same"
    );
    let transcript = std::fs::read_to_string(folder.join("a.txt")).unwrap();
    std::fs::write(
        folder.join("a.txt"),
        transcript.replace("We are closed", "We are open"),
    )
    .unwrap();
    let failed = tollgate(&["test", folder.to_str().unwrap()]);
    let out = text(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1));
    assert!(out.contains("FAIL a.yaml\n     end: expected transferToAcd, got disconnect\n     the transcript differs at line 4\n"), "{out}");
    assert!(out.contains("1 script, 1 failed"), "{out}");
}

#[test]
fn run_prints_a_transcript_and_calls_what_can_be_called() {
    let run = tollgate(&[
        "run",
        "examples/workflows/support-line.yaml",
        "--script",
        "examples/workflows/tests/closed.yaml",
        "--json",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["end"], "disconnect");
    assert_eq!(report["transcript"][0]["event"], "plays");
    let missing = tollgate(&["run", "examples/workflows/support-line.yaml"]);
    assert_eq!(missing.status.code(), Some(64));
    assert!(text(&missing.stderr).contains("no answer for the step `evaluateScheduleGroup`"));
    let calls = tollgate(&["calls", "examples/workflows/support-line.yaml", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&calls.stdout).unwrap();
    assert_eq!(report["actions"][0]["action"], "Get Caller");
    assert_eq!(
        (
            report["actions"][0]["least"].as_u64(),
            report["actions"][0]["most"].as_u64()
        ),
        (Some(0), Some(1))
    );
}

#[test]
fn explore_writes_scripts_that_pass() {
    let out = folder("explore");
    let flow = format!(
        "{}/../../../examples/workflows/support-line.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let explored = tollgate(&[
        "explore",
        &flow,
        "--out",
        out.to_str().unwrap(),
        "--tries",
        "20000",
    ]);
    let told = text(&explored.stdout);
    assert!(told.starts_with("23 of 23 branches"), "{told}");
    let passed = tollgate(&["test", out.to_str().unwrap(), "--coverage", "100"]);
    assert_eq!(passed.status.code(), Some(0), "{}", text(&passed.stdout));
}

/// One request: its first line, its authorization, its body.
type Seen = (String, String, String);

/// Answers so many requests as a service would, each on its own connection, and tells what it saw. It
/// stands in for the service only as far as the requests go: that they are sent, how, and what their
/// answers lead to.
fn serve(
    requests: usize,
    answer: fn(&str) -> (u16, &'static str),
) -> (String, std::thread::JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut seen = Vec::new();
        for _ in 0..requests {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let (mut first, mut authorization, mut length) = (String::new(), String::new(), 0);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.split_once(':') else {
                    break;
                };
                match name.to_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap(),
                    "authorization" => authorization = value.trim().to_owned(),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let first = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
            let (status, text) = answer(&first);
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                text.len()
            );
            reader
                .get_mut()
                .write_all(format!("{head}{text}").as_bytes())
                .unwrap();
            seen.push((first, authorization, String::from_utf8(body).unwrap()));
        }
        seen
    });
    (url, served)
}

#[test]
fn data_actions_go_to_the_service_by_name() {
    let (url, served) = serve(5, |request| match request {
        "POST /oauth/token" => (
            200,
            r#"{"access_token":"t0ken","token_type":"bearer","expires_in":60}"#,
        ),
        "GET /api/v2/integrations/actions?pageSize=100&pageNumber=1" => (
            200,
            r#"{"pageCount":2,"entities":[{"id":"id-1","name":"Get Caller"}]}"#,
        ),
        "GET /api/v2/integrations/actions?pageSize=100&pageNumber=2" => (
            200,
            r#"{"pageCount":2,"entities":[{"id":"id-2","name":"Put Row"}]}"#,
        ),
        "POST /api/v2/integrations/actions/id-1/execute?flatten=true" => (200, r#"{"name":"Jo"}"#),
        _ => (
            503,
            r#"{"message":"busy","code":"service.unavailable","status":503}"#,
        ),
    });
    let run = tollgate(&[
        "run",
        "examples/workflows/support-line.yaml",
        "--script",
        "examples/workflows/tests/first-call.yaml",
        "--service",
        &url,
        "--client",
        "c1",
        "--secret-env",
        "FLOW_TEST_SECRET",
    ]);
    let out = text(&run.stdout);
    assert_eq!(run.status.code(), Some(0), "{out}{}", text(&run.stderr));
    assert!(out.contains("answer   success {\"name\":\"Jo\"}"), "{out}");
    let failed = out.lines().find(|line| line.contains("answer   failure"));
    for part in ["\"errorCode\":\"service.unavailable\"", "\"status\":503"] {
        assert!(failed.is_some_and(|line| line.contains(part)), "{out}");
    }
    assert!(out.contains("Hello Jo."), "{out}");
    assert!(!out.contains("s3cret") && !text(&run.stderr).contains("s3cret"));
    let seen = served.join().unwrap();
    assert_eq!(
        seen[0],
        (
            "POST /oauth/token".to_owned(),
            "Basic YzE6czNjcmV0".to_owned(),
            "grant_type=client_credentials".to_owned()
        )
    );
    assert_eq!(seen[3].1, "Bearer t0ken");
    assert_eq!(seen[3].2, r#"{"phone":"+13175550100"}"#);
    assert!(seen[4].0.contains("/id-2/execute"));
}
