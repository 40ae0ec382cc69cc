//! `[[cache]]`: actions whose answers are kept.

use crate::{CacheRule, Integration};
use std::time::Duration;
use tollgate_settings::{Section, resolve};

const LONGEST: Duration = Duration::from_secs(86_400);

pub(super) fn read(
    root: &Section<'_, '_>,
    integrations: &[Integration],
    stored: bool,
) -> Vec<CacheRule> {
    let names: Vec<_> = integrations.iter().map(|it| it.name.clone()).collect();
    let mut rules: Vec<CacheRule> = Vec::new();
    for section in root.sections("cache") {
        let action = section.needed("action", "\"NAME of an action\"");
        let integration = section.text("integration");
        // One of the store may have any name.
        if let (Some(name), false) = (&integration, stored) {
            resolve(&section, name, "integration", &names);
        }
        let fresh_for = section.span("fresh_for", Duration::from_millis(1)..=LONGEST);
        if !section.has("fresh_for") {
            section.missing("fresh_for", "a time span such as \"60s\"");
        }
        let stale_for = section.span("stale_for", Duration::ZERO..=LONGEST);
        let inputs = section.texts("inputs");
        if let (Some(action), Some(fresh_for)) = (action, fresh_for) {
            let rule = CacheRule {
                action: action.value.clone(),
                integration: integration.map(|it| it.value),
                fresh_for,
                stale_for: stale_for.unwrap_or_default(),
                inputs: inputs.map(|them| them.into_iter().map(|it| it.value).collect()),
            };
            let same =
                |it: &CacheRule| it.action == rule.action && it.integration == rule.integration;
            if rules.iter().any(same) {
                section.reject(
                    &action,
                    "expected one [[cache]] for an action, found a second".into(),
                );
            }
            rules.push(rule);
        }
        section.finish();
    }
    rules
}
