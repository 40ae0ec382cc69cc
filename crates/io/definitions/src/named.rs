//! Names in the configuration file that only its action files can confirm.
//!
//! A slip in one of them would be silent: a limit that never holds, an answer that is never kept. With a
//! store an action may come from there later, so a `[[cache]]` that no file knows is fine then.

use crate::entry::file_integration_id;
use crate::{Catalog, Entry};
use tollgate_config::{CacheRule, Config};

/// A line for each name that there is nothing of.
#[must_use]
pub fn unknown_names(config: &Config, catalog: &Catalog) -> Vec<String> {
    let mut problems = Vec::new();
    for integration in &config.integrations {
        let id = file_integration_id(&integration.name);
        for name in integration.action_routes.keys() {
            let there = |it: &&std::sync::Arc<Entry>| it.integration == id && it.name == *name;
            if !catalog.actions().any(|it| there(&it)) {
                problems.push(format!(
                    "integration.action: {} has no action {name:?} in {}",
                    integration.name,
                    integration.folder.display()
                ));
            }
        }
    }
    for rule in &config.caches {
        problems.extend(of_rule(rule, config, catalog));
    }
    problems
}

fn of_rule(rule: &CacheRule, config: &Config, catalog: &Catalog) -> Vec<String> {
    let name = &rule.action;
    let of_rule = |entry: &Entry| {
        let integration = catalog.integration(&entry.integration);
        let named = integration.is_some_and(|it| Some(&it.name) == rule.integration.as_ref());
        entry.name == *name && (rule.integration.is_none() || named)
    };
    let entries: Vec<_> = catalog.actions().filter(|it| of_rule(it)).collect();
    if entries.is_empty() && config.store.is_none() {
        return vec![format!("cache: there is no action {name:?}")];
    }
    let mut problems = Vec::new();
    for entry in entries {
        if entry.secure {
            problems.push(format!(
                "cache: {name:?} is secure, and a secure action's answers are never kept"
            ));
        }
        let definition = entry.action.as_ref().ok().map(|it| it.definition());
        let inputs = definition.and_then(|it| it.pointer("/contract/input/inputSchema/properties"));
        let Some(inputs) = inputs.and_then(|it| it.as_object()) else {
            continue;
        };
        for input in rule.inputs.iter().flatten() {
            if !inputs.contains_key(input) {
                problems.push(format!("cache: {name:?} has no input {input:?}"));
            }
        }
    }
    problems
}
