//! Calls through the cache: which actions' outputs are kept, and what tells one call from another.
//!
//! Off unless `[[cache]]` names the action; secure actions are never kept. A flow's calls share answers
//! with every flow, but a call under way with their own flow only: an urgent call must not wait in the
//! place of a less urgent one. A changed action has a new version, and so other answers.

use crate::call::Call;
use crate::cause::Cause;
use crate::composite::CallEnd;
use crate::error::{ExecuteError, caught};
use crate::input::Input;
use crate::terms::Outcome;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_action::Action;
use tollgate_cache::{Bounds, Cache, Counts, Key, Policy, Source, Weight};
use tollgate_config::CacheRule;
use tollgate_definitions::{CatalogAction, CatalogIntegration};
use tollgate_meter::Meter;
use tollgate_model::FlowId;

/// The outputs that are kept, and the rules by which they are.
#[derive(Debug)]
pub struct OutputCache {
    rules: Vec<CacheRule>,
    cache: Arc<Cache<FlowId, KeptOutcome, ExecuteError>>,
}

/// An outcome as it is kept.
#[derive(Debug)]
struct KeptOutcome(Outcome);

impl Weight for KeptOutcome {
    fn bytes(&self) -> usize {
        self.0.output.len() + self.0.calls.len() * size_of::<CallEnd>()
    }
}

impl OutputCache {
    /// A cache by these rules, of at most so many bytes of outputs.
    #[must_use]
    pub fn new(rules: Vec<CacheRule>, max_bytes: usize) -> Self {
        let bounds = Bounds {
            max_bytes: max_bytes as u64,
            ..Bounds::default()
        };
        Self {
            rules,
            cache: Arc::new(Cache::new(bounds)),
        }
    }

    /// The same outputs, kept by other rules.
    #[must_use]
    pub fn next(&self, rules: Vec<CacheRule>) -> Self {
        Self {
            rules,
            cache: Arc::clone(&self.cache),
        }
    }

    /// Forgets the kept outputs of an action.
    pub fn purge(&self, action: &str) {
        self.cache.purge(action, None);
    }

    /// How often each source answered, and the bytes kept.
    #[must_use]
    pub fn counts(&self) -> (Counts, u64) {
        (self.cache.counts(), self.cache.bytes())
    }

    /// The rule for an action; none if its outputs are never kept.
    pub(crate) fn rule(
        &self,
        entry: &CatalogAction,
        target: &CatalogIntegration,
    ) -> Option<&CacheRule> {
        if entry.secure {
            return None;
        }
        self.rules.iter().find(|rule| {
            rule.action == entry.name
                && (rule.integration.as_ref()).is_none_or(|name| *name == target.name)
        })
    }

    /// What is kept for these inputs, or what comes of the call; `run` carries it out.
    pub(crate) async fn get(
        &self,
        rule: &CacheRule,
        call: &Arc<Call>,
        input: Input,
        run: impl Future<Output = Result<Outcome, ExecuteError>> + Send + 'static,
    ) -> Result<Outcome, ExecuteError> {
        let inputs = {
            let (rule, version) = (rule.clone(), call.entry.version);
            let inputs = move |_: &Action, meter: &Meter| {
                let input = input.read(meter)?;
                let copied = meter.hold_copy(input.value());
                copied.map_err(|why| ExecuteError::new(Cause::Unreadable, format!("{why}.")))?;
                Ok(inputs(&rule, version, input.value()))
            };
            call.work(inputs).await?
        };
        let key = Key {
            group: call.entry.id.as_str().into(),
            inputs: inputs.into(),
            party: call.terms.flow,
        };
        let policy = Policy {
            fresh_for: rule.fresh_for,
            stale_for: rule.stale_for,
        };
        // All who share the call get the answer of a panic in it; the next one makes a call of its own.
        let fetch = caught(async move { run.await.map(KeptOutcome) });
        let got = self.cache.get(key, policy, Instant::now, fetch).await;
        let (kept, source) = got.map_err(|error| error.as_ref().clone())?;
        Ok(Outcome {
            waited: match source {
                Source::Call | Source::Shared => kept.0.waited,
                Source::Fresh | Source::Stale => Duration::ZERO,
            },
            source: Some(source),
            status: kept.0.status.filter(|_| source == Source::Call),
            calls: match source {
                Source::Call => Arc::clone(&kept.0.calls),
                Source::Shared | Source::Fresh | Source::Stale => Arc::default(),
            },
            ..kept.0.clone()
        })
    }
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
