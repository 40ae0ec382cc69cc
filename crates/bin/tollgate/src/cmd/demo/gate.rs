//! The caller that goes through tollgate: the service's API, as a flow or an SDK would use it.

use super::load::{Arrival, End, Flow};
use super::world::{World, inputs, login};
use crate::cmd::http::{json, with_json};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_service::Service;

pub(super) struct Gate {
    http: reqwest::Client,
    actions: String,
    token: String,
    ids: BTreeMap<&'static str, String>,
    _service: Service,
}

impl Gate {
    pub(super) async fn start(world: &World) -> anyhow::Result<Self> {
        let service = Service::start(world.config()?, 1).await?;
        let (http, base) = (
            reqwest::Client::new(),
            format!("http://{}", service.address()),
        );
        let token = login(&http, &base, "flows").await?;
        let actions = format!("{base}/api/v2/integrations/actions");
        let all = http.get(format!("{actions}?pageSize=100"));
        let all = json(all.bearer_auth(&token).send().await?).await?;
        let mut ids = BTreeMap::new();
        for name in Flow::ALL.into_iter().flat_map(|flow| flow.actions()) {
            let mut entities = all["entities"].as_array().into_iter().flatten();
            let found = entities.find(|entity| entity["name"] == *name);
            let id = found.and_then(|entity| entity["id"].as_str());
            ids.insert(
                *name,
                id.with_context(|| format!("no action {name}"))?.to_owned(),
            );
        }
        Ok(Self {
            http,
            actions,
            token,
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
        let url = format!("{}/{}/execute", self.actions, self.ids.get(name)?);
        let deadline = arrival.flow.deadline().as_millis();
        let request = self
            .http
            .post(url)
            .bearer_auth(&self.token)
            .header("Tollgate-Flow", arrival.flow.name())
            .header("Tollgate-Deadline", format!("{deadline}ms"));
        let request = with_json(request, &inputs(name, arrival.number));
        let response = request.send().await.ok()?;
        match response.status().as_u16() {
            200 => {
                let waited = response
                    .headers()
                    .get("tollgate-waited")?
                    .to_str()
                    .ok()?
                    .parse()
                    .ok()?;
                response.bytes().await.ok()?;
                Some(End::Done(Duration::from_millis(waited)))
            }
            429 => Some(End::Refused),
            _ => Some(End::Failed),
        }
    }
}
