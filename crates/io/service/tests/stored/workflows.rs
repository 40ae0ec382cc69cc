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
