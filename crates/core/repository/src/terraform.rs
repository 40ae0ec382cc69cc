//! Terraform's view of an organisation: the workflows and data actions that a folder of `.tf` files deploys.
//!
//! Read are the resources `genesyscloud_flow` and `genesyscloud_integration_action`, in every folder that Terraform
//! can run in (one that no other folder calls as a module) and in the modules within the folder that they call.
//! Everything else is followed only as far as those two need it: variables with their defaults and the values of
//! `*.tfvars`, locals, outputs of modules, arguments of other resources that the files give. What is known only
//! when it is deployed is unknown, and said so; it is never an error.

mod action;
mod evaluate;
mod export;
mod flow;
mod folder;
mod instance;
mod resource;
mod syntax;
mod value;

pub use action::{ActionResource, ExportField};
pub(crate) use export::put;
pub use flow::FlowResource;

use crate::files::Files;
use crate::finding::{Finding, Level, Rule};
use evaluate::{Evaluator, scope};
use folder::{Folder, folders, is_local};
use hcl_edit::Span as _;
use instance::{Child, Instance, Names};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use syntax::Source;

/// Workflows and data actions of one check, each counted as often as it is made.
const MAX_RESOURCES: usize = 10_000;

/// What a folder deploys.
#[derive(Default, Debug)]
pub struct Configuration {
    /// Its workflows.
    pub flows: Vec<FlowResource>,
    /// Its data actions.
    pub actions: Vec<ActionResource>,
    /// Names of data actions and workflows that `data` blocks look up: the organisation has them already.
    pub looked_up: BTreeSet<String>,
    /// What is wrong, unknown, or not looked into.
    pub findings: Vec<Finding>,
}

/// Reads all `.tf` and `.tfvars` files, with values for the variables of the folders that Terraform runs in.
pub fn read(files: &dyn Files, variables: &BTreeMap<String, String>) -> Configuration {
    let mut found = Configuration::default();
    let mut sources = Vec::new();
    for path in files.paths().iter().filter(|path| is_terraform(path)) {
        let source = match files.text(path) {
            Ok(text) => Source::parse(path, text),
            Err(fault) => Err(Finding::unreadable(path, fault.why)),
        };
        match source {
            Ok(source) => sources.push(source),
            Err(fault) => found.findings.push(fault),
        }
    }
    found.findings.extend(json_syntax(files));
    let folders = folders(&sources);
    let mut evaluator = Evaluator::new(files, &folders, variables);
    let called = called(&folders);
    let (roots, inner): (Vec<_>, Vec<_>) = folders
        .values()
        .partition(|folder| !called.contains(folder.path.as_str()));
    let mut seen = BTreeSet::new();
    for folder in roots.into_iter().chain(inner) {
        // A folder that is called may not have been reached: one of a circle, one whose caller's own call is set
        // aside or refused, one that is called no times, and one beyond the bounds of modules.
        if !seen.contains(folder.path.as_str()) {
            evaluator.module(&Instance::root(folder), &mut found, &mut seen);
        }
    }
    found.findings.append(&mut evaluator.findings);
    let of_folders = folders.values().flat_map(|folder| &folder.findings);
    found.findings.extend(of_folders.cloned());
    found.findings.sort();
    found.findings.dedup();
    found
}

fn is_terraform(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.ends_with(".tf") || name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
}

/// Says of each file in Terraform's JSON syntax that it isn't read.
fn json_syntax(files: &dyn Files) -> impl Iterator<Item = Finding> + '_ {
    let paths = files
        .paths()
        .iter()
        .filter(|path| path.ends_with(".tf.json"));
    paths.map(|path| Finding {
        level: Level::Warning,
        rule: Rule::TerraformElsewhere,
        help: "what it deploys is unknown; write it as a .tf file".to_owned(),
        ..Finding::unreadable(path, "Terraform's JSON syntax isn't read".to_owned())
    })
}

/// The folders that others call as modules.
fn called<'a>(folders: &BTreeMap<&str, Folder<'a>>) -> BTreeSet<String> {
    let calls = folders.values().flat_map(|folder| {
        let modules = folder.modules.values();
        modules.filter_map(|item| {
            let source = item.block.body.get_attribute("source")?.value.as_str()?;
            is_local(source).then(|| crate::files::join(&folder.path, source))?
        })
    });
    calls.collect()
}

impl<'a> Evaluator<'a> {
    /// Reads what a module deploys, and the modules that it calls.
    fn module(
        &mut self,
        instance: &Rc<Instance<'a>>,
        found: &mut Configuration,
        seen: &mut BTreeSet<&'a str>,
    ) {
        let folder = instance.folder;
        seen.insert(&folder.path);
        self.check_defaults(instance);
        // First, so that what stands against a module isn't told of the resource that names it.
        let children: Vec<Rc<Instance<'a>>> = folder
            .modules
            .keys()
            .flat_map(|name| match self.child(instance, name).as_deref() {
                Some(Child::Here(children)) => {
                    children.iter().map(|(_, child)| Rc::clone(child)).collect()
                }
                _ => Vec::new(),
            })
            .collect();
        let resources = folder.resources.iter();
        let resources = resources.flat_map(|(key, items)| items.iter().map(move |one| (key, one)));
        for ((kind, name), item) in resources {
            let known = matches!(
                *kind,
                "genesyscloud_flow" | "genesyscloud_integration_action"
            );
            if !known {
                continue;
            }
            let all = self.made(instance, item.source, &item.block.body);
            for made in all.iter().cloned() {
                if found.flows.len() + found.actions.len() == MAX_RESOURCES {
                    let message =
                        format!("more than {MAX_RESOURCES} flows and actions are deployed");
                    let at = (&item.source.text, item.block.ident.span());
                    let kind = (Level::Error, Rule::TerraformReference);
                    self.note(at, kind, message, "check a smaller folder");
                    return;
                }
                if *kind == "genesyscloud_flow" {
                    found.flows.push(self.flow(instance, name, *item, made));
                } else {
                    found.actions.push(self.action(instance, name, *item, made));
                }
            }
        }
        self.looked_up(instance, found);
        for child in children {
            self.module(&child, found, seen);
        }
    }

    /// Reads the names of what `data` blocks look up.
    fn looked_up(&mut self, instance: &Rc<Instance<'a>>, found: &mut Configuration) {
        for ((kind, _), item) in &instance.folder.data {
            if matches!(
                *kind,
                "genesyscloud_flow" | "genesyscloud_integration_action"
            ) && let Some(name) = item.block.body.get_attribute("name")
            {
                let scope = scope(instance, item.source, Names::new());
                let name = self.value(&scope, &name.value).to_text();
                found.looked_up.extend(name.map(|name| name.to_string()));
            }
        }
    }
}
