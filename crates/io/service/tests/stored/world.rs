//! An upstream, a service over a store in a folder, and what tests do with them.

use axum::Router;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_service::Service;
use tollgate_store::KeyRing;

/// Secret of the administrator of the configuration file.
pub(crate) use crate::harness::SECRET;

/// What the upstream saw.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) logins: AtomicU64,
    pub(crate) calls: AtomicU64,
    /// Which login's token it takes.
    pub(crate) takes: AtomicU64,
}

/// An upstream with a login of its own.
pub(crate) async fn upstream() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    seen.takes.store(1, Ordering::SeqCst);
    let (one, two) = (Arc::clone(&seen), Arc::clone(&seen));
    let login = move |headers: HeaderMap| async move {
        // Basic of id:upstream-secret-7
        if headers.get("authorization").unwrap() != "Basic aWQ6dXBzdHJlYW0tc2VjcmV0LTc=" {
            return (StatusCode::FORBIDDEN, String::new());
        }
        let number = one.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = json!({"access_token": format!("token-{number}"), "expires_in": 3600});
        (StatusCode::OK, token.to_string())
    };
    let resource = move |headers: HeaderMap| async move {
        two.calls.fetch_add(1, Ordering::SeqCst);
        let wanted = format!("Bearer token-{}", two.takes.load(Ordering::SeqCst));
        if headers.get("authorization").unwrap() != wanted.as_str() {
            let echoed = format!("no: {:?}", headers.get("authorization"));
            return (StatusCode::UNAUTHORIZED, echoed);
        }
        (StatusCode::OK, json!({"answer": 42}).to_string())
    };
    let echo = |headers: HeaderMap| async move {
        let found = headers
            .get("authorization")
            .map(|it| it.to_str().unwrap().to_owned());
        (
            StatusCode::IM_A_TEAPOT,
            json!({"authorization": found}).to_string(),
        )
    };
    let router = Router::new()
        .route("/login", post(login))
        .route("/resource", get(resource))
        .route("/echo", get(echo));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = hyper_util::service::TowerToHyperService::new(router);
    let bounds = tollgate_listen::Bounds::default();
    drop(listener);
    let listening = tollgate_listen::Listener::start(address, bounds, service)
        .await
        .unwrap();
    // Lives as long as the test's process.
    Box::leak(Box::new(listening));
    (format!("http://{address}"), seen)
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) http: reqwest::Client,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        make_keys(folder.path());
        Self::over(folder).await
    }

    pub(crate) async fn over(folder: tempfile::TempDir) -> Self {
        Self {
            service: Self::serve(folder.path(), &url(folder.path()), folder.path()).await,
            http: reqwest::Client::new(),
            folder,
        }
    }

    /// A node with a folder of its own, over a store, with the keys of a folder.
    pub(crate) async fn serve(
        folder: &std::path::Path,
        url: &str,
        keys: &std::path::Path,
    ) -> Service {
        Self::serve_with(folder, url, keys, "").await
    }

    /// As [`Self::serve`], with further tables.
    pub(crate) async fn serve_with(
        folder: &std::path::Path,
        url: &str,
        keys: &std::path::Path,
        tables: &str,
    ) -> Service {
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
[store]
url = "{url}"
key_file = "{keys}/keys"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
[[caller]]
client_id = "one-flow"
client_secret_env = "SECRET"
[[caller]]
client_id = "two-flows"
client_secret_env = "SECRET"
flows = ["voice"]
default_flow = "sms"
[[flow]]
name = "voice"
[[flow]]
name = "sms"
priority = 1
[[flow]]
name = "email"
priority = 2
default = true
{tables}
"#,
            keys = keys.display()
        );
        crate::harness::serve(folder, &text).await.unwrap()
    }

    pub(crate) async fn login(&self, id: &str, secret: &str) -> Result<String, Value> {
        let base = format!("http://{}", self.service.address());
        let grant = crate::harness::grant(&self.http, &base, id, secret).await;
        grant["access_token"]
            .as_str()
            .map(str::to_owned)
            .ok_or(grant)
    }

    /// A token of the administrator of the configuration file.
    pub(crate) async fn root(&self) -> String {
        self.login("root", SECRET).await.unwrap()
    }

    /// An enabled platform integration of that upstream.
    pub(crate) async fn platform(&self, root: &str, name: &str, base: &str, token: &str) -> String {
        let path = "/api/v2/integrations/credentials";
        let fields = json!({"clientId": "pool", "clientSecret": "pool-secret-1234"});
        let new = json!({"type": {"name": "pureCloudOAuthClient"}, "credentialFields": fields});
        let credential = self.done(root, Method::POST, path, new).await;
        let new = json!({"name": name, "integrationType": {"id": "purecloud-data-actions"}});
        let made = self
            .done(root, Method::POST, "/api/v2/integrations", new)
            .await;
        let id = made["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/integrations/{id}");
        let config = json!({
            "version": 1,
            "properties": {"baseUrl": base, "tokenUrl": token, "allowedNetworks": ["127.0.0.0/8"]},
            "credentials": {"pureCloudOAuthClient": {"id": credential["id"]}},
        });
        self.done(root, Method::PUT, &format!("{path}/config/current"), config)
            .await;
        let enabled = json!({"intendedState": "ENABLED"});
        let shown = self.done(root, Method::PATCH, &path, enabled).await;
        assert_eq!(shown["reportedState"]["code"], "ACTIVE", "{shown}");
        id
    }

    pub(crate) async fn call(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let url = format!("http://{}{path}", self.service.address());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// The same, where it must succeed.
    pub(crate) async fn done(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(token, method, path, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// An enabled web-service integration of that upstream, and its configuration's version.
    pub(crate) async fn web_service(
        &self,
        root: &str,
        kind: &str,
        fields: Value,
        allowed: Value,
    ) -> String {
        let path = "/api/v2/integrations/credentials";
        let credential = json!({"name": "c", "type": {"name": kind}, "credentialFields": fields});
        let credential = self.done(root, Method::POST, path, credential).await;
        let new = json!({"name": format!("Web {kind}"), "integrationType": {"id": "custom-rest-actions"}});
        let made = self
            .done(root, Method::POST, "/api/v2/integrations", new)
            .await;
        assert_eq!(made["intendedState"], "DISABLED");
        let id = made["id"].as_str().unwrap().to_owned();
        let config = json!({
            "version": 1, "properties": allowed,
            "credentials": {kind: {"id": credential["id"]}},
        });
        let path = format!("/api/v2/integrations/{id}");
        self.done(root, Method::PUT, &format!("{path}/config/current"), config)
            .await;
        let enabled = json!({"intendedState": "ENABLED"});
        let shown = self.done(root, Method::PATCH, &path, enabled).await;
        assert_eq!(shown["reportedState"]["code"], "ACTIVE", "{shown}");
        id
    }
}

/// A web-service action that gets a URL.
pub(crate) fn action(name: &str, integration: &str, url: &str, headers: Value) -> Value {
    json!({
        "name": name, "integrationId": integration,
        "config": {
            "request": {"requestUrlTemplate": url, "requestType": "GET", "headers": headers},
            "response": {
                "translationMap": {"answer": "$.answer"}, "translationMapDefaults": {},
                "successTemplate": "{\"answer\": ${answer}}",
            },
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {"answer": {"type": "integer"}}}},
        },
    })
}

/// Allows an upstream on this machine.
pub(crate) fn loopback() -> Value {
    json!({"allowedNetworks": ["127.0.0.0/8"], "allowedSchemes": ["http"], "allowedPorts": ["1-65535"]})
}

/// Where actions are.
pub(crate) const ACTIONS: &str = "/api/v2/integrations/actions";

/// The store in a folder.
fn url(folder: &std::path::Path) -> String {
    format!("sqlite:{}/store.db", folder.display())
}

/// A key file in the folder, for its owner only.
pub(crate) fn make_keys(folder: &std::path::Path) {
    let line = KeyRing::generate_line("k1").unwrap();
    let path = folder.join("keys");
    std::fs::write(&path, line.expose()).unwrap();
    let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, mine).unwrap();
}
