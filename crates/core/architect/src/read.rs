//! From the file to the compiled workflow.
//!
//! One pass declares variables, tasks and menus; the second compiles steps, so that a step may name
//! what stands further down. A fault is noted and reading goes on: all faults are told at once.

mod call;
mod call_task;
mod constant;
mod control;
mod declaration;
mod digits;
mod export;
mod fields;
mod gaps;
mod given;
mod handling;
mod keys;
mod literal;
mod looping;
mod made;
mod menu;
mod queue;
mod reach;
mod scope;
mod setting;
mod settings;
mod shape;
mod spec;
mod step;
mod talk;
mod task;
mod understanding;
mod value;
mod way;

use crate::place::{Place, Problems};
use crate::workflow::{Next, Nlu, Step, Task, Variable, Workflow, WorkflowKind};
use crate::yaml::{self, Node, Substitutions};
pub use export::{export_problems, is_export_name};
use gaps::Gaps;
use scope::Names;
pub use spec::{Does, Evidence, Kinds, Setting, StepType, Way, step_types};
use std::collections::BTreeMap;
use tollgate_expression::did_you_mean;

pub(crate) struct Reader<'a> {
    problems: Problems,
    kind: WorkflowKind,
    root: &'a Node,
    variables: Vec<Variable>,
    globals: BTreeMap<String, u32>,
    /// Of each task, by its place in `tasks`.
    locals: Vec<BTreeMap<String, u32>>,
    tasks: Vec<Task>,
    /// References given by `refId`.
    reference_ids: std::collections::BTreeSet<String>,
    /// Tasks, menus and states by their reference and their name.
    references: BTreeMap<String, u32>,
    steps: Vec<Step>,
    /// The task whose steps are compiled.
    task: Option<u32>,
    /// Loops that the steps stand in: the loop's step, and what comes after it.
    open_loops: Vec<(u32, Next)>,
    /// Ways out of called tasks, in small letters, with their places.
    task_ways: Vec<(String, Place)>,
    nlu: Nlu,
    /// What isn't known of the step that is compiled; of the workflow itself outside of steps.
    gaps: Gaps,
    /// Settings without effect that were named: a step's type, and the setting.
    ignored: std::collections::BTreeSet<(&'static str, &'static str)>,
}

impl Workflow {
    /// Reads, checks and compiles a workflow file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse(text: &str) -> Result<Workflow, Problems> {
        Workflow::parse_with(text, &Substitutions::new())
    }

    /// Reads, checks and compiles a workflow file, with values for its `{{placeholders}}`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn parse_with(text: &str, substitutions: &Substitutions) -> Result<Workflow, Problems> {
        read(text, substitutions)
    }
}

fn read(text: &str, substitutions: &Substitutions) -> Result<Workflow, Problems> {
    let mut problems = Problems::default();
    if export::is_export(text) {
        return Err(export_problems());
    }
    let Some(document) = yaml::parse(text, substitutions, &mut problems) else {
        return Err(problems);
    };
    for (name, place) in &document.unfilled {
        problems.unfilled(*place, name);
    }
    let Some((kind, root)) = workflow_type(&document.root, &mut problems) else {
        problems.sort();
        return Err(problems);
    };
    let mut reader = Reader {
        problems,
        kind,
        root,
        variables: Vec::new(),
        globals: BTreeMap::new(),
        locals: Vec::new(),
        tasks: Vec::new(),
        reference_ids: Default::default(),
        references: BTreeMap::new(),
        steps: Vec::new(),
        task: None,
        open_loops: Vec::new(),
        task_ways: Vec::new(),
        nlu: Nlu::default(),
        gaps: Gaps::default(),
        ignored: Default::default(),
    };
    let workflow = reader.workflow();
    let mut problems = reader.problems;
    problems.sort();
    match workflow {
        Some(mut workflow) if !problems.has_errors() => {
            workflow.warnings = problems;
            Ok(workflow)
        }
        _ => Err(problems),
    }
}

