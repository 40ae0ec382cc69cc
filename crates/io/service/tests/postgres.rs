//! Several nodes over one PostgreSQL whose connections are silent, cut or refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use support::postgres::{Disk, Server};
use support::proxy::{Proxy, Way};
use support::{Folder, skip};
use tollgate_service::Service;
use tollgate_store::{
    AuditQuery, EntityId, KeyRing, Store, StoreUrl, UsageGrain, UsageQuery, WallTime,
};

/// More than anything here may take on a slow machine, and less than for ever.
const PATIENCE: Duration = Duration::from_secs(60);
const ACTIONS: &str = "/api/v2/integrations/actions";

/// One node of a service.
struct Node {
    service: Service,
    http: reqwest::Client,
    token: String,
    folder: Folder,
}

impl Node {
    async fn start(url: &str, key: &str) -> Self {
        let folder = Folder::new("node");
        let keys = folder.path().join("keys");
        std::fs::write(&keys, key).unwrap();
        let mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(keys, mine).unwrap();
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
[store]
url = "{url}"
key_file = "keys"
timeout = "1s"
connect_timeout = "800ms"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
"#
        );
        let mut node = Self {
            service: harness::serve(folder.path(), &text).await.unwrap(),
            http: reqwest::Client::new(),
            token: String::new(),
            folder,
        };
        node.token = node.login("root", harness::SECRET).await;
        node
    }

    async fn login(&self, id: &str, secret: &str) -> String {
        let base = format!("http://{}", self.service.address());
        let grant = harness::grant(&self.http, &base, id, secret).await;
        grant["access_token"].as_str().unwrap().to_owned()
    }

    async fn call(&self, token: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("http://{}{path}", self.service.address());
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let text = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, text)
    }

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(&self.token, method, path, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// The names that this node's picture has, by action.
    async fn names(&self) -> BTreeMap<String, String> {
        let listed = self
            .done(Method::GET, &format!("{ACTIONS}?pageSize=100"), Value::Null)
            .await;
        let text = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let entities = listed["entities"].as_array().unwrap();
        entities
            .iter()
            .map(|it| (text(it, "id"), text(it, "name")))
            .collect()
    }
}

fn action(name: &str, integration: &str) -> Value {
    json!({
        "name": name, "integrationId": integration,
        "config": {
            "request": {"requestUrlTemplate": "http://localhost/", "requestType": "GET"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {}}},
        },
    })
}

#[tokio::test]
async fn a_silent_store_holds_up_no_known_caller_and_not_the_end() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    server.database("mute");
    let proxy = Proxy::start(server.socket()).await;
    let key = KeyRing::generate_line("k1").unwrap();
    let node = Node::start(&proxy.url("mute"), key.expose()).await;
    let new = json!({"name": "c", "roleDivisions": [{"roleId": "execute", "divisionId": "*"}]});
    let client = node.done(Method::POST, "/api/v2/oauth/clients", new).await;
    let text = |name: &str| client[name].as_str().unwrap().to_owned();
    let token = node.login(&text("id"), &text("secret")).await;
    let path = format!("{ACTIONS}/nothing/execute");
    let missing = node.call(&token, Method::POST, &path, json!({})).await.0;
    assert_eq!(missing, 404);

    proxy.set(Way::Mute);
    // Longer than what the store says is believed without a question.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let began = Instant::now();
    for _ in 0..50 {
        let missing = node.call(&token, Method::POST, &path, json!({})).await.0;
        assert_eq!(missing, 404, "who is known goes on");
    }
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    let (status, _) = node
        .call(
            &node.token,
            Method::POST,
            "/api/v2/integrations",
            json!({"name": "x", "integrationType": {"id": "custom-rest-actions"}}),
        )
        .await;
    assert_eq!(status, 503);

    let began = Instant::now();
    node.service.drain(Duration::from_secs(4)).await;
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

