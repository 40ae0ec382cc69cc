//! The folder's workflows: those that Terraform deploys, with their substitutions, and all other files that look
//! like one.

mod unknown;

use crate::files::Files;
use crate::finding::{Finding, Level, Rule};
use crate::looks::{like_workflow, name_place};
use crate::report::Item;
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
            let item = Item {
                file: resource.file.clone(),
                kind: SOME_FLOW.to_owned(),
                name: resource.address.clone(),
                address: Some(resource.address.clone()),
                findings: resource.findings.clone(),
                skipped: Some(why.clone()),
            };
            return Flow {
                item,
                root: Some(resource.root.clone()),
                declared: (resource.file.clone(), resource.place),
                workflow: None,
            };
        }
    };
    let text = resource.made.clone().map_or_else(|| files.text(path), Ok);
    let mut flow = match text {
        Ok(text) => match left.checked_sub(text.len()) {
            Some(rest) => {
                *left = rest;
                let mut flow = parse(path, &text, &resource.substitutions);
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
    flow.root = Some(resource.root.clone());
    flow.declared = (resource.file.clone(), resource.place);
    flow.item.address = Some(resource.address.clone());
    if flow.item.name.is_empty() {
        flow.item.name.clone_from(&resource.address);
    }
    for finding in &mut flow.item.findings {
        // A workflow by itself has its values from the command line; this one has them from its resource.
        if let Some((stands, _)) = finding.help.split_once("; give one with --set") {
            finding.help = format!(
                "{stands}; give one in the substitutions of {}",
                resource.address
            );
        }
    }
    flow.item.findings.extend(resource.findings.iter().cloned());
    flow
}

/// A workflow's file that Terraform doesn't deploy; none if the file is something else.
fn alone(files: &dyn Files, path: &str, substitutions: &Substitutions) -> Option<Flow> {
    match files.text(path) {
        Ok(text) => like_workflow(&text).then(|| parse(path, &text, substitutions)),
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
        ..finding(path, problem)
    });
    let name = path.rsplit('/').next().unwrap_or_default();
    let item = Item {
        file: path.to_owned(),
        kind: SOME_FLOW.to_owned(),
        name: name.to_owned(),
        address: None,
        findings: note.into_iter().collect(),
        skipped: Some(why),
    };
    Flow {
        item,
        root: None,
        declared: (path.to_owned(), Place { line: 1, column: 1 }),
        workflow: None,
    }
}

fn unreadable(path: &str, message: String) -> Flow {
    let finding = Finding {
        file: path.to_owned(),
        place: None,
        level: Level::Error,
        rule: Rule::Unreadable,
        field: String::new(),
        message,
        help: String::new(),
    };
    let item = Item {
        file: path.to_owned(),
        kind: SOME_FLOW.to_owned(),
        name: String::new(),
        address: None,
        findings: vec![finding],
        skipped: None,
    };
    Flow {
        item,
        root: None,
        declared: (path.to_owned(), Place { line: 1, column: 1 }),
        workflow: None,
    }
}

fn parse(path: &str, text: &str, substitutions: &Substitutions) -> Flow {
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
    let item = Item {
        file: path.to_owned(),
        kind: kind.to_owned(),
        name,
        address: None,
        findings: findings.map(|problem| finding(path, problem)).collect(),
        skipped: None,
    };
    Flow {
        item,
        root: None,
        declared: (path.to_owned(), name_place(text)),
        workflow: parsed.ok(),
    }
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

fn finding(path: &str, problem: &Problem) -> Finding {
    let (level, rule) = match problem.severity {
        Severity::Error => (Level::Error, Rule::Flow),
        Severity::Unsupported => (Level::Unsupported, Rule::FlowUnsupported),
        Severity::Warning => (Level::Warning, Rule::Flow),
    };
    Finding {
        file: path.to_owned(),
        place: Some(problem.place),
        level,
        rule,
        field: String::new(),
        message: problem.message.clone(),
        help: problem.help.clone(),
    }
}
