//! Composites: actions of the configuration file whose answers are made of other actions' answers.
//!
//! **Made by one of two.** A list of calls, or a run of a workflow: that is all in which composites differ ([`By`]).
//!
//! All that one names is found here, once: what it calls can't be missing when it is called. What it calls comes from
//! the files, whose actions never change while the service runs. A list calls no composites. A workflow's steps may;
//! but a workflow composite is made only after all that it calls has been, so none can come back to itself,
//! and no more than [`DEEPEST`] lie within each other.
//!
//! **The contract follows, and nobody writes a schema.** Of a list, from the contracts of what is called: an input has
//! the schema that the action has for which it is read, an output that of the place which its path leads to. Where a
//! path doesn't lead to one place, or its contract doesn't say what is there, the output may be anything. Of a
//! workflow, from what it declares of its variables.
//!
//! **To everybody else it is an action**, whose request is never rendered: a composite's export is an action file with
//! the contract and a request that goes nowhere, so that lists, the flattened form, kept answers, `action wrap` and
//! the vendor's import need to know nothing of it.

mod contract;
mod list;
mod schema;
mod variables;
mod workflow;

pub use workflow::InnerWorkflow;

use crate::action::composite_id;
use crate::files::FilesRead;
use crate::{Catalog, CatalogAction, CatalogIntegration, Fault, WorkflowFiles};
use contract::Contract;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tollgate_action::{Action, Callee};
use tollgate_config::{Composite as Written, CompositeBy, CompositeOutput, Config, Feed};
use workflow::Planned;

/// Composites within composites, at the most.
const DEEPEST: usize = 8;

/// What composites do in the place of a request, by their ids.
pub type Composites = BTreeMap<String, Arc<Composite>>;

/// What a composite does in the place of a request.
#[derive(Debug)]
pub struct Composite {
    /// How long all of it may take.
    pub timeout: Duration,
    /// What makes its answer.
    pub by: By,
}

/// What makes a composite's answer.
#[derive(Debug)]
pub enum By {
    /// A list of calls.
    Calls(Arc<InnerCalls>),
    /// A run of a workflow.
    Workflow(Arc<InnerWorkflow>),
}

/// The list of calls that a composite makes.
#[derive(Debug)]
pub struct InnerCalls {
    /// What it calls.
    pub calls: Vec<InnerCall>,
    /// What it gives.
    pub outputs: Vec<CompositeOutput>,
}

/// One call that a composite makes.
#[derive(Debug)]
pub struct InnerCall {
    /// What paths call its answer.
    pub name: String,
    /// The action.
    pub action: Arc<CatalogAction>,
    /// Its integration.
    pub target: Arc<CatalogIntegration>,
    /// The action's inputs, and what each is taken from.
    pub inputs: Vec<(String, Feed)>,
    /// The places of the calls whose answers it reads.
    pub after: BTreeSet<usize>,
    /// Whether the composite goes on without its answer.
    pub optional: bool,
}

/// A composite as an action, and what it does.
type Made = (CatalogAction, Composite);

/// Adds the configuration's composites to the actions that were read. What is wrong with one is added to `faults`, and
/// it is left out.
pub(crate) fn load(
    config: &Config,
    workflows: &WorkflowFiles,
    read: &mut FilesRead,
    faults: &mut Vec<Fault>,
) -> Composites {
    let (mut composites, mut planned) = (Composites::new(), Vec::new());
    let mut first = Vec::new();
    for (at, written) in config.composites.iter().enumerate() {
        match &written.by {
            CompositeBy::Calls(by) => {
                let made = list::resolve(config, read, (at, written, by), faults);
                first.push((written, made));
            }
            CompositeBy::Workflow(name) => {
                match Planned::of(config, (workflows, read), (at, written, name), faults) {
                    Some(plan) => planned.push(plan),
                    None => first.push((written, None)),
                }
            }
        }
    }
    add(first, read, &mut composites);
    // Each round makes those whose calls have all been made.
    for depth in 1.. {
        let is_ready = |plan: &Planned<'_>| plan.waits_for(&planned, read).is_none();
        let ready: Vec<_> = planned.iter().map(is_ready).collect();
        let mut ready = ready.into_iter();
        let round: Vec<_> = planned
            .extract_if(.., |_| ready.next() == Some(true))
            .collect();
        if round.is_empty() {
            break;
        }
        let made = round.into_iter().map(|plan| {
            let made = if depth > DEEPEST {
                plan.too_deep(config, faults);
                None
            } else {
                plan.make(config, read, faults)
            };
            (plan.written, made)
        });
        let made = made.collect();
        add(made, read, &mut composites);
    }
    for plan in &planned {
        plan.comes_back(&planned, (config, read), faults);
        read.incomplete.insert(plan.written.integration.clone());
    }
    composites
}

/// Adds what was made; of what couldn't be, nothing more is said where somebody names it.
fn add(made: Vec<(&Written, Option<Made>)>, read: &mut FilesRead, composites: &mut Composites) {
    for (written, made) in made {
        match made {
            Some((entry, composite)) => {
                composites.insert(entry.id.clone(), Arc::new(composite));
                read.catalog.add_action(Arc::new(entry));
            }
            None => {
                read.incomplete.insert(written.integration.clone());
            }
        }
    }
}

/// A composite of that integration as an action; or which of its fields is at fault, and why.
fn entry(
    catalog: &Catalog,
    (written, target): (&Written, &CatalogIntegration),
    contract: Contract,
    secure: bool,
) -> Result<CatalogAction, (&'static str, String)> {
    if catalog.action_of(target, &written.name).is_ok() {
        let (name, of) = (&written.name, &target.name);
        let message = format!("{of} has an action {name:?} already; rename one of them");
        return Err(("name", message));
    }
    let file = contract.file(written, secure, (target.kind.as_str(), url(target)));
    let action = Action::from_json(&file.to_string());
    let action = action.map_err(|why| ("", format!("what it takes and gives is no action: {why}")));
    Ok(CatalogAction {
        id: composite_id(&target.name, &written.name),
        name: written.name.clone(),
        category: target.name.clone(),
        secure,
        version: 1,
        integration: target.id.clone(),
        stored: false,
        action: Ok(action?),
    })
}

/// The URL of a request that is never made, as the integration's type has them: `.invalid` leads nowhere (RFC 2606).
fn url(target: &CatalogIntegration) -> &'static str {
    match target.kind.calls() {
        Some(Callee::WholeUrl) => "https://composite.invalid/",
        _ => "/composite",
    }
}
