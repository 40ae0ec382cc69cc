//! A running service, as its client.

use super::http::{bytes, client, json, with_json};
use super::stored;
use crate::variables;
use anyhow::Context as _;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest wait for one answer, and for that of an execution.
const WAIT: Duration = Duration::from_secs(60);
const LONGEST_EXECUTION: Duration = Duration::from_secs(600);
pub(super) const ACTIONS: &str = "/api/v2/integrations/actions";

/// A running service, and who logs in there.
#[derive(clap::Args)]
pub(crate) struct ServiceLogin {
    /// A running service, such as http://127.0.0.1:8080.
    #[arg(long, env = variables::URL, hide_env_values = true)]
    url: String,
    /// Client id to log in with.
    #[arg(long, value_name = "ID", env = variables::CLIENT_ID, hide_env_values = true)]
    client_id: String,
    /// Environment variable with its secret.
    #[arg(long, value_name = "VARIABLE", default_value = variables::CLIENT_SECRET)]
    client_secret_env: String,
}

impl ServiceLogin {
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
        let http = client(base, WAIT)?;
        let base = base.trim_end_matches('/').to_owned();
        let request = http
            .post(format!("{base}/oauth/token"))
            .basic_auth(id, Some(secret))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer = request.send().await?;
        let status = answer.status();
        anyhow::ensure!(status.is_success(), "login: the service answered {status}");
        let answer = json(answer).await?;
        let token = answer["access_token"].as_str();
        let token = token.context("login: no token came")?.to_owned();
        Ok(Self { http, base, token })
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

    /// The status and the body of an answer, whatever they are.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
    ) -> anyhow::Result<(reqwest::StatusCode, Value)> {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let answer = request.bearer_auth(&self.token).send().await?;
        Ok((answer.status(), json(answer).await?))
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

    /// The ids of the actions, by name.
    pub(crate) async fn actions(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = self.all(ACTIONS, "").await?.into_iter();
        Ok(all
            .map(|action| (text(&action["name"]), text(&action["id"])))
            .collect())
    }

    /// Executes an action as a call of this flow that is to start within `deadline`.
    pub(crate) async fn execute(
        &self,
        action: &str,
        (flow, deadline): (&str, Duration),
        inputs: &Value,
    ) -> anyhow::Result<Executed> {
        let url = format!("{}{ACTIONS}/{action}/execute", self.base);
        let request = self.http.post(url).timeout(LONGEST_EXECUTION);
        let request = request
            .bearer_auth(&self.token)
            .header("Tollgate-Flow", flow)
            .header("Tollgate-Deadline", format!("{}ms", deadline.as_millis()));
        let answer = with_json(request, inputs).send().await?;
        let waited = answer.headers().get("tollgate-waited");
        Ok(Executed {
            status: answer.status().as_u16(),
            waited: waited
                .and_then(|waited| waited.to_str().ok()?.parse().ok())
                .map(Duration::from_millis),
            body: json(answer).await?,
        })
    }
}

/// What came of an execution.
pub(crate) struct Executed {
    pub(crate) status: u16,
    /// From the call to the start that was answered, if it is said.
    pub(crate) waited: Option<Duration>,
    pub(crate) body: Value,
}
