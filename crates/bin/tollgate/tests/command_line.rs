//! What all commands have in common: their statuses, their options' variables, completions and manual pages.

mod common;

use common::{Server, settled};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Each command with arguments of which one names something that isn't there; or with no such arguments, where it takes
/// none.
const MISSING: &[(&str, &[&str])] = &[
    (
        "demo",
        &["--nodes", "2", "--cluster-env", "TOLLGATE_NO_SUCH_VARIABLE"],
    ),
    ("health", &["--url", "no address"]),
    ("serve", &["--config", "no.toml"]),
    ("config check", &["no.toml"]),
    ("config composite", &["no.toml", "name"]),
    ("cluster init", &["--config", "no.toml"]),
    ("cluster status", &["--config", "no.toml"]),
    ("emulate", &["--config", "no.toml"]),
    ("bench quota", &[]),
    ("bench limits", &["--case", "nothing is called so"]),
    ("check", &["no-folder"]),
    ("action validate", &["no.json"]),
    ("action render", &["no.json", "--input", "{}"]),
    ("action translate", &["no.json", "--response", "{}"]),
    ("action example", &["no.json"]),
    (
        "action wrap",
        &[
            "no.json",
            "--url",
            "https://tollgate.example",
            "--out",
            "out",
        ],
    ),
    ("workflow validate", &["no.yaml"]),
    ("workflow run", &["no.yaml"]),
    ("workflow test", &["no-folder"]),
    ("workflow calls", &["no.yaml"]),
    ("workflow explore", &["no.yaml"]),
    ("workflow functions", &[]),
    ("plan", &["no.toml"]),
    ("simulate", &["no.toml"]),
    ("init", &["--config", "no.toml"]),
    ("keys show", &["--config", "no.toml"]),
    ("keys add", &["--config", "no.toml"]),
    ("keys rotate", &["--config", "no.toml"]),
    ("audit verify", &["--config", "no.toml"]),
    (
        "import",
        &["--integration", "x", "no.json", "--config", "no.toml"],
    ),
    (
        "pull",
        &[
            "--region",
            "example.invalid",
            "--client-id",
            "x",
            "--out",
            "out",
            "--client-secret-env",
            "TOLLGATE_NO_SUCH_VARIABLE",
        ],
    ),
    ("export", &["--config", "no.toml"]),
    (
        "limits list",
        &["--url", "http://127.0.0.1:1", "--client-id", "x"],
    ),
    (
        "limits adopt",
        &[
            "--all",
            "--config",
            "no.toml",
            "--url",
            "http://127.0.0.1:1",
            "--client-id",
            "x",
        ],
    ),
    (
        "limits forget",
        &["name", "--url", "http://127.0.0.1:1", "--client-id", "x"],
    ),
    (
        "table import",
        &[
            "name",
            "no.jsonl",
            "--url",
            "http://127.0.0.1:1",
            "--client-id",
            "x",
        ],
    ),
    (
        "reload",
        &["--url", "http://127.0.0.1:1", "--client-id", "x"],
    ),
    (
        "table export",
        &["name", "--url", "http://127.0.0.1:1", "--client-id", "x"],
    ),
    ("completions", &["no-shell"]),
    ("man", &[]),
];

fn tollgate(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path);
    command.args(args).current_dir(folder);
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    tollgate(folder, args).output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// All commands without commands below them, as the help has them.
fn commands(folder: &Path, above: &[&str]) -> BTreeSet<String> {
    let help = run(folder, &[above, &["--help"]].concat());
    let help = String::from_utf8(help.stdout).expect("text");
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    if names.is_empty() {
        return BTreeSet::from([above.join(" ")]);
    }
    let below = names
        .iter()
        .map(|name| commands(folder, &[above, &[name]].concat()));
    below.flatten().collect()
}

#[test]
fn whatever_the_command_what_isnt_there_is_64() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let known: BTreeSet<String> = MISSING.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(commands(at, &[]), known, "each command is in MISSING");
    for (name, arguments) in MISSING {
        let name: Vec<&str> = name.split(' ').collect();
        let wrong = run(at, &[&name[..], &["--no-such-option"]].concat());
        assert_eq!(wrong.status.code(), Some(64), "{name:?}: {}", said(&wrong));
        if !arguments.is_empty() {
            let missing = run(at, &[&name[..], arguments].concat());
            let said = said(&missing);
            assert_eq!(missing.status.code(), Some(64), "{name:?}: {said}");
            assert!(
                !said.is_empty() && !said.contains("panicked"),
                "{name:?}: {said}"
            );
        }
    }
    assert_eq!(
        std::fs::read_dir(at).expect("the folder").count(),
        0,
        "nothing is left"
    );
}

#[test]
fn a_service_that_gives_no_answer_is_a_failure_and_no_wrong_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = ["--url", "http://127.0.0.1:1", "--client-id", "x"];
    let flow = example("workflows/support-line.yaml");
    for command in [
        &["limits", "list"][..],
        &["table", "export", "t"],
        &["export"],
        &["workflow", "run", &flow],
    ] {
        let args = [command, &service].concat();
        let mut asked = tollgate(folder.path(), &args);
        let asked = asked.env("TOLLGATE_CLIENT_SECRET", "a secret").output();
        let asked = asked.expect("the binary runs");
        assert_eq!(asked.status.code(), Some(1), "{args:?}: {}", said(&asked));
    }
}

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples");
    examples.join(name).display().to_string()
}

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"

[store]
url = "sqlite:store.db"
key_file = "keys"

