//! How the process tells of its beginning and its end: the probes, the notice before the drain, the service manager.

mod common;

use common::{Server, settled};
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// More than anything here takes on a slow machine, and less than for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// A service with a gateway that has a listener of its own, which says for so long that it is about to end.
fn config(notice: &str) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
drain_notice = "{notice}"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "http://127.0.0.1:1"
clients = ["pool"]

[[gateway]]
integration = "Platform"
listen = "127.0.0.1:0"

[[client]]
name = "pool"
client_id = "demo"
client_secret_env = "TOLLGATE_TEST_SECRET"
token_url = "http://127.0.0.1:1/oauth/token"

[[flow]]
name = "voice"
priority = 0
default = true
"#
    )
}

fn start(notice: &str, env: &[(&str, &str)]) -> Server {
    Server::start(&config(notice), |serve| {
        serve.stderr(Stdio::null()).envs(env.iter().copied())
    })
}

/// Waits until `/ready` is answered with this status, and gives the body.
fn until_ready_is(server: &Server, status: u16) -> String {
    let begun = Instant::now();
    loop {
        let (found, body) = server.send("GET /ready HTTP/1.1\r\n", "");
        if found == status {
            return body;
        }
        assert!(begun.elapsed() < PATIENCE, "{found} {body}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The head of what a gateway's listener answers to a caller without a token.
fn gateway_answers(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    let request = b"GET /api/v2/users HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).expect("sent");
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).expect("answered");
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[test]
fn the_end_is_announced_while_all_listeners_still_answer() {
    let mut server = start("10m", &[]);
    let mut line = String::new();
    let stdout = server.stdout.as_mut().expect("piped");
    stdout.read_line(&mut line).expect("a line");
    let gateway = line.trim().strip_prefix("http://");
    let gateway = gateway.and_then(|it| it.strip_suffix(" (gateway)"));
    let gateway = gateway.expect("the gateway's URL").to_owned();
    until_ready_is(&server, 200);
    let before = gateway_answers(&gateway);
    assert!(
        before.starts_with("HTTP/1.1 401") && !before.contains("connection: close"),
        "{before}"
    );

    server.signal("TERM");
    let body = until_ready_is(&server, 503);
    assert!(body.contains(r#""state":"draining""#), "{body}");
    assert_eq!(
        server.get("/live", "").0,
        200,
        "it is not to be killed for that"
    );
    // New connections are taken, and so are calls: here and at the gateway.
    assert!(!server.token().is_empty());
    let after = gateway_answers(&gateway);
    assert!(
        after.starts_with("HTTP/1.1 401") && after.contains("connection: close"),
        "{after}"
    );

    // A second signal doesn't wait for the notice.
    assert_eq!(server.terminate(), 1);
}

#[test]
fn after_the_notice_comes_the_drain() {
    let server = start("300ms", &[]);
    until_ready_is(&server, 200);
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_service_manager_hears_of_the_start_the_engine_and_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("bound");
    manager.set_read_timeout(Some(PATIENCE)).expect("set");
    let path = path.to_str().expect("UTF-8");
    let server = start(
        "0s",
        &[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "200000")],
    );
    let heard = |what: &str| {
        let begun = Instant::now();
        loop {
            let mut message = [0; 4096];
            let read = manager.recv(&mut message).expect("a message");
            let message = String::from_utf8_lossy(&message[..read]).into_owned();
            if message.lines().any(|line| line == what) {
                return message;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} doesn't come, but {message}"
            );
        }
    };
    let ready = heard("READY=1");
    assert!(ready.contains("\nSTATUS="), "{ready}");
    // The token endpoint is a port that nobody listens on.
    heard("STATUS=ready; tokens missing for 1 of the integrations");
    heard("WATCHDOG=1");
    heard("WATCHDOG=1");
    server.signal("TERM");
    let stopping = heard("STOPPING=1");
    // 30 s to drain, and two to close.
    assert!(
        stopping.contains("\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=32000000"),
        "{stopping}"
    );
}

#[test]
fn health_says_how_a_service_stands() {
    let server = start("10m", &[]);
    let url = format!("http://{}", server.address);
    let health = |more: &[&str]| {
        let args = [&["health", "--url", &url], more].concat();
        let output = settled(&args, &[]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        (output.status.code().expect("a status"), out, err)
    };
    until_ready_is(&server, 200);
    assert_eq!(health(&[]), (0, "ok\n".to_owned(), String::new()));
    let (status, out, _) = health(&["--ready"]);
    assert!(
        status == 0 && out.starts_with("ready\nserving      ok, for "),
        "{status} {out}"
    );
    let (status, out, _) = health(&["--ready", "--require", "tokens"]);
    assert!(
        status == 1 && out.starts_with("not ready\n"),
        "{status} {out}"
    );
    assert!(
        out.contains("\ntokens       missing for 1 of the integrations, for "),
        "{out}"
    );
    let (status, _, err) = health(&["--ready", "--require", "leases"]);
    assert!(
        status == 1 && err.contains("there is no check \"leases\""),
        "{status} {err}"
    );
    server.signal("TERM");
    until_ready_is(&server, 503);
    assert_eq!(health(&[]).0, 0);
    assert_eq!(health(&["--ready"]).0, 1);
    drop(server);
    let (status, _, err) = health(&[]);
    assert!(status == 1 && err.contains("/live"), "{status} {err}");
    let wrong = settled(&["health", "--url", "8080"], &[]);
    assert_eq!(wrong.status.code(), Some(64));
}
