//! How tests start a service and log in to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test takes a part")]

use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tollgate_config::{Config, Source};
use tollgate_emulator::Emulator;
use tollgate_platform::{Client, Spread};
use tollgate_service::{Service, StartError};

/// What every variable of a configuration is, and so the secret of every caller and client.
pub(crate) const SECRET: &str = "test-secret-0123456789";

/// A service of this configuration, which is in this folder.
pub(crate) async fn serve(folder: &Path, text: &str) -> Result<Service, StartError> {
    let source = Source {
        file: "test.toml",
        folder,
        env: &|_| Some(SECRET.to_owned()),
        files: &tollgate_files::Disk,
    };
    Service::start(Config::parse(text, &source).unwrap(), 1).await
}

/// What a service answers to a caller that logs in.
pub(crate) async fn grant(http: &reqwest::Client, base: &str, id: &str, secret: &str) -> Value {
    let request = http.post(format!("{base}/oauth/token"));
    let request = request.basic_auth(id, Some(secret));
    let answer = request.body("grant_type=client_credentials").send().await;
    answer.unwrap().json().await.unwrap()
}

/// A token of one of the configuration's callers.
pub(crate) async fn login(http: &reqwest::Client, base: &str, caller: &str) -> String {
    let grant = grant(http, base, caller, SECRET).await;
    grant["access_token"].as_str().unwrap().to_owned()
}

/// The emulated platform with one client, `pool`; each answer takes so long.
pub(crate) async fn platform(latency: Duration) -> Emulator {
    let platform = tollgate_platform::Config {
        clients: vec![Client {
            id: "pool".into(),
            secret: SECRET.into(),
        }],
        latency: Spread::fixed(latency),
        ..tollgate_platform::Config::default()
    };
    let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into());
    emulator.await.unwrap()
}

/// Serves what this router answers, on a free port, until the test ends; gives the URL.
pub(crate) async fn upstream(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

/// A web-service action that gets a URL and gives its member `answer`.
pub(crate) fn action(name: &str, url: &str) -> Value {
    json!({
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom",
        "config": {
            "timeoutSeconds": 20,
            "request": {"requestUrlTemplate": url, "requestType": "GET", "headers": {}, "requestTemplate": ""},
            "response": {
                "translationMap": {"answer": "$.answer"}, "translationMapDefaults": {},
                "successTemplate": "{\"answer\": ${answer}}",
            },
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "output": {"successSchema": {"type": "object", "properties": {"answer": {"type": "integer"}}}},
        },
    })
}
