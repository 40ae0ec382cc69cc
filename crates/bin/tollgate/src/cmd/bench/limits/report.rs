//! How rows are shown, and which goals they miss.

use super::case::{Case, Goals, Reached};
use super::seen::{PartySeen, Seen};
use crate::console::{errln, outln, plural, wrapped};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Figures that were measured before tollgate learned, with `--tsv`.
const BEFORE: &str = include_str!("before.tsv");

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Words,
    Json,
    Figures,
}

/// One case's results. Parts of 1.
pub(super) struct Row {
    name: String,
    scale: &'static str,
    about: String,
    kind: &'static str,
    figures: Figures,
    /// The part used by who knows the windows, where loads change.
    known: Option<f64>,
    /// Of all three alignments and the whole time: calls refused by the upstream, and for no limit's sake.
    refused: u64,
    refused_after: u64,
    strays: u64,
    all: PartySeen,
    /// The goals that are missed.
    pub(super) missed: Vec<String>,
}

/// What is set beside what was before.
#[derive(Clone, Copy, Default)]
struct Figures {
    used: f64,
    refused: f64,
    refused_whole: f64,
    expired: f64,
    /// With the first class beside.
    expired_beside: f64,
    failed: f64,
    voice: Option<f64>,
    other: Option<f64>,
    stranger: Option<f64>,
}

impl Row {
    pub(super) fn new(case: &Case, scale: &'static str, seen: &Seen, voice: &Seen) -> Self {
        let after = seen.after.of(|_| true);
        let other = seen.after.of(|party| party.other);
        // The first class is looked at beside the others.
        let with_voice = voice.after.of(|_| true);
        let first = voice.after.of(|party| party.name == "voice");
        let taken = |seen: &PartySeen| (seen.asked - seen.refused_at_once).max(1) as f64;
        let figures = Figures {
            used: seen.used(),
            refused: seen.after.refused_part(),
            refused_whole: seen.whole.refused_part(),
            expired: after.expired_part(),
            expired_beside: with_voice.expired_part(),
            failed: after.failed as f64 / taken(&after),
            voice: first.served_part(),
            other: other.served_part(),
            stranger: seen.after.stranger(),
        };
        let reached = Reached {
            used: seen.known(),
            refused: seen.after.unforeseen_part(),
            voice: first.admissible_part(),
        };
        Self {
            name: case.name.clone(),
            scale,
            about: case.about.clone(),
            kind: case.goals.kind,
            missed: missed(case.goals.beside(reached), figures),
            figures,
            known: seen.known(),
            refused: seen.whole.refused,
            refused_after: seen.after.refused,
            strays: seen.whole.strays,
            all: seen.whole.of(|_| true),
        }
    }
    /// In milliseconds: half of the calls waited no longer, and 95 and 99 of a hundred.
    fn waits(&self) -> [u128; 3] {
        [50, 95, 99].map(|percent| self.all.wait(percent))
    }
}

/// The goals that the figures miss. A tenth of a percent is as much as is printed, so half of that is
/// no miss.
fn missed(goals: Goals, figures: Figures) -> Vec<String> {
    const PRINTED: f64 = 0.0005;
    let percent = |part: f64| format!("{:.1} %", 100.0 * part);
    let mut missed = Vec::new();
    let mut least = |what: &str, goal: Option<f64>, is: Option<f64>| {
        if let (Some(goal), Some(is)) = (goal, is)
            && is < goal - PRINTED
        {
            missed.push(format!("{what} {} of {}", percent(is), percent(goal)));
        }
    };
    least("used", goals.used, Some(figures.used));
    least("other", goals.other, figures.other);
    least("stranger", goals.stranger, figures.stranger);
    least("voice", Some(goals.voice), figures.voice);
    let mut most = |what: &str, goal: Option<f64>, is: f64| {
        if let Some(goal) = goal
            && is > goal
        {
            missed.push(format!("{what} {:.2} %", 100.0 * is));
        }
    };
    most("refused", goals.refused, figures.refused);
    most("expired", Some(goals.expired), figures.expired);
    most(
        "expired beside voice",
        Some(goals.expired),
        figures.expired_beside,
    );
    most("failed", Some(goals.expired), figures.failed);
    missed
}

