//! An upstream whose answers can be held back, and a service with three actions of two integrations.

use crate::harness;
use axum::Router;
use axum::routing::any;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tollgate_service::Service;

/// Only a hang takes so long.
const HANG: Duration = Duration::from_secs(60);

/// What the upstream does with one path.
#[derive(Clone, Default)]
struct Says {
    status: Option<u16>,
    /// Opens when it turns true.
    gate: Option<watch::Receiver<bool>>,
}

/// Answers by path, and tells of each request before it answers.
pub(crate) struct Upstream {
    pub(crate) url: String,
    said: Arc<Mutex<HashMap<String, Says>>>,
    arrivals: UnboundedReceiver<String>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let said = Arc::<Mutex<HashMap<String, Says>>>::default();
        let (tell, arrivals) = unbounded_channel();
        let known = Arc::clone(&said);
        let answer = move |uri: Uri| async move {
            let path = uri.path().trim_start_matches('/').to_owned();
            let says = known
                .lock()
                .unwrap()
                .get(&path)
                .cloned()
                .unwrap_or_default();
            let _ = tell.send(path.clone());
            if let Some(mut gate) = says.gate {
                let _ = gate.wait_for(|open| *open).await;
            }
            let body = match path.split('/').next().unwrap() {
                "users" => json!({"name": "Ada", "queueId": "q-1", "address": {"city": "Bonn"}}),
                "presence" => json!({"presence": "AVAILABLE"}),
                _ => json!({"label": "Sales", "tags": ["a", "b"]}),
            };
            let status = StatusCode::from_u16(says.status.unwrap_or(200)).unwrap();
            (status, body.to_string())
        };
        let url = harness::upstream(Router::new().fallback(any(answer))).await;
        Self {
            url,
            said,
            arrivals,
        }
    }

    /// Has a path answer with this status.
    pub(crate) fn say(&self, path: &str, status: u16) {
        let mut said = self.said.lock().unwrap();
        said.entry(path.to_owned()).or_default().status = Some(status);
    }

    /// Holds the answers of a path back until what is given sends true.
    pub(crate) fn hold(&self, path: &str) -> watch::Sender<bool> {
        let (open, gate) = watch::channel(false);
        let mut said = self.said.lock().unwrap();
        said.entry(path.to_owned()).or_default().gate = Some(gate);
        open
    }

    /// The next request's path.
    pub(crate) async fn next(&mut self) -> String {
        let next = tokio::time::timeout(HANG, self.arrivals.recv()).await;
        next.expect("a request").unwrap()
    }

    /// The paths of the requests that have come and weren't looked at.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.arrivals.try_recv().ok()).collect()
    }
}

/// A web-service action that gets `/{path}/{its input}`.
pub(crate) fn action(name: &str, url: &str, (path, input): (&str, &str), output: Value) -> Value {
    json!({
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom",
        "config": {
            "timeoutSeconds": 30,
            "request": {
                "requestUrlTemplate": format!("{url}/{path}/${{input.{input}}}"),
                "requestType": "GET", "headers": {}, "requestTemplate": "",
            },
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {
                "type": "object", "additionalProperties": true,
                "properties": {input: {"type": "string", "description": "Its id."}, "expand": {"type": "boolean"}},
                "required": [input],
            }},
            "output": {"successSchema": {
                "type": "object", "additionalProperties": true, "properties": output,
            }},
        },
    })
}

/// The composite that most tests call.
pub(crate) const OVERVIEW: &str = r#"
[[composite]]
name = "Overview"
integration = "Web"
outputs = { name = "$.user.name", city = "$.user.address.city", presence = "$.presence.presence", queue = "$.queue" }
defaults = { presence = "UNKNOWN" }
[[composite.call]]
as = "user"
action = "Get User"
inputs = { userId = "$.input.userId", expand = true }
[[composite.call]]
as = "presence"
action = "Get Presence"
inputs = { userId = "$.input.userId" }
optional = true
[[composite.call]]
as = "queue"
integration = "Other"
action = "Get Queue"
inputs = { queueId = "$.user.queueId" }
"#;

pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    _service: Service,
    pub(crate) folder: tempfile::TempDir,
}

/// The actions' files, and the configuration without composites.
pub(crate) fn files(folder: &Path, url: &str, server: &str) -> String {
    for (of, actions) in [
        (
            "web",
            vec![
                action(
                    "Get User",
                    url,
                    ("users", "userId"),
                    json!({
                        "name": {"type": "string"}, "queueId": {"type": "string"},
                        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
                    }),
                ),
                action(
                    "Get Presence",
                    url,
                    ("presence", "userId"),
                    json!({"presence": {"type": "string"}}),
                ),
            ],
        ),
        (
            "other",
            vec![action(
                "Get Queue",
                url,
                ("queues", "queueId"),
                json!({"label": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}),
            )],
        ),
    ] {
        std::fs::create_dir_all(folder.join(of)).unwrap();
        for (index, action) in actions.iter().enumerate() {
            let file = folder.join(of).join(format!("{index}.json"));
            std::fs::write(file, action.to_string()).unwrap();
        }
    }
    let access = "allowed_networks = [\"127.0.0.1\"]\nallowed_schemes = [\"http\"]\nallowed_ports = [\"1-65535\"]";
    format!(
        r#"[server]
listen = "127.0.0.1:0"
{server}
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
[[caller]]
client_id = "of-web"
client_secret_env = "SECRET"
integrations = ["Web"]
[[caller]]
client_id = "of-other"
client_secret_env = "SECRET"
integrations = ["Other"]
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "web" }}
{access}
[[integration]]
name = "Other"
type = "custom-rest-actions"
actions = {{ folder = "other" }}
{access}
"#
    )
}

