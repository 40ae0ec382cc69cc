//! Steps: what each does, and where each way out of it leads.

use super::Next;
use crate::expr::Expr;
use crate::kind::Type;
use crate::place::Place;
use std::sync::Arc;

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The step's type as in the file, such as `callData`.
    pub(crate) word: &'static str,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) action: Action,
    /// Every way out of it. What has only one has one without a name.
    pub(crate) paths: Vec<Path>,
    /// Loops that stay open after it: those it stands in.
    pub(crate) loops: u16,
    /// Whether any way leads to it from where the flow starts.
    pub(crate) reached: bool,
}

/// A way out of a step.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) name: Arc<str>,
    pub(crate) next: Next,
}

impl Step {
    /// For people: `callData "Look up"`.
    pub(crate) fn title(&self) -> String {
        if self.name.is_empty() {
            self.word.to_owned()
        } else {
            format!("{} \"{}\"", self.word, self.name)
        }
    }

    pub(crate) fn path(&self, name: &str) -> Option<u16> {
        let found = self
            .paths
            .iter()
            .position(|path| path.name.eq_ignore_ascii_case(name));
        found.map(|index| index as u16)
    }
}

/// An input by its name, such as `conversationId` or `destination.queue.targetQueue`.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) value: Expr,
}

/// An output to a variable: taken when the step leaves by `path` (any, if empty).
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) path: &'static str,
    pub(crate) name: Arc<str>,
    pub(crate) slot: u32,
    pub(crate) kind: Type,
}

/// An assignment.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) slot: u32,
    pub(crate) value: Expr,
}

/// A data action's call.
#[derive(Clone, Debug)]
pub(crate) struct DataCall {
    pub(crate) category: Arc<str>,
    pub(crate) action: Arc<str>,
    pub(crate) inputs: Vec<Field>,
    pub(crate) outputs: Vec<Binding>,
    pub(crate) timeout: Option<Expr>,
    /// Played while it runs.
    pub(crate) says: Option<Expr>,
}

/// How many times a loop goes round.
#[derive(Clone, Debug)]
pub(crate) enum LoopKind {
    /// So many times.
    Count(Expr),
    /// Over a collection, each item assigned.
    Each(Expr, Option<u32>),
    /// As long as the person says that there is something else.
    AnythingElse(Prompting),
}

/// What a person is asked, and how often.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompting {
    pub(crate) question: Option<Expr>,
    pub(crate) no_input: Option<Expr>,
    pub(crate) no_match: Option<Expr>,
}

/// What counts as an answer.
#[derive(Clone, Debug)]
pub(crate) enum QuestionKind {
    /// Digits, from so many to so many, into a variable.
    Digits {
        min: u32,
        max: u32,
        slot: u32,
    },
    /// One of the flow's intents, by path: those before `others` are intents.
    Intent,
    /// A slot's value.
    Slot {
        slot: u32,
        kind: Type,
        entity: Arc<str>,
        /// What must hold of the value; seen with the slot set.
        valid: Option<Expr>,
    },
    Boolean,
    /// Any text.
    Text {
        slot: Option<u32>,
    },
}

/// What chooses a menu's choice.
#[derive(Clone, Debug)]
pub(crate) struct ChoiceKey {
    pub(crate) digit: Option<char>,
    pub(crate) terms: Vec<String>,
}

/// A choice of a menu; its path has the same place in `paths`.
#[derive(Clone, Debug)]
pub(crate) struct MenuChoice {
    pub(crate) key: ChoiceKey,
    pub(crate) default: bool,
    /// Whether its key, and its words, choose it in every menu of the flow.
    pub(crate) global_key: bool,
    pub(crate) global_terms: bool,
}

/// Which kind of flow is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FlowCallKind {
    /// `callBotFlow`, `callDigitalBotFlow`.
    Bot,
    /// `callCommonModule`.
    CommonModule,
}

/// A call of another flow.
#[derive(Clone, Debug)]
pub(crate) struct FlowCall {
    pub(crate) kind: FlowCallKind,
    pub(crate) flow: Arc<str>,
    pub(crate) inputs: Vec<Field>,
    pub(crate) outputs: Vec<Binding>,
    pub(crate) intent: Option<u32>,
    pub(crate) exit_reason: Option<u32>,
}

/// What a step does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Nothing of its own: leads to its only path.
    Pass,
    /// yes, no.
    Decision(Expr),
    /// A path for each case, then `default`.
    Switch(Vec<Expr>),
    /// loop, done.
    Loop {
        kind: LoopKind,
        index: Option<u32>,
    },
    Update(Vec<Statement>),
    SetData(Vec<(Expr, Expr)>),
    GetData(Vec<(Expr, u32)>),
    Wait(Expr),
    /// Something said or sent.
    Say(Vec<Expr>),
    Menu {
        audio: Option<Expr>,
        timeout: Option<Expr>,
        repeats: Option<Expr>,
        choices: Vec<MenuChoice>,
    },
    Question {
        kind: QuestionKind,
        prompting: Prompting,
        timeout: Option<Expr>,
    },
    CallData(DataCall),
    Lookup {
        table: Arc<str>,
        key: Option<Expr>,
        outputs: Vec<Binding>,
    },
    CallFlow(FlowCall),
    CallTask {
        task: u32,
        inputs: Vec<Statement>,
        outputs: Vec<(u32, u32)>,
    },
    /// To a task, menu or state, for good.
    Jump(u32),
    PreviousMenu,
    EndTask(Option<Arc<str>>),
    /// success (the interaction leaves the flow), failure.
    Transfer {
        inputs: Vec<Field>,
        outputs: Vec<Binding>,
        before: Option<Expr>,
        failed: Option<Expr>,
    },
    /// Whatever the platform does and answers by one of the paths.
    Platform {
        inputs: Vec<Field>,
        outputs: Vec<Binding>,
    },
    /// What the platform is told and never answers.
    Tell(Vec<Field>),
    /// The flow is over.
    End {
        word: &'static str,
        reason: Option<Expr>,
    },
}
