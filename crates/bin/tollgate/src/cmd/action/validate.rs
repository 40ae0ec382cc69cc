//! `validate`: any number of files, each judged by itself.

use super::{USAGE, Validate, run};
use crate::console::plural;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tollgate_action::{Action, ActionError, Warning};

/// What one file came to.
enum Verdict {
    Valid {
        name: String,
        warnings: Vec<Warning>,
    },
    Refused(ActionError),
    Unreadable(String),
}

/// Judges the files. Without `--json` a line for each on stdout, and on stderr one for each fault and
/// warning, as `file:line:column: field: message`.
pub(super) fn validate(
    args: &Validate,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<u8> {
    let (mut status, mut report, mut warned, mut valid) = (0, Vec::new(), 0, 0);
    let files: Vec<PathBuf> = args.files.iter().flat_map(|path| files(path)).collect();
    for path in &files {
        let verdict = judge(path);
        match &verdict {
            Verdict::Valid { warnings, .. } => {
                valid += 1;
                warned += warnings.len();
            }
            Verdict::Refused(_) => status = status.max(1),
            Verdict::Unreadable(_) => status = USAGE,
        }
        if args.json {
            report.push(object(path, &verdict));
        } else {
            lines(path, &verdict, stdout, stderr)?;
        }
    }
    if args.json {
        writeln!(stdout, "{:#}", Value::Array(report))?;
    } else {
        let refused = files.len() - valid;
        let warned = plural(warned, "warning");
        writeln!(stderr, "{valid} valid, {refused} refused, {warned}")?;
    }
    if files.is_empty() {
        writeln!(stderr, "tollgate action: no .json file is there")?;
        status = USAGE;
    }
    Ok(status)
}

/// The `.json` files of a folder, by name; any other path itself.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = path.read_dir() else {
        return vec![path.to_owned()];
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let json = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    };
    let mut paths: Vec<PathBuf> = paths.filter(json).collect();
    paths.sort();
    paths
}

fn judge(path: &Path) -> Verdict {
    let text = match run::read(path) {
        Ok(text) => text,
        Err(message) => return Verdict::Unreadable(message),
    };
    match Action::from_json(&text) {
        Ok(action) => Verdict::Valid {
            name: action.name().to_owned(),
            warnings: action.warnings(),
        },
        Err(error) => Verdict::Refused(error),
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
        Verdict::Refused(error) => {
            writeln!(stdout, "{file}: refused")?;
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
        Verdict::Unreadable(message) => writeln!(stderr, "tollgate action: {message}")?,
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
        Verdict::Refused(error) => json!({
            "file": file,
            "valid": false,
            "error": {
                "field": error.field,
                "line": error.line,
                "column": error.column,
                "message": error.message,
            },
        }),
        Verdict::Unreadable(message) => {
            json!({"file": file, "valid": false, "error": {"message": message}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/actions")
    }

    fn output(files: Vec<PathBuf>, json: bool) -> (u8, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let status = validate(&Validate { files, json }, &mut stdout, &mut stderr).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status, text(stdout), text(stderr))
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
}