impl Figures {
    /// Each with its name, in order.
    fn columns(self) -> [(&'static str, Option<f64>); 9] {
        [
            ("used", Some(self.used)),
            ("refused", Some(self.refused)),
            ("refused_whole", Some(self.refused_whole)),
            ("expired", Some(self.expired)),
            ("expired_beside", Some(self.expired_beside)),
            ("failed", Some(self.failed)),
            ("voice", self.voice),
            ("other", self.other),
            ("stranger", self.stranger),
        ]
    }
}

fn names() -> [&'static str; 9] {
    Figures::default().columns().map(|(name, _)| name)
}

/// What was measured before, by case and scale, in percent.
fn before() -> BTreeMap<(&'static str, &'static str), Vec<Option<f64>>> {
    let lines = BEFORE.lines().filter(|line| !line.starts_with('#'));
    lines
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let key = (fields.next()?, fields.next()?);
            Some((key, fields.map(|field| field.parse().ok()).collect()))
        })
        .collect()
}

/// Whether it is known how a case was before.
#[cfg(test)]
pub(super) fn is_known(name: &str, scale: &str) -> bool {
    before().keys().any(|known| *known == (name, scale))
}

pub(super) fn begin(format: Format, scale: &str, windows: u32, seed: u64) {
    match format {
        Format::Json => {}
        Format::Figures => {
            outln!(
                "# percent; tollgate bench limits --tsv --scale {scale} --windows {windows} --seed {seed}"
            );
            outln!("case\tscale\t{}", names().join("\t"));
        }
        Format::Words => {
            let head = format!(
                "{scale} scale, {} after three of learning, three alignments, seed {seed}; before → now, in percent",
                plural(windows, "window")
            );
            errln!("{}", wrapped(&head, ""));
        }
    }
}

pub(super) fn show(row: &Row, format: Format) {
    let columns = row.figures.columns();
    let figure = |part: Option<f64>, digits: usize| {
        part.map_or("-".into(), |part| format!("{:.*}", digits, 100.0 * part))
    };
    match format {
        Format::Json => {}
        Format::Figures => {
            let figures = columns.map(|(_, part)| figure(part, 3));
            outln!("{}\t{}\t{}", row.name, row.scale, figures.join("\t"));
        }
        Format::Words => {
            let before = before();
            let before = before.get(&(row.name.as_str(), row.scale));
            let cells = columns.iter().enumerate().map(|(place, (name, now))| {
                let digits = if (1..=2).contains(&place) { 2 } else { 1 };
                let was = before.and_then(|it| it.get(place).copied().flatten());
                let now = figure(*now, digits);
                let cell = match was {
                    Some(was) => format!("{was:.digits$} → {now}"),
                    None => now,
                };
                format!("{} {cell}", name.replace('_', " "))
            });
            let cells: Vec<String> = cells.collect();
            let [p50, p95, p99] = row.waits();
            outln!(
                "{}: {} of {} served, wait p50/95/99 {p50}/{p95}/{p99} ms",
                row.name,
                row.all.served,
                row.all.asked
            );
            outln!("{}", wrapped(&format!("  {}", cells.join(", ")), "  "));
            if !row.missed.is_empty() {
                let missed = format!("  goals missed: {}", row.missed.join(", "));
                outln!("{}", wrapped(&missed, "    "));
            }
            if let Some(known) = row.known {
                outln!("  used by who knows the windows: {:.1}", 100.0 * known);
            }
            if before.is_none() {
                outln!("{}", wrapped(&format!("  {}", row.about), "  "));
            }
        }
    }
}

pub(super) fn end(rows: &[Row], format: Format) {
    match format {
        Format::Json => {
            let rows: Vec<Value> = rows.iter().map(value).collect();
            outln!("{}", json!({ "rows": rows }));
        }
        Format::Figures => {}
        Format::Words => {
            let held = rows.iter().filter(|row| row.missed.is_empty()).count();
            outln!(
                "{held} of {} reach all their goals",
                plural(rows.len(), "case")
            );
        }
    }
}

fn value(row: &Row) -> Value {
    let all = &row.all;
    let figures = row.figures.columns().into_iter();
    let figures = figures.map(|(name, part)| (name.to_owned(), json!(part)));
    json!({
        "case": row.name,
        "scale": row.scale,
        "about": row.about,
        "kind": row.kind,
        "parts": figures.collect::<serde_json::Map<_, _>>(),
        "who_knows_the_windows": row.known,
        "refused": row.refused,
        "refused_after_learning": row.refused_after,
        "strays": row.strays,
        "asked": all.asked,
        "served": all.served,
        "failed": all.failed,
        "expired": all.expired,
        "let_go": all.let_go,
        "refused_at_once": all.refused_at_once,
        "wait_ms": row.waits().map(|wait| wait as u64),
        "missed": row.missed,
    })
}
