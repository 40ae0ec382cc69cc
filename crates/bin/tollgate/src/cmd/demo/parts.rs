//! How the nodes' parts of the organisation's limit moved.

use super::load::MINUTES;
use super::pace::Pace;
use crate::console::plural;
use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};
use std::fmt;

/// Of a hundred calls the busiest node gets so many, the others the rest.
pub(super) const BUSIEST: usize = 60;

/// The parts as they were at the end of each minute.
pub(super) struct Parts {
    nodes: usize,
    pace: Pace,
    /// By minute, and by node: the last that was noted in it, in slots.
    minutes: Vec<Vec<u32>>,
    /// How often a part was found to be another than just before.
    moves: u32,
}

impl Parts {
    pub(super) fn new(nodes: usize, pace: Pace) -> Self {
        Self {
            nodes,
            pace,
            minutes: vec![Vec::new(); MINUTES as usize],
            moves: 0,
        }
    }

    /// What so many nodes are called.
    pub(super) fn names(nodes: usize) -> impl Iterator<Item = String> {
        ('a'..).take(nodes).map(String::from)
    }

    /// The node that most calls of a minute go to.
    pub(super) fn busiest(minute: usize, nodes: usize) -> usize {
        minute % nodes
    }

    /// Each node has so many slots now; gives this as a line in percent.
    pub(super) fn note(&mut self, minute: usize, slots: Vec<u32>) -> String {
        let percent = |slots: &u32| format!("{:.0}", self.percent(*slots));
        let line: Vec<_> = slots.iter().map(percent).collect();
        let before = self.minutes.iter().rfind(|it| !it.is_empty());
        let is_other = before.is_some_and(|before| *before != slots);
        // What moves when the load is over tells nothing.
        if let Some(kept) = self.minutes.get_mut(minute) {
            self.moves += u32::from(is_other);
            *kept = slots;
        }
        format!("; {} %", line.join("/"))
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    fn percent(&self, slots: u32) -> f64 {
        100.0 * f64::from(slots) / f64::from(self.pace.organisation())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"nodes": self.nodes, "moves": self.moves, "slotsAtEndOfMinute": self.minutes})
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        let header = (1..=MINUTES).map(|minute| right(format!("minute {minute}")));
        table.set_header([Cell::new("")].into_iter().chain(header));
        for (node, name) in Self::names(self.nodes).enumerate() {
            let cells = self.minutes.iter().enumerate().map(|(minute, slots)| {
                let mark = if Self::busiest(minute, self.nodes) == node {
                    "*"
                } else {
                    ""
                };
                let part = slots
                    .get(node)
                    .map(|it| format!("{mark}{:.0} %", self.percent(*it)));
                right(part.unwrap_or_default())
            });
            let named = Cell::new(format!("node {name}"));
            table.add_row([named].into_iter().chain(cells));
        }
        writeln!(
            f,
            "What each node had of the organisation's limit at the end of each minute, and\n\
             where {BUSIEST} % of the minute's calls went (*); parts moved {}:",
            plural(self.moves, "time")
        )?;
        writeln!(f, "{table}")
    }
}
