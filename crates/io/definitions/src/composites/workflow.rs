//! Composites by a run of a workflow.
//!
//! The workflow is one of the files', of the type that needs nobody. Its variables are the contract ([`variables`]).
//!
//! **What it calls is found before it runs**, through all workflows that it calls: a run of it knows these actions and
//! no others. So it is known whether one of them is secure, and an edit through the API can't change what it does.

use super::contract::Contract;
use super::{By, Composite, Made, entry, variables};
use crate::action::file_integration_id;
use crate::files::FilesRead;
use crate::named::no_action;
use crate::{Catalog, CatalogAction, CatalogIntegration, Fault, WorkflowFiles};
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_architect::workflow::Action;
use tollgate_architect::{Library, Workflow};
use tollgate_config::{Composite as Written, Config, did_you_mean};

/// The workflow that a composite runs.
#[derive(Debug)]
pub struct InnerWorkflow {
    /// The workflow.
    pub workflow: Arc<Workflow>,
    /// Workflows that it may call.
    pub library: Arc<Library>,
    /// What the composite takes, and the variables that have it.
    pub inputs: Vec<(String, String)>,
    /// What the composite gives, and the variables that it is taken from.
    pub outputs: Vec<(String, String)>,
    /// The actions that it calls, and their integrations; no others.
    actions: Catalog,
}

impl InnerWorkflow {
    /// An action that it calls, and its integration.
    #[must_use]
    pub fn action(
        &self,
        category: &str,
        name: &str,
    ) -> Option<(&Arc<CatalogAction>, &Arc<CatalogIntegration>)> {
        let entry = self.actions.action_named(category, name)?;
        Some((entry, self.actions.integration(&entry.integration)?))
    }
}

/// A composite whose workflow is known, and what that calls isn't yet.
pub(super) struct Planned<'a> {
    pub(super) written: &'a Written,
    at: usize,
    workflow: Arc<Workflow>,
    library: Arc<Library>,
    target: Arc<CatalogIntegration>,
    sites: Vec<Site>,
}

/// A step that calls an action.
struct Site {
    category: Arc<str>,
    action: Arc<str>,
    workflow: Arc<Workflow>,
    /// The step's position among the workflow's.
    step: usize,
    file: String,
}

