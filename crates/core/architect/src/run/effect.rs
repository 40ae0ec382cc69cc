//! What a run asks for and tells, and what it is answered.

use crate::place::Place;
use crate::workflow::{Duty, WorkflowCallKind};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tollgate_model::Instant;

/// What a run wants next.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// Something happened that needs no answer; go on with [`super::Run::next`].
    Tell(Tell),
    /// Something must be done and answered with [`super::Run::answer`]. It is handed out once.
    Effect(EffectId, Effect),
    /// Nothing happens before this instant, or an answer: a wait, or an effect's own timeout.
    Wait(Instant),
    /// The run is over.
    Ended(End),
}

/// An effect of one run, numbered from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EffectId(pub u64);

/// What happened, for a transcript.
#[derive(Clone, PartialEq, Debug)]
pub enum Tell {
    /// A text was read out (or a prompt played).
    Played(Arc<str>),
    /// A message, mail or bot's reply was sent.
    Sent(Arc<str>),
    /// An attribute of the participant was set.
    Attribute {
        /// Its name.
        name: Arc<str>,
        /// Its value; none when it was cleared.
        value: Option<Arc<str>>,
    },
    /// Something the platform is told, such as `setExternalTag`.
    Platform {
        /// The step's type.
        step: &'static str,
        /// What it was given.
        inputs: Map<String, Json>,
    },
    /// A data action's own timeout passed before its answer came.
    TimedOut {
        /// The action.
        action: Arc<str>,
    },
    /// A wait began.
    Waiting(Duration),
    /// Something isn't known or can't be carried out here, and the run goes on without.
    Unsupported {
        /// Where in the file.
        place: Place,
        /// What, and how the run goes on.
        message: String,
    },
    /// A step failed; the workflow's error handling follows.
    Fault {
        /// Where in the file.
        place: Place,
        /// Why.
        message: String,
    },
}

/// What must be done for a run.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Execute a data action. Answered by `success` or `failure`; the timeout is the run's own, and an
    /// answer after it is refused.
    CallData {
        /// The integration's name.
        category: Arc<str>,
        /// The action's name.
        action: Arc<str>,
        /// Its inputs.
        inputs: Map<String, Json>,
        /// The step's own timeout.
        timeout: Duration,
    },
    /// Look a row up. Answered by `found`, `notFound` or `failure`.
    Lookup {
        /// The data table's name.
        table: Arc<str>,
        /// The row's key; none for `NOT_SET`.
        key: Option<Arc<str>>,
    },
    /// Ask a person. Answered by [`Answer::Person`]; silence needs no answer, it is time that passes.
    Person(Question),
    /// Transfer the interaction. Answered by `success` (it leaves the workflow) or `failure`.
    Transfer {
        /// The step's type, such as `transferToAcd`.
        step: &'static str,
        /// To whom, and how.
        inputs: Map<String, Json>,
        /// How it can be answered.
        paths: Vec<Arc<str>>,
    },
    /// Run another workflow. Answered by `success` or `failure`, with its outputs; `intent` and
    /// `exitReason` are outputs too. A run that has the workflow in its library runs it itself.
    CallWorkflow {
        /// Of which kind.
        kind: WorkflowCallKind,
        /// Its name.
        workflow: Arc<str>,
        /// Its inputs by variable.
        inputs: Map<String, Json>,
    },
    /// Anything else the platform answers, by one of `paths`.
    Platform {
        /// The step's type, such as `getExternalContact`.
        step: &'static str,
        /// What it was given.
        inputs: Map<String, Json>,
        /// How it can be answered.
        paths: Vec<Arc<str>>,
        /// Whether it must be.
        duty: Duty,
    },
}

/// What a person is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// What counts as an answer.
    pub kind: Asked,
    /// How long silence lasts until it counts.
    pub timeout: Duration,
    /// How often it was asked before.
    pub attempt: u32,
}

/// What counts as an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// A choice of a menu: names, and keys where they have one.
    Menu(Vec<(Arc<str>, Option<char>)>),
    /// So many digits.
    Digits {
        /// At least.
        min: u32,
        /// At most.
        max: u32,
    },
    /// One of these intents.
    Intent(Vec<Arc<str>>),
    /// A value of this entity.
    Slot(Arc<str>),
    /// Yes or no.
    Boolean,
    /// Any text.
    Text,
}

/// What came of an effect.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// By one of the effect's paths, with outputs by name.
    Path {
        /// `success`, `failure`, `found`, …
        path: String,
        /// Outputs by name, flattened as `flatten=true` gives them, or nested.
        outputs: Map<String, Json>,
    },
    /// What a person did.
    Person(Person),
    /// It can't be done at all, and the step has no way out for that: the workflow's error handling follows.
    Fails(String),
    /// Nobody carries it out: the step is left by the way that it has for that, and the run says so.
    NotHere,
}

impl Answer {
    /// An answer by a path, without outputs.
    #[must_use]
    pub fn path(path: &str) -> Answer {
        Answer::with(path, Map::new())
    }

    /// An answer by a path, with outputs.
    #[must_use]
    pub fn with(path: &str, outputs: Map<String, Json>) -> Answer {
        Answer::Path {
            path: path.to_owned(),
            outputs,
        }
    }
}

/// What a person did when asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Person {
    /// Pressed keys.
    Presses(String),
    /// Said or wrote something.
    Says(String),
    /// Said something that means an intent of the bot, and named values. `none` is no intent.
    Means {
        /// The intent's name.
        intent: String,
        /// Values by entity.
        slots: BTreeMap<String, String>,
    },
    /// Asked what the knowledge base answers with this text.
    Learns(String),
    /// Said nothing until the question's time was over.
    IsSilent,
    /// Asked for a person.
    WantsAgent,
    /// Hung up, or left the conversation.
    HangsUp,
}

/// What happens by itself, and ends a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// The person leaves.
    HangsUp,
    /// An agent answers the interaction that waits in a queue.
    Answered,
}

impl std::fmt::Display for Happening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Happening::HangsUp => "hangUp",
            Happening::Answered => "answered",
        })
    }
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// By a step of the workflow, or at its end: `disconnect`, `endWorkflow`, `exitBotFlow`, …
    Step {
        /// The step's type.
        step: &'static str,
        /// The exit reason, if it gave one.
        reason: Option<Arc<str>>,
    },
    /// The interaction was transferred.
    Transferred {
        /// The step's type.
        step: &'static str,
        /// To whom, written out.
        to: String,
    },
    /// The person left.
    HungUp,
    /// A step failed, and so did the handling of its error, or there is none.
    Failed(String),
    /// A bound was reached.
    Bound(String),
}

impl End {
    /// The word in transcripts and expectations.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            End::Step { step, .. } | End::Transferred { step, .. } => step,
            End::HungUp => "hungUp",
            End::Failed(_) => "failed",
            End::Bound(_) => "bound",
        }
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Step {
                step,
                reason: Some(reason),
            } => write!(f, "{step} ({reason})"),
            End::Transferred { step, to } if !to.is_empty() => write!(f, "{step} to {to}"),
            End::Failed(why) | End::Bound(why) => write!(f, "{}: {why}", self.word()),
            other => f.write_str(other.word()),
        }
    }
}
