//! Steps: what each does, and where each way out of it leads.

use crate::place::Place;
use std::sync::Arc;
use tollgate_expression::{Expr, Type};

/// Where a run goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Next {
    /// To a step.
    Step(u32),
    /// Round the loop that begins at this step once more.
    Again(u32),
    /// The task, menu or state is at its end.
    Return,
    /// The bot didn't understand, and the step has no way out for that.
    Misunderstood,
    /// After a failure: on after the step that failed.
    Continue,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step's type as in the file, such as `callData`.
    pub word: &'static str,
    /// The name that the file gives it; may be empty.
    pub name: String,
    /// Where it stands in the file.
    pub place: Place,
    /// What it does.
    pub action: Action,
    /// Every way out of it. A step with only one has one without a name.
    pub paths: Vec<Path>,
    /// How many loops it stands in: these stay open after it.
    pub(crate) loops: u16,
    /// Whether any way leads to it from where the workflow starts.
    pub reached: bool,
    /// Whether each such way leads through a step that can't be carried out: no run comes to it.
    pub(crate) blocked: bool,
    /// Whether only a step's failure leads to it.
    pub(crate) after_failure: bool,
    /// The way out, by its position, where nobody carries it out.
    pub(crate) not_here: u16,
    /// What isn't known of it, though it runs without; told whenever it is taken.
    pub(crate) gaps: Vec<Arc<str>>,
    /// Where its ways out lead that aren't known; no run takes them.
    pub(crate) beyond: Vec<Next>,
    /// Why a run fails where it comes to it: it isn't known, or something that it needs isn't.
    pub(crate) fails: Option<Arc<str>>,
}

/// A way out of a step.
#[derive(Clone, Debug)]
pub struct Path {
    /// The name of the way: `success`, `yes`, a menu's choice, …
    pub name: Arc<str>,
    /// Where it leads.
    pub next: Next,
}

impl Step {
    /// The step for people: `callData "Look up"`.
    #[must_use]
    pub fn title(&self) -> String {
        if self.name.is_empty() {
            self.word.to_owned()
        } else {
            format!("{} \"{}\"", self.word, self.name)
        }
    }

    /// Whether somebody must do something for it, who may fail. A data table's failure is a way out.
    pub(crate) fn asks(&self) -> bool {
        let asks = matches!(
            self.action,
            Action::CallData(_) | Action::Transfer { .. } | Action::Platform { .. }
        );
        asks && !self.is_unsupported()
    }

    /// Whether only a step's failure leads to it.
    #[must_use]
    pub fn is_after_failure(&self) -> bool {
        self.after_failure
    }

    /// Whether it can't be carried out: a run fails there.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.fails.is_some()
    }

    /// The position of the way out with this name, in any case.
    pub(crate) fn path(&self, name: &str) -> Option<u16> {
        let found = self
            .paths
            .iter()
            .position(|path| path.name.eq_ignore_ascii_case(name));
        found.map(|index| index as u16)
    }
}

/// An input of a step.
#[derive(Clone, Debug)]
pub struct Field {
    /// The input's name, such as `conversationId` or `destination.queue.targetQueue`.
    pub name: Arc<str>,
    /// What is given.
    pub value: Expr,
}

/// An output of a step that a variable takes.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The way out on which the variable takes it; any way if empty.
    pub path: &'static str,
    /// The output's name.
    pub name: Arc<str>,
    /// The variable.
    pub(crate) slot: u32,
    /// The variable's type.
    pub kind: Type,
}

/// An assignment.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The variable.
    pub(crate) slot: u32,
    /// Its new value.
    pub value: Expr,
}

/// A call of a data action.
#[derive(Clone, Debug)]
pub struct DataCall {
    /// The integration's name.
    pub category: Arc<str>,
    /// The action's name.
    pub action: Arc<str>,
    /// What the action is given.
    pub inputs: Vec<Field>,
    /// What is taken of its answer.
    pub outputs: Vec<Binding>,
    /// How long an answer is waited for.
    pub(crate) timeout: Option<Expr>,
    /// Played while the action runs.
    pub(crate) says: Option<Expr>,
}

/// How many times a loop goes round.
#[derive(Clone, Debug)]
pub enum LoopKind {
    /// So many times.
    Count(Expr),
    /// Over a collection, each item assigned to a variable.
    Each(Expr, Option<u32>),
    /// As long as the person says that there is something else.
    AnythingElse(Prompting),
}

/// What a person is asked; and what is said in its place after silence, and after an answer that fits nothing.
#[derive(Clone, Debug, Default)]
pub struct Prompting {
    /// The question.
    pub question: Option<Expr>,
    pub(crate) no_input: Option<Expr>,
    pub(crate) no_match: Option<Expr>,
}

/// What keys other than digits do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keys {
    /// The key that ends the digits.
    pub terminator: char,
    /// Whether that key is part of the answer.
    pub with_terminator: bool,
    /// Whether a star alone is an answer.
    pub just_star: bool,
    /// Whether a pound sign alone is one.
    pub just_pound: bool,
}

