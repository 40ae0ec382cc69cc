//! A flow, compiled: variables in numbered slots, steps in one table, every way from a step to the
//! next a number. Immutable, shared by all its runs.

mod builtin;
mod nlu;
mod step;

pub(crate) use builtin::{builtin, builtin_names};
pub(crate) use nlu::{EntityType, Intent, Nlu, normal, pattern};
pub use step::FlowCallKind;
pub(crate) use step::{
    Action, Binding, ChoiceKey, DataCall, Field, FlowCall, LoopKind, MenuChoice, Path, Prompting,
    QuestionKind, Statement, Step,
};

use crate::expr::Expr;
use crate::kind::Type;
use crate::place::{Place, Problems};
use crate::yaml::Substitutions;
use std::time::Duration;

/// The type of a flow: the first key of its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum FlowKind {
    InboundCall,
    OutboundCall,
    InQueueCall,
    SecureCall,
    Voicemail,
    VoiceSurvey,
    InboundChat,
    InboundEmail,
    InQueueEmail,
    InboundShortMessage,
    InQueueShortMessage,
    Workflow,
    WorkItem,
    CommonModule,
    BotFlow,
    DigitalBotFlow,
    SurveyInvite,
}

/// How a flow meets people; decides which steps it may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Channel {
    Voice,
    Message,
    Email,
    Nobody,
    Bot,
    /// A common module: part of flows of any kind.
    Every,
}

const KINDS: [(FlowKind, &str, Channel); 17] = [
    (FlowKind::InboundCall, "inboundCall", Channel::Voice),
    (FlowKind::OutboundCall, "outboundCall", Channel::Voice),
    (FlowKind::InQueueCall, "inQueueCall", Channel::Voice),
    (FlowKind::SecureCall, "secureCall", Channel::Voice),
    (FlowKind::Voicemail, "voicemail", Channel::Voice),
    (FlowKind::VoiceSurvey, "voiceSurvey", Channel::Voice),
    (FlowKind::InboundChat, "inboundChat", Channel::Message),
    (FlowKind::InboundEmail, "inboundEmail", Channel::Email),
    (FlowKind::InQueueEmail, "inQueueEmail", Channel::Email),
    (
        FlowKind::InboundShortMessage,
        "inboundShortMessage",
        Channel::Message,
    ),
    (
        FlowKind::InQueueShortMessage,
        "inQueueShortMessage",
        Channel::Message,
    ),
    (FlowKind::Workflow, "workflow", Channel::Nobody),
    (FlowKind::WorkItem, "workitem", Channel::Nobody),
    (FlowKind::CommonModule, "commonModule", Channel::Every),
    (FlowKind::BotFlow, "botFlow", Channel::Bot),
    (FlowKind::DigitalBotFlow, "digitalBotFlow", Channel::Bot),
    (FlowKind::SurveyInvite, "surveyInvite", Channel::Nobody),
];

impl FlowKind {
    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("", |(_, word, _)| word)
    }

    pub(crate) fn of_word(word: &str) -> Option<FlowKind> {
        let found = KINDS
            .iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(kind, ..)| *kind)
    }

    pub(crate) fn words() -> impl Iterator<Item = &'static str> + Clone {
        KINDS.iter().map(|(_, word, _)| *word)
    }

    pub(crate) fn channel(self) -> Channel {
        KINDS
            .iter()
            .find(|(kind, ..)| *kind == self)
            .map_or(Channel::Every, |(.., channel)| *channel)
    }
}

/// Where a run goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Next {
    /// To a step.
    Step(u32),
    /// Round the loop that begins at this step once more.
    Again(u32),
    /// The task, menu or state is at its end.
    Return,
    /// The bot didn't understand, and the step has no way out for that.
    Misunderstood,
}

/// A variable and its slot's facts.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// With its scope, as declared: `Flow.ani`.
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) initial: Option<Expr>,
    pub(crate) input: bool,
    pub(crate) output: bool,
    pub(crate) place: Place,
}

/// A task, state, bot or menu.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) entry: Next,
    /// Its own variables; set anew whenever it is entered.
    pub(crate) variables: Vec<u32>,
    pub(crate) menu: bool,
}

/// What holds for the whole flow.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) greeting: Option<Expr>,
    /// Said, then done, when a step fails in a way it has no output for.
    pub(crate) error_says: Option<Expr>,
    pub(crate) error_next: Next,
    /// The same for a bot that can't understand, and for one who asks for a person.
    pub(crate) recognition_says: Option<Expr>,
    pub(crate) recognition_next: Next,
    pub(crate) escalation_says: Option<Expr>,
    pub(crate) escalation_next: Next,
    pub(crate) escalation: bool,
    pub(crate) menu_timeout: Duration,
    pub(crate) menu_repeats: u32,
    pub(crate) entry_timeout: Duration,
    pub(crate) input_timeout: Duration,
    pub(crate) max_no_inputs: u32,
    pub(crate) max_no_matches: u32,
    pub(crate) no_match_apology: Option<Expr>,
    pub(crate) no_input_apology: Option<Expr>,
}

/// A flow, ready to run. `Send + Sync`; share it in an `Arc`.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(crate) kind: FlowKind,
    pub(crate) name: String,
    pub(crate) variables: Vec<Variable>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) steps: Vec<Step>,
    pub(crate) start: u32,
    pub(crate) settings: Settings,
    pub(crate) nlu: Nlu,
    pub(crate) warnings: Problems,
}

impl Flow {
    /// Reads, checks and compiles a flow file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Flow, Problems> {
        Flow::parse_with(text, &Substitutions::new())
    }

    /// The same with values for the file's `{{placeholders}}`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse_with(text: &str, substitutions: &Substitutions) -> Result<Flow, Problems> {
        crate::read::read(text, substitutions)
    }

    /// The flow's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> FlowKind {
        self.kind
    }

    /// What works but may surprise.
    #[must_use]
    pub fn warnings(&self) -> &Problems {
        &self.warnings
    }

    /// How many steps it has.
    #[must_use]
    pub fn step_count(&self) -> usize {
        self.steps.len()
    }

    /// Names and types of the variables that a caller may set.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, Type)> {
        self.variables
            .iter()
            .filter(|variable| variable.input)
            .map(|variable| (variable.name.as_str(), variable.kind))
    }

    /// The branches a run can take: each way out of each step that can be reached and has more than one.
    #[must_use]
    pub fn branch_count(&self) -> usize {
        self.branches().count()
    }

    /// Each branch as its place in the file and its name, such as `callData "Look up": timeout`.
    pub(crate) fn branches(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        let forks = self.steps.iter().enumerate();
        forks
            .filter(|(_, step)| step.reached && step.paths.len() > 1)
            .flat_map(|(index, step)| {
                (0..step.paths.len()).map(move |path| (index as u32, path as u16))
            })
    }

    pub(crate) fn describe_branch(&self, step: u32, path: u16) -> String {
        let Some(step) = self.steps.get(step as usize) else {
            return String::new();
        };
        let path = step.paths.get(path as usize).map_or("", |path| &path.name);
        format!("{} {}: {path}", step.place, step.title())
    }
}
