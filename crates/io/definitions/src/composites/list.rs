//! Composites by a list of calls: the names that they call are looked up.

use super::contract::Contract;
use super::{By, Composite, InnerCall, InnerCalls, Made, entry};
use crate::action::file_integration_id;
use crate::files::FilesRead;
use crate::{Catalog, CatalogAction, CatalogIntegration, Fault};
use std::sync::Arc;
use tollgate_config::{Composite as Written, CompositeCall, CompositeCalls, Config, did_you_mean};

/// The composite at this place of the file. What is wrong with it is added to `faults`; without any fault there is none
/// if it needs something that is at fault itself.
pub(super) fn resolve(
    config: &Config,
    read: &FilesRead,
    (at, written, by): (usize, &Written, &CompositeCalls),
    faults: &mut Vec<Fault>,
) -> Option<Made> {
    let mut resolving = Resolving {
        config,
        read,
        written,
        by,
        field: format!("composite[{}]", at + 1),
        faults: Vec::new(),
        incomplete: false,
    };
    let made = resolving.entry();
    let is_whole = resolving.faults.is_empty() && !resolving.incomplete;
    faults.append(&mut resolving.faults);
    made.filter(|_| is_whole)
}

/// One composite whose names are looked up.
struct Resolving<'a> {
    config: &'a Config,
    read: &'a FilesRead,
    written: &'a Written,
    by: &'a CompositeCalls,
    field: String,
    faults: Vec<Fault>,
    /// Whether it names something in files that couldn't all be read.
    incomplete: bool,
}

impl Resolving<'_> {
    fn entry(&mut self) -> Option<Made> {
        let written = self.written;
        let target = self.integration(&written.integration)?;
        let calls = self.by.calls.iter().enumerate();
        let calls: Vec<_> = calls.map(|(at, call)| self.call(at, call)).collect();
        // What the contract says follows from all of them.
        let calls = calls.into_iter().collect::<Option<Vec<_>>>()?;
        let (contract, faults) = Contract::of(&calls, &self.by.outputs);
        for (field, message) in faults {
            self.fault(&field, message);
        }
        let secure = calls.iter().any(|call| call.action.secure);
        let entry = entry(self.catalog(), (written, &target), contract, secure);
        let entry = entry.map_err(|(field, message)| self.fault(field, message));
        let composite = Composite {
            timeout: written.timeout,
            by: By::Calls(Arc::new(InnerCalls {
                calls,
                outputs: self.by.outputs.clone(),
            })),
        };
        Some((entry.ok()?, composite))
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
                "{name:?} is a composite, and a list of calls has none: give the calls that it makes"
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
