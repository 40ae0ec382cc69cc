//! Composites: actions of the configuration file whose answers are made of other actions' answers.
//!
//! All that one names is found here, once: what it calls can't be missing when it is called. What it calls comes from
//! the files, whose actions never change while the service runs, and is no composite itself: so a composite is
//! never deeper than one level, and can't call itself.
//!
//! **The contract follows from the contracts of what is called**, so nobody writes a schema: an input has the schema
//! that the action has for which it is read, an output that of the place which its path leads to. Where a path doesn't
//! lead to one place, or its contract doesn't say what is there, the output may be anything.
//!
//! **To everybody else it is an action**, whose request is never rendered: a composite's export is an action file with
//! the contract and a request that goes nowhere, so that lists, the flattened form, kept answers, `action wrap` and
//! the vendor's import need to know nothing of it.

mod contract;
mod schema;

use crate::action::{composite_id, file_integration_id};
use crate::files::FilesRead;
use crate::{Catalog, CatalogAction, CatalogIntegration, Fault};
use contract::Contract;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tollgate_action::{Action, Callee};
use tollgate_config::{
    Composite as Written, CompositeCall, CompositeOutput, Config, Feed, did_you_mean,
};

/// What composites do in the place of a request, by their ids.
pub type Composites = BTreeMap<String, Arc<Composite>>;

/// What a composite does in the place of a request.
#[derive(Debug)]
pub struct Composite {
    /// How long all of it may take.
    pub timeout: Duration,
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

/// Adds the configuration's composites to the actions that were read. What is wrong with one is added to `faults`, and
/// it is left out.
pub(crate) fn load(config: &Config, read: &mut FilesRead, faults: &mut Vec<Fault>) -> Composites {
    let mut made = Vec::new();
    for (at, written) in config.composites.iter().enumerate() {
        let mut resolving = Resolving {
            config,
            read,
            written,
            field: format!("composite[{}]", at + 1),
            faults: Vec::new(),
            incomplete: false,
        };
        let entry = resolving.entry();
        let incomplete = resolving.incomplete;
        if !resolving.faults.is_empty() || incomplete {
            faults.append(&mut resolving.faults);
            read.incomplete.insert(written.integration.clone());
        } else {
            made.extend(entry);
        }
    }
    let mut composites = Composites::new();
    for (entry, composite) in made {
        composites.insert(entry.id.clone(), Arc::new(composite));
        read.catalog.add_action(Arc::new(entry));
    }
    composites
}

/// One composite whose names are looked up.
struct Resolving<'a> {
    config: &'a Config,
    read: &'a FilesRead,
    written: &'a Written,
    field: String,
    faults: Vec<Fault>,
    /// Whether it names something in files that couldn't all be read.
    incomplete: bool,
}

impl Resolving<'_> {
    fn entry(&mut self) -> Option<(CatalogAction, Composite)> {
        let written = self.written;
        let target = self.integration(&written.integration)?;
        if self.catalog().action_of(&target, &written.name).is_ok() {
            let (name, of) = (&written.name, &target.name);
            let message = format!("{of} has an action {name:?} already; rename one of them");
            self.fault("name", message);
        }
        let calls: Vec<_> = written
            .calls
            .iter()
            .enumerate()
            .map(|(at, call)| self.call(at, call))
            .collect();
        // What the contract says follows from all of them.
        let calls = calls.into_iter().collect::<Option<Vec<_>>>()?;
        let (contract, faults) = Contract::of(&calls, &written.outputs);
        for (field, message) in faults {
            self.fault(&field, message);
        }
        let secure = calls.iter().any(|call| call.action.secure);
        let file = contract.file(written, secure, (target.kind.as_str(), url(&target)));
        let action = Action::from_json(&file.to_string());
        if let Err(why) = &action {
            self.fault(
                "",
                format!("what follows from its calls is no action: {why}"),
            );
        }
        let entry = CatalogAction {
            id: composite_id(&target.name, &written.name),
            name: written.name.clone(),
            category: target.name.clone(),
            secure,
            version: 1,
            integration: target.id.clone(),
            stored: false,
            action: Ok(action.ok()?),
        };
        let composite = Composite {
            timeout: written.timeout,
            calls,
            outputs: written.outputs.clone(),
        };
        Some((entry, composite))
    }

    fn call(&mut self, at: usize, call: &CompositeCall) -> Option<InnerCall> {
        let target = self.integration(&call.integration)?;
        let Ok(action) = self.catalog().action_of(&target, &call.action) else {
            self.no_action(at, call, &target);
            return None;
        };
        let after = call.inputs.iter().filter_map(|(_, feed)| feed.call());
        Some(InnerCall {
            name: call.name.clone(),
            action: Arc::clone(action),
            target,
            inputs: call.inputs.clone(),
            after: after.collect(),
            optional: call.optional,
        })
    }

    fn no_action(&mut self, at: usize, call: &CompositeCall, target: &CatalogIntegration) {
        let (name, of) = (&call.action, &target.name);
        let mut composites = self.config.composites.iter();
        let message = if composites.any(|it| it.name == *name && it.integration == *of) {
            format!(
                "{name:?} is a composite, and a composite calls none: give the calls that it makes"
            )
        } else if self.read.incomplete.contains(of) {
            self.incomplete = true;
            return;
        } else {
            let of_target = |entry: &&Arc<CatalogAction>| entry.integration == target.id;
            let names = self.catalog().actions().filter(of_target);
            let meant = did_you_mean(name, names.map(|entry| entry.name.as_str()));
            let stored = match self.config.store {
                Some(_) => "; a composite calls actions of files, none of the store",
                None => "",
            };
            format!("{of} has no action {name:?} in its folder{meant}{stored}")
        };
        self.fault(&format!("call[{}].action", at + 1), message);
    }

    /// The integration, unless it is at fault itself.
    fn integration(&mut self, name: &str) -> Option<Arc<CatalogIntegration>> {
        let found = self.catalog().integration(&file_integration_id(name));
        let found = found.map(Arc::clone);
        self.incomplete |= found.is_none();
        found
    }

    fn catalog(&self) -> &Catalog {
        &self.read.catalog
    }

    fn fault(&mut self, field: &str, message: String) {
        let field = format!("{}.{field}", self.field);
        let fault = Fault::of(self.config, field.trim_end_matches('.'), message);
        self.faults.push(fault);
    }
}

/// The URL of a request that is never made, as the integration's type has them: `.invalid` leads nowhere (RFC 2606).
fn url(target: &CatalogIntegration) -> &'static str {
    match target.kind.calls() {
        Some(Callee::WholeUrl) => "https://composite.invalid/",
        _ => "/composite",
    }
}
