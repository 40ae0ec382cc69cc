//! Folders with `.tf` files: the data actions that Terraform deploys from there, and the exports beside them.
//! Which JSON files are exports is told by their content, since such folders have others too.

use super::Verdict;
use crate::cmd::folder::{Folder, prefix, told};
use std::path::{Path, PathBuf};
use tollgate_action::{ActionError, Faults, Warning};
use tollgate_repository::{Finding, Item, Level, Options, Rule, read};

/// Each action with its file, and what is said besides.
pub(super) type Judged = (Vec<(PathBuf, Verdict)>, Vec<Finding>);

/// Judges all data actions of a folder.
///
/// # Errors
/// The folder can't be read.
pub(super) fn judge(root: &Path) -> Result<Judged, String> {
    let (folder, faults) = Folder::open(root)?;
    let repository = read(&folder, &Options::default());
    let start = prefix(root);
    let actions = repository.actions().map(|item| {
        let path = PathBuf::from(format!("{start}{}", item.file));
        (path, verdict(item))
    });
    let unseen = faults.into_iter().map(|(file, why)| {
        let path = format!("{start}{file}");
        let message = format!("{path}: {why}");
        (PathBuf::from(path), Verdict::Unreadable(message))
    });
    let judged = actions.chain(unseen).collect();
    Ok((judged, repository.others().to_vec()))
}

/// What is said besides, as lines.
pub(super) fn lines(root: &Path, findings: &[Finding]) -> Vec<String> {
    let start = prefix(root);
    findings
        .iter()
        .map(|finding| told(&start, finding))
        .collect()
}

fn verdict(item: &Item) -> Verdict {
    let unreadable = item
        .findings
        .iter()
        .find(|one| one.rule == Rule::Unreadable);
    if let Some(finding) = unreadable {
        return Verdict::Unreadable(format!("{}: {}", finding.file, finding.message));
    }
    let errors = item.findings.iter().filter(|one| one.level == Level::Error);
    let mut errors = errors.map(|finding| ActionError {
        field: finding.field.clone(),
        line: finding.place.map(|place| place.line as usize),
        column: finding.place.map(|place| place.column as usize),
        message: finding.with_help(&finding.message),
    });
    match errors.next() {
        Some(first) => Verdict::Refused(Faults {
            first,
            others: errors.collect(),
        }),
        None => Verdict::Valid {
            name: item.name.clone(),
            warnings: item.findings.iter().map(warning).collect(),
        },
    }
}

fn warning(finding: &Finding) -> Warning {
    let (line, column) = finding
        .place
        .map_or((1, 1), |place| (place.line, place.column));
    Warning {
        field: finding.field.clone(),
        line: line as usize,
        column: column as usize,
        message: finding.with_help(&finding.message),
    }
}