/// The configuration of a store in this folder, whose keys are made.
pub(crate) fn store(folder: &Path) -> String {
    let line = tollgate_store::KeyRing::generate_line("k1").unwrap();
    std::fs::write(folder.join("keys"), line.expose()).unwrap();
    let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.join("keys"), mine).unwrap();
    let folder = folder.display();
    format!("[store]\nurl = \"sqlite:{folder}/store.db\"\nkey_file = \"{folder}/keys\"\n")
}

impl World {
    /// A service with the overview; `more` stands behind the integration `Other` and before the composite.
    pub(crate) async fn start(upstream: &Upstream, server: &str, more: &str) -> Self {
        Self::over(tempfile::tempdir().unwrap(), upstream, server, more).await
    }

    pub(crate) async fn over(
        folder: tempfile::TempDir,
        upstream: &Upstream,
        server: &str,
        more: &str,
    ) -> Self {
        let files = files(folder.path(), &upstream.url, server);
        let text = format!("{files}{more}{OVERVIEW}");
        Self::of(folder, &text).await
    }

    /// A service of this configuration, whose files are in the folder.
    pub(crate) async fn of(folder: tempfile::TempDir, text: &str) -> Self {
        let service = harness::serve(folder.path(), text).await.unwrap();
        Self {
            base: format!("http://{}", service.address()),
            http: reqwest::Client::new(),
            _service: service,
            folder,
        }
    }

    pub(crate) async fn ask(
        &self,
        caller: &str,
        (method, path): (Method, &str),
        headers: &[(&str, &str)],
        body: Value,
    ) -> (u16, HeaderMap, Value) {
        let token = harness::login(&self.http, &self.base, caller).await;
        let request = self.http.request(method, format!("{}{path}", self.base));
        let mut request = request.bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.json().await.unwrap_or_default())
    }

    /// Executes the overview of the user 7.
    pub(crate) async fn execute(&self, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
        let path = "/api/v2/tollgate/actions/Web/Overview/execute";
        let body = json!({"userId": "7"});
        self.ask("flows", (Method::POST, path), headers, body).await
    }

    /// The overview as it is listed.
    pub(crate) async fn listed(&self) -> Value {
        let path = "/api/v2/integrations/actions?name=Overview";
        let (_, _, list) = self
            .ask("flows", (Method::GET, path), &[], Value::Null)
            .await;
        assert_eq!(list["total"], 1, "{list}");
        list["entities"][0].clone()
    }

    /// What a test of the overview tells a caller, and the names of its steps.
    pub(crate) async fn tested(&self, caller: &str, inputs: Value) -> (Value, Vec<String>) {
        let id = self.listed().await["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/integrations/actions/{id}/test");
        let (_, _, told) = self.ask(caller, (Method::POST, &path), &[], inputs).await;
        let steps = told["operations"].as_array().unwrap().iter();
        let names = steps.map(|step| step["name"].as_str().unwrap().to_owned());
        let names = names.collect();
        (told, names)
    }

    /// The calls that the audit log has of the one execution in it.
    pub(crate) async fn noted(&self) -> Vec<Value> {
        let of_executions = json!([{"property": "EntityType", "value": "execution"}]);
        let query = json!({"interval": "2020-01-01/2100-01-01", "filters": of_executions});
        let query_path = (Method::POST, "/api/v2/audits/query/realtime");
        loop {
            let (_, _, audit) = self
                .ask("flows", query_path.clone(), &[], query.clone())
                .await;
            if audit["total"] == 1 {
                let calls = audit["entities"][0]["context"]["calls"].as_str().unwrap();
                return serde_json::from_str(calls).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// These fields of the file's records, once there are so many.
    pub(crate) async fn recorded<const N: usize>(
        &self,
        lines: usize,
        fields: [&str; N],
    ) -> Vec<String> {
        let file = self.folder.path().join("records.jsonl");
        let text = loop {
            let text = std::fs::read_to_string(&file).unwrap();
            if text.lines().count() == lines && text.ends_with('\n') {
                break text;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let records = text.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let fields = fields.map(|field| line[field].as_str().unwrap().to_owned());
            fields.join(" / ")
        });
        records.collect()
    }
}
