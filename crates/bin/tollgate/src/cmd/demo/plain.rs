//! The plain caller: one token, and a retry after each 429 when the platform says so, while there is time.

use super::load::{Arrival, End, Flow};
use super::world::{World, inputs, login};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tollgate_action::{Action, Credentials, RawInput, Request};

pub(super) struct Plain {
    http: reqwest::Client,
    base: String,
    token: String,
    actions: BTreeMap<&'static str, Action>,
}

impl Plain {
    pub(super) async fn start(world: &World) -> anyhow::Result<Self> {
        let (http, base) = (reqwest::Client::new(), world.url());
        let token = login(&http, &base, "plain").await?;
        let names = Flow::ALL.into_iter().flat_map(|flow| flow.actions());
        let mut actions = BTreeMap::new();
        for name in names {
            let text = world
                .by_name
                .get(*name)
                .with_context(|| format!("no action {name}"))?;
            actions.insert(*name, Action::from_json(&text.definition().to_string())?);
        }
        Ok(Self {
            http,
            base,
            token,
            actions,
        })
    }

    pub(super) async fn execute(&self, arrival: Arrival) -> Vec<(Flow, End)> {
        let mut ends = Vec::new();
        for name in arrival.flow.actions() {
            let end = self.call(&self.actions[name], name, arrival).await;
            ends.push((arrival.flow, end.unwrap_or(End::Failed)));
        }
        ends
    }

    /// None if something else than a limit is in the way.
    async fn call(&self, action: &Action, name: &str, arrival: Arrival) -> Option<End> {
        let input = RawInput::from_value(inputs(name, arrival.number));
        let request = action.render(&input, &Credentials::none()).ok()?;
        let called = Instant::now();
        loop {
            let sent = Instant::now();
            let response = self.send(&request).await.ok()?;
            if response.status() == 429 {
                let after = response
                    .headers()
                    .get("retry-after")?
                    .to_str()
                    .ok()?
                    .parse()
                    .ok()?;
                let again = Instant::now() + Duration::from_secs(after);
                if again > called + arrival.deadline {
                    return Some(End::Failed);
                }
                tokio::time::sleep_until(again.into()).await;
                continue;
            }
            let body = response.error_for_status().ok()?.text().await.ok()?;
            action.translate(&input, &body).ok()?;
            return Some(End::Done(sent - called));
        }
    }

    async fn send(&self, request: &Request) -> reqwest::Result<reqwest::Response> {
        let method = request
            .method
            .as_str()
            .parse()
            .unwrap_or(reqwest::Method::GET);
        let mut sending = self
            .http
            .request(method, format!("{}{}", self.base, request.url));
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        sending.bearer_auth(&self.token).send().await
    }
}
