//! Scripts: what persons and the platform do in one run of a workflow, and what should come of it.
//!
//! A script is YAML (or JSON). `docs/workflows.md` shows one; every key but `workflow` may be left out. What the
//! script says nothing about: a person is silent, a transfer succeeds; for anything else the run stops
//! and says what is missing, since a guessed answer would test nothing.

mod read;
mod world;
mod write;

pub use world::ScriptWorld;
pub(crate) use world::{ERROR, failing, own_timeout};

use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{Happening, Inputs, Library, Person, Problems, Substitutions};

/// One run, written down.
#[derive(Clone, PartialEq, Debug)]
pub struct Script {
    /// The workflow's file, from the script's folder.
    pub workflow: String,
    /// Values for the files' placeholders.
    pub set: Substitutions,
    /// Files of workflows that this one calls.
    pub library: Vec<String>,
    /// Milliseconds since 1970, UTC, at which the run begins.
    pub start: i64,
    /// All the chance the run has.
    pub seed: u64,
    /// Characters read out in a second; 0 takes no time.
    pub speech: u32,
    /// The workflow's input variables.
    pub inputs: Map<String, Json>,
    /// Built-in variables of the interaction.
    pub interaction: Map<String, Json>,
    /// Participant data that is there already.
    pub participant: BTreeMap<String, String>,
    /// Ids of things, as `queue/Support`.
    pub ids: BTreeMap<String, String>,
    /// What the person does, one for each question.
    pub person: Vec<Turn>,
    /// What happens by itself, and when after the run's begin; in order.
    pub events: Vec<(Duration, Happening)>,
    /// Answers by data action, step type or called workflow, in order; the last is given again.
    pub answers: BTreeMap<String, Vec<Scripted>>,
    /// Data tables.
    pub tables: BTreeMap<String, Table>,
    /// What should come of it.
    pub expect: Expect,
    /// What works but may surprise, such as a key's old name.
    pub warnings: Problems,
}

/// What a person does when asked, and after how long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// How long it takes.
    pub after: Duration,
    /// What it is.
    pub does: Person,
}

/// An answer of the platform.
#[derive(Clone, PartialEq, Debug)]
pub struct Scripted {
    /// `success`, `failure`, `found`, …; `timeout` is no answer at all.
    pub path: String,
    /// Outputs by name.
    pub outputs: Map<String, Json>,
    /// How long it takes.
    pub after: Duration,
    /// The data table to which the inputs are written as a row, by their `key`.
    pub row: Option<String>,
}

/// A data table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// Rows by key.
    pub rows: BTreeMap<String, Map<String, Json>>,
    /// Whether every lookup fails.
    pub fails: bool,
    /// How long a lookup takes.
    pub after: Duration,
}

/// What should come of a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Expect {
    /// The step that ends it, or `hungUp`, `failed`.
    pub end: Option<String>,
    /// How often each data action is called; those not named are not looked at.
    pub calls: BTreeMap<String, u32>,
    /// Variables' values at the end.
    pub variables: Map<String, Json>,
    /// Participant data at the end.
    pub participant: BTreeMap<String, String>,
}

/// 2026-01-05T09:00:00Z, a Monday.
const START: i64 = 1_767_603_600_000;
/// A calm voice.
const SPEECH: u32 = 15;

impl Default for Script {
    fn default() -> Self {
        Script {
            workflow: String::new(),
            set: Substitutions::new(),
            library: Vec::new(),
            start: START,
            seed: 1,
            speech: SPEECH,
            inputs: Map::new(),
            interaction: Map::new(),
            participant: BTreeMap::new(),
            ids: BTreeMap::new(),
            person: Vec::new(),
            events: Vec::new(),
            answers: BTreeMap::new(),
            tables: BTreeMap::new(),
            expect: Expect::default(),
            warnings: Problems::default(),
        }
    }
}

impl Script {
    /// What a run of this script begins with.
    #[must_use]
    pub fn run_inputs(&self, library: Library) -> Inputs {
        Inputs {
            variables: self.inputs.clone(),
            interaction: self.interaction.clone(),
            participant: self.participant.clone(),
            wall_at_origin: self.start,
            library: Arc::new(library),
            ids: Arc::new(self.ids.clone()),
        }
    }

    /// Where a run differs from what the script expects.
    #[must_use]
    pub fn differences(&self, played: &crate::play::Played) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: String, wanted: &str, got: &str| {
            if wanted != got {
                found.push(format!("{what}: expected {wanted}, got {got}"));
            }
        };
        if let Some(end) = &self.expect.end {
            compare("end".to_owned(), end, played.end.word());
        }
        let happened = self.events.len() - played.events_left;
        for (after, event) in &self.events[happened..] {
            let what = format!("{event} after {after:?}");
            compare(what, "it happens", "the run was over before");
        }
        for (action, count) in &self.expect.calls {
            let got = played.calls.get(action).copied().unwrap_or(0);
            compare(
                format!("calls of {action}"),
                &count.to_string(),
                &got.to_string(),
            );
        }
        for (name, wanted) in &self.expect.variables {
            let got = match played.variables.get(&name.to_lowercase()) {
                Some(value) => value.to_string(),
                None => "no such variable".to_owned(),
            };
            compare(format!("variable {name}"), &wanted.to_string(), &got);
        }
        for (name, wanted) in &self.expect.participant {
            let got = played
                .participant
                .get(name)
                .map_or("not set", String::as_str);
            compare(format!("participant data {name}"), wanted, got);
        }
        found
    }
}
