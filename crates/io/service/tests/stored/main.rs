//! The service over a store: roles, versions, custom authentication, and where calls may go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod below;
mod echo;
mod edits;
#[path = "../harness/mod.rs"]
mod harness;
mod large;
mod logins;
mod nodes;
mod protocol;
mod reach;
mod size;
mod steps;
#[path = "../../../store/tests/support/mod.rs"]
mod support;
mod workflows;
mod world;

use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use world::{ACTIONS, World, action, loopback, upstream};

#[tokio::test]
async fn calls_go_where_the_integration_allows_and_nowhere_else() {
    let (upstream, seen) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let http = json!({"allowedSchemes": ["http"], "allowedPorts": ["1-65535"]});
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), http)
        .await;
    for (index, url) in [
        format!("{upstream}/resource"),
        upstream.replace("127.0.0.1", "localhost") + "/resource",
        upstream.replace("127.0.0.1", "2130706433") + "/resource",
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://[::ffff:127.0.0.1]/".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let new = action(&format!("A{index}"), &id, url, json!({}));
        let made = world.done(&root, Method::POST, ACTIONS, new).await;
        let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
        let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
        let code = body["code"].as_str().unwrap();
        let refused = (status, code) == (400, "address.not.allowed")
            || (status, code) == (502, "upstream.unreachable");
        assert!(refused, "{url}: {status} {body}");
    }
    assert_eq!(seen.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_role_holds_where_it_was_given_and_a_stale_version_changes_nothing() {
    let (upstream, _) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let new = action("One", &id, &format!("{upstream}/resource"), json!({}));
    let made = world.done(&root, Method::POST, ACTIONS, new.clone()).await;
    let action_id = made["id"].as_str().unwrap();
    let clients = "/api/v2/oauth/clients";
    let wanted =
        json!({"name": "author", "roleDivisions": [{"roleId": "author", "divisionId": id}]});
    let client = world.done(&root, Method::POST, clients, wanted).await;
    let (client_id, secret) = (
        client["id"].as_str().unwrap(),
        client["secret"].as_str().unwrap(),
    );
    let author = world.login(client_id, secret).await.unwrap();

    let path = format!("{ACTIONS}/{action_id}");
    for (method, path, body) in [
        (Method::POST, format!("{path}/execute"), json!({})),
        (Method::POST, "/api/v2/integrations".to_owned(), json!({})),
        (
            Method::GET,
            "/api/v2/integrations/credentials".to_owned(),
            Value::Null,
        ),
        (Method::GET, clients.to_owned(), Value::Null),
        (
            Method::GET,
            format!("/api/v2/integrations/{id}/config/current"),
            Value::Null,
        ),
        (
            Method::POST,
            "/api/v2/flows/datatables".to_owned(),
            json!({}),
        ),
    ] {
        let (status, body) = world.call(&author, method, &path, body).await;
        assert_eq!(
            (status, &body["code"]),
            (403, &json!("missing.permissions")),
            "{path}"
        );
    }
    let changed = json!({"name": "Two", "version": 1});
    let shown = world
        .done(&author, Method::PATCH, &path, changed.clone())
        .await;
    assert_eq!(
        (&shown["name"], &shown["version"]),
        (&json!("Two"), &json!(2))
    );
    let (status, body) = world.call(&author, Method::PATCH, &path, changed).await;
    assert_eq!((status, &body["code"]), (409, &json!("version.conflict")));
    assert_eq!(body["messageParams"]["version"], "2");
    let shown = world.done(&author, Method::GET, &path, Value::Null).await;
    assert_eq!(
        (&shown["name"], &shown["version"]),
        (&json!("Two"), &json!(2))
    );

    // A revoked token and a renewed secret count at once.
    world
        .done(&author, Method::DELETE, "/api/v2/tokens/me", Value::Null)
        .await;
    assert_eq!(
        world.call(&author, Method::GET, &path, Value::Null).await.0,
        401
    );
    let again = world.login(client_id, secret).await.unwrap();
    world
        .done(
            &root,
            Method::POST,
            &format!("{clients}/{client_id}/secret"),
            Value::Null,
        )
        .await;
    assert_eq!(
        world.call(&again, Method::GET, &path, Value::Null).await.0,
        401
    );
    assert!(world.login(client_id, secret).await.is_err());

    let span = json!({"interval": "2020-01-01/2100-01-01", "filters": [{"property": "EntityType", "value": "client"}]});
    let audit = world
        .done(&root, Method::POST, "/api/v2/audits/query/realtime", span)
        .await;
    assert_eq!(audit["total"], 2, "{audit}");
}

#[tokio::test]
async fn what_was_changed_is_there_after_a_restart_and_round_trips() {
    let (upstream, _) = upstream().await;
    let world = World::start().await;
    let root = world.root().await;
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let mut file = action(
        "One",
        &id,
        &format!("{upstream}/echo"),
        json!({"X-Z": "1", "X-A": "2"}),
    );
    let mut export = json!({
        "name": "One", "integrationType": "custom-rest-actions", "actionType": "custom",
        "config": file["config"], "contract": file["contract"], "secure": true,
    });
    export["config"]["timeoutSeconds"] = json!(7);
    file = export.clone();
    file["integrationId"] = json!(id);
    let draft = world
        .done(&root, Method::POST, &format!("{ACTIONS}/drafts"), file)
        .await;
    let path = format!("{ACTIONS}/{}", draft["id"].as_str().unwrap());
    let valid = world
        .done(
            &root,
            Method::GET,
            &format!("{path}/draft/validation"),
            Value::Null,
        )
        .await;
    assert_eq!(valid, json!({"valid": true, "errors": []}));
    assert_eq!(
        world.call(&root, Method::GET, &path, Value::Null).await.0,
        404,
        "not yet"
    );
    let seen = json!({"version": draft["version"]});
    world
        .done(&root, Method::POST, &format!("{path}/draft/publish"), seen)
        .await;

    let World {
        service, folder, ..
    } = world;
    drop(service);
    let world = World::over(folder).await;
    let root = world.root().await;
    let export_path = format!(
        "/api/v2/tollgate/actions/{}/export",
        draft["id"].as_str().unwrap()
    );
    let again = world
        .done(&root, Method::GET, &export_path, Value::Null)
        .await;
    assert_eq!(
        again.to_string(),
        export.to_string(),
        "equal, and in the same order"
    );
}

#[tokio::test]
async fn two_nodes_on_one_store_follow_each_other() {
    let (upstream, _) = upstream().await;
    let server = match support::postgres::Server::start(support::postgres::Disk::Lags) {
        Ok(server) => server,
        Err(why) => return support::skip(&why),
    };
    let url = server.database("nodes");
    let keys = tempfile::tempdir().unwrap();
    world::make_keys(keys.path());
    let node = async || {
        let folder = tempfile::tempdir().unwrap();
        World {
            service: World::serve(folder.path(), &url, keys.path()).await,
            http: reqwest::Client::new(),
            folder,
        }
    };
    let (world, other) = (node().await, node().await);
    let root = world.root().await;
    let there = other.login("root", world::SECRET).await.unwrap();
    let id = world
        .web_service(&root, "userDefined", json!({"k": "v"}), loopback())
        .await;
    let new = action("One", &id, &format!("{upstream}/echo"), json!({}));
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}", made["id"].as_str().unwrap());
    // The other node looks once a second; how long this machine takes for it is not what is tested.
    let mut shown = (404, Value::Null);
    for _ in 0..200 {
        shown = other.call(&there, Method::GET, &path, Value::Null).await;
        if shown.0 == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!((shown.0, &shown.1["name"]), (200, &json!("One")));
    let (status, body) = other
        .call(&there, Method::POST, &format!("{path}/execute"), json!({}))
        .await;
    assert_eq!(
        (status, &body["messageParams"]["tollgateCode"]),
        (418, &json!("upstream.error")),
        "it has a route there too: {body}"
    );

    // A token of the store counts on both, and its end as well.
    let wanted = json!({"name": "c", "roleIds": ["execute"]});
    let client = world
        .done(&root, Method::POST, "/api/v2/oauth/clients", wanted)
        .await;
    let (client_id, secret) = (
        client["id"].as_str().unwrap(),
        client["secret"].as_str().unwrap(),
    );
    let token = world.login(client_id, secret).await.unwrap();
    assert_eq!(
        other.call(&token, Method::GET, &path, Value::Null).await.0,
        200
    );
    world
        .done(&token, Method::DELETE, "/api/v2/tokens/me", Value::Null)
        .await;
    let mut status = 200;
    for _ in 0..200 {
        status = other.call(&token, Method::GET, &path, Value::Null).await.0;
        if status == 401 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(status, 401, "what is believed of a token ends");
}

#[tokio::test]
async fn what_no_database_can_hold_is_the_callers_mistake() {
    let world = World::start().await;
    let root = world.root().await;
    for path in [
        "/api/v2/flows/datatables?name=%00",
        "/api/v2/flows/datatables/a%00b",
    ] {
        let (status, body) = world.call(&root, Method::GET, path, Value::Null).await;
        assert_eq!(
            (status, &body["code"]),
            (400, &json!("bad.request")),
            "{path}"
        );
    }
    let filter = json!({"property": "Action", "value": "\0"});
    let query = json!({"interval": "2020-01-01/2100-01-01", "filters": [filter]});
    let path = "/api/v2/audits/query/realtime";
    assert_eq!(world.call(&root, Method::POST, path, query).await.0, 400);
}
