//! What is known of a run, under way or finished.

use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{End, Tell};

/// How far a run is.
#[derive(Clone, PartialEq, Debug)]
pub enum Status {
    /// It is under way.
    Running,
    /// It came to an end of its own: a step of the workflow, or a transfer.
    Completed(End),
    /// A step failed and nothing handled it, a bound was reached, or the person left.
    Failed(End),
    /// It was stopped from outside.
    Stopped,
}

/// One line of a transcript.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// From the run's start.
    pub at: Duration,
    /// What happened, in words.
    pub text: String,
}

/// What whoever begins a run says of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caption {
    /// The run's id.
    pub id: String,
    /// The caller's own name for the run.
    pub name: Option<String>,
    /// Where the workflow comes from.
    pub source: Option<Source>,
}

/// A version of a workflow, as the one who begins a run knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The workflow's id.
    pub workflow: String,
    /// The number of the version, from 1.
    pub version: u32,
}

/// A run as seen from outside.
#[derive(Clone, Debug)]
pub struct Record {
    /// The workflow's name.
    pub workflow: Arc<str>,
    /// The caller's own name for the run.
    pub name: Option<String>,
    /// Where the workflow comes from.
    pub source: Option<Source>,
    /// When it began, in milliseconds since 1970.
    pub started: i64,
    /// When it ended, likewise.
    pub ended: Option<i64>,
    /// How far it is.
    pub status: Status,
    /// Variables marked as outputs; of a run under way there are none yet.
    pub outputs: Map<String, Value>,
    /// The last lines of its transcript.
    pub transcript: VecDeque<Line>,
    /// Lines that the bound cut off at the front.
    pub lines_dropped: u64,
}

impl Record {
    pub(crate) fn note(&mut self, at: Duration, text: String, most: usize) {
        if self.transcript.len() >= most {
            self.transcript.pop_front();
            self.lines_dropped += 1;
        }
        self.transcript.push_back(Line { at, text });
    }
}

impl Status {
    pub(crate) fn of(end: End) -> Self {
        match end {
            End::Step { .. } | End::Transferred { .. } => Self::Completed(end),
            End::HungUp | End::Failed(_) | End::Bound(_) => Self::Failed(end),
        }
    }
}

/// A step's word in a line. Inputs of steps are left out: they may hold what nobody should read.
pub(crate) fn line(tell: &Tell) -> String {
    match tell {
        Tell::Played(text) => format!("played: {text}"),
        Tell::Sent(text) => format!("sent: {text}"),
        Tell::Attribute { name, value: None } => format!("participant data cleared: {name}"),
        Tell::Attribute { name, .. } => format!("participant data set: {name}"),
        Tell::Platform { step, .. } => format!("not carried out here: {step}"),
        Tell::TimedOut { action } => format!("timed out: {action}"),
        Tell::Waiting(span) => format!("waiting: {} ms", span.as_millis()),
        Tell::Unsupported { place, message } => format!("at {place}: {message}"),
        Tell::Fault { place, message } => format!("failed at {place}: {message}"),
    }
}
