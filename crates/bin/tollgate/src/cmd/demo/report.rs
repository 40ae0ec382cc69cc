//! The figures, side by side.

use super::load::{Flow, FlowTally, MINUTES, Tally};
use super::pace::Pace;
use super::parts::Parts;
use super::world::PER_TOKEN;
use crate::console::plural;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;
use tollgate_platform::Counts;

/// What a step of a call may be late by, at the platform's pace.
const TOO_LATE: Duration = Duration::from_millis(500);
/// How long a run takes at the most, in minutes: who arrives last has a minute and a half, and calls take a moment.
const RUN: f64 = MINUTES as f64 + 2.0;

/// Both runs.
pub(super) struct Report {
    pub(super) pace: Pace,
    pub(super) compared: Compared,
    pub(super) first: Side,
    pub(super) second: Side,
    /// How late this machine usually was.
    pub(super) lag: Duration,
}

/// What the two runs are.
pub(super) enum Compared {
    /// One token with retries, and tollgate.
    Plain,
    /// One node, and several; how their parts moved.
    Nodes(Parts),
}

/// One run.
pub(super) struct Side {
    tally: Tally,
    /// Answers 429 of the upstream's.
    pub(super) limited: u64,
    /// Calls of each token that was used.
    tokens: Vec<u64>,
    /// Calls counted in the organisation's windows.
    windows: Vec<u32>,
    took: Duration,
    pace: Pace,
}

impl Side {
    /// What lies between two counts of the platform's.
    pub(super) fn new(
        mut tally: Tally,
        (before, after): (&Counts, &Counts),
        took: Duration,
        pace: Pace,
    ) -> Self {
        tally.0.iter_mut().for_each(|flow| flow.waits.sort());
        let used = after.tokens.iter().enumerate().map(|(at, token)| {
            token.admitted - before.tokens.get(at).map_or(0, |token| token.admitted)
        });
        Self {
            tally,
            limited: after.limited() - before.limited(),
            tokens: used.filter(|calls| *calls > 0).collect(),
            windows: after
                .windows
                .iter()
                .skip(before.windows.len())
                .map(|window| window.count)
                .collect(),
            took,
            pace,
        }
    }

    pub(super) fn sum(&self, count: impl Fn(&FlowTally) -> u64) -> u64 {
        self.tally.0.iter().map(count).sum()
    }

    /// Part of what the windows of `allowed` a minute that the run touched would have let pass, in
    /// percent.
    fn part(&self, calls: u64, allowed: u32) -> f64 {
        let windows = (self.took.as_secs_f64() / self.pace.minute().as_secs_f64()).ceil();
        100.0 * calls as f64 / (f64::from(allowed) * windows)
    }

    /// The wait that this part of the executions done did not exceed, at the platform's pace.
    fn wait(&self, tally: &FlowTally, part: f64) -> Option<Duration> {
        let last = tally.waits.len().checked_sub(1)?;
        let place = (part * last as f64).round() as usize;
        Some(tally.waits[place] * self.pace.speed())
    }

    /// Of the organisation's limit.
    fn whole(&self) -> f64 {
        self.part(self.tokens.iter().sum(), self.pace.organisation())
    }

    fn fullest(&self) -> f64 {
        let fullest = self.windows.iter().copied().max().unwrap_or(0);
        100.0 * f64::from(fullest) / f64::from(self.pace.organisation())
    }

    fn to_json(&self) -> Value {
        let flows: serde_json::Map<_, _> = Flow::ALL
            .into_iter()
            .map(|flow| {
                let tally = &self.tally.0[flow as usize];
                let wait = |part| {
                    self.wait(tally, part)
                        .map(|wait| (wait.as_secs_f64() * 1e3).round())
                };
                let figures = json!({
                    "done": tally.waits.len(), "failed": tally.failed, "refused": tally.refused,
                    "waitMillis": {"p50": wait(0.50), "p95": wait(0.95), "p99": wait(0.99)},
                });
                (flow.name().to_owned(), figures)
            })
            .collect();
        json!({
            "done": self.sum(FlowTally::done),
            "failed": self.sum(|flow| flow.failed),
            "refused": self.sum(|flow| flow.refused),
            "answers429": self.limited,
            "flows": flows,
            "tokens": self.tokens.iter().map(|calls| json!({
                "calls": calls, "usePercent": self.part(*calls, PER_TOKEN),
            })).collect::<Vec<_>>(),
            "organisation": {
                "windows": self.windows, "usePercent": self.whole(),
                "fullestPercent": self.fullest(),
            },
            "tookMillis": self.took.as_millis() as u64,
        })
    }
}

