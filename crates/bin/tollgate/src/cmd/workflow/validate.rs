//! `tollgate workflow validate`.

use super::input::{read, substitutions};
use crate::console::{errln, outln};
use serde_json::json;
use std::path::PathBuf;
use tollgate_architect::{Problems, Workflow};

/// Checks workflow files.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Workflow files in Archy's YAML.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A value for a placeholder, as NAME=VALUE. May be repeated.
    #[arg(long = "set")]
    set: Vec<String>,
    /// Print JSON: a list of files, each with its problems.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let substitutions = substitutions(&args.set)?;
    let (mut good, mut reports) = (true, Vec::new());
    for path in &args.files {
        let text = read(path)?;
        let parsed = Workflow::parse_with(&text, &substitutions);
        good &= parsed.is_ok();
        let name = path.display().to_string();
        if args.json {
            let (workflow, problems) = match &parsed {
                Ok(workflow) => (
                    json!({"name": workflow.name(), "type": workflow.kind().word(), "steps": workflow.step_count(), "branches": workflow.branch_count()}),
                    workflow.warnings(),
                ),
                Err(problems) => (json!(null), problems),
            };
            reports.push(json!({"file": name, "valid": parsed.is_ok(), "workflow": workflow, "problems": listed(problems)}));
            continue;
        }
        match &parsed {
            Ok(workflow) => {
                outln!(
                    "{name}: valid, {}, {} steps, {} branches",
                    workflow.kind().word(),
                    workflow.step_count(),
                    workflow.branch_count()
                );
                print(&name, workflow.warnings());
            }
            Err(problems) => {
                outln!("{name}: not valid");
                print(&name, problems);
            }
        }
    }
    if args.json {
        outln!("{:#}", json!(reports));
    }
    Ok(good)
}

/// Problems go to stderr, in the form that editors jump to.
pub(super) fn print(name: &str, problems: &Problems) {
    for problem in problems.as_slice() {
        errln!("{name}:{problem}");
    }
}

fn listed(problems: &Problems) -> Vec<serde_json::Value> {
    let listed = problems.as_slice().iter().map(|problem| {
        json!({
            "line": problem.place.line,
            "column": problem.place.column,
            "severity": problem.severity.as_str(),
            "message": problem.message,
            "help": problem.help,
        })
    });
    listed.collect()
}
