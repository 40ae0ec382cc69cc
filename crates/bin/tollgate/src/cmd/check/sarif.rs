//! A check's report as SARIF 2.1.0, which code scanning services read.
//!
//! Written as JSON by hand: the few fields below are all that is needed, while serde-sarif generates types of the
//! whole standard by a build script with crates that nobody keeps (schemafy, syn 1).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tollgate_repository::{Finding, Level, Report, Rule};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What isn't part of a path as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(super) fn print(report: &Report, root: &str) -> String {
    let rules = Rule::ALL
        .iter()
        .map(|rule| json!({"id": rule.id(), "shortDescription": {"text": rule.says()}}));
    let results = report.findings().into_iter().map(|one| result(one, root));
    let whole = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tollgate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<Value>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<Value>>(),
        }],
    });
    format!("{whole:#}\n")
}

fn result(finding: &Finding, root: &str) -> Value {
    let level = match finding.level {
        Level::Error => "error",
        Level::Unsupported | Level::Warning => "warning",
        Level::Note => "note",
    };
    let index = Rule::ALL.iter().position(|rule| *rule == finding.rule);
    let path = format!("{root}{}", finding.file);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let uri = format!("{scheme}{}", utf8_percent_encode(&path, PATH));
    let mut location = json!({"artifactLocation": {"uri": uri}});
    if let Some(place) = finding.place {
        location["region"] =
            json!({"startLine": place.line.max(1), "startColumn": place.column.max(1)});
    }
    json!({
        "ruleId": finding.rule.id(),
        "ruleIndex": index,
        "level": level,
        "message": {"text": finding.with_help(&finding.what())},
        "locations": [{"physicalLocation": location}],
    })
}
