//! Data actions of a workflow, executed by a service over HTTP; all else as the script says.
//!
//! Actions are found by name. The run's time stays virtual: what a call really took is what it takes in
//! the run. A workflow's step has its own timeout, so that a slow answer is a timeout there too.

use crate::cmd::http;
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tollgate_architect::{Answer, Effect, Failure, Happening};
use tollgate_architect_test::{Reply, ScriptWorld, World};

/// Pages of the list of actions that are read.
const MAX_PAGES: u32 = 100;
/// A little longer than the longest timeout of an action.
const HTTP_TIMEOUT: Duration = Duration::from_secs(65);

/// A connection to a service, with a token and the ids of its actions.
pub(super) struct Service {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    url: String,
    token: String,
    actions: BTreeMap<String, String>,
}

impl Service {
    pub(super) fn connect(url: &str, client: &str, secret: &str) -> anyhow::Result<Service> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let http = http::client(url, HTTP_TIMEOUT)?;
        let mut service = Service {
            runtime,
            http,
            url: url.trim_end_matches('/').to_owned(),
            token: String::new(),
            actions: BTreeMap::new(),
        };
        let token = service
            .http
            .post(format!("{}/oauth/token", service.url))
            .basic_auth(client, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let (status, body) = service.send(token).context("fetching a token")?;
        let Some(token) = body["access_token"].as_str() else {
            bail!("fetching a token: answered {status}; check --client-id and the secret");
        };
        token.clone_into(&mut service.token);
        service.list()?;
        Ok(service)
    }

    fn list(&mut self) -> anyhow::Result<()> {
        for page in 1..=MAX_PAGES {
            let list = self
                .http
                .get(format!(
                    "{}/api/v2/integrations/actions?pageSize=100&pageNumber={page}",
                    self.url
                ))
                .bearer_auth(&self.token);
            let (status, body) = self.send(list).context("listing the actions")?;
            let Some(entities) = body["entities"].as_array() else {
                bail!("listing the actions: answered {status}");
            };
            for entity in entities {
                if let (Some(name), Some(id)) = (entity["name"].as_str(), entity["id"].as_str()) {
                    self.actions.insert(name.to_owned(), id.to_owned());
                }
            }
            if u64::from(page) >= body["pageCount"].as_u64().unwrap_or(1) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn send(&self, request: reqwest::RequestBuilder) -> anyhow::Result<(u16, Value)> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let body = http::bytes(response).await?;
            Ok((status, tollgate_json::read_bytes(&body).unwrap_or_default()))
        })
    }

    fn execute(&self, action: &str, inputs: &Value, timeout: Duration) -> Result<Reply, String> {
        let Some(id) = self.actions.get(action) else {
            let known: Vec<&str> = self.actions.keys().map(String::as_str).collect();
            return Err(format!(
                "the service has no action `{action}`; it has: {}",
                known.join(", ")
            ));
        };
        let request = self
            .http
            .post(format!(
                "{}/api/v2/integrations/actions/{id}/execute?flatten=true",
                self.url
            ))
            .bearer_auth(&self.token)
            .timeout(timeout)
            .header("content-type", "application/json")
            .body(inputs.to_string());
        let begun = Instant::now();
        let answered = self.send(request);
        let took = begun.elapsed();
        Ok(match answered {
            // The transport's own failure is the action's: the workflow must deal with it.
            Err(_) if took >= timeout => Reply::Never,
            Err(error) => {
                let failure = Failure::new("transport", format!("{error:#}"));
                Reply::After(took, failure.answer())
            }
            Ok((status, Value::Object(outputs))) if (200..300).contains(&status) => {
                Reply::After(took, Answer::with("success", outputs))
            }
            Ok((status, body)) => {
                Reply::After(took, Failure::from_error(status, &body).of_action())
            }
        })
    }
}

/// A script whose data actions the service executes.
pub(super) struct ServiceWorld<'a> {
    service: Service,
    script: &'a mut ScriptWorld,
}

impl<'a> ServiceWorld<'a> {
    pub(super) fn new(service: Service, script: &'a mut ScriptWorld) -> Self {
        ServiceWorld { service, script }
    }
}

impl World for ServiceWorld<'_> {
    fn reply(&mut self, effect: &Effect) -> Result<Reply, String> {
        match effect {
            Effect::CallData {
                action,
                inputs,
                timeout,
                ..
            } => {
                let inputs = Value::Object(inputs.clone());
                self.service.execute(action, &inputs, *timeout)
            }
            other => self.script.reply(other),
        }
    }

    fn events(&self) -> Vec<(Duration, Happening)> {
        self.script.events()
    }
}
