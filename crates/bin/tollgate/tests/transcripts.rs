//! What the command line says: the help of every command, and the answer to what can't be used, as transcripts.
//!
//! They lie in `tests/transcripts`. A change of a word shows in review; `scripts/bless` writes them anew.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Files that are wrong, each in a way of its own: name, content, and the command line that reads it.
const WRONG: &[(&str, &str, &[&str])] = &[
    (
        "syntax.toml",
        "[server]\nlisten = \n",
        &["config", "check", "syntax.toml"],
    ),
    (
        "unknown.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\nmax_conections = 5\n\n[[flow]]\nname = \"voice\"\npriority = 300\ndefault = true\n",
        &["config", "check", "unknown.toml"],
    ),
    (
        "scenario.toml",
        "[run]\nminutes = \"ten\"\n",
        &["plan", "scenario.toml"],
    ),
    (
        "action.json",
        r#"{"name": "a", "config": {"request": {"requestUrlTemplate": "/x/${input.id", "requestType": "FETCH"}}}"#,
        &["action", "validate", "action.json"],
    ),
];

/// Command lines that can't be used, whatever the files say.
const MISUSED: &[&[&str]] = &[
    &[],
    &["sreve"],
    &["serve"],
    &["serve", "--config", "nowhere.toml"],
    &["config", "check", "nowhere.toml"],
    &["plan", "nowhere.toml"],
    &["bench", "limits", "--windows", "many"],
    &[
        "action",
        "render",
        "nowhere.json",
        "--input",
        "nowhere.json",
    ],
    &["keys", "show", "--config", "nowhere.toml"],
    &["table", "import"],
];

/// What a command line answers, as in a terminal that is no terminal: no colours, no width.
fn answer(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(args).current_dir(folder).env_clear();
    let output = command.output().expect("the binary runs");
    let mut text = format!("$ tollgate {}\n", args.join(" "));
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    writeln!(
        text,
        "[status {}]\n",
        output.status.code().expect("a status")
    )
    .expect("a text");
    text
}

/// The names in the list of commands that a help has.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The help of a command and of all below it.
fn helps(folder: &Path, command: &[&str], text: &mut String) {
    let help = answer(folder, &[command, &["--help"]].concat());
    text.push_str(&help);
    for name in commands(&help) {
        helps(folder, &[command, &[&*name]].concat(), text);
    }
}

/// Compares with the file of that name; writes it where `TOLLGATE_WRITE` is set.
fn transcript(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(name);
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        std::fs::write(&path, said).expect("written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == said,
        "{} says something else; look at what `scripts/bless` changes. It is now:\n{said}",
        path.display()
    );
}

#[test]
fn every_command_has_its_help() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    helps(folder.path(), &[], &mut text);
    assert!(
        text.matches("--help\n").count() > 20,
        "all commands were found"
    );
    // A usage is a command line, which stays one line however long it is.
    let lines = text.lines().filter(|it| !it.starts_with("Usage: "));
    let long: Vec<_> = lines.filter(|it| it.chars().count() > 80).collect();
    assert!(
        long.is_empty(),
        "no line of a help has more than 80 columns: {long:#?}"
    );
    transcript("help.txt", &text);
}

#[test]
fn what_cannot_be_used_is_answered_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    for args in MISUSED {
        text.push_str(&answer(folder.path(), args));
    }
    for (name, content, args) in WRONG {
        std::fs::write(folder.path().join(name), content).expect("written");
        text.push_str(&answer(folder.path(), args));
    }
    transcript("errors.txt", &text);
}
