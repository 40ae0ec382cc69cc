//! A check's report as JUnit's XML, which CI services show as tests: one test case for each workflow and data
//! action, and one for each other file in which something was found.
//!
//! Written by hand: five elements need no crate, and quick-junit brings chrono, which is banned here.

use super::text::lines;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tollgate_repository::{Finding, Item, Report, Verdict};

/// A test case.
struct Case<'r> {
    file: &'r str,
    name: String,
    findings: Vec<&'r Finding>,
    skipped: Option<&'r str>,
}

/// What a test case came to.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Outcome {
    Passed,
    Skipped,
    Failed,
    Errored,
}

pub(super) fn print(report: &Report, root: &str, strict: bool) -> String {
    let mut others: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.others {
        others.entry(&finding.file).or_default().push(finding);
    }
    let others = others.into_iter().map(|(file, findings)| Case {
        file,
        name: "file".to_owned(),
        findings,
        skipped: None,
    });
    let cases: Vec<Case> = report.items.iter().map(case).chain(others).collect();
    let outcomes: Vec<Outcome> = cases.iter().map(|case| case.outcome(strict)).collect();
    let count = |wanted| outcomes.iter().filter(|one| **one == wanted).count();
    let counts = format!(
        r#"name="tollgate check" tests="{}" failures="{}" errors="{}""#,
        cases.len(),
        count(Outcome::Failed),
        count(Outcome::Errored),
    );
    let skipped = count(Outcome::Skipped);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites {counts} time=\"0\">");
    let _ = writeln!(
        out,
        "  <testsuite {counts} skipped=\"{skipped}\" time=\"0\">"
    );
    for (case, outcome) in cases.iter().zip(outcomes) {
        case.print(outcome, root, &mut out);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(item: &Item) -> Case<'_> {
    let name = match &item.address {
        Some(address) if item.is_named => format!("{} {} ({address})", item.kind, item.name),
        _ => format!("{} {}", item.kind, item.name),
    };
    Case {
        file: &item.file,
        name: name.trim_end().to_owned(),
        findings: item.findings.iter().collect(),
        skipped: item.skipped.as_deref(),
    }
}

impl Case<'_> {
    fn outcome(&self, strict: bool) -> Outcome {
        match Verdict::of(self.findings.iter().copied()) {
            Verdict::Unreadable => Outcome::Errored,
            worst if worst.fails(strict) => Outcome::Failed,
            _ if self.skipped.is_some() => Outcome::Skipped,
            _ => Outcome::Passed,
        }
    }

    fn print(&self, outcome: Outcome, root: &str, out: &mut String) {
        let told: String = self.findings.iter().map(|one| lines(one, root)).collect();
        let (file, name) = (
            escaped(&format!("{root}{}", self.file)),
            escaped(&self.name),
        );
        let _ = write!(
            out,
            "    <testcase classname=\"{file}\" name=\"{name}\" time=\"0\""
        );
        let worst = self.findings.iter().min_by_key(|one| one.level);
        let worst = worst.map_or("", |one| &one.message);
        let (worst, told) = (escaped(worst), escaped(&told));
        let inner = match outcome {
            Outcome::Failed => {
                format!("<failure type=\"check\" message=\"{worst}\">{told}</failure>")
            }
            Outcome::Errored => {
                format!("<error type=\"unreadable\" message=\"{worst}\">{told}</error>")
            }
            Outcome::Skipped => {
                let why = escaped(self.skipped.unwrap_or_default());
                format!("<skipped message=\"{why}\"/>")
            }
            Outcome::Passed if told.is_empty() => String::new(),
            Outcome::Passed => format!("<system-out>{told}</system-out>"),
        };
        if inner.is_empty() {
            out.push_str("/>\n");
        } else {
            let _ = writeln!(out, ">{inner}</testcase>");
        }
    }
}

/// A text in XML, without the characters that XML can't hold.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
