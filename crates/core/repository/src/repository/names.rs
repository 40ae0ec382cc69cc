//! Names that mean more than one thing.

use super::Repository;
use crate::finding::{Finding, Level, Rule};
use crate::report::Item;
use std::collections::BTreeMap;
use tollgate_architect::Place;

/// What is one where it is deployed: the folder that Terraform runs in, what it is, its name and category.
type Key = (Option<String>, String, String, String);

/// Says which workflows of one type, and which data actions of one category, have the same name. What Terraform
/// deploys from another folder goes elsewhere.
pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut seen: BTreeMap<Key, (&Item, &(String, Place))> = BTreeMap::new();
    let mut findings = Vec::new();
    let flows = repository.flows.iter();
    let flows = flows.map(|flow| (&flow.item, &flow.root, &flow.declared, ""));
    let actions = repository.actions.iter().map(|action| {
        let category = action.category.as_deref().unwrap_or_default();
        (&action.item, &action.root, &action.declared, category)
    });
    for (item, root, declared, category) in flows.chain(actions) {
        if item.name.is_empty() || item.name.contains("{{") || !item.is_named {
            continue;
        }
        let key = (
            root.clone(),
            item.kind.clone(),
            item.name.to_lowercase(),
            category.to_lowercase(),
        );
        let Some((first, place)) = seen.get(&key) else {
            seen.insert(key, (item, declared));
            continue;
        };
        findings.push(Finding {
            file: declared.0.clone(),
            place: Some(declared.1),
            level: Level::Warning,
            rule: Rule::SameName,
            field: "name".to_owned(),
            message: twice(item, first, (*place != declared).then_some(*place)),
            help: "one of them replaces the other where both are deployed".to_owned(),
        });
    }
    findings
}

/// What is said of a name that something before has, and where that is; none where one block makes both.
fn twice(item: &Item, first: &Item, place: Option<&(String, Place)>) -> String {
    let (kind, name) = (&item.kind, &item.name);
    match (place, &first.address, &item.address) {
        (Some((file, place)), _, _) => {
            format!("the {kind} `{name}` is in {file}:{} too", place.line)
        }
        (None, Some(first), Some(second)) => {
            format!("the {kind} `{name}` is deployed as {first} and as {second}")
        }
        (None, _, _) => format!("the {kind} `{name}` is deployed twice"),
    }
}