impl Report {
    pub(super) fn to_json(&self) -> Value {
        let (first, second) = (self.first.to_json(), self.second.to_json());
        let mut report = json!({
            "speed": self.pace.speed(), "lagMillis": self.lag.as_secs_f64() * 1e3,
            "machineTooSlow": self.too_slow(),
        });
        match &self.compared {
            Compared::Plain => (report["plain"], report["tollgate"]) = (first, second),
            Compared::Nodes(parts) => {
                (report["oneNode"], report["nodes"]) = (first, second);
                report["parts"] = parts.to_json();
            }
        }
        report
    }

    /// Answers 429 that tollgate is to blame for.
    pub(super) fn limited(&self) -> u64 {
        match self.compared {
            Compared::Plain => self.second.limited,
            Compared::Nodes(_) => self.first.limited + self.second.limited,
        }
    }

    fn names(&self) -> [String; 2] {
        match &self.compared {
            Compared::Plain => ["one token, retries".to_owned(), "tollgate".to_owned()],
            Compared::Nodes(parts) => ["one node".to_owned(), plural(parts.nodes(), "node")],
        }
    }

    /// Whether the figures tell of this machine rather than of what is compared: what it is late by at each
    /// step of a call is much of the platform's time, or calls went on when all deadlines were over.
    pub(super) fn too_slow(&self) -> bool {
        let took = self.first.took.max(self.second.took);
        self.lag * self.pace.speed() > TOO_LATE || took > self.pace.minutes(RUN)
    }

    fn tokens_shown(&self) -> usize {
        match self.compared {
            Compared::Plain => self.first.tokens.len().max(self.second.tokens.len()),
            // Each node has tokens of its own.
            Compared::Nodes(_) => 0,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        let [first, second] = self.names();
        let under = |name: &str| "─".repeat(name.chars().count());
        table.set_header(["", &first, &second].map(right));
        table.add_row(["", &under(&first), &under(&second)].map(right));
        let sides = [&self.first, &self.second];
        let mut row = |name: &str, show: &dyn Fn(&Side) -> String| {
            let cells = sides.map(|side| right(&show(side)));
            table.add_row([Cell::new(name)].into_iter().chain(cells));
        };
        let mut count = |name, of: &dyn Fn(&Side) -> u64| row(name, &|side| of(side).to_string());
        count("executions done", &|side| side.sum(FlowTally::done));
        count("  failed", &|side| side.sum(|flow| flow.failed));
        count("  refused at once", &|side| side.sum(|flow| flow.refused));
        count("answers 429 of the platform", &|side| side.limited);
        for flow in Flow::ALL {
            let name = format!("{}: done of all", flow.name());
            row(&name, &|side| {
                let tally = &side.tally.0[flow as usize];
                format!("{} of {}", tally.done(), tally.all())
            });
            row("  wait p50/p95/p99 in s", &|side| {
                let tally = &side.tally.0[flow as usize];
                let waits = [0.50, 0.95, 0.99].map(|part| seconds(side.wait(tally, part)));
                waits.join(" / ")
            });
        }
        row("organisation, whole run", &|side| {
            format!("{:.0} %", side.whole())
        });
        row("organisation, fullest minute", &|side| {
            format!("{:.0} %", side.fullest())
        });
        for at in 0..self.tokens_shown() {
            row(&format!("token {}", at + 1), &|side| {
                let calls = side.tokens.get(at);
                let part = calls.map(|calls| format!("{:.0} %", side.part(*calls, PER_TOKEN)));
                part.unwrap_or_else(|| "–".to_owned())
            });
        }
        writeln!(f, "{table}")?;
        writeln!(
            f,
            "A wait is from the call to the start that was answered. Times are at the\n\
             platform's pace, {} times as long as measured here. Use is of what the minutes\n\
             that the run touched let pass.\n",
            self.pace.speed()
        )?;
        if let Compared::Nodes(parts) = &self.compared {
            writeln!(f, "{parts}")?;
        }
        Ok(())
    }
}

fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn seconds(span: Option<Duration>) -> String {
    span.map_or("–".to_owned(), |span| {
        format!("{:.1}", span.as_secs_f64())
    })
}
