//! Executions through the cache: which actions are kept, and what tells one call from another.
//!
//! Off unless `[[cache]]` names the action; secure actions are never kept. A flow's calls share answers
//! with every flow, but a call under way with their own flow only: an urgent call must not wait in the
//! place of a less urgent one. A changed action has a new version, and so other answers.

use crate::api::{App, execution};
use crate::ends::Cause;
use crate::error::ApiError;
use crate::execute::{Outcome, Terms};
use crate::records::Line;
use futures_util::FutureExt as _;
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_action::Action;
use tollgate_cache::{Bounds, Cache, Counts, Key, Policy, Source, Weigh};
use tollgate_config::CacheRule;
use tollgate_definitions::{Catalog, Entry};
use tollgate_meter::Meter;
use tollgate_model::FlowId;

/// The cache and its rules.
#[derive(Debug)]
pub(crate) struct Cached {
    rules: Vec<CacheRule>,
    cache: Cache<FlowId, Kept, ApiError>,
}

/// An outcome as it is kept.
#[derive(Debug)]
struct Kept {
    outcome: Outcome,
    bytes: usize,
}

impl Weigh for Kept {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Cached {
    pub(crate) fn new(rules: Vec<CacheRule>, max_bytes: usize) -> Self {
        let bounds = Bounds {
            max_bytes: max_bytes as u64,
            ..Bounds::default()
        };
        Self {
            rules,
            cache: Cache::new(bounds),
        }
    }

    /// Forgets the kept answers of an action.
    pub(crate) fn purge(&self, action: &str) {
        self.cache.purge(action, None);
    }

    /// How often each source answered, and the bytes kept.
    pub(crate) fn counts(&self) -> (Counts, u64) {
        (self.cache.counts(), self.cache.bytes())
    }

    fn rule(&self, catalog: &Catalog, entry: &Entry) -> Option<&CacheRule> {
        if entry.secure {
            return None;
        }
        let integration = catalog.integration(&entry.integration)?;
        self.rules.iter().find(|rule| {
            rule.action == entry.name
                && (rule.integration.as_ref()).is_none_or(|name| *name == integration.name)
        })
    }
}

/// Executes an action, or takes its answer from the cache; says which, if it may be kept at all.
pub(crate) async fn execute(
    app: &Arc<App>,
    catalog: &Arc<Catalog>,
    entry: &Arc<Entry>,
    terms: Terms,
    body: String,
) -> Result<(Outcome, Option<Source>), ApiError> {
    let asked = Instant::now();
    let result = AssertUnwindSafe(get(app, catalog, entry, terms, body)).catch_unwind();
    // A panic costs this call, and not the run of a flow that makes it.
    let result = result.await.unwrap_or_else(|_| Err(ApiError::internal()));
    if !app.records.wanted() {
        return result;
    }
    let (outcome, latency) = match &result {
        Ok((_, Some(Source::Fresh | Source::Stale | Source::Shared))) => ("cached", None),
        Ok((outcome, _)) => ("answered", Some(outcome.latency)),
        Err(error) if error.cause().is_some_and(Cause::is_refusal) => ("refused", None),
        Err(_) => ("failed", None),
    };
    app.records.note(&Line {
        flow: app.lanes.name(terms.flow),
        action: &entry.name,
        latency,
        outcome,
        took: asked.elapsed(),
    });
    result
}

async fn get(
    app: &Arc<App>,
    catalog: &Arc<Catalog>,
    entry: &Arc<Entry>,
    terms: Terms,
    body: String,
) -> Result<(Outcome, Option<Source>), ApiError> {
    let once = execution(app, catalog, entry, terms)?;
    // Bad inputs are answered at once, and never share a call.
    let input = once.input(body).await?;
    let Some(rule) = app.cached.rule(catalog, entry) else {
        return Ok((once.run(&input).await?, None));
    };
    let key = {
        let (rule, version, input) = (rule.clone(), entry.version, input.clone());
        let key = move |_: &Action, meter: &Meter| {
            let input = input.read(meter)?;
            let copied = meter.hold_copy(input.value());
            copied.map_err(|exhausted| ApiError::bad_request(format!("{exhausted}.")))?;
            Ok(inputs(&rule, version, input.value()))
        };
        once.work(key).await?
    };
    let key = Key {
        group: entry.id.as_str().into(),
        inputs: key.into(),
        party: terms.flow,
    };
    let policy = Policy {
        fresh_for: rule.fresh_for,
        stale_for: rule.stale_for,
    };
    let (app_too, catalog, entry) = (Arc::clone(app), Arc::clone(catalog), Arc::clone(entry));
    let fetch = async move {
        let outcome = execution(&app_too, &catalog, &entry, terms)?
            .run(&input)
            .await?;
        let bytes = outcome.output.len();
        Ok(Kept { outcome, bytes })
    };
    // All who share the call get the answer of a panic in it; the next one makes a call of its own.
    let fetch = AssertUnwindSafe(fetch).catch_unwind();
    let fetch = fetch.map(|made| made.unwrap_or_else(|_| Err(ApiError::internal())));
    let got = app.cached.cache.get(key, policy, Instant::now, fetch).await;
    let (kept, source) = got.map_err(|error| error.as_ref().clone())?;
    let outcome = Outcome {
        output: Arc::clone(&kept.outcome.output),
        waited: match source {
            Source::Call | Source::Shared => kept.outcome.waited,
            Source::Fresh | Source::Stale => Duration::ZERO,
        },
        latency: kept.outcome.latency,
    };
    Ok((outcome, Some(source)))
}

/// The inputs that matter, in an order of their own, with the version of the action they are for.
fn inputs(rule: &CacheRule, version: i64, all: &Value) -> String {
    let mut fields: Vec<_> = match (all.as_object(), &rule.inputs) {
        (None, _) => return format!("{version} {all}"),
        (Some(fields), None) => fields.iter().collect(),
        (Some(fields), Some(names)) => {
            let wanted = |(name, _): &(&String, &Value)| names.contains(name);
            fields.iter().filter(wanted).collect()
        }
    };
    fields.sort_by_key(|(name, _)| name.as_str());
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name:?}:{value}"));
    format!("{version} {}", fields.collect::<Vec<_>>().join(","))
}

/// The word in the answer's header and in counts.
pub(crate) fn word(source: Source) -> &'static str {
    match source {
        Source::Call => "call",
        Source::Shared => "shared",
        Source::Fresh => "fresh",
        Source::Stale => "stale",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_inputs_that_matter_tell_calls_apart() {
        let mut rule = CacheRule {
            action: "a".into(),
            integration: None,
            fresh_for: Duration::from_secs(1),
            stale_for: Duration::ZERO,
            inputs: None,
        };
        let (one, other) = (json!({"q": 1, "t": "x"}), json!({"t": "x", "q": 1}));
        assert_eq!(inputs(&rule, 1, &one), inputs(&rule, 1, &other));
        assert_ne!(inputs(&rule, 1, &one), inputs(&rule, 2, &one));
        assert_ne!(
            inputs(&rule, 1, &one),
            inputs(&rule, 1, &json!({"q": 1, "t": "y"}))
        );
        rule.inputs = Some(vec!["q".into()]);
        assert_eq!(
            inputs(&rule, 1, &one),
            inputs(&rule, 1, &json!({"q": 1, "t": "y"}))
        );
        assert_ne!(inputs(&rule, 1, &one), inputs(&rule, 1, &json!({"q": "1"})));
    }
}