impl<'a> Planned<'a> {
    /// The composite at this place of the file. What is wrong with it is added to `faults`; without any fault there is
    /// none if it needs something that is at fault itself.
    pub(super) fn of(
        config: &Config,
        (workflows, read): (&WorkflowFiles, &FilesRead),
        (at, written, name): (usize, &'a Written, &str),
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let mut reject = |message| faults.push(fault(config, at, "workflow", message));
        let library = &workflows.library;
        let Some(workflow) = library.get(name) else {
            if !workflows.incomplete {
                reject(no_workflow(config, library, name));
            }
            return None;
        };
        if !workflow.kind().runs_alone() {
            reject(format!(
                "{name:?} is of the type {}; only a workflow runs without a person",
                workflow.kind().word()
            ));
            return None;
        }
        let target = file_integration_id(&written.integration);
        Some(Self {
            written,
            at,
            workflow: Arc::clone(workflow),
            library: Arc::clone(library),
            target: Arc::clone(read.catalog.integration(&target)?),
            sites: sites(workflow, workflows),
        })
    }

    /// One of the others that it calls, which has to be made before it.
    pub(super) fn waits_for<'o>(&self, others: &'o [Self], read: &FilesRead) -> Option<&'o Self> {
        let mut sites = self.sites.iter();
        sites.find_map(|site| {
            if read
                .catalog
                .action_named(&site.category, &site.action)
                .is_some()
            {
                return None;
            }
            others.iter().find(|other| {
                let (of, name) = (&other.written.integration, &other.written.name);
                site.category.eq_ignore_ascii_case(of) && site.action.eq_ignore_ascii_case(name)
            })
        })
    }

    /// The composite, all of whose calls have been made.
    pub(super) fn make(
        &self,
        config: &Config,
        read: &FilesRead,
        faults: &mut Vec<Fault>,
    ) -> Option<Made> {
        let (mut actions, mut secure, mut is_whole) = (Catalog::default(), false, true);
        for site in &self.sites {
            let found = read.catalog.action_named(&site.category, &site.action);
            let target = found.and_then(|it| read.catalog.integration(&it.integration));
            if let (Some(found), Some(target)) = (found, target) {
                secure |= found.secure;
                actions.add_integration(Arc::clone(target));
                actions.add_action(Arc::clone(found));
            } else {
                is_whole = false;
                faults.extend(self.not_found(config, read, site));
            }
        }
        let inputs = variables::own(self.workflow.inputs());
        let outputs = variables::own(self.workflow.outputs());
        let contract = Contract::new(variables::schema(&inputs), variables::schema(&outputs));
        let entry = entry(
            &read.catalog,
            (self.written, &self.target),
            contract,
            secure,
        );
        let entry = entry.map_err(|(field, message)| {
            faults.push(fault(config, self.at, field, message));
        });
        let composite = Composite {
            timeout: self.written.timeout,
            by: By::Workflow(Arc::new(InnerWorkflow {
                workflow: Arc::clone(&self.workflow),
                library: Arc::clone(&self.library),
                inputs: variables::names(inputs),
                outputs: variables::names(outputs),
                actions,
            })),
        };
        Some((entry.ok()?, composite)).filter(|_| is_whole)
    }

    /// A step's action that no file has.
    fn not_found(&self, config: &Config, read: &FilesRead, site: &Site) -> Option<Fault> {
        let is_incomplete = |name: &String| name.eq_ignore_ascii_case(&site.category);
        if read.incomplete.iter().any(is_incomplete) {
            return None;
        }
        let of = (&*site.category, &*site.action);
        let mut fault = no_action(
            &read.catalog,
            of,
            &site.workflow.steps()[site.step],
            &site.file,
        );
        if config.store.is_some() {
            let name = &self.written.name;
            fault.message +=
                &format!("; the composite {name:?} calls actions of files, none of the store");
        }
        Some(fault)
    }

    /// Says that more composites lie within each other than may.
    pub(super) fn too_deep(&self, config: &Config, faults: &mut Vec<Fault>) {
        let message = format!(
            "runs a composite within a composite more than {} times over",
            super::DEEPEST
        );
        faults.push(fault(config, self.at, "workflow", message));
    }

    /// Says how it comes back to itself, if it does.
    pub(super) fn comes_back(
        &self,
        others: &[Self],
        (config, read): (&Config, &FilesRead),
        faults: &mut Vec<Fault>,
    ) {
        let mut way = vec![format!("{:?}", self.written.name)];
        let mut next = self;
        for _ in others {
            let Some(called) = next.waits_for(others, read) else {
                return;
            };
            way.push(format!("{:?}", called.written.name));
            if called.at == self.at {
                let message = format!("runs itself without end: {}", way.join(" calls "));
                faults.push(fault(config, self.at, "workflow", message));
                return;
            }
            next = called;
        }
    }
}

fn fault(config: &Config, at: usize, field: &str, message: String) -> Fault {
    let field = format!("composite[{}].{field}", at + 1);
    Fault::of(config, field.trim_end_matches('.'), message)
}

fn no_workflow(config: &Config, library: &Library, name: &str) -> String {
    let Some(folder) = &config.server.workflow_folder else {
        return format!(
            "there is no workflow {name:?}: no folder of workflows is named; add workflow_folder to [server]"
        );
    };
    let meant = did_you_mean(name, library.keys().map(String::as_str));
    let stored = match config.store {
        Some(_) => "; a composite runs workflows of files, none of the store",
        None => "",
    };
    let folder = folder.display();
    format!("there is no workflow {name:?} in {folder}{meant}{stored}")
}

/// The steps of a workflow, and of those that it calls, that call actions.
fn sites(workflow: &Arc<Workflow>, workflows: &WorkflowFiles) -> Vec<Site> {
    let (mut seen, mut sites) = (BTreeSet::new(), Vec::new());
    let mut open = vec![workflow];
    while let Some(workflow) = open.pop() {
        if !seen.insert(workflow.name()) {
            continue;
        }
        let file = workflows.files.get(workflow.name());
        let file = file.map_or("", String::as_str);
        let steps = workflow.steps().iter().enumerate();
        for (at, step) in steps.filter(|(_, step)| step.reached) {
            match &step.action {
                Action::CallData(call) => sites.push(Site {
                    category: Arc::clone(&call.category),
                    action: Arc::clone(&call.action),
                    workflow: Arc::clone(workflow),
                    step: at,
                    file: file.to_owned(),
                }),
                Action::CallWorkflow(call) => open.extend(workflows.library.get(&*call.workflow)),
                _ => {}
            }
        }
    }
    sites
}
