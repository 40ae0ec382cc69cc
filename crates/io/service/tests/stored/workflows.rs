//! Workflows that are published through the API.

use crate::world::World;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_workflow_is_published_by_its_path_and_by_the_one_it_had_before() {
    let world = World::start().await;
    let root = world.root().await;
    // JSON is YAML, too.
    let file = json!({"workflow": {
        "name": "Members", "startUpRef": "/workflow/states/state[S]",
        "states": [{"state": {"name": "S", "actions": [{"endWorkflow": {"none": true}}, {"fancyStep": {}}]}}],
    }});
    for (path, version) in [
        ("/api/v2/tollgate/workflows", "1.0"),
        ("/api/v2/tollgate/flows", "2.0"),
    ] {
        let made = world.done(&root, Method::POST, path, file.clone()).await;
        assert_eq!(made["name"], "Members", "{made}");
        assert_eq!(made["publishedVersion"]["id"], version, "{path}");
        let unsupported = made["unsupported"].as_array().unwrap();
        assert!(
            unsupported[0].as_str().unwrap().contains("`fancyStep`"),
            "it runs all the same: {made}"
        );
    }
    // The old path is where one reads who calls.
    let callers = world
        .done(&root, Method::GET, "/api/v2/tollgate/flows", Value::Null)
        .await;
    assert!(callers["entities"].is_array(), "{callers}");
}

#[tokio::test]
async fn which_of_two_actions_of_one_name_is_meant_nobody_guesses() {
    let world = World::start().await;
    let root = world.root().await;
    let post = async |path: &str, body: Value| world.done(&root, Method::POST, path, body).await;
    let mut made = Vec::new();
    for _ in 0..2 {
        let new = json!({"integrationType": {"id": "custom-rest-actions"}});
        let integration = post("/api/v2/integrations", new).await;
        let any = json!({"type": "object", "properties": {}});
        let action = json!({
            "name": "Ask", "category": "Twice", "integrationId": integration["id"],
            "config": {"request": {"requestUrlTemplate": "https://example.com", "requestType": "GET"}},
            "contract": {"input": {"inputSchema": any}, "output": {"successSchema": any}},
        });
        let action = post("/api/v2/integrations/actions", action).await;
        made.push(action["id"].as_str().unwrap().to_owned());
    }
    let end = |name: &str| json!({"actions": [{"endWorkflow": {"name": name, "exitReason": {"lit": name}}}]});
    let ask = json!({"callData": {
        "name": "Ask", "timeout": {"lit": {"seconds": 5}},
        "category": {"Twice": {"dataAction": {"Ask": {
            "inputs": {}, "successOutputs": {}, "failureOutputs": {"errorMessage": {"var": "Flow.Why"}},
        }}}},
        "outputs": {"success": end("found"), "failure": end("broken")},
    }});
    let file = json!({"workflow": {
        "name": "Asks", "startUpRef": "/workflow/states/state[S]",
        "variables": [{"stringVariable": {
            "name": "Flow.Why", "initialValue": {"noValue": true}, "isInput": false, "isOutput": true,
        }}],
        "states": [{"state": {"name": "S", "actions": [ask, {"endWorkflow": {"none": true}}]}}],
    }});
    let flow = post("/api/v2/tollgate/workflows", file).await;
    let run = post("/api/v2/flows/executions", json!({"flowId": flow["id"]})).await;
    let path = format!("/api/v2/flows/executions/{}", run["id"].as_str().unwrap());
    let ended = loop {
        let run = world.done(&root, Method::GET, &path, Value::Null).await;
        if run["status"] != "RUNNING" {
            break run.to_string();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert!(ended.contains("There are several actions"), "{ended}");
    assert!(made.iter().all(|id| ended.contains(id)), "{ended}");
    assert!(
        ended.contains("broken"),
        "it takes the failure path: {ended}"
    );
}
