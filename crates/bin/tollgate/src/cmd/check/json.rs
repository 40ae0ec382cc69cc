//! A check's report as JSON.

use serde_json::{Value, json};
use tollgate_repository::{Finding, Report};

pub(super) fn print(report: &Report, root: &str) -> String {
    let items = report.items.iter().map(|item| {
        json!({
            "file": format!("{root}{}", item.file),
            "kind": item.kind,
            "name": item.name,
            "address": item.address,
            "verdict": item.verdict().as_str(),
            "skipped": item.skipped,
            "findings": item.findings.iter().map(|one| finding(one, root)).collect::<Vec<Value>>(),
        })
    });
    let others = report.others.iter().map(|one| finding(one, root));
    let whole = json!({
        "verdict": report.worst().as_str(),
        "items": items.collect::<Vec<Value>>(),
        "others": others.collect::<Vec<Value>>(),
    });
    format!("{whole:#}\n")
}

fn finding(finding: &Finding, root: &str) -> Value {
    json!({
        "file": format!("{root}{}", finding.file),
        "line": finding.place.map(|place| place.line),
        "column": finding.place.map(|place| place.column),
        "level": finding.level.as_str(),
        "rule": finding.rule.id(),
        "field": finding.field,
        "message": finding.message,
        "help": finding.help,
    })
}