/// A random wait, of a stream that can be repeated.
fn pause(state: &mut u64, most: u64) -> Duration {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    Duration::from_millis(*state % most)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_seen_by_the_other_node_while_connections_are_cut() {
    const EDITS: usize = 40;
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let direct = server.database("cut");
    let proxy = Proxy::start(server.socket()).await;
    let key = KeyRing::generate_line("k1").unwrap();
    let writer = Node::start(&direct, key.expose()).await;
    let new = json!({"name": "I0", "integrationType": {"id": "custom-rest-actions"}});
    let made = writer.done(Method::POST, "/api/v2/integrations", new).await;
    let integration = made["id"].as_str().unwrap().to_owned();
    let new = action("A0", &integration);
    let made = writer.done(Method::POST, ACTIONS, new).await;
    let (id, mut version) = (made["id"].as_str().unwrap(), made["version"].clone());
    let reader = Node::start(&proxy.url("cut"), key.expose()).await;
    assert_eq!(reader.names().await[id], "A0");

    let cutter = proxy.clone();
    let cutting = tokio::spawn(async move {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        loop {
            tokio::time::sleep(pause(&mut state, 60)).await;
            cutter.cut();
        }
    });
    let mut state = 7;
    for edit in 1..=EDITS {
        // Some edits follow each other before the other node can have looked.
        tokio::time::sleep(pause(&mut state, 80)).await;
        let body = json!({"name": format!("A{edit}"), "version": version});
        let path = format!("{ACTIONS}/{id}");
        writer.done(Method::PATCH, &path, body).await;
        let of_integration = format!("/api/v2/integrations/{integration}");
        let body = json!({"name": format!("I{edit}")});
        writer.done(Method::PATCH, &of_integration, body).await;
        // The action's category is the integration's name, and has changed with it.
        version = writer.done(Method::GET, &path, Value::Null).await["version"].clone();
        if edit % 4 != 0 {
            continue;
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let seen = reader.names().await[id].clone();
            if seen == format!("A{edit}") {
                break;
            }
            assert!(Instant::now() < until, "edit {edit} isn't seen, but {seen}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    cutting.abort();
    let until = Instant::now() + PATIENCE;
    let path = format!("/api/v2/integrations/{integration}");
    while reader.done(Method::GET, &path, Value::Null).await["name"] != format!("I{EDITS}") {
        assert!(Instant::now() < until, "the last name isn't seen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_while_the_store_refused_is_there_once() {
    const CALLS: u64 = 120;
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let direct = server.database("counted");
    let proxy = Proxy::start(server.socket()).await;
    let key = KeyRing::generate_line("k1").unwrap();
    let node = Node::start(&proxy.url("counted"), key.expose()).await;
    let new = json!({"name": "I", "integrationType": {"id": "custom-rest-actions"}});
    let made = node.done(Method::POST, "/api/v2/integrations", new).await;
    let new = action("A", made["id"].as_str().unwrap());
    let made = node.done(Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let new = json!({"name": "c", "roleDivisions": [{"roleId": "execute", "divisionId": "*"}]});
    let client = node.done(Method::POST, "/api/v2/oauth/clients", new).await;
    let text = |name: &str| client[name].as_str().unwrap().to_owned();
    let token = node.login(&text("id"), &text("secret")).await;
    // Known from here on. The integration is disabled, which ends an execution as well as another.
    assert_eq!(
        node.call(&token, Method::POST, &path, json!({})).await.0,
        409
    );

    let breaker = proxy.clone();
    let breaking = tokio::spawn(async move {
        let mut state = 11;
        for round in 0_u32.. {
            tokio::time::sleep(pause(&mut state, 200)).await;
            match round % 8 {
                3 => breaker.set(Way::Mute),
                5 => breaker.set(Way::Shut),
                7 => breaker.set(Way::Open),
                _ => breaker.cut(),
            }
        }
    });
    for _ in 1..CALLS {
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(
            node.call(&token, Method::POST, &path, json!({})).await.0,
            409
        );
    }
    breaking.abort();
    proxy.set(Way::Open);
    let ring = KeyRing::parse(&key).unwrap();
    let url = StoreUrl::parse(&direct).unwrap();
    let store = Store::open(&url, ring, WallTime(1)).await.unwrap();
    let usage = UsageQuery {
        client: Some(EntityId::parse(text("id")).unwrap()),
        from: WallTime(0),
        until: WallTime(i64::MAX),
        grain: UsageGrain::Span,
        by_client: false,
        by_template: false,
        by_method: false,
    };
    let executed = AuditQuery {
        entity_types: vec!["execution".into()],
        ..AuditQuery::default()
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let counted = store.usage(&usage).await.unwrap();
        let counted = counted.first().map_or(0, |it| it.counts.requests);
        let noted = store.audit(&executed).await.unwrap().total;
        assert!(counted <= CALLS && noted <= CALLS, "{counted} {noted}");
        if (counted, noted) == (CALLS, CALLS) {
            break;
        }
        assert!(
            Instant::now() < until,
            "{counted} calls, {noted} executions"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Who changes a limit is in the audit log, or the limit isn't changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_changed_only_if_the_store_notes_it() {
    let server = match Server::start(Disk::Lags) {
        Ok(server) => server,
        Err(why) => return skip(&why),
    };
    let direct = server.database("audited");
    let proxy = Proxy::start(server.socket()).await;
    let key = KeyRing::generate_line("k1").unwrap();
    let node = Node::start(&proxy.url("audited"), key.expose()).await;
    let path = "/api/v2/tollgate/limits";
    let set = |allowed| json!({"name": "org.app.user.rate.per.minute", "allowed": allowed});
    let allowed = async || {
        let snapshot = node.service.snapshot().await.unwrap();
        let mut limits = snapshot.limits.into_iter();
        let limit = limits.find(|limit| limit.name == "org.app.user.rate.per.minute");
        limit.unwrap().allowed
    };
    node.done(Method::PUT, path, set(70)).await;
    assert_eq!(allowed().await, 70);
    proxy.set(Way::Shut);
    let (status, answer) = node.call(&node.token, Method::PUT, path, set(80)).await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(allowed().await, 70, "nothing has changed");
    let usage = node.folder.path().join("tollgate.limits");
    let kept = std::fs::read_to_string(usage).unwrap();
    assert!(
        kept.contains("\"allowed\":70") && !kept.contains("80"),
        "{kept}"
    );
    proxy.set(Way::Open);
    let until = Instant::now() + PATIENCE;
    while node.call(&node.token, Method::PUT, path, set(90)).await.0 != 204 {
        assert!(Instant::now() < until, "the store is there again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(allowed().await, 90);
    // What is acknowledged is in the log already.
    let ring = KeyRing::parse(&key).unwrap();
    let url = StoreUrl::parse(&direct).unwrap();
    let store = Store::open(&url, ring, WallTime(1)).await.unwrap();
    let changed = AuditQuery {
        entity_types: vec!["limit".into()],
        ..AuditQuery::default()
    };
    let noted = store.audit(&changed).await.unwrap().items;
    let noted: Vec<_> = noted.iter().map(|entry| entry.detail.as_str()).collect();
    let has = |allowed: &str| noted.iter().any(|detail| detail.contains(allowed));
    assert!(has("70") && has("90"), "{noted:?}");
}
