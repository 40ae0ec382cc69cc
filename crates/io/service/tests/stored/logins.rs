//! How integrations log in upstream.

use crate::world::{ACTIONS, World, action, loopback, upstream};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tollgate_config::{Config, Source};
use tollgate_service::Service;

#[tokio::test]
async fn a_login_of_ones_own_is_made_once_and_again_when_it_is_refused() {
    let (upstream, seen) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let fields = json!({
        "loginUrl": format!("{upstream}/login"), "clientId": "id", "clientSecret": "upstream-secret-7",
    });
    let id = world
        .web_service(&root, "userDefinedOAuth", fields, loopback())
        .await;
    let listed = world.done(&root, Method::GET, ACTIONS, Value::Null).await;
    assert_eq!(listed["total"], 0, "its login is no action to call");
    let all = format!("{ACTIONS}?includeAuthActions=true");
    let listed = world.done(&root, Method::GET, &all, Value::Null).await;
    assert_eq!(listed["entities"][0]["id"], format!("customAuth_-_{id}"));

    let headers = json!({"Authorization": "Bearer ${authResponse.access_token}"});
    let new = action("Resource", &id, &format!("{upstream}/resource"), headers);
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
    let execute = format!("{path}/execute");
    for _ in 0..3 {
        let output = world.done(&root, Method::POST, &execute, json!({})).await;
        assert_eq!(output, json!({"answer": 42}));
    }
    assert_eq!(seen.logins.load(Ordering::SeqCst), 1);
    seen.takes.store(2, Ordering::SeqCst);
    world.done(&root, Method::POST, &execute, json!({})).await;
    assert_eq!(seen.logins.load(Ordering::SeqCst), 2);
    assert_eq!(seen.calls.load(Ordering::SeqCst), 5, "one was replayed");
    seen.takes.store(9, Ordering::SeqCst);
    let (status, body) = world.call(&root, Method::POST, &execute, json!({})).await;
    assert_eq!(
        (status, &body["code"]),
        (400, &json!("invalid.credentials"))
    );
    assert_eq!(seen.calls.load(Ordering::SeqCst), 7, "once, and no more");
    let tested = world
        .done(&root, Method::POST, &format!("{path}/test"), json!({}))
        .await;
    assert_eq!(
        tested["operations"][1]["name"],
        "Run the custom authentication"
    );
    assert_eq!(tested["operations"][1]["result"], Value::Null);
    assert!(!tested.to_string().contains("upstream-secret-7"));

    let filter = json!({"property": "EntityType", "value": "execution"});
    let query = json!({"interval": "2020-01-01/2100-01-01", "filters": [filter]});
    let audit = world
        .done(&root, Method::POST, "/api/v2/audits/query/realtime", query)
        .await;
    let ends: Vec<_> = audit["entities"].as_array().unwrap().iter().rev().collect();
    let ends: Vec<_> = ends
        .iter()
        .map(|it| {
            (
                it["action"].as_str().unwrap(),
                it["context"]["end"].as_str().unwrap(),
            )
        })
        .collect();
    let run = ("Execute", "ok");
    let failed = ("Execute", "upstream.error");
    assert_eq!(ends, [run, run, run, run, failed, ("Test", "ok")]);
}

#[tokio::test]
async fn basic_credentials_go_out_and_are_struck_from_what_comes_back() {
    let (upstream, _) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let fields = json!({"userName": "user", "password": "hunter2hunter2"});
    let id = world
        .web_service(&root, "basicAuth", fields, loopback())
        .await;
    let new = action("Echo", &id, &format!("{upstream}/echo"), json!({}));
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
    assert_eq!(status, 418);
    let shown = body["messageParams"]["upstreamBody"].as_str().unwrap();
    assert!(
        shown.contains("[redacted]"),
        "it was sent and is struck: {shown}"
    );
    assert!(!shown.contains("aHVudGVyMg"));
}

#[tokio::test]
async fn a_login_of_the_file_is_an_action_in_the_folder() {
    let (upstream, seen) = upstream().await;
    let folder = tempfile::tempdir().unwrap();
    let login = json!({
        "name": "Login", "integrationType": "custom-rest-actions", "actionType": "customAuth",
        "config": {
            "request": {
                "requestUrlTemplate": format!("{upstream}/login"), "requestType": "POST",
                "headers": {"Authorization": "Basic $encoding.base64(\"id:${credentials.key}\")"},
                "requestTemplate": "grant_type=client_credentials",
            },
            "response": {"translationMap": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {}}},
        },
    });
    let headers = json!({"Authorization": "Bearer ${authResponse.access_token}"});
    let mut call = action("Call", "", &format!("{upstream}/resource"), headers);
    call["integrationType"] = json!("custom-rest-actions");
    std::fs::write(folder.path().join("login.json"), login.to_string()).unwrap();
    std::fs::write(folder.path().join("call.json"), call.to_string()).unwrap();
    let text = r#"
[server]
listen = "127.0.0.1:0"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = { folder = "." }
allowed_networks = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
[integration.credentials]
key = { env = "KEY" }
"#;
    let source = Source {
        file: "test.toml",
        folder: folder.path(),
        env: &|name| {
            Some(
                if name == "KEY" {
                    "upstream-secret-7"
                } else {
                    crate::world::SECRET
                }
                .to_owned(),
            )
        },
        files: &tollgate_files::Disk,
    };
    let config = Config::parse(text, &source).unwrap();
    let world = World {
        service: Service::start(config, 1).await.unwrap(),
        http: reqwest::Client::new(),
        folder,
    };
    let root = world.root().await;
    let listed = world.done(&root, Method::GET, ACTIONS, Value::Null).await;
    assert_eq!(listed["total"], 1, "{listed}");
    let path = format!(
        "{ACTIONS}/{}",
        listed["entities"][0]["id"].as_str().unwrap()
    );
    for _ in 0..2 {
        let output = world
            .done(&root, Method::POST, &format!("{path}/execute"), json!({}))
            .await;
        assert_eq!(output, json!({"answer": 42}));
    }
    assert_eq!(seen.logins.load(Ordering::SeqCst), 1);

    // The file's things can't be changed here, nor can others be made without a store.
    let changed = json!({"name": "Other", "version": 1});
    let (status, body) = world.call(&root, Method::PATCH, &path, changed).await;
    assert_eq!(
        (status, &body["code"]),
        (409, &json!("managed.by.configuration"))
    );
    let new = json!({"name": "New", "integrationType": {"id": "custom-rest-actions"}});
    let (status, body) = world
        .call(&root, Method::POST, "/api/v2/integrations", new)
        .await;
    assert_eq!((status, &body["code"]), (409, &json!("no.store")));
}
