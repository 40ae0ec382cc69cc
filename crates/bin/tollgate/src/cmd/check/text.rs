//! A check's report for people: a table of what there is, then all that was found.

use crate::cmd::folder::prefix;
use crate::console::{plural, wrapped};
use crate::verdict::{self, Standing};
use std::fmt::Write as _;
use std::path::Path;
use tollgate_repository::{Finding, Level, Part, Report, Verdict};

/// Columns of the report.
const WIDTH: usize = 80;
/// Blanks between two columns.
const GAP: usize = 2;

pub(super) fn print(report: &Report, root: &str) -> String {
    let mut out = table(report, root);
    let findings = report.findings();
    if !findings.is_empty() {
        out.push('\n');
    }
    for finding in &findings {
        out.push_str(&lines(finding, root));
    }
    let _ = writeln!(out, "\n{}", summary(report, &findings));
    out
}

/// A line for each workflow and data action. Paths and names too long for the width lose their beginnings and
/// their ends: what is found tells paths whole.
fn table(report: &Report, root: &str) -> String {
    if report.items.is_empty() {
        return "no flow and no data action is here\n".to_owned();
    }
    let head = ["File", "Kind", "Name", "Verdict"].map(str::to_owned);
    let rows = report.items.iter().map(|item| {
        [
            shown(&format!("{root}{}", item.file)),
            item.kind.clone(),
            shown(&item.name),
            item.verdict().as_str().to_owned(),
        ]
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [file, kind, name, verdict] = [0, 1, 2, 3].map(|column| widest(column).unwrap_or_default());
    let free = WIDTH.saturating_sub(kind + verdict + 3 * GAP);
    // Half of the room for each, and what the other doesn't need.
    let name = name.min((free / 2).max(free.saturating_sub(file)));
    let file = file.min(free - name);
    let mut out = String::new();
    for [path, word, called, came_to] in rows {
        let (path, called) = (without_beginning(&path, file), without_end(&called, name));
        let line = format!("{path:file$}  {word:kind$}  {called:name$}  {came_to}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn without_end(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain(['…']).collect()
}

fn without_beginning(text: &str, width: usize) -> String {
    let Some(over) = text
        .chars()
        .count()
        .checked_sub(width)
        .filter(|over| *over > 0)
    else {
        return text.to_owned();
    };
    let kept = text.chars().skip(over + 1);
    ['…'].into_iter().chain(kept).collect()
}

/// What the report means, and what is to be done about it.
pub(super) fn verdict(report: &Report, folder: &Path, strict: bool) -> verdict::Verdict {
    let (worst, findings) = (report.worst(), report.findings());
    let errors = findings.iter().find(|one| one.level == Level::Error);
    let others = findings.iter().find(|one| one.level != Level::Note);
    let place = errors.or(others).map_or_else(String::new, |one| {
        let line = one.place.map_or(String::new(), |place| format!(":{place}"));
        shown(&format!("{}{}{line}", prefix(folder), one.file))
    });
    let folder = shown(&folder.display().to_string());
    let again = format!("mend {place} first, and run `tollgate check {folder}` again.");
    let (standing, means, next) = match worst {
        Verdict::Unreadable => (Standing::Bad, "not all of it could be read.", again),
        Verdict::Invalid => (Standing::Bad, "something here can't work as it is.", again),
        _ if report.items.is_empty() => (
            Standing::Doubtful,
            "there is nothing here to check.",
            "give the folder that has the files: `tollgate check FOLDER`.".to_owned(),
        ),
        worst if worst.fails(strict) => (Standing::Bad, "not all of it is sure to work.", again),
        worst if worst.fails(true) => (
            Standing::Doubtful,
            "nothing is wrong, but there is something to know about.",
            format!("look at {place}; `tollgate check {folder} --strict` fails by such."),
        ),
        _ => (
            Standing::Good,
            "all that was looked into is right, and fits together.",
            format!("have CI run `tollgate check {folder} --strict`."),
        ),
    };
    verdict::Verdict::new(standing, means, next)
}

fn summary(report: &Report, findings: &[&Finding]) -> String {
    let count = |level| findings.iter().filter(|one| one.level == level).count();
    let actions = report.items.iter();
    let actions = actions.filter(|item| item.part == Part::Action);
    let actions = actions.count();
    let flows = report.items.len() - actions;
    let good = report.items.iter();
    let good = good
        .filter(|item| item.verdict() < Verdict::Invalid)
        .count();
    let mut parts = vec![
        plural(count(Level::Error), "error"),
        plural(count(Level::Warning), "warning"),
    ];
    let unsupported = count(Level::Unsupported);
    if unsupported > 0 {
        parts.push(format!("{unsupported} unsupported"));
    }
    let notes = count(Level::Note);
    if notes > 0 {
        parts.push(plural(notes, "note"));
    }
    format!(
        "{}, {}: {good} of {} without errors; {}",
        plural(flows, "flow"),
        plural(actions, "data action"),
        report.items.len(),
        parts.join(", ")
    )
}

/// A finding as lines: what is found where, in the form that editors jump to; then what to do, or what comes of it.
pub(super) fn lines(finding: &Finding, root: &str) -> String {
    let place = finding
        .place
        .map_or(String::new(), |place| format!(":{place}"));
    let level = finding.level.as_str();
    let (file, what) = (&finding.file, finding.what());
    let first = format!("{root}{file}{place}: {level}: {what}");
    let mut out = wrapped(&shown(&first), "    ") + "\n";
    if !finding.help.is_empty() {
        out.push_str(&wrapped(&format!("    → {}", shown(&finding.help)), "    "));
        out.push('\n');
    }
    out
}

/// A text for a terminal, in one line: what a terminal obeys, and what turns the direction of writing, is escaped.
fn shown(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = text.chars().map(|letter| {
        if letter.is_control() || turns(letter) {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    });
    letters.collect()
}
