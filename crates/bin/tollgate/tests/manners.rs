//! What the commands do when their output goes nowhere, and how they answer what can't be carried out.

mod common;

use common::{Server, settled};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A store, and a caller whose secret isn't in the environment.
const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"

[store]
url = "sqlite:store.db"
key_file = "keys"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_NOBODY_SETS_THIS"

[[flow]]
name = "voice"
priority = 0
default = true
"#;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples")
}

fn example(name: &str) -> String {
    examples().join(name).display().to_string()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("tollgate.toml"), CONFIG).expect("written");
    folder
}

fn within(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(args).current_dir(folder);
    command
}

fn output(folder: &Path, args: &[&str]) -> Output {
    within(folder, args).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn succeeds(folder: &Path, args: &[&str]) -> String {
    let output = output(folder, args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// It ends with that status, and says that.
fn fails(folder: &Path, args: &[&str], status: i32, says: &str) {
    let output = output(folder, args);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// Every command that prints, with what it needs.
fn printing(folder: &Path) -> Vec<Vec<String>> {
    let config = folder.join("tollgate.toml").display().to_string();
    let owned = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let start = example("scenarios/start.toml");
    let flow = example("workflows/support-line.yaml");
    let action = example("actions/Get-Queue-Counts.json");
    vec![
        owned(&["--help"]),
        owned(&["plan", &start]),
        owned(&["plan", &start, "--json"]),
        owned(&[
            "simulate",
            &start,
            "--replications",
            "1",
            "--policy",
            "tollgate",
        ]),
        owned(&["config", "check", &example("tollgate.toml")]),
        owned(&["keys", "show", "--config", &config]),
        owned(&["keys", "rotate", "--config", &config]),
        owned(&["export", "--config", &config]),
        owned(&["action", "validate", &action]),
        owned(&["action", "example", &action]),
        owned(&[
            "action",
            "render",
            &action,
            "--input",
            r#"{"queueId": "1"}"#,
        ]),
        owned(&[
            "action",
            "translate",
            &example("actions/Find-Queue-By-Name.json"),
            "--response",
            "{}",
        ]),
        owned(&["workflow", "functions"]),
        owned(&["workflow", "validate", &flow]),
        owned(&["workflow", "calls", &flow]),
        owned(&["workflow", "explore", &flow, "--tries", "5"]),
        owned(&["workflow", "test", &example("workflows/tests")]),
        owned(&["check", &example("workflows")]),
        owned(&["check", &example("workflows"), "--format", "sarif"]),
        owned(&["bench", "quota", "--windows", "3", "--allowed", "100"]),
        owned(&["bench", "limits", "--case", "path", "--windows", "3"]),
        owned(&["audit", "verify", "--config", &config]),
        owned(&["completions", "bash"]),
        owned(&["man"]),
    ]
}

fn run(args: &[String], stdout: Stdio, stderr: Stdio) -> i32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    for name in [
        "TOLLGATE_CALLER_SECRET",
        "TOLLGATE_POOL_A_SECRET",
        "ORDERS_API_KEY",
    ] {
        command.env(name, "a secret of this test alone");
    }
    let status = command.args(args).stdout(stdout).stderr(stderr).status();
    status.expect("the binary runs").code().expect("no signal")
}

/// A pipe whose reader has gone.
fn broken() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    let full = File::options().write(true).open("/dev/full");
    full.expect("Linux has /dev/full").into()
}

#[test]
fn who_stops_reading_has_had_enough() {
    let folder = folder();
    succeeds(folder.path(), &["init", "--config", "tollgate.toml"]);
    for args in printing(folder.path()) {
        assert_eq!(run(&args, broken(), Stdio::null()), 0, "{args:?}");
        assert_eq!(run(&args, broken(), broken()), 0, "{args:?}");
    }
}

#[test]
fn results_that_cant_be_written_are_a_failure() {
    let folder = folder();
    succeeds(folder.path(), &["init", "--config", "tollgate.toml"]);
    for args in printing(folder.path()) {
        // clap prints the help itself, and passes over errors; a store without actions exports nothing, and nothing was
        // removed of its audit log.
        if !["--help", "export", "audit"].contains(&&*args[0]) {
            assert_eq!(run(&args, full(), full()), 74, "{args:?}");
        }
    }
}

#[test]
fn an_administrator_whose_secret_cant_be_told_is_not_made() {
    let folder = folder();
    let config = folder.path().join("tollgate.toml").display().to_string();
    let init = ["init", "--config", &config].map(str::to_owned);
    assert_eq!(run(&init, full(), Stdio::null()), 74);
    assert_eq!(run(&init, broken(), Stdio::null()), 74);
    let told = succeeds(folder.path(), &["init", "--config", "tollgate.toml"]);
    assert!(told.contains("client_secret="), "{told}");
    fails(
        folder.path(),
        &["init", "--config", "tollgate.toml"],
        1,
        "has had its first administrator already",
    );
}

#[test]
fn work_on_the_store_needs_no_other_secret() {
    let folder = folder();
    let at = folder.path();
    let made = succeeds(at, &["init", "--config", "tollgate.toml"]);
    assert!(made.starts_with("client_id="), "{made}");
    // In the same second as the first key was made, mostly.
    for _ in 0..3 {
        succeeds(at, &["keys", "add", "--config", "tollgate.toml"]);
    }
    assert_eq!(
        succeeds(at, &["keys", "show", "--config", "tollgate.toml"])
            .lines()
            .count(),
        4
    );
    assert_eq!(succeeds(at, &["export", "--config", "tollgate.toml"]), "");
    let action = example("actions/Get-Queue-Counts.json");
    let import = [
        "import",
        "--config",
        "tollgate.toml",
        "--integration",
        "none",
        &action,
    ];
    fails(at, &import, 1, "the store has no integration \"none\"");
    let check = ["config", "check", "tollgate.toml"];
    fails(at, &check, 64, "TOLLGATE_NOBODY_SETS_THIS");
}

#[test]
fn what_isnt_there_is_bad_usage() {
    let folder = folder();
    let at = folder.path();
    let none = "nofile.toml: No such file or directory (os error 2); give the path";
    for command in [&["init"][..], &["keys", "show"], &["export"]] {
        let args = [command, &["--config", "nofile.toml"]].concat();
        fails(at, &args, 64, none);
        let said = text(&output(at, &args).stderr);
        assert_eq!(said.matches("No such file").count(), 1, "{said}");
    }
    std::fs::write(at.join("bare.toml"), "").expect("written");
    fails(at, &["init", "--config", "bare.toml"], 64, "has no [store]");
    let place = [
        "--url",
        "http://127.0.0.1:1",
        "--client-id",
        "x",
        "--client-secret-env",
    ];
    let import = [
        "import",
        "--integration",
        "x",
        "no.json",
        "--config",
        "tollgate.toml",
    ];
    fails(at, &import, 64, "no.json: No such file");
    let action = example("actions/Get-Queue-Counts.json");
    let import = [
        &["import", "--integration", "x", &action][..],
        &place,
        &["NOT_SET"],
    ]
    .concat();
    fails(at, &import, 64, "the variable NOT_SET");
    let table = [&["table", "import", "t", "no.jsonl"][..], &place, &["PATH"]].concat();
    fails(at, &table, 64, "no.jsonl: No such file");
    fails(at, &["action", "validate", "."], 64, "no .json file");
}

#[test]
fn a_file_may_come_from_stdin() {
    let action = File::open(example("actions/Get-Queue-Counts.json")).expect("the example");
    let mut validate = within(Path::new("."), &["action", "validate", "-"]);
    let output = validate.stdin(action).output().expect("the binary runs");
    assert_eq!(text(&output.stdout), "-: valid (Get-Queue-Counts)\n");
    let flow = File::open(example("workflows/support-line.yaml")).expect("the example");
    let mut validate = within(Path::new("."), &["flow", "validate", "-"]);
    let output = validate.stdin(flow).output().expect("the binary runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let folder = folder();
    succeeds(folder.path(), &["init", "--config", "tollgate.toml"]);
    let import = [
        "import",
        "--config",
        "tollgate.toml",
        "--integration",
        "none",
        "-",
    ];
    let mut import = within(folder.path(), &import);
    let mut import = import
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = import.stdin.take().expect("piped");
    stdin.write_all(b"no action").expect("read");
    drop(stdin);
    let output = import.wait_with_output().expect("ended");
    let said = text(&output.stderr);
    assert!(said.starts_with("tollgate import: -: "), "{said}");
}

#[test]
fn an_export_goes_over_another_only_if_told_so() {
    let config = CONFIG
        .replace("TOLLGATE_NOBODY_SETS_THIS", "TOLLGATE_TEST_SECRET")
        .replace(
            "\n[[flow]]",
            "roles = [\"administer\", \"author\"]\n\n[[flow]]",
        );
    let server = Server::start(&config, |serve| {
        let folder = serve.get_current_dir().expect("its folder");
        succeeds(folder, &["init", "--config", "tollgate.toml"]);
        serve.stderr(Stdio::null())
    });
    let token = server.token();
    let new = r#"{"name": "web", "integrationType": {"id": "custom-rest-actions"}}"#;
    let (status, body) = server.post("/api/v2/integrations", &token, "", new);
    assert_eq!(status, 200, "{body}");
    let at = server.folder.path();
    let order = "actions/Look-Up-Order.json";
    let config = ["--config", "tollgate.toml"];
    succeeds(
        at,
        &[&["import", "--integration", "web", order][..], &config].concat(),
    );
    let export = [&["export", "--to", "out"][..], &config].concat();
    let file = at.join(succeeds(at, &export).trim());
    std::fs::write(&file, "changed").expect("written");
    fails(at, &export, 1, "is there already; give --force");
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), "changed");
    succeeds(at, &[&export[..], &["--force"]].concat());
    let parsed = |path: &Path| -> serde_json::Value {
        let text = std::fs::read_to_string(path).expect("text");
        serde_json::from_str(&text).expect("JSON")
    };
    assert_eq!(parsed(&file), parsed(&at.join(order)));
    let files = std::fs::read_dir(at.join("out"))
        .expect("the folder")
        .count();
    assert_eq!(files, 1, "nothing beside it");
    assert_eq!(server.terminate(), 0);
}

#[test]
fn a_demo_that_is_ended_leaves_nothing_behind() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut demo = within(scratch.path(), &["demo"]);
    let demo = demo
        .env("TMPDIR", scratch.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::null());
    let mut demo = demo.spawn().expect("the binary runs");
    let mut lines = BufReader::new(demo.stderr.take().expect("piped"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    assert!(line.starts_with("15 actions imported"), "{line}");
    let left = || {
        std::fs::read_dir(scratch.path())
            .expect("the folder")
            .count()
    };
    assert!(left() > 0, "its actions");
    let id = demo.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.expect("kill runs").success());
    assert_eq!(demo.wait().expect("ended").code(), Some(130));
    assert_eq!(left(), 0, "nothing is left");
}

#[test]
fn nobody_is_advised_to_cache_what_writes() {
    let plan = settled(&["plan", &example("scenarios/support-line.toml")], &[]);
    let plan = text(&plan.stdout);
    assert!(plan.contains("answers of Get Caller cached"), "{plan}");
    assert!(!plan.contains("answers of Put Row cached"), "{plan}");
    let scenario = std::fs::read_to_string(example("scenarios/start.toml")).expect("text");
    let unknown = scenario.replace("method = \"GET\"\n", "");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("unknown.toml");
    std::fs::write(&file, unknown).expect("written");
    // The table has the words in several lines; here they are in one.
    let plan = settled(&["plan", &file.display().to_string(), "--json"], &[]);
    let advice = "answers of find-customer cached for a minute, if it only reads and half";
    let plan = text(&plan.stdout);
    assert!(plan.contains(advice), "{plan}");
}