/// What counts as an answer to a question.
#[derive(Clone, Debug)]
pub enum QuestionKind {
    /// Digits, into a variable.
    Digits {
        /// At least so many.
        min: u32,
        /// At most so many.
        max: u32,
        /// What other keys do.
        keys: Keys,
        /// The variable.
        slot: Option<u32>,
    },
    /// One of the bot's intents; each has a way out of its name.
    Intent,
    /// A value of an entity, into a variable.
    Slot {
        /// The variable.
        slot: u32,
        /// The variable's type.
        kind: Type,
        /// The entity's name.
        entity: Arc<str>,
        /// What must hold of the value; evaluated with the variable set.
        valid: Option<Expr>,
    },
    /// Yes or no.
    Boolean,
    /// Any text.
    Text {
        /// The variable that takes it.
        slot: Option<u32>,
    },
}

/// A choice of a menu; its way out has the same position in the step's paths.
#[derive(Clone, Debug)]
pub struct MenuChoice {
    /// The key that chooses it.
    pub(crate) digit: Option<char>,
    /// Words that choose it.
    pub(crate) terms: Vec<String>,
    /// Whether it is taken when the person chooses nothing.
    pub(crate) default: bool,
    /// Whether its key chooses it in every menu of the workflow.
    pub(crate) global_key: bool,
    /// Whether its words do.
    pub(crate) global_terms: bool,
}

/// Which kind of workflow is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkflowCallKind {
    /// `callBotFlow`, `callDigitalBotFlow`.
    Bot,
    /// `callCommonModule`.
    CommonModule,
}

/// A call of another workflow.
#[derive(Clone, Debug)]
pub struct WorkflowCall {
    pub(crate) kind: WorkflowCallKind,
    /// The called workflow's name.
    pub workflow: Arc<str>,
    /// What it is given.
    pub inputs: Vec<Field>,
    /// What is taken of its outputs.
    pub outputs: Vec<Binding>,
    /// The variable that takes the bot's last intent.
    pub intent: Option<u32>,
    /// The variable that takes the reason it ended for.
    pub(crate) exit_reason: Option<u32>,
}

/// Whether what a step asks of the platform must be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// The way out depends on the answer.
    Answer,
    /// The platform is told; it is done unless somebody says otherwise.
    Tell,
    /// Only the vendor can carry it out; it is not done unless somebody says otherwise.
    Vendor,
}

/// What a step does. Where ways out are named, they are the step's, in this order.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing of its own: leads to its only way out.
    Pass,
    /// yes, no.
    Decision(Expr),
    /// A way out for each case, then `default`.
    Switch(Vec<Expr>),
    /// loop, done.
    Loop {
        /// How many times it goes round.
        kind: LoopKind,
        /// The variable that counts the rounds, from 0.
        index: Option<u32>,
    },
    /// Sets variables.
    Update(Vec<Statement>),
    /// Sets participant data: names and values.
    SetData(Vec<(Expr, Expr)>),
    /// Reads participant data: names and variables.
    GetData(Vec<(Expr, u32)>),
    /// Waits so long.
    Wait(Expr),
    /// Something said or sent.
    Say(Vec<Expr>),
    /// A way out for each choice, then one for a person who chooses nothing, if the menu has one.
    Menu {
        /// Played before the person chooses.
        audio: Option<Expr>,
        /// How long silence lasts until it counts.
        timeout: Option<Expr>,
        /// How often the menu is played again.
        repeats: Option<Expr>,
        /// What can be chosen.
        choices: Vec<MenuChoice>,
    },
    /// A question to a person.
    Question {
        /// What counts as an answer.
        kind: QuestionKind,
        /// What is said.
        prompting: Prompting,
        /// How long silence lasts until it counts.
        timeout: Option<Expr>,
    },
    /// success, failure, timeout.
    CallData(DataCall),
    /// A row of a data table: found, notFound, failure.
    Lookup {
        /// The data table's name.
        table: Arc<str>,
        /// The row's key.
        key: Option<Expr>,
        /// What is taken of the row.
        outputs: Vec<Binding>,
    },
    /// success, failure.
    CallWorkflow(WorkflowCall),
    /// A task of this workflow; the step is left when the task ends.
    CallTask {
        /// The task.
        task: u32,
        /// The task's variables that are set.
        inputs: Vec<Statement>,
        /// The task's variables that are read at its end, each with the caller's variable that takes it.
        outputs: Vec<(u32, u32)>,
    },
    /// To a task, menu or state, for good.
    Jump(u32),
    /// To the menu before this one.
    PreviousMenu,
    /// The end of a task, by the way out of this name of the step that called it.
    EndTask(Option<Arc<str>>),
    /// success (the interaction leaves the workflow), failure.
    Transfer {
        /// To whom, and how.
        inputs: Vec<Field>,
        /// What is taken of the answer.
        outputs: Vec<Binding>,
        /// Said before.
        before: Option<Expr>,
        /// Said after a failure.
        failed: Option<Expr>,
    },
    /// Whatever the platform does and answers by one of the ways out.
    Platform {
        /// Whether it must answer.
        duty: Duty,
        /// Said before.
        before: Option<Expr>,
        /// What the platform is given.
        inputs: Vec<Field>,
        /// What is taken of its answer.
        outputs: Vec<Binding>,
    },
    /// What the platform is told and never answers.
    Tell(Vec<Field>),
    /// Variables that have no value from then on.
    Clear(Vec<u32>),
    /// The workflow is over.
    End {
        /// What the platform is told before.
        inputs: Vec<Field>,
        /// The step's type, such as `disconnect`.
        word: &'static str,
        /// The exit reason.
        reason: Option<Expr>,
    },
}
