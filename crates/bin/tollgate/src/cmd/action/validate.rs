//! `validate`: any number of files, each judged by itself.

mod terraform;

use super::{Validate, files, run};
use crate::cmd::folder::has_terraform;
use crate::console::plural;
use crate::exit::Exit;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tollgate_action::{Action, ActionError, Faults, Warning};
use tollgate_repository::Level;

/// What one file came to.
enum Verdict {
    Valid {
        name: String,
        warnings: Vec<Warning>,
    },
    Refused(Faults),
    Unreadable(String),
}

/// Judges the files. Without `--json` a line for each on stdout, and on stderr one for each fault (at most 32 a
/// file) and warning, as `file:line:column: field: message`.
pub(super) fn validate(
    args: &Validate,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<Exit> {
    let (mut exit, mut report, mut warned, mut valid) = (Exit::Done, Vec::new(), 0, 0);
    let (judged, said, failed) = judged(&args.files);
    if failed {
        exit = Exit::Failed;
    }
    for (path, verdict) in &judged {
        match verdict {
            Verdict::Valid { warnings, .. } => {
                valid += 1;
                warned += warnings.len();
            }
            Verdict::Refused(_) => exit = exit.max(Exit::Failed),
            Verdict::Unreadable(_) => exit = Exit::Unusable,
        }
        if args.json {
            report.push(object(path, verdict));
        } else {
            lines(path, verdict, stdout, stderr)?;
        }
    }
    for line in said {
        writeln!(stderr, "{line}")?;
    }
    if args.json {
        writeln!(stdout, "{:#}", Value::Array(report))?;
    } else {
        let refused = judged.len() - valid;
        let warned = plural(warned, "warning");
        writeln!(stderr, "{valid} valid, {refused} refused, {warned}")?;
    }
    Ok(exit)
}

/// All that the arguments name, judged; what is said besides of Terraform's files, and whether any of that is an
/// error.
fn judged(arguments: &[PathBuf]) -> (Vec<(PathBuf, Verdict)>, Vec<String>, bool) {
    let (terraform, plain): (Vec<PathBuf>, Vec<PathBuf>) = arguments
        .iter()
        .cloned()
        .partition(|path| has_terraform(path));
    let named = files::named(&plain).into_iter().map(|named| match named {
        Ok(path) => {
            let verdict = judge(&path);
            (path, verdict)
        }
        Err((path, message)) => {
            let message = format!("{}: {message}", path.display());
            (path, Verdict::Unreadable(message))
        }
    });
    let mut judged: Vec<(PathBuf, Verdict)> = named.collect();
    let (mut said, mut failed) = (Vec::new(), false);
    for root in terraform {
        match terraform::judge(&root) {
            Ok((actions, findings)) => {
                judged.extend(actions);
                said.extend(terraform::lines(&root, &findings));
                failed |= findings.iter().any(|one| one.level == Level::Error);
            }
            Err(message) => judged.push((root, Verdict::Unreadable(message))),
        }
    }
    (judged, said, failed)
}

fn judge(path: &Path) -> Verdict {
    let text = match run::read(path) {
        Ok(text) => text,
        Err(message) => return Verdict::Unreadable(message),
    };
    match Action::read(&text) {
        Ok(action) => Verdict::Valid {
            name: action.name().to_owned(),
            warnings: action.warnings(),
        },
        Err(faults) => Verdict::Refused(faults),
    }
}

fn lines(
    path: &Path,
    verdict: &Verdict,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<()> {
    let file = path.display();
    match verdict {
        Verdict::Valid { name, warnings } => {
            writeln!(stdout, "{file}: valid ({name})")?;
            for warning in warnings {
                let (line, column, field) = (warning.line, warning.column, &warning.field);
                let message = &warning.message;
                writeln!(
                    stderr,
                    "{file}:{line}:{column}: warning: {field}: {message}"
                )?;
            }
        }
        Verdict::Refused(faults) => {
            writeln!(stdout, "{file}: refused")?;
            tell_faults(path, faults, stderr)?;
        }
        Verdict::Unreadable(message) => writeln!(stderr, "tollgate action: {message}")?,
    }
    Ok(())
}

/// A line for each fault of a file.
pub(super) fn tell_faults(path: &Path, faults: &Faults, stderr: &mut impl Write) -> io::Result<()> {
    let file = path.display();
    for error in faults.iter() {
        let place = match (error.line, error.column) {
            (Some(line), Some(column)) => format!(":{line}:{column}"),
            _ => String::new(),
        };
        let field = match error.field.as_str() {
            "" => String::new(),
            field => format!("{field}: "),
        };
        writeln!(stderr, "{file}{place}: {field}{}", error.message)?;
    }
    Ok(())
}

fn object(path: &Path, verdict: &Verdict) -> Value {
    let file = path.display().to_string();
    match verdict {
        Verdict::Valid { name, warnings } => {
            let warnings: Vec<Value> = warnings
                .iter()
                .map(|warning| {
                    json!({
                        "field": warning.field,
                        "line": warning.line,
                        "column": warning.column,
                        "message": warning.message,
                    })
                })
                .collect();
            json!({"file": file, "valid": true, "name": name, "warnings": warnings})
        }
        Verdict::Refused(faults) => json!({
            "file": file,
            "valid": false,
            "error": fault(&faults.first),
            "errors": faults.iter().map(fault).collect::<Vec<Value>>(),
        }),
        Verdict::Unreadable(message) => {
            let fault = json!({"message": message});
            json!({"file": file, "valid": false, "error": fault, "errors": [fault]})
        }
    }
}

/// A fault as an object.
pub(super) fn fault(error: &ActionError) -> Value {
    json!({
        "field": error.field,
        "line": error.line,
        "column": error.column,
        "message": error.message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/actions")
    }

    fn output(files: Vec<PathBuf>, json: bool) -> (u8, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = validate(&Validate { files, json }, &mut stdout, &mut stderr).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.status(), text(stdout), text(stderr))
    }

    #[test]
    fn every_example_is_valid_and_without_a_warning() {
        let (status, stdout, stderr) = output(vec![folder()], false);
        let count = stdout.lines().count();
        assert!(count >= 12);
        assert_eq!(
            (status, stderr),
            (0, format!("{count} valid, 0 refused, 0 warnings\n"))
        );
    }

    #[test]
    fn an_unreadable_file_is_bad_usage() {
        let file = PathBuf::from("no/such/file.json");
        let (status, stdout, stderr) = output(vec![file.clone()], false);
        assert_eq!((status, stdout.as_str()), (64, ""));
        assert!(stderr.starts_with("tollgate action: no/such/file.json: "));
        let (status, stdout, _) = output(vec![file], true);
        let report = tollgate_json::read(&stdout).unwrap();
        assert_eq!((status, &report[0]["valid"]), (64, &json!(false)));
    }

    #[test]
    fn folders_are_looked_into_and_an_empty_one_is_bad_usage() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for folder in ["in/deep", "empty/.hidden", "other"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        let action = std::fs::read(folder().join("Look-Up-Order.json")).unwrap();
        for file in [
            "in/b.json",
            "in/deep/A.JSON",
            "empty/.hidden/c.json",
            "other/note.txt",
        ] {
            std::fs::write(at(file), &action).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path(), at("in/deep/again")).unwrap();
        let (status, stdout, stderr) = output(vec![at("in")], false);
        assert_eq!((status, stdout.lines().count()), (0, 2), "{stdout}{stderr}");
        assert!(
            stdout.contains("b.json: valid") && stdout.contains("A.JSON: valid"),
            "{stdout}"
        );
        for folder in ["empty", "other"] {
            let (status, _, stderr) = output(vec![at("in"), at(folder)], false);
            assert_eq!(status, 64, "{stderr}");
            let told = format!("{}: no .json file is there", at(folder).display());
            assert!(stderr.contains(&told), "{stderr}");
        }
        let (status, stdout, _) = output(vec![at("other")], true);
        let report = tollgate_json::read(&stdout).unwrap();
        assert_eq!((status, &report[0]["valid"]), (64, &json!(false)));
    }

    #[test]
    fn a_file_tells_of_all_its_faults() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a.json");
        let bad = json!({"integrationType": "custom-rest-actions",
            "config": {"request": {"requestUrlTemplate": "https://x/#if($", "requestType": "FETCH",
                "headers": {"Host": "x", "a b": "y", "X": 1}, "requestTemplate": "#if("},
              "response": {"translationMap": {"k": "$['a", "l": "$["}, "successTemplate": "#end"},
              "timeoutSeconds": 90},
            "contract": {"input": {"inputSchema": {"type": "word"}}, "output": {}}});
        std::fs::write(&file, format!("{bad:#}")).unwrap();
        let (status, stdout, stderr) = output(vec![file.clone()], false);
        assert_eq!((status, stdout.contains("refused")), (1, true));
        for field in [
            ": name: is missing",
            "config.timeoutSeconds: ",
            "config.request.requestUrlTemplate: ",
            "config.request.requestType: `FETCH`",
            "config.request.headers.Host: ",
            "config.request.headers.a b: ",
            "config.request.headers.X: expected a text",
            "config.request.requestTemplate: ",
            "config.response.translationMap.k: ",
            "config.response.translationMap.l: ",
            "config.response.successTemplate: ",
            "contract.input.inputSchema: ",
            "contract.output.successSchema: is missing",
        ] {
            assert!(stderr.contains(field), "{field}: {stderr}");
        }
        let (_, stdout, _) = output(vec![file.clone()], true);
        let report = tollgate_json::read(&stdout).unwrap();
        assert_eq!(report[0]["error"], report[0]["errors"][0]);
        assert_eq!(
            report[0]["errors"].as_array().unwrap().len(),
            13,
            "{stdout}"
        );

        std::fs::write(&file, "{").unwrap();
        let (_, stdout, _) = output(vec![file.clone()], true);
        let report = tollgate_json::read(&stdout).unwrap();
        assert_eq!(report[0]["errors"].as_array().unwrap().len(), 1);
        let headers: serde_json::Map<_, _> =
            (0..99).map(|n| (format!("a {n}"), json!("x"))).collect();
        std::fs::write(
            &file,
            json!({"config": {"request": {"headers": headers}}}).to_string(),
        )
        .unwrap();
        let (_, stdout, _) = output(vec![file], true);
        let report = tollgate_json::read(&stdout).unwrap();
        assert_eq!(report[0]["errors"].as_array().unwrap().len(), 32);
    }
}
