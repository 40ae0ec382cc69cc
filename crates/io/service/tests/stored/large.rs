//! What one author writes, however much and whatever it is, keeps nobody else from anything.

use crate::world::{ACTIONS, World, action, loopback};
use reqwest::Method;
use serde_json::{Value, json};

/// An action of so many bytes.
fn large(name: &str, integration: &str, bytes: usize) -> Value {
    let mut made = action(name, integration, "http://127.0.0.1:9/", json!({}));
    made["config"]["request"]["requestTemplate"] = json!(format!("## {}", "x".repeat(bytes)));
    made
}

/// Another integration than the first.
async fn second(world: &World, root: &str) -> String {
    let new = json!({"name": "Second", "integrationType": {"id": "custom-rest-actions"}});
    let made = world
        .done(root, Method::POST, "/api/v2/integrations", new)
        .await;
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn many_large_actions_stop_nobody() {
    let world = World::start().await;
    let root = world.root().await;
    let first = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let other = second(&world, &root).await;
    // More than the store gives in one answer, over both, as actions and as drafts.
    let mut refused = Vec::new();
    for (integration, path) in [
        (&first, ACTIONS.to_owned()),
        (&other, format!("{ACTIONS}/drafts")),
    ] {
        for number in 0..45 {
            let name = format!("{integration} {number}");
            let new = large(&name, integration, 480_000);
            let (status, answer) = world.call(&root, Method::POST, &path, new).await;
            if status >= 300 {
                refused.push((status, answer));
                break;
            }
        }
    }
    // There is an end to it, which says what to do, and it is each integration's own.
    assert_eq!(refused.len(), 2);
    for (status, answer) in &refused {
        assert_eq!(
            (*status, &answer["code"]),
            (409, &json!("limit.reached")),
            "{answer}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(
            message.contains("16777216 bytes") && message.contains("delete some"),
            "{message}"
        );
    }
    // What there is can be shortened, and others go on.
    let listed = world
        .call(
            &root,
            Method::GET,
            &format!("{ACTIONS}?pageSize=500"),
            Value::Null,
        )
        .await;
    let shown = listed.1["entities"][0].clone();
    let path = format!("{ACTIONS}/{}", shown["id"].as_str().unwrap());
    let mut short = large("short", &first, 10)["config"].take();
    short["timeoutSeconds"] = json!(3);
    let change = json!({"version": shown["version"], "config": short});
    world.done(&root, Method::PATCH, &path, change).await;
    let third = json!({"name": "Third", "integrationType": {"id": "custom-rest-actions"}});
    let third = world
        .done(&root, Method::POST, "/api/v2/integrations", third)
        .await;
    let mine = large("mine", third["id"].as_str().unwrap(), 10);
    let mine = world.done(&root, Method::POST, ACTIONS, mine).await;
    let drafts = format!("{ACTIONS}/drafts?pageSize=500");
    let drafts = world.done(&root, Method::GET, &drafts, Value::Null).await;
    assert_eq!(drafts["total"], json!(34));
    // A page that is too long says so; a shorter one is given.
    let whole = format!("{ACTIONS}?pageSize=500&includeConfig=true");
    let (status, answer) = world.call(&root, Method::GET, &whole, Value::Null).await;
    assert_eq!(status, 200, "{answer}");
    // And a new process has all of it.
    let World {
        service, folder, ..
    } = world;
    drop(service);
    let world = World::over(folder).await;
    let root = world.root().await;
    let path = format!("{ACTIONS}/{}", mine["id"].as_str().unwrap());
    let again = world.done(&root, Method::GET, &path, Value::Null).await;
    assert_eq!(again["name"], "mine");
    let all = world.done(&root, Method::GET, ACTIONS, Value::Null).await;
    assert_eq!(all["total"], json!(35));
}

#[tokio::test]
async fn what_cant_be_read_is_set_aside_and_named() {
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let mut ids = Vec::new();
    for name in ["good", "no JSON", "no text", "no name", "no category"] {
        let made = world
            .done(&root, Method::POST, ACTIONS, large(name, &id, 10))
            .await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let World {
        service, folder, ..
    } = world;
    drop(service);
    // As another program, or a damaged disk, may leave it.
    let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
    for (number, damage) in [
        (1, "config = '{'"),
        (2, "config = x'00ff'"),
        (3, "name = x'ff41'"),
        (4, "category = 7.5, version = 'x'"),
    ] {
        let sql = format!("UPDATE action SET {damage} WHERE id = ?1");
        assert_eq!(database.execute(&sql, [&ids[number]]).unwrap(), 1);
    }
    drop(database);
    let world = World::over(folder).await;
    let root = world.root().await;
    for (number, id) in ids.iter().enumerate() {
        let path = format!("{ACTIONS}/{id}");
        let shown = world.done(&root, Method::GET, &path, Value::Null).await;
        assert_eq!(shown["unusable"].is_string(), number > 0, "{shown}");
        let run = world
            .call(&root, Method::POST, &format!("{path}/execute"), json!({}))
            .await;
        let code = if number > 0 {
            "action.not.usable"
        } else {
            "upstream.unreachable"
        };
        assert_eq!(run.1["code"], code, "{}", run.1);
    }
    let path = format!("/api/v2/integrations/{id}");
    let shown = world.done(&root, Method::GET, &path, Value::Null).await;
    let state = &shown["reportedState"];
    let told = state["detail"]["message"].as_str().unwrap();
    assert_eq!(state["code"], "ACTIVE");
    assert!(
        told.starts_with("4 of its actions can't be used") && told.contains("\"no text\""),
        "{told}"
    );
    // Others are made and changed, and one that is set aside can be thrown away.
    world
        .done(&root, Method::POST, ACTIONS, large("new", &id, 10))
        .await;
    for id in &ids[1..] {
        let (status, answer) = world
            .call(
                &root,
                Method::DELETE,
                &format!("{ACTIONS}/{id}"),
                Value::Null,
            )
            .await;
        assert!(status < 300, "{status} {answer}");
    }
}
