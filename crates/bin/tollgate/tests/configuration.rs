//! `tollgate config check` finds what `serve` would refuse, with its place, and nothing that only follows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};

const FILE: &str = r#"[server]
listen = "127.0.0.1:0"
workflow_folder = "flows"

[[caller]]
client_id = "flows"
client_secret_env = "CALLER"

[[client]]
name = "pool"
client_id = "id"
client_secret_file = "pool.secret"
token_url = "https://login.example.com/oauth/token"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "https://api.example.com"
clients = ["pool"]
actions = { folder = "actions" }

[[integration.action]]
name = "Get-Queue-Counts"
cost = 2

[[cache]]
action = "Get-Queue-Counts"
fresh_for = "10s"
inputs = ["queueId"]
"#;

const STORE: &str = "[store]\nurl = \"sqlite:t.db\"\nkey_file = \"t.keys\"\n";

const WORKFLOW: &str = r#"inboundCall:
  name: Support
  startUpRef: ./menus/menu[none]
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
        for name in ["actions", "flows"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let action = "actions/Get-Queue-Counts.json";
        std::fs::copy(examples.join(action), folder.path().join(action)).unwrap();
        let folder = Self(folder);
        folder.write("pool.secret", "a-secret-of-a-pool-0123");
        folder.write("tollgate.toml", FILE);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, mine).unwrap();
    }

    fn run(&self, args: &[&str], secret: bool) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_remove("CALLER");
        if secret {
            command.env("CALLER", "Xq3v9-kT7m2Lw8Rz-of-a-caller");
        }
        command.output().unwrap()
    }

    /// What is wrong, a line each, by `config check` and by `serve` alike.
    fn faults(&self) -> Vec<String> {
        let check = self.run(&["config", "check", "tollgate.toml"], true);
        let serve = self.run(&["serve", "--config", "tollgate.toml"], true);
        for output in [&check, &serve] {
            assert_eq!(output.status.code(), Some(64), "{output:?}");
        }
        let lines = |output: Output| -> Vec<String> {
            let said = String::from_utf8(output.stderr).unwrap();
            said.lines().map(str::to_owned).collect()
        };
        let (check, serve) = (lines(check), lines(serve));
        assert!(serve.ends_with(&check), "{check:#?}\n{serve:#?}");
        check
    }
}

#[test]
fn what_of_a_workflow_is_not_known_is_a_warning() {
    let folder = Folder::new();
    folder.write(
        "flows/new.yaml",
        "workflow:\n  name: New\n  startUpRef: S\n  states:\n    - state: {name: S, actions: [{fancyStep: {}}]}\n",
    );
    let check = folder.run(&["config", "check", "tollgate.toml"], true);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    let told = String::from_utf8(check.stderr).unwrap();
    assert!(
        told.contains("warning: flows/new.yaml:5:35: unsupported: no step `fancyStep` is known"),
        "{told}"
    );
}