fn workflow_type<'a>(root: &'a Node, problems: &mut Problems) -> Option<(WorkflowKind, &'a Node)> {
    let [only] = root.entries() else {
        problems.error(
            root.place,
            format!(
                "a workflow file is one mapping, its key the workflow's type; this is {}",
                root.what()
            ),
            "begin with inboundCall:, workflow:, …",
        );
        return None;
    };
    match WorkflowKind::of_word(&only.key) {
        Some(kind) => Some((kind, &only.value)),
        None => {
            problems.error(
                only.place,
                format!("`{}` is no type of workflow", only.key),
                did_you_mean(&only.key, WorkflowKind::all().map(WorkflowKind::word)),
            );
            None
        }
    }
}

impl Reader<'_> {
    fn workflow(&mut self) -> Option<Workflow> {
        let root = self.root;
        self.known(root, &format!("{} {}", keys::TOP, self.kind.settings()));
        self.declare_variables(root.get("variables"), None);
        self.understanding();
        self.declare_tasks();
        self.compile_tasks();
        self.check_task_ways();
        let settings = self.settings();
        let builtins = self.builtins();
        let callers = self.callers();
        let refuses_automatic = self.refuses_automatic();
        let start = self.start()?;
        let queue = self.queue(start);
        self.mark_reached(start, queue, &settings);
        Some(Workflow {
            kind: self.kind,
            name: root.text_of("name").unwrap_or_default().to_owned(),
            description: root.text_of("description").unwrap_or_default().to_owned(),
            variables: std::mem::take(&mut self.variables),
            tasks: std::mem::take(&mut self.tasks),
            steps: std::mem::take(&mut self.steps),
            start,
            queue,
            settings,
            builtins,
            callers,
            refuses_automatic,
            nlu: std::mem::take(&mut self.nlu),
            gaps: std::mem::take(&mut self.gaps).all(),
            warnings: Problems::default(),
        })
    }

    /// A child that must be there.
    fn needed<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            self.problems
                .error(node.place, format!("`{key}` is missing"), "");
        }
        found
    }

    /// The only entry of a mapping, such as a step's type and its settings.
    fn only<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n yaml::Entry> {
        if let [only] = node.entries() {
            return Some(only);
        }
        let found = match node.entries().len() {
            0 => node.what().to_owned(),
            keys => format!("one of {keys}"),
        };
        let message = format!("{what} expected, as a mapping of one key; this is {found}");
        self.problems
            .error(node.place, message, "check the indentation");
        None
    }

    fn scope(&self) -> Names<'_> {
        Names {
            kind: self.kind,
            variables: &self.variables,
            globals: &self.globals,
            locals: self.task.map(|task| &self.locals[task as usize]),
            strange: Default::default(),
        }
    }

    /// A task, menu or state by a reference such as `/inboundCall/tasks/task[Name_12]`.
    fn target(&mut self, node: &Node) -> Option<u32> {
        let text = node.text().unwrap_or_default();
        let name = task::named(text);
        // The editor numbers what it refers to, by its `refId`; without one the name alone is there.
        let plain = name
            .rsplit_once('_')
            .filter(|(_, number)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
        let found = self.references.get(name);
        let found = found.or_else(|| self.references.get(plain?.0)).copied();
        if found.is_none() {
            let names: Vec<&str> = self.references.keys().map(String::as_str).collect();
            let help = did_you_mean(name, names.into_iter());
            let message = format!("`{text}` leads to no task, menu or state");
            self.problems.error(node.place, message, help);
        }
        found
    }

    fn reserve(&mut self, place: Place, word: &'static str) -> u32 {
        let step = Step {
            word,
            name: String::new(),
            place,
            action: crate::workflow::Action::Pass,
            paths: Vec::new(),
            loops: self.open_loops.len() as u16,
            reached: false,
            blocked: false,
            after_failure: false,
            not_here: 0,
            gaps: Vec::new(),
            beyond: Vec::new(),
            fails: None,
        };
        self.steps.push(step);
        self.steps.len() as u32 - 1
    }
}
