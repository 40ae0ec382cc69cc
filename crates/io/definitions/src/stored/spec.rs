//! What an integration of the store has in the engine's tables.

use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::LimitSpec;
use tollgate_model::{Limit, Rule, Scope};

const MINUTE: Duration = Duration::from_secs(60);

/// What an integration asks of the engine's tables.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct IntegrationSpec {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Tokens at once, and the rate of each; none where calls take no token.
    pub(crate) tokens: Option<(u32, u32)>,
    pub(crate) per_minute: Option<u32>,
    pub(crate) at_once: Option<u32>,
}

impl IntegrationSpec {
    /// What the limit of each of its tokens is called.
    pub(crate) const TOKEN_LIMIT: &str = tollgate_config::TOKEN_RATE;

    /// The limits that this integration has alone, by what they limit. Nodes share them by the integration's id, since it may
    /// be renamed while some of them know of that and others don't. (No scope is called `stored`.)
    pub(crate) fn limits(&self) -> BTreeMap<&'static str, LimitSpec> {
        let rate = self.per_minute.map(|n| ("requests.per.minute", window(n)));
        let at_once = self
            .at_once
            .map(|allowed| ("requests.at.once", Rule::Concurrency { allowed }));
        let limits = rate.into_iter().chain(at_once);
        let named = limits.map(|(what, rule)| {
            let limit = Limit {
                name: self.limit_name(what),
                scope: Scope::Integration,
                rule,
            };
            let spec = LimitSpec {
                shared_as: Some(format!("stored:{}.{what}", self.id)),
                ..limit.into()
            };
            (what, spec)
        });
        named.collect()
    }

    /// What its limit on `what` is called.
    pub(crate) fn limit_name(&self, what: &str) -> String {
        format!("{}.{what}", self.name)
    }

    /// The limit of each of its tokens.
    pub(crate) fn token_limit(per_minute: u32) -> LimitSpec {
        let limit = Limit {
            name: Self::TOKEN_LIMIT.to_owned(),
            scope: Scope::Token,
            rule: window(per_minute),
        };
        limit.into()
    }
}

const fn window(allowed: u32) -> Rule {
    Rule::Window {
        allowed,
        period: MINUTE,
        counted_within: None,
    }
}
