//! A scenario as the provider's settings.

use super::Scenario;
use std::time::Duration;
use tollgate_platform::{Config as Platform, Counted, Window};

/// Parts of the measured time at which limits that change are looked at.
const PARTS: u32 = 1_000;

impl Scenario {
    /// Calls a minute that all limits of the API but those of single paths really let pass, on the average
    /// of the measured time.
    #[must_use]
    pub fn carries(&self) -> f64 {
        self.carried(&[(self.platform(), self.tokens_by_client())])
    }

    /// The same, where the limits of the data-action service let no more pass.
    pub(crate) fn carries_in_all(&self) -> f64 {
        let api = (self.platform(), self.tokens_by_client());
        self.carried(&[api, (self.action_service(), vec![1])])
    }

    fn tokens_by_client(&self) -> Vec<u32> {
        let clients = self.clients.iter();
        clients.map(|client| self.tokens_of(client)).collect()
    }

    /// Calls a minute that all of these providers let pass, each with so many tokens of each client.
    fn carried(&self, providers: &[(Platform, Vec<u32>)]) -> f64 {
        let calls = self.calls();
        let all: f64 = calls.iter().sum();
        let takes = self.actions.iter().zip(&calls).map(|(action, calls)| {
            calls / all.max(f64::MIN_POSITIVE)
                * action.latency.mean_within(action.timeout.as_secs_f64())
        });
        let takes = takes.sum::<f64>().max(f64::MIN_POSITIVE);
        let at = |part: u32| {
            let at = self.warm_up + self.duration * part / PARTS;
            let each = providers.iter();
            let each = each.map(|(provider, tokens)| provider.carries(at, tokens, takes));
            each.fold(f64::INFINITY, f64::min)
        };
        (0..PARTS).map(at).sum::<f64>() / f64::from(PARTS) * 60.0
    }

    /// Whether that service has limits. An upstream whose limits the scenario lists has no others.
    pub(crate) fn has_action_service(&self) -> bool {
        let listed = self.upstream.as_ref().is_some_and(|it| !it.laws.is_empty());
        let limits = &self.limits;
        !listed && limits.executions.or(limits.concurrency).is_some()
    }

    /// Whether a call is on its way for any time before it counts.
    pub(crate) fn has_way_in(&self) -> bool {
        let api = self.platform();
        api.way_in.to > Duration::ZERO || api.counted == Counted::AtAnswer
    }

    /// The provider's API: tokens, clients and the organisation's window, or what the scenario says that it
    /// really is.
    #[must_use]
    pub fn platform(&self) -> Platform {
        let believed = self.believed();
        let Some(real) = &self.upstream else {
            return believed;
        };
        if !real.laws.is_empty() {
            return Platform {
                clients: believed.clients,
                ..real.clone()
            };
        }
        Platform {
            clients: believed.clients,
            token: believed.token,
            client: believed.client,
            organisation: believed.organisation,
            ..real.clone()
        }
    }

    /// The API as tollgate is told that it is.
    pub(super) fn believed(&self) -> Platform {
        let limits = &self.limits;
        let clients = self.clients.iter().map(|client| tollgate_platform::Client {
            id: client.name.clone(),
            secret: String::new(),
        });
        Platform {
            clients: clients.collect(),
            token: limits.window(limits.token),
            client: limits.window(limits.client),
            organisation: limits.window(limits.organisation),
            concurrency: None,
            alignment: limits.alignment,
            expires_in: limits.token_life,
            way_in: limits.way_in,
            ..Platform::default()
        }
    }

    /// The provider's data-action service in front of it: executions and concurrency. A provider of
    /// the same rules with one caller of its own, so that counting is written once.
    #[must_use]
    pub(crate) fn action_service(&self) -> Platform {
        let limits = &self.limits;
        let (executions, concurrency) = if self.has_action_service() {
            (limits.executions, limits.concurrency)
        } else {
            (None, None)
        };
        self.counter(limits.window(executions), concurrency)
    }

    /// A provider with one caller and these limits.
    pub(crate) fn counter(&self, window: Option<Window>, concurrency: Option<u32>) -> Platform {
        Platform {
            clients: vec![tollgate_platform::Client {
                id: "executions".to_owned(),
                secret: String::new(),
            }],
            token: None,
            organisation: window,
            concurrency,
            alignment: self.limits.alignment,
            expires_in: Duration::from_secs(u64::from(u32::MAX)),
            ..Platform::default()
        }
    }
}
