//! Through a running service's API.

use super::{Found, check_type};
use crate::cmd::http::{bytes, json, with_json};
use crate::cmd::stored;
use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest wait for one answer.
const WAIT: Duration = Duration::from_secs(60);
const ACTIONS: &str = "/api/v2/integrations/actions";

/// A running service, and who logs in there.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// A running service, such as http://127.0.0.1:8080.
    #[arg(long)]
    url: String,
    /// Client id to log in with.
    #[arg(long)]
    client_id: String,
    /// Environment variable with its secret.
    #[arg(long)]
    client_secret_env: String,
}

impl Place {
    pub(crate) async fn login(&self) -> anyhow::Result<Remote> {
        let secret = stored::variable(&self.client_secret_env)?;
        Remote::login(&self.url, &self.client_id, &secret).await
    }
}

pub(crate) struct Remote {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Remote {
    pub(crate) async fn login(base: &str, id: &str, secret: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(WAIT).build()?;
        let base = base.trim_end_matches('/').to_owned();
        let request = http
            .post(format!("{base}/oauth/token"))
            .basic_auth(id, Some(secret))
            .body("grant_type=client_credentials");
        let answer = request.send().await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "login: the service answered {}",
            answer.status()
        );
        let answer = json(answer).await?;
        let token = answer["access_token"]
            .as_str()
            .context("login: no token came")?;
        Ok(Self {
            http,
            base,
            token: token.to_owned(),
        })
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = with_json(request, body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = bytes(answer).await?;
        if status.is_success() && body.is_empty() {
            return Ok(Value::Null);
        }
        let answer = tollgate_json::read_bytes(&body).context("the answer is not JSON")?;
        let message = answer["message"].as_str().unwrap_or("no message");
        anyhow::ensure!(status.is_success(), "{message} ({status})");
        Ok(answer)
    }

    /// All entities of a list.
    pub(crate) async fn all(&self, path: &str, query: &str) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        for number in 1.. {
            let path = format!("{path}?pageSize=500&pageNumber={number}{query}");
            let page = self.call(Method::GET, &path, None).await?;
            all.extend(page["entities"].as_array().cloned().unwrap_or_default());
            if page["pageCount"]
                .as_u64()
                .is_none_or(|count| number >= count)
            {
                break;
            }
        }
        Ok(all)
    }

    /// The id and the type of the integration of that name or id.
    async fn integration(&self, wanted: &str) -> anyhow::Result<(String, String)> {
        let all = self.all("/api/v2/integrations", "").await?;
        let found = all
            .iter()
            .find(|it| it["name"] == wanted || it["id"] == wanted);
        let found = found.and_then(|it| {
            let kind = it["integrationType"]["id"].as_str()?;
            Some((it["id"].as_str()?.to_owned(), kind.to_owned()))
        });
        found.with_context(|| format!("the service has no integration {wanted:?}"))
    }

    pub(super) async fn import(
        &self,
        integration: &str,
        file: &Value,
        draft: bool,
    ) -> anyhow::Result<String> {
        let name = integration;
        let (integration, kind) = self.integration(name).await?;
        check_type(file, &kind, name)?;
        let mut new = file.clone();
        new["integrationId"] = json!(integration);
        let login = file["actionType"] == "customAuth";
        let all = self.all(ACTIONS, "&includeAuthActions=true").await?;
        let id = |it: &Value| it["id"].as_str().unwrap_or_default().to_owned();
        let known = all.iter().find(|it| {
            let auth = id(it).starts_with("customAuth_-_");
            it["integrationId"] == *integration
                && (login && auth || !login && it["name"] == file["name"])
        });
        let Some(known) = known.map(id) else {
            let path = if draft {
                format!("{ACTIONS}/drafts")
            } else {
                ACTIONS.to_owned()
            };
            let made = self.call(Method::POST, &path, Some(&new)).await?;
            return Ok(id(&made));
        };
        let path = format!("{ACTIONS}/{known}/draft");
        let made = self.call(Method::POST, &path, None).await?;
        new["version"] = made["version"].clone();
        let changed = self.call(Method::PATCH, &path, Some(&new)).await?;
        if !draft {
            let seen = json!({"version": changed["version"]});
            self.call(Method::POST, &format!("{path}/publish"), Some(&seen))
                .await?;
        }
        Ok(known)
    }

    pub(super) async fn list(&self, integration: Option<&str>) -> anyhow::Result<Vec<Found>> {
        let wanted = match integration {
            Some(name) => Some(self.integration(name).await?.0),
            None => None,
        };
        let mut found = Vec::new();
        for action in self.all(ACTIONS, "&includeAuthActions=true").await? {
            if wanted
                .as_ref()
                .is_some_and(|id| action["integrationId"] != **id)
            {
                continue;
            }
            let id = action["id"].as_str().unwrap_or_default().to_owned();
            let path = format!("/api/v2/tollgate/actions/{id}/export");
            found.push(Found {
                name: action["name"].as_str().unwrap_or_default().to_owned(),
                file: self.call(Method::GET, &path, None).await?,
                id,
            });
        }
        Ok(found)
    }
}