[[caller]]
client_id = "flows"
client_secret_env = "TOLLGATE_TEST_SECRET"
roles = ["administer", "author"]

[[flow]]
name = "voice"
priority = 0
default = true
"#;

#[test]
fn an_option_goes_before_its_variable() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    std::fs::write(at.join("tollgate.toml"), CONFIG).expect("written");
    assert_eq!(
        run(at, &["init", "--config", "tollgate.toml"])
            .status
            .code(),
        Some(0)
    );
    let keys = |args: &[&str], variable: &str| {
        let mut command = tollgate(at, &[&["keys", "show"], args].concat());
        let output = command.env("TOLLGATE_CONFIG", variable).output();
        output.expect("the binary runs").status.code()
    };
    assert_eq!(keys(&[], "tollgate.toml"), Some(0));
    assert_eq!(keys(&[], "no.toml"), Some(64));
    assert_eq!(keys(&["--config", "tollgate.toml"], "no.toml"), Some(0));
    assert_eq!(keys(&["--config", "no.toml"], "tollgate.toml"), Some(64));
    // A plan is of its scenario, whatever the variable says.
    let mut plan = tollgate(at, &["plan", &example("scenarios/start.toml")]);
    let plan = plan.env("TOLLGATE_CONFIG", "no.toml").output();
    assert_eq!(plan.expect("the binary runs").status.code(), Some(0));
    // Which of two places is meant nobody knows.
    let mut export = tollgate(at, &["export"]);
    let export = export
        .env("TOLLGATE_CONFIG", "tollgate.toml")
        .env("TOLLGATE_URL", "http://127.0.0.1:1");
    let both = export.output().expect("the binary runs");
    assert_eq!(both.status.code(), Some(64));
    assert!(
        said(&both).contains("TOLLGATE_CONFIG and TOLLGATE_URL"),
        "{}",
        said(&both)
    );
}

#[test]
fn a_service_may_be_named_by_variables_alone() {
    let server = Server::start(CONFIG, |serve| {
        let folder = serve.get_current_dir().expect("its folder");
        assert!(
            run(folder, &["init", "--config", "tollgate.toml"])
                .status
                .success()
        );
        serve.stderr(std::process::Stdio::null())
    });
    let url = format!("http://{}", server.address);
    let env = [
        ("TOLLGATE_URL", &*url),
        ("TOLLGATE_CLIENT_ID", "flows"),
        ("TOLLGATE_CLIENT_SECRET", "only for this test"),
    ];
    for args in [&["limits", "list"][..], &["export"]] {
        let output = settled(args, &env);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
    }
    let other = settled(&["limits", "list", "--url", "http://127.0.0.1:1"], &env);
    assert_eq!(other.status.code(), Some(1), "{}", said(&other));
    assert_eq!(server.terminate(), 0);
}

#[test]
fn bash_completes_what_was_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = run(folder.path(), &["completions", "bash"]);
    assert_eq!(script.status.code(), Some(0));
    std::fs::write(folder.path().join("completions"), &script.stdout).expect("written");
    let complete = |words: &[&str]| {
        let at = words.len() - 1;
        let typed = format!(
            "source ./completions; COMP_WORDS=({}); COMP_CWORD={at}; _tollgate tollgate {} {}; echo \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words[at],
            words[at - 1]
        );
        let mut bash = Command::new("bash");
        let bash = bash
            .args(["--norc", "-c", &typed])
            .current_dir(folder.path());
        let output = bash.output().expect("bash runs");
        assert!(said(&output).is_empty(), "{}", said(&output));
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    };
    assert_eq!(complete(&["tollgate", "sim"]), "simulate");
    assert_eq!(complete(&["tollgate", "workflow", "val"]), "validate");
    assert_eq!(complete(&["tollgate", "plan", "--conf"]), "--config");
    for shell in ["elvish", "fish", "powershell", "zsh"] {
        let script = run(folder.path(), &["completions", shell]);
        assert!(
            script.status.success() && !script.stdout.is_empty(),
            "{shell}"
        );
    }
}

#[test]
fn each_command_has_a_manual_page_without_a_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let written = run(at, &["man", "pages"]);
    assert_eq!(written.status.code(), Some(0), "{}", said(&written));
    let pages: Vec<PathBuf> = String::from_utf8(written.stdout)
        .expect("text")
        .lines()
        .map(|line| at.join(line))
        .collect();
    for (name, _) in MISSING {
        let page = at.join(format!("pages/tollgate-{}.1", name.replace(' ', "-")));
        assert!(pages.contains(&page), "{name}: {pages:?}");
    }
    let first = run(at, &["man"]);
    let written = std::fs::read(at.join("pages/tollgate.1")).expect("the first page");
    assert_eq!(first.stdout, written);
    let mut lint = Command::new("mandoc");
    let lint = lint.args(["-T", "lint", "-W", "warning"]).args(&pages);
    match lint.output() {
        Ok(lint) => {
            let told = String::from_utf8_lossy(&lint.stdout);
            // The crate that makes the pages puts more space between paragraphs than is needed.
            let faults = told
                .lines()
                .filter(|line| !line.contains("skipping paragraph macro"));
            let faults: Vec<&str> = faults.collect();
            assert!(faults.is_empty(), "{faults:#?}");
        }
        Err(error) if std::env::var_os("TOLLGATE_REQUIRE_MANDOC").is_none() => {
            println!("skipped, without mandoc: {error}");
        }
        Err(error) => panic!("mandoc: {error}"),
    }
}
