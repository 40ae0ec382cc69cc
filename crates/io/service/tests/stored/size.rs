//! How long an edit takes until it is live, where there are many definitions. A measurement, which asserts no
//! time: `cargo test -p tollgate-service --release --test stored -- --ignored --nocapture ten_thousand`.

use crate::support::{self, NOW, by};
use crate::world::{ACTIONS, SECRET, World, action, make_keys};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tollgate_store::{
    Action, ActionBody, EntityId, Integration, IntegrationConfig, IntendedState, JsonText, KeyRing,
    NewAction, NewCredential, NewIntegration, Store, StoreUrl,
};

const INTEGRATIONS: usize = 100;
const ACTIONS_EACH: usize = 100;
const EDITS: usize = 20;

/// Fills a store: each integration has a credential and as many actions as all others.
async fn fill(url: &str, keys: &Path) -> EntityId {
    let keys = std::fs::read_to_string(keys.join("keys")).unwrap().into();
    let ring = KeyRing::parse(&keys).unwrap();
    let store = Store::open(&StoreUrl::parse(url).unwrap(), ring, NOW)
        .await
        .unwrap();
    let by = by(0);
    let text = |value: &Value| JsonText::parse(value.to_string()).unwrap();
    let mut last = None;
    for number in 0..INTEGRATIONS {
        let new = NewCredential {
            id: EntityId::random(),
            name: "c".into(),
            kind: tollgate_store::CredentialKind::UserDefined,
            fields: [("k".to_owned(), "v".to_owned().into())].into(),
        };
        let credential = store.create_credential(new, &by).await.unwrap();
        let name = format!("Integration {number}");
        let new = NewIntegration {
            id: EntityId::random(),
            name: name.clone(),
            type_id: "custom-rest-actions".into(),
            intended_state: IntendedState::Enabled,
            notes: String::new(),
            attributes: [].into(),
        };
        let made = store.create::<Integration>(new, &by).await.unwrap();
        let config = IntegrationConfig {
            credentials: [("userDefined".to_owned(), credential.id)].into(),
            ..IntegrationConfig::default()
        };
        store
            .update_integration_config(&made.id, tollgate_store::Expected::Any, config, &by)
            .await
            .unwrap();
        for number in 0..ACTIONS_EACH {
            let shown = action("", "", "https://upstream.example/resource", json!({}));
            let body = ActionBody {
                name: format!("Action {number}"),
                category: name.clone(),
                secure: false,
                config: text(&shown["config"]),
                contract: text(&shown["contract"]),
            };
            let id = EntityId::random();
            store
                .create::<Action>(
                    NewAction {
                        id: id.clone(),
                        integration_id: made.id.clone(),
                        body,
                    },
                    &by,
                )
                .await
                .unwrap();
            last = Some(id);
        }
    }
    last.unwrap()
}

async fn measure(what: &str, url: &str) {
    let folder = tempfile::tempdir().unwrap();
    make_keys(folder.path());
    let id = fill(url, folder.path()).await;
    let begun = Instant::now();
    let service = World::serve(folder.path(), url, folder.path()).await;
    let started = begun.elapsed();
    let world = World {
        service,
        http: reqwest::Client::new(),
        folder,
    };
    let root = world.login("root", SECRET).await.unwrap();
    let path = format!("{ACTIONS}/{id}");
    let mut took = Vec::new();
    for number in 0..EDITS {
        let name = format!("Edited {number}");
        let change = json!({"version": number + 1, "name": name});
        let begun = Instant::now();
        world.done(&root, Method::PATCH, &path, change).await;
        took.push(begun.elapsed());
        let shown = world.done(&root, Method::GET, &path, Value::Null).await;
        assert_eq!(shown["name"], name, "live");
    }
    took.sort();
    let millis = |span: Duration| span.as_secs_f64() * 1000.0;
    println!(
        "{what}: {} actions of {INTEGRATIONS} integrations: start {:.0} ms; a PATCH until it is live: \
         median {:.1} ms, longest {:.1} ms of {EDITS}",
        INTEGRATIONS * ACTIONS_EACH,
        millis(started),
        millis(took[EDITS / 2]),
        millis(took[EDITS - 1]),
    );
}

#[tokio::test]
#[ignore = "a measurement, which takes a minute"]
async fn ten_thousand_actions_of_a_hundred_integrations() {
    let folder = tempfile::tempdir().unwrap();
    measure(
        "SQLite",
        &format!("sqlite:{}/store.db", folder.path().display()),
    )
    .await;
    match support::postgres::Server::start(support::postgres::Disk::Lags) {
        Ok(server) => measure("PostgreSQL", &server.database("many")).await,
        Err(why) => support::skip(&why),
    }
}
