//! What a changed integration keeps: the use of its limits, and its tokens.

use crate::world::{ACTIONS, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tollgate_emulator::Emulator;
use tollgate_platform::Client;

const TOKEN_LIMIT: &str = "client.credentials.token.rate.per.minute";

/// A platform integration of an emulator that knows two clients.
struct Edited {
    world: World,
    root: String,
    _emulator: Emulator,
    id: String,
    credential: String,
    base: String,
    /// Path of its action's execution.
    execute: String,
    calls: u64,
    begun: Instant,
}

impl Edited {
    async fn start(properties: Value) -> Self {
        let client = |id: &str| Client {
            id: id.into(),
            secret: "secret".into(),
        };
        let platform = tollgate_platform::Config {
            clients: vec![client("one"), client("two")],
            ..tollgate_platform::Config::default()
        };
        let emulator = Emulator::start(platform, 1, ([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let world = World::start().await;
        let root = world.root().await;
        let kind = "pureCloudOAuthClient";
        let new = json!({
            "name": "c", "type": {"name": kind},
            "credentialFields": {"clientId": "one", "clientSecret": "secret"},
        });
        let path = "/api/v2/integrations/credentials";
        let made = world.done(&root, Method::POST, path, new).await;
        let credential = made["id"].as_str().unwrap().to_owned();
        let new = json!({"name": "Old", "integrationType": {"id": "purecloud-data-actions"}});
        let made = world
            .done(&root, Method::POST, "/api/v2/integrations", new)
            .await;
        let mut edited = Self {
            base: format!("http://{}", emulator.address()),
            _emulator: emulator,
            world,
            root,
            id: made["id"].as_str().unwrap().to_owned(),
            credential,
            execute: String::new(),
            calls: 0,
            begun: Instant::now(),
        };
        edited.configure(properties).await;
        edited.patch(json!({"intendedState": "ENABLED"})).await;
        let action = json!({
            "name": "Get", "integrationId": edited.id,
            "config": {
                "request": {"requestUrlTemplate": "/api/v2/users/me", "requestType": "GET", "headers": {}},
                "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "{}"},
            },
            "contract": {
                "input": {"inputSchema": {"type": "object", "properties": {}}},
                "output": {"successSchema": {"type": "object", "properties": {}}},
            },
        });
        let made = edited.done(Method::POST, ACTIONS, action).await;
        edited.execute = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
        edited
    }

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        self.world.done(&self.root, method, path, body).await
    }

    /// Gives it these properties, beside where it is.
    async fn configure(&self, properties: Value) {
        let path = format!("/api/v2/integrations/{}/config/current", self.id);
        let current = self.done(Method::GET, &path, Value::Null).await;
        let mut all = json!({"baseUrl": self.base, "allowedNetworks": ["127.0.0.0/8"]});
        let more = properties.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        let config = json!({
            "version": current["version"], "properties": all,
            "credentials": {"pureCloudOAuthClient": {"id": self.credential}},
        });
        self.done(Method::PUT, &path, config).await;
    }

    async fn patch(&self, change: Value) {
        let path = format!("/api/v2/integrations/{}", self.id);
        self.done(Method::PATCH, &path, change).await;
    }

    async fn call(&mut self) {
        self.calls += 1;
        let path = self.execute.clone();
        self.done(Method::POST, &path, json!({})).await;
    }

    /// All limits of that name.
    async fn limits(&self, name: &str) -> Vec<Value> {
        let path = "/api/v2/tollgate/limits?pageSize=100";
        let all = self.done(Method::GET, path, Value::Null).await;
        let all = all["entities"].as_array().unwrap().iter();
        all.filter(|it| it["name"] == name).cloned().collect()
    }

    /// There is one limit of that name; it allows so many, and knows of all calls.
    async fn counts_on(&self, name: &str, allowed: u32) -> Value {
        let mut limits = self.limits(name).await;
        assert_eq!(limits.len(), 1, "{name}: {limits:?}");
        let limit = limits.remove(0);
        assert_eq!(limit["allowed"], allowed, "{limit}");
        // On a machine that took a minute for this, the first of them are free again.
        if self.begun.elapsed() < Duration::from_secs(60) {
            assert_eq!(limit["held"], self.calls, "{limit}");
        }
        limit
    }
}

#[tokio::test]
async fn a_changed_integration_keeps_the_use_of_its_limits_and_its_tokens() {
    let rates =
        |all: u32, token: u32| json!({"requestsPerMinute": all, "tokenRequestsPerMinute": token});
    let mut it = Edited::start(rates(300, 200)).await;
    for _ in 0..3 {
        it.call().await;
    }
    let (rate, renamed) = ("Old.requests.per.minute", "New.requests.per.minute");
    it.counts_on(rate, 300).await;
    let token = it.counts_on(TOKEN_LIMIT, 200).await["token"].clone();

    let mut numbers = rates(400, 250);
    numbers["maxTokens"] = json!(3);
    it.configure(numbers).await;
    it.call().await;
    it.counts_on(rate, 400).await;
    assert_eq!(it.counts_on(TOKEN_LIMIT, 250).await["token"], token);

    // A limit that comes leaves the others alone, and so does one that goes and comes again.
    for at_once in [Some(5), None, Some(6)] {
        let mut more = rates(400, 250);
        more["requestsAtOnce"] = json!(at_once);
        it.configure(more).await;
        it.call().await;
        it.counts_on(rate, 400).await;
        assert_eq!(it.counts_on(TOKEN_LIMIT, 250).await["token"], token);
    }
    let at_once = it.limits("Old.requests.at.once").await;
    assert_eq!(at_once.len(), 1);
    assert_eq!(at_once[0]["allowed"], 6);

    it.patch(json!({"name": "New"})).await;
    it.call().await;
    it.counts_on(renamed, 400).await;
    assert_eq!(it.limits(rate).await, [] as [Value; 0]);
    let of_token = it.counts_on(TOKEN_LIMIT, 250).await;
    assert_eq!(of_token["sent"], it.calls);
    assert_eq!(
        (&of_token["token"], &of_token["client"]),
        (&token, &json!("New"))
    );

    // What an operator set holds until its own number changes.
    let set = json!({"name": TOKEN_LIMIT, "client": "New", "allowed": 7});
    let limits = "/api/v2/tollgate/limits";
    it.done(Method::PUT, limits, set).await;
    it.configure(rates(350, 250)).await;
    it.counts_on(renamed, 350).await;
    it.counts_on(TOKEN_LIMIT, 7).await;
    it.configure(rates(350, 260)).await;

    it.patch(json!({"intendedState": "DISABLED"})).await;
    it.patch(json!({"intendedState": "ENABLED"})).await;
    it.call().await;
    it.counts_on(renamed, 350).await;
    assert_eq!(it.counts_on(TOKEN_LIMIT, 260).await["token"], token);
}

#[tokio::test]
async fn another_client_has_other_tokens_and_the_old_ones_go() {
    let mut it = Edited::start(json!({"requestsPerMinute": 300})).await;
    it.call().await;
    let old = it.counts_on(TOKEN_LIMIT, 300).await["token"].clone();
    let path = format!("/api/v2/integrations/credentials/{}", it.credential);
    let other = json!({
        "name": "c", "type": {"name": "pureCloudOAuthClient"},
        "credentialFields": {"clientId": "two", "clientSecret": "secret"},
    });
    it.done(Method::PUT, &path, other).await;
    assert_eq!(it.limits(TOKEN_LIMIT).await, [] as [Value; 0]);
    it.call().await;
    it.counts_on("Old.requests.per.minute", 300).await;
    let limits = it.limits(TOKEN_LIMIT).await;
    assert_eq!(limits.len(), 1, "{limits:?}");
    assert_ne!(limits[0]["token"], old);

    let action = it.execute.trim_end_matches("/execute");
    it.done(Method::DELETE, action, Value::Null).await;
    let path = format!("/api/v2/integrations/{}", it.id);
    it.done(Method::DELETE, &path, Value::Null).await;
    assert_eq!(it.limits(TOKEN_LIMIT).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_number_that_was_set_is_there_after_a_restart_until_its_definition_changes() {
    let properties = json!({"requestsPerMinute": 300});
    let mut it = Edited::start(properties).await;
    let (path, rate, file) = (
        "/api/v2/tollgate/limits",
        "Old.requests.per.minute",
        "org.app.user.rate.per.minute",
    );
    let set = |name: &str, allowed: u32| json!({"name": name, "allowed": allowed});
    it.done(Method::PUT, path, set(rate, 200)).await;
    it.done(Method::PUT, path, set(file, 100)).await;
    let token = json!({"name": TOKEN_LIMIT, "client": "Old", "allowed": 9});
    it.done(Method::PUT, path, token).await;
    it.patch(json!({"name": "New"})).await;

    let World {
        service, folder, ..
    } = it.world;
    drop(service);
    it.world = World::over(folder).await;
    it.root = it.world.root().await;
    it.call().await;
    for (name, allowed) in [
        ("New.requests.per.minute", 200),
        (file, 100),
        (TOKEN_LIMIT, 9),
    ] {
        let limits = it.limits(name).await;
        assert_eq!(limits.len(), 1, "{name}: {limits:?}");
        assert_eq!(limits[0]["allowed"], allowed, "{name}");
    }
    it.configure(json!({"requestsPerMinute": 250})).await;
    let limits = it.limits("New.requests.per.minute").await;
    assert_eq!(limits[0]["allowed"], 250);
}
