//! The caller that goes through tollgate: the service's API, as a flow or an SDK would use it.

use super::load::{Arrival, End, Flow};
use super::world::{SECRET, World, inputs};
use crate::cmd::remote::Remote;
use std::collections::BTreeMap;
use tollgate_service::Service;

pub(super) struct Gate {
    remote: Remote,
    /// Of the actions, by name.
    ids: BTreeMap<String, String>,
    _service: Service,
}

impl Gate {
    pub(super) async fn start(world: &World) -> anyhow::Result<Self> {
        let service = Service::start(world.config()?, 1).await?;
        let base = format!("http://{}", service.address());
        let remote = Remote::login(&base, "flows", SECRET).await?;
        let ids = remote.actions().await?;
        for name in Flow::ALL.into_iter().flat_map(|flow| flow.actions()) {
            anyhow::ensure!(ids.contains_key(*name), "no action {name}");
        }
        Ok(Self {
            remote,
            ids,
            _service: service,
        })
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
        let terms = (arrival.flow.name(), arrival.flow.deadline());
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
