//! `tollgate check` as a user's shell and CI see it: the table, the formats, exit codes, and folders that are
//! made to mislead.

#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The exit code and stdout of a check of the current folder.
fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(folder, &[&["check", "."], arguments].concat());
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// A copy of the example, with some texts of a file replaced.
fn example(name: &str, file: &str, replaced: &[(&str, &str)]) -> PathBuf {
    let folder = empty(name);
    let from = root().join("examples/cx-as-code");
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        std::fs::create_dir_all(folder.join(&below)).unwrap();
        for entry in from.join(&below).read_dir().unwrap() {
            let entry = entry.unwrap();
            let below = below.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(below);
            } else {
                std::fs::copy(entry.path(), folder.join(below)).unwrap();
            }
        }
    }
    let mut text = std::fs::read_to_string(folder.join(file)).unwrap();
    for (from, to) in replaced {
        assert!(text.contains(from), "{file}: {from}");
        text = text.replace(from, to);
    }
    std::fs::write(folder.join(file), text).unwrap();
    folder
}

fn empty(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("check")
        .join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

const FLOW: &str = "flows/order-line.yaml";

#[test]
fn a_table_and_what_it_means_where_all_is_well() {
    let output = run(
        &root(),
        &["check", "examples/cx-as-code", "--closed", "--strict"],
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "\
File                                       Kind          Name            Verdict
examples/cx-as-code/flows/greeting.yaml    commonModule  Dev greeting    valid
examples/cx-as-code/flows/order-line.yaml  inboundCall   Dev order line  valid
…es/cx-as-code/modules/actions/actions.tf  data action   Cancel Order    valid
…es/cx-as-code/modules/actions/actions.tf  data action   Find Order      valid

2 flows, 2 data actions: 4 of 4 without errors; 0 errors, 0 warnings
Verdict: all that was looked into is right, and fits together.
Next: have CI run `tollgate check examples/cx-as-code --strict`.
"
    );
    assert!(output.stderr.is_empty());
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_to_do() {
    let folder = example("wrong", FLOW, &[("delivery.day", "delivery.date")]);
    let (status, told) = check(&folder, &[]);
    assert_eq!(status, Some(1));
    let told = told.split_once("\n\n").unwrap().1;
    assert_eq!(
        told,
        "\
flows/order-line.yaml:45:13: error: successOutputs.delivery.date: callData \"Find
    the order\": data action `Find Order` has no output `delivery.date`
    → did you mean delivery.day?

2 flows, 2 data actions: 3 of 4 without errors; 1 error, 0 warnings
Verdict: something here can't work as it is.
Next: mend flows/order-line.yaml:45:13 first, and run `tollgate check .` again.
"
    );
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let long = "x".repeat(60);
    let folder = example(
        "wide",
        FLOW,
        &[
            ("\"{{flow_name}}\"", &long),
            ("{{create_callback}}", "Créate Callback"),
        ],
    );
    let deep = folder
        .join("a-folder-with-a-name")
        .join("and-one-more-with-a-name")
        .join("and-a-third");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::copy(
        folder.join(FLOW),
        deep.join("another-file-with-a-name.yaml"),
    )
    .unwrap();
    let (_, told) = check(&folder, &[]);
    for line in told.lines().filter(|line| line.trim().contains(' ')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_exit_status_is_that_of_the_worst() {
    let fine = example("fine", FLOW, &[]);
    assert_eq!(check(&fine, &["--strict"]).0, Some(0));
    let warned = example(
        "warned",
        FLOW,
        &[("\"{{create_callback}}\"", "Somewhere Else")],
    );
    assert_eq!(check(&warned, &[]).0, Some(0));
    assert_eq!(check(&warned, &["--strict"]).0, Some(1));
    assert_eq!(check(&warned, &["--closed"]).0, Some(1));
    std::fs::write(
        warned.join("known.txt"),
        "# ours\nsomewhere else # by hand\n",
    )
    .unwrap();
    assert_eq!(
        check(&warned, &["--closed", "--strict", "--known", "known.txt"]).0,
        Some(0)
    );
    let unsupported = example("unsupported", FLOW, &[("playAudio", "playSmell")]);
    assert_eq!(check(&unsupported, &[]).0, Some(0));
    assert!(check(&unsupported, &[]).1.contains("unsupported"));
    assert_eq!(check(&unsupported, &["--strict"]).0, Some(1));
    let unreadable = example("unreadable", FLOW, &[]);
    std::fs::write(
        unreadable.join("latin.yaml"),
        b"inboundCall:\n  name: Gr\xfc\xdfe\n",
    )
    .unwrap();
    let (status, told) = check(&unreadable, &[]);
    assert_eq!(status, Some(2));
    assert!(
        told.contains("latin.yaml: error: not UTF-8 from byte 23 on; save it as UTF-8"),
        "{told}"
    );
    for (arguments, status) in [
        (vec!["check", "no-such-folder"], 64),
        (vec!["check", ".", "--known", "no-such-file"], 64),
        (vec!["check", ".", "--set", "x"], 64),
        (vec!["check", ".", "--format", "pdf"], 64),
        (vec!["check"], 64),
    ] {
        let output = run(&fine, &arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn values_are_given_by_the_command_line() {
    let folder = example(
        "given",
        "terraform.tfvars",
        &[("orders_url", "# orders_url")],
    );
    let (status, told) = check(&folder, &[]);
    assert_eq!(status, Some(0));
    assert!(
        told.contains(
            "note: config_request.request_url_template:\n    var.orders_url has no default"
        ),
        "{told}"
    );
    let (_, told) = check(
        &folder,
        &[
            "--var",
            "orders_url=https://x.example",
            "--var",
            "prefix=Live",
        ],
    );
    assert!(
        told.contains("Live order line") && !told.contains("note"),
        "{told}"
    );
}

#[test]
fn formats_for_machines_have_what_the_text_has() {
    let folder = example("formats", FLOW, &[("delivery.day", "delivery.<date>&")]);
    let (status, json) = check(&folder, &["--format", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (status, &report["verdict"]),
        (Some(1), &Value::from("errors"))
    );
    let line = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["file"] == FLOW)
        .unwrap();
    assert_eq!(line["address"], "genesyscloud_flow.order_line");
    let finding = &line["findings"][0];
    assert_eq!(finding["rule"], "call/output");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&Value::from(45), &Value::from(13))
    );

    let (status, sarif) = check(&folder, &["--format", "sarif"]);
    let report: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(status, Some(1));
    let result = &report["runs"][0]["results"][0];
    let rules = &report["runs"][0]["tool"]["driver"]["rules"];
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(
        (&result["level"], &rules[index]["id"]),
        (&Value::from("error"), &result["ruleId"])
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], FLOW);
    assert_eq!(place["region"]["startLine"], 45);

    let (status, junit) = check(&folder, &["--format", "junit"]);
    assert_eq!(status, Some(1));
    assert!(
        junit.contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"0\""),
        "{junit}"
    );
    assert!(junit.contains("delivery.&lt;date&gt;&amp;"), "{junit}");
}

#[test]
fn folders_below_are_looked_into_but_for_those_of_others() {
    let folder = empty("below");
    let flow = "commonModule:\n  name: M\n";
    for path in [".git", ".terraform/modules", "node_modules/x", "a/b"] {
        std::fs::create_dir_all(folder.join(path)).unwrap();
        std::fs::write(folder.join(path).join("f.yaml"), flow).unwrap();
    }
    std::fs::write(folder.join(".hidden.yaml"), flow).unwrap();
    let (_, told) = check(&folder, &["--format", "json"]);
    let report: Value = serde_json::from_str(&told).unwrap();
    let files: Vec<&str> = report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["a/b/f.yaml"]);
    let (status, told) = check(&empty("nothing"), &[]);
    assert_eq!(status, Some(0));
    assert!(
        told.starts_with("no flow and no data action is here\n"),
        "{told}"
    );
}

#[test]
#[cfg(unix)]
fn what_is_made_to_mislead_ends() {
    let folder = empty("misleading");
    std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
    std::os::unix::fs::symlink("nowhere.yaml", folder.join("dangling.yaml")).unwrap();
    let made = Command::new("mkfifo")
        .arg(folder.join("pipe.yaml"))
        .status();
    assert!(made.is_ok_and(|status| status.success()));
    std::fs::write(
        folder.join("wide.yaml"),
        [0xff, 0xfe]
            .iter()
            .copied()
            .chain("workflow:\n".bytes().flat_map(|b| [b, 0]))
            .collect::<Vec<u8>>(),
    )
    .unwrap();
    let huge = std::fs::File::create(folder.join("huge.yaml")).unwrap();
    huge.set_len(64 * 1024 * 1024).unwrap();
    let mut deep = folder.clone();
    for _ in 0..40 {
        deep.push("d");
    }
    std::fs::create_dir_all(&deep).unwrap();
    let (status, told) = check(&folder, &[]);
    assert_eq!(status, Some(2));
    assert!(
        told.contains("wide.yaml: error: not UTF-8 from byte 0 on"),
        "{told}"
    );
    assert!(
        told.contains("folders\n    are looked into 32 deep"),
        "{told}"
    );
    assert!(
        !told.contains("huge") && !told.contains("pipe") && !told.contains("up/"),
        "{told}"
    );
}

#[test]
fn validate_reads_what_terraform_deploys() {
    let folder = example("validate", FLOW, &[("playAudio", "playAudio")]);
    let output = run(&folder, &["workflow", "validate", "."]);
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("flows/order-line.yaml (genesyscloud_flow.order_line): valid, inboundCall"),
        "{told}"
    );
    let output = run(&folder, &["action", "validate", "."]);
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        told,
        "modules/actions/actions.tf: valid (Cancel Order)\nmodules/actions/actions.tf: valid (Find Order)\n"
    );

    let actions = "modules/actions/actions.tf";
    let folder = example("validate-wrong", actions, &[("\"GET\"", "\"GIT\"")]);
    let output = run(&folder, &["action", "validate", "."]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("modules/actions/actions.tf:36:28: config_request.request_type: `GIT`"),
        "{told}"
    );
    let output = run(&folder, &["action", "validate", "--json", "."]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report[1]["error"]["field"], "config_request.request_type");

    let folder = example("validate-flow", "main.tf", &[("var.prefix", "var.prefxi")]);
    let output = run(&folder, &["workflow", "validate", "."]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(
            "error: variable `prefxi` isn't declared in this module (did you mean prefix?)"
        ),
        "{told}"
    );
    let output = run(&folder, &["workflow", "validate", "--json", "."]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report[0]["address"], "genesyscloud_flow.greeting");
}

#[test]
fn what_a_terminal_would_obey_is_shown_escaped() {
    let folder = empty("escaped");
    let flow = "workflow:\n  name: \"a\\e[2Jb\\nc\\u202Ed\"\n  startUpRef: ./states/state[S]\n";
    std::fs::write(folder.join("f\u{1b}[31m.yaml"), flow).unwrap();
    let (_, text) = check(&folder, &[]);
    assert!(text.contains(r"f\u{1b}[31m.yaml"), "{text}");
    assert!(text.contains(r"a\u{1b}[2Jb\nc\u{202e}d"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
}
