//! `tollgate workflow validate`.
//!
//! What isn't known here may be the vendor's news or a slip. It is neither right nor wrong, so it has a word and an
//! exit status of its own: a check in CI stops at it, and whoever knows better lets it pass.

mod folder;

use super::input::{substitutions, workflow};
use crate::console::{errln, outln, plural};
use crate::exit::Exit;
use serde_json::json;
use std::path::PathBuf;
use tollgate_architect::{Problems, Severity, Workflow};

/// Checks workflow files.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Workflow files in Archy's YAML, or folders: of a folder, all files that look like a workflow; those that its
    /// .tf files deploy (genesyscloud_flow) with their substitutions.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A value for a placeholder, as NAME=VALUE. May be repeated.
    #[arg(long = "set")]
    set: Vec<String>,
    /// Print JSON: a list of files, each with its problems.
    #[arg(long)]
    json: bool,
    /// Exit with 0 where nothing is wrong but something isn't known here.
    #[arg(long)]
    allow_unsupported: bool,
}

/// What came of a file, from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Valid,
    /// Nothing is wrong, but something isn't known here.
    Unsupported,
    Wrong,
}

impl Verdict {
    fn of(parsed: &Result<Workflow, Problems>) -> Verdict {
        match parsed {
            Ok(workflow) if workflow.warnings().count(Severity::Unsupported) == 0 => Verdict::Valid,
            Ok(_) => Verdict::Unsupported,
            Err(_) => Verdict::Wrong,
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let substitutions = substitutions(&args.set)?;
    let (mut worst, mut reports) = (Verdict::Valid, Vec::new());
    for path in &args.files {
        if path.is_dir() {
            let reports = args.json.then_some(&mut reports);
            worst = worst.max(folder::validate(path, &substitutions, reports)?);
            continue;
        }
        let parsed = workflow(path, &substitutions)?;
        worst = worst.max(Verdict::of(&parsed));
        let name = path.display().to_string();
        if args.json {
            reports.push(report(&name, &parsed));
        } else {
            tell(&name, &parsed);
        }
    }
    if args.json {
        outln!("{:#}", json!(reports));
    }
    Ok(match worst {
        Verdict::Valid => Exit::Done,
        Verdict::Unsupported if args.allow_unsupported => Exit::Done,
        Verdict::Unsupported => Exit::Unjudged,
        Verdict::Wrong => Exit::Failed,
    })
}

fn report(name: &str, parsed: &Result<Workflow, Problems>) -> serde_json::Value {
    let problems = match parsed {
        Ok(workflow) => workflow.warnings(),
        Err(problems) => problems,
    };
    json!({
        "file": name,
        "valid": Verdict::of(parsed) == Verdict::Valid,
        "runs": parsed.is_ok(),
        "unsupported": problems.count(Severity::Unsupported),
        "workflow": summary(parsed.as_ref().ok()),
        "problems": listed(problems),
    })
}

/// A workflow in JSON; null for one that isn't valid.
fn summary(workflow: Option<&Workflow>) -> serde_json::Value {
    let summary = workflow.map(|workflow| {
        json!({
            "name": workflow.name(),
            "type": workflow.kind().word(),
            "steps": workflow.step_count(),
            "branches": workflow.branch_count(),
        })
    });
    json!(summary)
}

fn tell(name: &str, parsed: &Result<Workflow, Problems>) {
    outln!("{name}: {}", came_to(parsed.as_ref().ok()));
    match parsed {
        Ok(workflow) => print(name, workflow.warnings()),
        Err(problems) => print(name, problems),
    }
}

/// What a file came to, in a line.
fn came_to(workflow: Option<&Workflow>) -> String {
    let Some(workflow) = workflow else {
        return "not valid".to_owned();
    };
    let valid = match workflow.warnings().count(Severity::Unsupported) {
        0 => "valid".to_owned(),
        count => format!("valid but for {count} unsupported"),
    };
    let steps = plural(workflow.step_count(), "step");
    let branches = plural(workflow.branch_count(), "branch");
    format!("{valid}, {}, {steps}, {branches}", workflow.kind().word())
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
