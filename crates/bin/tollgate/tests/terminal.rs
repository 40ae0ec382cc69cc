//! How the commands look in a terminal of 80 columns: no line is longer, colours only there, and what is under way is
//! seen from the first moment on.

mod common;

use common::settled;
use common::terminal::{InTerminal, too_wide};
use std::path::Path;
use std::process::Command;

const ESCAPE: char = '\u{1b}';

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples")
}

fn tollgate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(args).current_dir(examples());
    for name in [
        "TOLLGATE_CALLER_SECRET",
        "TOLLGATE_POOL_A_SECRET",
        "ORDERS_API_KEY",
    ] {
        command.env(name, "a secret of this test alone");
    }
    command
}

fn in_terminal(args: &[&str]) -> (String, i32) {
    InTerminal::start(&mut tollgate(args)).end()
}

#[test]
fn no_line_is_longer_than_80_columns() {
    let scenarios = ["start", "support-line", "campaign", "three-nodes"];
    let scenarios = scenarios.map(|name| format!("scenarios/{name}.toml"));
    let simulate = [
        "--replications",
        "1",
        "--policy",
        "tollgate",
        "--policy",
        "vegas",
        "--policy",
        "today",
    ];
    let mut commands: Vec<Vec<&str>> = Vec::new();
    for scenario in &scenarios {
        commands.push(vec!["plan", scenario]);
    }
    commands.push([&["simulate", &scenarios[0]], &simulate[..]].concat());
    commands.push(
        [&[
            "simulate",
            &scenarios[0],
            "--replications",
            "1",
            "--sweep",
            "calls=300,600",
        ][..]]
        .concat(),
    );
    commands.push(vec!["simulate", &scenarios[3], "--replications", "1"]);
    commands.push(vec!["check", "."]);
    commands.push(vec!["config", "check", "tollgate.toml"]);
    commands.push(vec!["bench", "quota", "--windows", "3", "--allowed", "100"]);
    commands.push(vec!["bench", "limits", "--case", "path", "--windows", "3"]);
    commands.push(vec!["workflow", "validate", "workflows"]);
    commands.push(vec!["workflow", "explore", "workflows/support-line.yaml"]);
    commands.push(vec!["action", "validate", "actions"]);
    commands.push(vec!["sreve"]);
    for args in commands {
        let (screen, status) = in_terminal(&args);
        assert!(!screen.is_empty(), "{args:?}");
        let is_misused = args == ["sreve"];
        assert_eq!(status == 64, is_misused, "{args:?}: {screen}");
        let wide = too_wide(&screen);
        assert!(wide.is_empty(), "{args:?}: {wide:#?}");
    }
}

#[test]
fn a_demo_shows_what_it_is_at_within_80_columns() {
    let mut demo = InTerminal::start(&mut tollgate(&["demo"]));
    let screen = demo.until("one token, retries: ");
    assert!(screen.contains(" of "), "{screen}");
    let id = demo.process.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.expect("kill runs").success());
    let (rest, status) = demo.end();
    assert_eq!(status, 130, "{rest}");
    let wide = too_wide(&(screen + &rest));
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn what_is_under_way_is_seen_before_any_of_it_is_over() {
    for (args, first) in [
        (
            &[
                "simulate",
                "scenarios/start.toml",
                "--replications",
                "2",
                "--policy",
                "tollgate",
            ][..],
            "0 of 2 runs",
        ),
        (
            &["bench", "limits", "--case", "path", "--windows", "3"],
            "0 of ",
        ),
        (&["plan", "scenarios/support-line.toml"], "planning"),
        (&["check", "."], "checking"),
    ] {
        let (screen, status) = in_terminal(args);
        assert_eq!(status, 0, "{args:?}: {screen}");
        let plain = anstream::adapter::strip_str(&screen).to_string();
        let first_line = plain.split('\r').find(|part| !part.trim().is_empty());
        assert!(plain.contains(first), "{args:?}: {first_line:?}");
    }
    // Where nobody looks nothing is drawn.
    let args = [
        "simulate",
        "scenarios/start.toml",
        "--replications",
        "1",
        "--policy",
        "tollgate",
    ];
    let output = tollgate(&args).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn colours_are_for_terminals_unless_somebody_says_otherwise() {
    let plan = ["plan", "scenarios/start.toml"];
    let is_coloured = |text: &str| text.contains("\u{1b}[1m") || text.contains("\u{1b}[32m");
    assert!(is_coloured(&in_terminal(&plan).0));
    let never = [&plan[..], &["--color", "never"]].concat();
    assert!(!is_coloured(&in_terminal(&never).0));
    let mut without = tollgate(&plan);
    let piped = without.output().expect("the binary runs");
    assert!(!String::from_utf8_lossy(&piped.stdout).contains(ESCAPE));
    let always = [&plan[..], &["--color=always"]].concat();
    let forced = tollgate(&always).output().expect("the binary runs");
    assert!(is_coloured(&String::from_utf8_lossy(&forced.stdout)));
    // What clap says heeds it, too.
    let forced = tollgate(&["--color", "always", "sreve"]).output();
    let forced = forced.expect("the binary runs");
    assert!(String::from_utf8_lossy(&forced.stderr).contains(ESCAPE));
    let shell = format!(
        "NO_COLOR=1 {} plan scenarios/start.toml",
        env!("CARGO_BIN_EXE_tollgate")
    );
    let mut no_color = Command::new("sh");
    let no_color = no_color.args(["-c", &shell]).current_dir(examples());
    let (screen, _) = InTerminal::start(no_color).end();
    assert!(!is_coloured(&screen), "{screen:?}");
}

#[test]
fn a_judgement_ends_with_what_it_means_and_what_comes_next() {
    let root = examples();
    let at = |name: &str| root.join(name).display().to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("wrong.toml");
    std::fs::write(&wrong, "[server]\nlisten = 5\n").expect("written");
    let secrets = [
        ("TOLLGATE_CALLER_SECRET", "a secret of this test alone"),
        ("TOLLGATE_POOL_A_SECRET", "a secret of this test alone"),
        ("ORDERS_API_KEY", "a secret of this test alone"),
    ];
    let start = at("scenarios/start.toml");
    for (args, means) in [
        (vec!["plan", &start], "Verdict: it fits: "),
        (
            vec![
                "simulate",
                &start,
                "--replications",
                "1",
                "--policy",
                "tollgate",
            ],
            "Verdict: tollgate serves 100.00 % of what is asked for without an answer 429.",
        ),
        (
            vec!["check", &at("actions")],
            "Verdict: all that was looked into is right",
        ),
        (
            vec!["config", "check", &at("tollgate.toml")],
            "Verdict: the service starts with this file.",
        ),
        (
            vec!["config", "check", &wrong.display().to_string()],
            "Verdict: the service would not start with this file.",
        ),
    ] {
        let output = settled(&args, &secrets);
        let all = [output.stdout, output.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        assert!(all.contains(means), "{args:?}: {all}");
        let (_, next) = all.split_once("\nNext: ").expect("what comes next");
        assert!(next.contains("`tollgate "), "{args:?}: {next}");
    }
}
