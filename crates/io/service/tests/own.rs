//! A caller with a flow and bounds of its own, beside one that has neither.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const SERVICE: &str = r#"
[server]
listen = "127.0.0.1:0"
caller_requests_per_minute = 1000

[[caller]]
client_id = "bot"
client_secret_env = "SECRET"
class = 1
weight = 5
requests_per_minute = 4

[[caller]]
client_id = "other"
client_secret_env = "SECRET"

[[flow]]
name = "voice"
default = true

[[client]]
name = "pool"
client_id = "pool"
client_secret_env = "SECRET"
token_url = "PLATFORM/oauth/token"

[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "PLATFORM"
clients = ["pool"]
actions = { folder = "." }
"#;

#[tokio::test]
async fn a_callers_calls_are_of_its_own_flow_and_its_requests_within_its_own_bounds() {
    let platform = harness::platform(Duration::ZERO).await;
    let folder = tempfile::tempdir().unwrap();
    let action = json!({
        "name": "Ask", "integrationType": "purecloud-data-actions", "actionType": "custom", "secure": false,
        "config": {
            "request": {"requestUrlTemplate": "/api/v2/x", "requestType": "GET", "headers": {}, "requestTemplate": ""},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{}"}
        },
        "contract": {"input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}}
    });
    std::fs::write(folder.path().join("ask.json"), action.to_string()).unwrap();
    let text = SERVICE.replace("PLATFORM", &format!("http://{}", platform.address()));
    let service = harness::serve(folder.path(), &text).await.unwrap();
    let (http, base) = (
        reqwest::Client::new(),
        format!("http://{}", service.address()),
    );
    let (bot, other) = (
        harness::login(&http, &base, "bot").await,
        harness::login(&http, &base, "other").await,
    );
    let get = async |token: &str, path: &str| -> Response {
        let request = http.get(format!("{base}{path}")).bearer_auth(token);
        request.send().await.unwrap()
    };
    let list: Value = get(&other, "/api/v2/integrations/actions")
        .await
        .json()
        .await
        .unwrap();
    let id = list["entities"][0]["id"].as_str().unwrap();
    let execute = async |token: &str, flow: Option<&str>| {
        let url = format!("{base}/api/v2/integrations/actions/{id}/execute");
        let request = http.post(url).bearer_auth(token).body("{}");
        let request = flow.iter().fold(request, |request, flow| {
            request.header("Tollgate-Flow", *flow)
        });
        request.send().await.unwrap()
    };
    let done = execute(&bot, None).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(done.headers()["inin-ratelimit-allowed"], "4");
    assert_eq!(
        execute(&other, None).await.headers()["inin-ratelimit-allowed"],
        "1000"
    );
    // Nobody else may name it, and it may name no other.
    assert!(
        execute(&other, Some("bot"))
            .await
            .status()
            .is_client_error()
    );
    assert!(
        execute(&bot, Some("voice"))
            .await
            .status()
            .is_client_error()
    );
    assert_eq!(execute(&bot, Some("bot")).await.status(), StatusCode::OK);

    // Each sees the flows that it may name.
    let answered = async |token: &str| -> Value {
        let flows: Value = get(token, "/api/v2/tollgate/flows")
            .await
            .json()
            .await
            .unwrap();
        let flows = flows["entities"].as_array().unwrap().iter();
        flows
            .map(|flow| json!([flow["name"], flow["answered"]]))
            .collect()
    };
    assert_eq!(answered(&bot).await, json!([["bot", 2]]));
    assert_eq!(answered(&other).await, json!([["voice", 1]]));
    let refused = get(&bot, "/api/v2/tollgate/flows").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("caller.requests.per.minute")
    );
    assert_eq!(
        get(&other, "/api/v2/tollgate/flows").await.status(),
        StatusCode::OK
    );
    service.drain(Duration::ZERO).await;
}
