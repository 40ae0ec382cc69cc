//! `tollgate config check --online` tries what a file names, and says of each fault where it comes from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use tollgate_emulator::Emulator;
use tollgate_platform::{Client, Config};

const SECRET: &str = "a-secret-of-a-pool-0123";

/// The emulated platform, whose client `demo` has the secret.
async fn platform() -> Emulator {
    let platform = Config {
        clients: vec![Client {
            id: "demo".into(),
            secret: SECRET.into(),
        }],
        ..Config::default()
    };
    let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into());
    emulator.await.unwrap()
}

/// Checks a file with these clients, as id, secret's variable and token URL, and this base URL.
fn check(clients: &[(&str, &str, &str)], base_url: &str, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("actions")).unwrap();
    let names: Vec<_> = (0..clients.len()).map(|at| format!("\"c{at}\"")).collect();
    let mut text = format!(
        r#"[[caller]]
client_id = "flows"
client_secret_env = "CALLER"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{base_url}"
clients = [{}]
actions = {{ folder = "actions" }}

[upstream]
connect_timeout = "2s"
token_timeout = "2s"
"#,
        names.join(", ")
    );
    for (at, (id, secret, url)) in clients.iter().enumerate() {
        text.push_str(&format!(
            "\n[[client]]\nname = \"c{at}\"\nclient_id = \"{id}\"\nclient_secret_env = \"{secret}\"\ntoken_url = \"{url}\"\n"
        ));
    }
    std::fs::write(folder.path().join("tollgate.toml"), text).unwrap();
    run(folder.path(), args)
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command
        .args(["config", "check", "tollgate.toml"])
        .args(args);
    command.current_dir(folder);
    command.env("CALLER", "Xq3v9-kT7m2Lw8Rz-of-a-caller");
    command
        .env("RIGHT", SECRET)
        .env("WRONG", "another-secret-4567");
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_is_tried_and_costs_one_token_a_client() {
    let platform = platform().await;
    let base = format!("http://{}", platform.address());
    let url = format!("{base}/oauth/token");
    let clients = [("demo", "RIGHT", url.as_str()); 2];
    let output = check(&clients, &base, &["--online"]);
    let (told, errors) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for line in [
        "ok: token of client \"c0\"",
        "ok: token of client \"c1\"",
        "ok: base URL of integration \"Platform\"",
    ] {
        assert!(told.contains(line), "{told}");
    }
    let counts = platform.counts();
    assert_eq!((counts.tokens.len(), counts.admitted), (2, 0));
    let output = check(&clients, &base, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        platform.counts().tokens.len(),
        2,
        "without --online nothing is tried"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_told_with_its_field_and_what_the_other_side_said() {
    let platform = platform().await;
    let base = format!("http://{}", platform.address());
    let (right, wrong) = (
        format!("{base}/oauth/token"),
        format!("{base}/oauth/tokens"),
    );
    let tls = format!("https://{}/oauth/token", platform.address());
    let closed = "http://127.0.0.1:9/";
    let clients = [
        ("demo", "RIGHT", right.as_str()),
        ("demo", "WRONG", &right),
        ("demo", "RIGHT", &wrong),
        ("demo", "RIGHT", &tls),
        ("demo", "RIGHT", "http://no-such-host.invalid/oauth/token"),
    ];
    let output = check(&clients, closed, &["--online", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let tried = report["tried"].as_array().unwrap();
    let found = |at: usize, key: &str| tried[at]["failure"][key].clone();
    assert_eq!((&tried[0]["ok"], tried.len()), (&Value::Bool(true), 6));
    for (at, field, step, said) in [
        (1, "client[2].client_secret_env", "token", "invalid_client"),
        (
            2,
            "client[3].token_url",
            "token",
            "what answers there is no token endpoint",
        ),
        (3, "client[4].token_url", "tls", "upstream.trusted_roots"),
        (4, "client[5].token_url", "name", "no-such-host.invalid"),
        (5, "integration[1].base_url", "connect", "127.0.0.1:9"),
    ] {
        assert_eq!(
            (found(at, "field"), found(at, "step")),
            (field.into(), step.into()),
            "{report}"
        );
        assert!(
            found(at, "message").as_str().unwrap().contains(said),
            "{report}"
        );
        assert!(found(at, "line").as_u64().unwrap() > 1, "{report}");
    }
    assert_eq!(found(1, "error"), "invalid_client");
    assert_eq!(found(1, "status"), 401);

    let output = check(&clients, closed, &["--online"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors.contains("tollgate.toml:25:21: client[2].client_secret_env: "),
        "{errors}"
    );
    for secret in [SECRET, "another-secret-4567"] {
        assert!(!errors.contains(secret) && !text(&output.stdout).contains(secret));
    }
}

#[test]
fn a_file_that_is_wrong_is_not_tried() {
    let output = check(
        &[("demo", "NOT_SET", "http://127.0.0.1:9/")],
        "http://127.0.0.1:9",
        &["--online"],
    );
    assert_eq!(output.status.code(), Some(64), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(
        told.starts_with("Verdict: the service would not start"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_never_answers_costs_its_timeout_and_no_more() {
    let platform = platform().await;
    let base = format!("http://{}", platform.address());
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/oauth/token", mute.local_addr().unwrap());
    let output = check(&[("demo", "RIGHT", &url)], &base, &["--online"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("client[1].token_url: the token endpoint did not answer within 2s"),
        "{errors}"
    );
    assert!(errors.contains("token_timeout"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_of_an_integration_is_tried_whole() {
    let platform = platform().await;
    let base = format!("http://{}", platform.address());
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("actions")).unwrap();
    let check = |secret: &str, more: &str| {
        let text = format!(
            r#"[[caller]]
client_id = "flows"
client_secret_env = "CALLER"

[[integration]]
name = "CRM"
type = "salesforce-datadip"
base_url = "{base}"
allowed_networks = ["127.0.0.0/8"]
actions = {{ folder = "actions" }}

[integration.login]
token_url = "{base}/oauth/token"
client_id = "demo"
client_secret_env = "{secret}"
{more}
"#
        );
        std::fs::write(folder.path().join("tollgate.toml"), text).unwrap();
        run(folder.path(), &["--online"])
    };
    let tokens = || platform.counts().tokens.len();
    for (nth, more) in ["", "scope = \"api\"", "client_in = \"body\""]
        .into_iter()
        .enumerate()
    {
        let output = check("RIGHT", more);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{more}: {}",
            text(&output.stderr)
        );
        let told = text(&output.stdout);
        assert!(told.contains("ok: login of integration \"CRM\""), "{told}");
        assert_eq!(tokens(), nth + 1, "{more}");
    }
    let output = check("WRONG", "");
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(
        errors.contains("integration[1].login.client_secret_env: "),
        "{errors}"
    );
    assert!(errors.contains("invalid_client"), "{errors}");
    assert!(!errors.contains("another-secret-4567"), "{errors}");
}

#[test]
fn a_coordination_store_is_read() {
    let with = |cluster: &str, args: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[[caller]]\nclient_id = \"flows\"\nclient_secret_env = \"CALLER\"\n\
             [[integration]]\nname = \"Platform\"\ntype = \"custom-rest-actions\"\n\
             actions = {{ folder = \".\" }}\n[cluster]\n{cluster}\n"
        );
        std::fs::write(folder.path().join("tollgate.toml"), text).unwrap();
        run(folder.path(), args)
    };
    let output = with("url = \"memory://online\"\nnode = \"a\"", &["--online"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains("ok: coordination store (memory://online, "),
        "{said}"
    );
    assert!(text(&output.stderr).contains("cluster.url: memory://"));

    let away = with(
        "url = \"redis://:hunter2@127.0.0.1:9\"",
        &["--online", "--json"],
    );
    assert_eq!(away.status.code(), Some(1), "{}", text(&away.stderr));
    let report: Value = serde_json::from_slice(&away.stdout).unwrap();
    let failure = &report["tried"][0]["failure"];
    assert_eq!(
        (&failure["field"], &failure["step"]),
        (&"cluster.url".into(), &"connect".into())
    );
    assert_eq!(failure["line"], 9, "{report}");
    assert!(!format!("{report}{}", text(&away.stderr)).contains("hunter2"));

    let wrong = with("url = \"mysql://root:hunter2@db\"", &[]);
    assert_eq!(wrong.status.code(), Some(64));
    let said = text(&wrong.stderr);
    assert!(
        said.contains("tollgate.toml:9:7: cluster.url: must start with postgres://"),
        "{said}"
    );
    assert!(!said.contains("hunter2"));
}
