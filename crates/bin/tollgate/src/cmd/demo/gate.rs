//! The caller that goes through tollgate: the service's API, as a flow or an SDK would use it.

use super::load::{Arrival, End, Flow};
use super::world::{SECRET, inputs};
use crate::cmd::remote::Remote;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_config::Config;
use tollgate_service::Service;

/// How long the end may take; nothing is under way then.
const DRAIN: Duration = Duration::from_secs(5);

pub(super) struct Gate {
    remote: Remote,
    /// Of the actions, by name.
    ids: BTreeMap<String, String>,
    service: Service,
}

impl Gate {
    pub(super) async fn start(config: Config) -> anyhow::Result<Self> {
        let service = Service::start(config, 1).await?;
        let base = format!("http://{}", service.address());
        let remote = Remote::login(&base, "flows", SECRET).await?;
        let ids = remote.actions().await?;
        for name in Flow::ALL.into_iter().flat_map(|flow| flow.actions()) {
            anyhow::ensure!(ids.contains_key(*name), "no action {name}");
        }
        Ok(Self {
            remote,
            ids,
            service,
        })
    }

    /// Its part of a limit that nodes share, in slots.
    pub(super) fn slots(&self, key: &str) -> u32 {
        let status = self.service.cluster();
        let limits = status.iter().flat_map(|status| &status.limits);
        limits.filter(|it| it.key == key).map(|it| it.slots).sum()
    }

    /// Ends, and gives back what it has of limits that nodes share.
    pub(super) async fn end(self) {
        self.service.drain(DRAIN).await;
    }

    pub(super) async fn execute(&self, arrival: Arrival) -> Vec<(Flow, End)> {
        let mut ends = Vec::new();
        for name in arrival.flow.actions() {
            let end = self.call(name, arrival).await;
            ends.push((arrival.flow, end.unwrap_or(End::Failed)));
        }
        ends
    }

    /// None if something else than a limit is in the way.
    async fn call(&self, name: &str, arrival: Arrival) -> Option<End> {
        let terms = (arrival.flow.name(), arrival.deadline);
        let inputs = inputs(name, arrival.number);
        let executed = self.remote.execute(self.ids.get(name)?, terms, &inputs);
        let executed = executed.await.ok()?;
        match executed.status {
            200 => Some(End::Done(executed.waited?)),
            429 => Some(End::Refused),
            _ => Some(End::Failed),
        }
    }
}
