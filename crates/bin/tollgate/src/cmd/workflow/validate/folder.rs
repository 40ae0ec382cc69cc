//! A folder's workflows, each by itself; those that Terraform deploys with their substitutions.

use super::{Verdict, came_to, summary};
use crate::cmd::folder::{Folder, prefix, told};
use crate::console::{errln, outln};
use anyhow::bail;
use serde_json::{Value, json};
use std::path::Path;
use tollgate_architect::{Substitutions, Workflow};
use tollgate_repository::{Finding, Item, Level, Options, read};

/// Judges all workflows of a folder, and prints what each came to or adds it to `reports`.
pub(super) fn validate(
    root: &Path,
    substitutions: &Substitutions,
    mut reports: Option<&mut Vec<Value>>,
) -> anyhow::Result<Verdict> {
    let (folder, faults) = Folder::open(root).map_err(anyhow::Error::msg)?;
    if let Some((file, why)) = faults.first() {
        bail!("{}{file}: {why}", prefix(root));
    }
    let options = Options {
        substitutions: substitutions.clone(),
        ..Options::default()
    };
    let repository = read(&folder, &options);
    let (start, mut worst, mut found) = (prefix(root), Verdict::Valid, false);
    for (item, workflow) in repository.workflows() {
        found = true;
        worst = worst.max(verdict(&item.findings));
        match &mut reports {
            Some(reports) => reports.push(report(&start, item, workflow)),
            None => print(&start, item, workflow),
        }
    }
    for finding in repository.others() {
        errln!("{}", told(&start, finding));
    }
    worst = worst.max(verdict(repository.others()));
    if !found {
        bail!("{}: no flow is there", root.display());
    }
    Ok(worst)
}

fn verdict(findings: &[Finding]) -> Verdict {
    let verdicts = findings.iter().map(|finding| match finding.level {
        Level::Error => Verdict::Wrong,
        Level::Unsupported => Verdict::Unsupported,
        Level::Warning | Level::Note => Verdict::Valid,
    });
    verdicts.max().unwrap_or(Verdict::Valid)
}

fn print(start: &str, item: &Item, workflow: Option<&Workflow>) {
    let deployed = match &item.address {
        Some(address) => format!(" ({address})"),
        None => String::new(),
    };
    let came_to = match &item.skipped {
        Some(why) => format!("not looked into: {why}"),
        None => came_to(workflow),
    };
    outln!("{start}{}{deployed}: {came_to}", item.file);
    for finding in &item.findings {
        errln!("{}", told(start, finding));
    }
}

fn report(start: &str, item: &Item, workflow: Option<&Workflow>) -> Value {
    let problem = |finding: &Finding| {
        json!({
            "line": finding.place.map(|place| place.line),
            "column": finding.place.map(|place| place.column),
            "severity": finding.level.as_str(),
            "message": finding.message,
            "help": finding.help,
        })
    };
    json!({
        "file": format!("{start}{}", item.file),
        "address": item.address,
        "valid": verdict(&item.findings) == Verdict::Valid,
        "runs": workflow.is_some(),
        "unsupported": item.findings.iter().filter(|one| one.level == Level::Unsupported).count(),
        "workflow": summary(workflow),
        "problems": item.findings.iter().map(problem).collect::<Vec<Value>>(),
    })
}
