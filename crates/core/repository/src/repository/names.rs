//! Names that mean more than one thing.

use super::Repository;
use crate::finding::{Finding, Level, Rule};
use std::collections::BTreeMap;

/// What is one where it is deployed: the folder that Terraform runs in, what it is, its name and category.
type Key = (Option<String>, String, String, String);

/// Says which workflows of one type, and which data actions of one category, have the same name. What Terraform
/// deploys from another folder goes elsewhere.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut seen: BTreeMap<Key, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    let flows = repository.flows.iter();
    let flows = flows.map(|flow| (&flow.item, &flow.root, ""));
    let actions = repository.actions.iter().map(|action| {
        let category = action.category.as_deref().unwrap_or_default();
        (&action.item, &action.root, category)
    });
    for (item, root, category) in flows.chain(actions) {
        let open = item.name.is_empty()
            || item.name.contains("{{")
            || item.address.as_ref() == Some(&item.name);
        if open {
            continue;
        }
        let key = (
            root.clone(),
            item.kind.clone(),
            item.name.to_lowercase(),
            category.to_lowercase(),
        );
        match seen.get(&key) {
            None => drop(seen.insert(key, &item.file)),
            Some(first) => findings.push(Finding {
                file: item.file.clone(),
                place: None,
                level: Level::Warning,
                rule: Rule::SameName,
                field: "name".to_owned(),
                message: format!("the {} `{}` is in {first} too", item.kind, item.name),
                help: "one of them replaces the other where both are deployed".to_owned(),
            }),
        }
    }
    findings
}