#[test]
fn what_serve_refuses_is_found_with_its_place() {
    let folder = Folder::new();
    let fine = folder.run(&["config", "check", "tollgate.toml"], true);
    assert_eq!(fine.status.code(), Some(0), "{fine:?}");
    for (from, to, faults) in [
        (
            "\"Get-Queue-Counts\"\nfresh_for",
            "\"Get-Queue-Count\"\nfresh_for",
            &[
                "27:10: cache[1].action: there is no action \"Get-Queue-Count\"; did you mean \"Get-Queue-Counts\"?",
            ][..],
        ),
        (
            "\"queueId\"",
            "\"queueId\", \"queueIds\"",
            &[
                "29:22: cache[1].inputs[2]: \"Get-Queue-Counts\" has no input \"queueIds\"; did you mean \"queueId\"?",
            ],
        ),
        (
            "\"Get-Queue-Counts\"\ncost",
            "\"Get-Queues\"\ncost",
            &[
                "23:8: integration[1].action[1].name: Platform has no action \"Get-Queues\" in actions",
            ],
        ),
        // What its files would have named isn't known: nothing more is said.
        (
            "folder = \"actions\"",
            "folder = \"action\"",
            &["20:22: integration[1].actions.folder: action: expected a folder of action files:"],
        ),
        (
            "workflow_folder = \"flows\"",
            "workflow_folder = \"flow\"",
            &["3:19: server.workflow_folder: flow: No such file"],
        ),
        (
            "[server]",
            "[server]\nusage_file = \"tollgate.toml\"",
            &["2:14: server.usage_file: tollgate.toml: is the same file as tollgate.toml"],
        ),
        (
            "[server]",
            "[store]\nurl = \"mysql://x\"\nkey_file = \"absent\"\n[server]",
            &[
                "2:7: store.url: store URL:",
                "3:12: store.key_file: key ring: absent isn't there",
            ],
        ),
        // A client without a name makes no other fault, nor does a field that is misspelt.
        (
            "name = \"pool\"",
            "nam = \"pool\"",
            &["10:1: client[1].nam: no such field; known here: "],
        ),
        (
            "[[client]]",
            "[[clients]]",
            &["9:3: clients: no such field; known here: "],
        ),
        (
            "clients = [\"pool\"]",
            "clients = [\"poll\"]",
            &[
                "19:12: integration[1].clients: no client is called \"poll\"; there are: pool; did you mean \"pool\"?",
            ],
        ),
    ] {
        assert!(FILE.contains(from), "{from}");
        folder.write("tollgate.toml", &FILE.replacen(from, to, 1));
        let found = folder.faults();
        assert_eq!(found.len(), faults.len(), "{to}: {found:#?}");
        for (found, expected) in found.iter().zip(faults) {
            assert!(
                found.starts_with(&format!("tollgate.toml:{expected}")),
                "{to}: {found}"
            );
        }
    }
    // All at once, each in its file.
    let both = FILE
        .replace("\"queueId\"", "\"queue\"")
        .replace("Get-Queue-Counts\"\ncost", "None\"\ncost");
    folder.write("tollgate.toml", &both);
    folder.write("flows/broken.yaml", WORKFLOW);
    let found = folder.faults();
    assert!(found.len() > 2, "{found:#?}");
    assert!(
        found[0].contains("integration[1].action[1].name") && found[1].contains("inputs[1]"),
        "{found:#?}"
    );
    assert!(found[2].starts_with("flows/broken.yaml:"), "{found:#?}");
}

#[test]
fn a_workflow_that_calls_an_action_that_there_is_none_of_is_found() {
    let folder = Folder::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
    let workflow = std::fs::read_to_string(examples.join("workflows/support-line.yaml")).unwrap();
    folder.write("flows/support-line.yaml", &workflow);
    let found = folder.faults();
    let first = &found[0];
    assert!(
        first.starts_with("flows/support-line.yaml:")
            && first.contains("there is no action \"Get Caller\" in the category \"CRM\""),
        "{found:#?}"
    );
    // With a store it can only be told: actions may be there.
    folder.write("tollgate.toml", &format!("{FILE}{STORE}"));
    let check = folder.run(
        &["config", "check", "tollgate.toml", "--without-secrets"],
        true,
    );
    let said = String::from_utf8(check.stderr).unwrap();
    assert_eq!(check.status.code(), Some(0), "{said}");
    assert!(
        said.contains("note: flows/support-line.yaml:")
            && said.contains("the store may have it, and isn't looked at"),
        "{said}"
    );
}

#[test]
fn without_secrets_all_else_is_checked() {
    let folder = Folder::new();
    std::fs::remove_file(folder.0.path().join("pool.secret")).unwrap();
    folder.write("tollgate.toml", &format!("{FILE}{STORE}"));
    let check = ["config", "check", "tollgate.toml", "--without-secrets"];
    let fine = folder.run(&check, false);
    assert_eq!(fine.status.code(), Some(0), "{fine:?}");
    let with = folder.run(&check[..3], false);
    let said = String::from_utf8(with.stderr).unwrap();
    assert_eq!(with.status.code(), Some(64), "{said}");
    assert!(
        said.contains("CALLER") && said.contains("pool.secret"),
        "{said}"
    );
    folder.write("tollgate.toml", &FILE.replace("\"queueId\"", "\"queue\""));
    let wrong = folder.run(&check, false);
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(64), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("has no input \"queue\""), "{said}");
    // A secret that is there must be one.
    folder.write("pool.secret", "");
    folder.write("t.keys", "no key");
    folder.write("tollgate.toml", &format!("{FILE}{STORE}"));
    let wrong = folder.run(&check, false);
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("store.key_file"), "{said}");
}
