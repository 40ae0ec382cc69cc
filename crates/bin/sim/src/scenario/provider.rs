//! A scenario as the provider's settings.

use super::Scenario;
use std::time::Duration;
use tollgate_platform::{Config as Platform, Counted, Window};

impl Scenario {
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
