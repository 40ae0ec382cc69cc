//! The folder's workflows: those that Terraform deploys, with their substitutions, and all other files that look
//! like one.

mod unknown;

use crate::files::Files;
use crate::finding::{Finding, Level, Rule};
use crate::looks::{like_workflow, name_place};
use crate::report::{Item, Part};
use crate::terraform::FlowResource;
use std::collections::BTreeSet;
use tollgate_architect::{
    Place, Problem, Problems, Severity, Substitutions, Workflow, export_problems, is_export_name,
};

/// A workflow of the folder.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) item: Item,
    /// The folder that Terraform runs in which deploys it, if Terraform does.
    pub(crate) root: Option<String>,
    /// The file and place that give it its name: of the resource, if Terraform deploys it.
    pub(crate) declared: (String, Place),
    /// The workflow, if its file is valid.
    pub(crate) workflow: Option<Workflow>,
}

/// What stands for a workflow's type where that isn't known.
const SOME_FLOW: &str = "flow";

/// Bytes of workflows that are read in one check, each file as often as it is deployed.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads all workflows.
pub(crate) fn read(
    files: &dyn Files,
    resources: &[FlowResource],
    substitutions: &Substitutions,
) -> Vec<Flow> {
    let deployed: BTreeSet<&str> = resources
        .iter()
        .filter_map(|resource| resource.source.as_deref().ok())
        .collect();
    let mut left = MAX_BYTES;
    let of_resources = resources
        .iter()
        .map(|resource| deploy(files, resource, &mut left));
    let others = files.paths().iter();
    let others = others.filter(|path| !deployed.contains(path.as_str()));
    let others = others.filter_map(|path| match path {
        path if is_yaml(path) => alone(files, path, substitutions),
        path if is_export_name(path) => Some(export(path)),
        _ => None,
    });
    let mut flows: Vec<Flow> = of_resources.chain(others).collect();
    flows.sort_by(|a, b| (&a.item.file, &a.item.address).cmp(&(&b.item.file, &b.item.address)));
    flows
}

fn is_yaml(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or_default();
    ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
}

fn deploy(files: &dyn Files, resource: &FlowResource, left: &mut usize) -> Flow {
    let path = match &resource.source {
        Ok(path) => path,
        Err(why) => {
            let mut flow = Flow::new(&resource.file, SOME_FLOW, "", Vec::new());
            flow.item.skipped = Some(why.clone());
            flow.deployed_by(resource);
            return flow;
        }
    };
    let text = resource.made.clone().map_or_else(|| files.text(path), Ok);
    let mut flow = match text {
        Ok(text) => match left.checked_sub(text.len()) {
            Some(rest) => {
                *left = rest;
                let mut flow = parse(path, &text, &resource.substitutions, Some(resource));
                let read = unknown::soften(&text, resource, &mut flow.item.findings);
                *left = left.saturating_sub(read);
                flow
            }
            None => unreadable(
                path,
                format!(
                    "more than {MAX_BYTES} bytes of flows are deployed; check a smaller folder"
                ),
            ),
        },
        Err(fault) => unreadable(path, fault.why),
    };
    flow.deployed_by(resource);
    flow
}

/// A workflow's file that Terraform doesn't deploy; none if the file is something else.
fn alone(files: &dyn Files, path: &str, substitutions: &Substitutions) -> Option<Flow> {
    match files.text(path) {
        Ok(text) => like_workflow(&text).then(|| {
            let mut flow = parse(path, &text, substitutions, None);
            flow.declared.1 = name_place(&text);
            flow
        }),
        Err(fault) => {
            let ours = fault.head.is_empty() || like_workflow(&fault.head);
            ours.then(|| unreadable(path, fault.why))
        }
    }
}

/// An export of the vendor's editor, which is no YAML. It may lie beside the YAML that is deployed, so that it is no
/// error.
fn export(path: &str) -> Flow {
    let problems = export_problems();
    let problem = problems.as_slice().first();
    let why = problem.map_or(String::new(), |problem| problem.message.clone());
    let note = problem.map(|problem| Finding {
        level: Level::Note,
        place: None,
        ..finding(path, problem, None)
    });
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut flow = Flow::new(path, SOME_FLOW, name, note.into_iter().collect());
    flow.item.skipped = Some(why);
    flow
}

fn unreadable(path: &str, message: String) -> Flow {
    let findings = vec![Finding::unreadable(path, message)];
    Flow::new(path, SOME_FLOW, "", findings)
}

fn parse(
    path: &str,
    text: &str,
    substitutions: &Substitutions,
    resource: Option<&FlowResource>,
) -> Flow {
    let parsed = Workflow::parse_with(text, substitutions);
    let (problems, kind, name) = match &parsed {
        Ok(workflow) => (
            workflow.warnings(),
            workflow.kind().word(),
            workflow.name().to_owned(),
        ),
        Err(problems) => {
            let (kind, name) = named(text, substitutions);
            (problems, kind, name)
        }
    };
    let findings = problems.as_slice().iter();
    let findings = findings
        .map(|problem| finding(path, problem, resource))
        .collect();
    let mut flow = Flow::new(path, kind, &name, findings);
    flow.workflow = parsed.ok();
    flow
}

/// The type and the name of a workflow that isn't valid, as far as they can be read.
fn named(text: &str, substitutions: &Substitutions) -> (&'static str, String) {
    let unknown = (SOME_FLOW, String::new());
    let document = tollgate_architect::yaml::parse(text, substitutions, &mut Problems::default());
    let Some(document) = document else {
        return unknown;
    };
    let found = document.root.entries().iter().find_map(|entry| {
        let kind = tollgate_architect::WorkflowKind::of_word(&entry.key)?;
        let name = entry.value.text_of("name").unwrap_or_default();
        Some((kind.word(), name.to_owned()))
    });
    found.unwrap_or(unknown)
}

impl Flow {
    /// A workflow that nothing deploys, which may lie anywhere in its file.
    fn new(path: &str, kind: &str, name: &str, findings: Vec<Finding>) -> Flow {
        Flow {
            item: Item {
                part: Part::Flow,
                file: path.to_owned(),
                kind: kind.to_owned(),
                name: name.to_owned(),
                is_named: true,
                address: None,
                findings,
                skipped: None,
            },
            root: None,
            declared: (path.to_owned(), Place { line: 1, column: 1 }),
            workflow: None,
        }
    }

    /// Takes what its resource says of it.
    fn deployed_by(&mut self, resource: &FlowResource) {
        self.root = Some(resource.root.clone());
        self.declared = (resource.file.clone(), resource.place);
        let item = &mut self.item;
        item.address = Some(resource.address.clone());
        if item.name.is_empty() {
            item.name.clone_from(&resource.address);
            item.is_named = false;
        }
        item.findings.extend(resource.findings.iter().cloned());
    }
}

fn finding(path: &str, problem: &Problem, resource: Option<&FlowResource>) -> Finding {
    let (level, rule) = match problem.severity {
        Severity::Error => (Level::Error, Rule::Flow),
        Severity::Unsupported => (Level::Unsupported, Rule::FlowUnsupported),
        Severity::Warning => (Level::Warning, Rule::Flow),
    };
    // A workflow by itself has its values from the command line; one that is deployed has them from its resource.
    let help = match (&problem.unfilled, resource) {
        (Some(_), Some(resource)) => format!(
            "it stands as written; give one in the substitutions of {}",
            resource.address
        ),
        _ => problem.help.clone(),
    };
    Finding {
        file: path.to_owned(),
        place: Some(problem.place),
        level,
        rule,
        field: String::new(),
        message: problem.message.clone(),
        help,
    }
}
