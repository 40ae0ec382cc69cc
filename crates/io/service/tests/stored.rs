//! The service over a store: roles, versions, custom authentication, and where calls may go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_config::{Config, Source};
use tollgate_service::Service;
use tollgate_store::KeyRing;

/// What the upstream saw.
#[derive(Default)]
struct Seen {
    logins: AtomicU64,
    calls: AtomicU64,
    /// Which login's token it takes.
    takes: AtomicU64,
}

/// An upstream with a login of its own.
async fn upstream() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    seen.takes.store(1, Ordering::SeqCst);
    let (one, two) = (Arc::clone(&seen), Arc::clone(&seen));
    let login = move |headers: HeaderMap| async move {
        // Basic of id:upstream-secret-7
        if headers.get("authorization").unwrap() != "Basic aWQ6dXBzdHJlYW0tc2VjcmV0LTc=" {
            return (StatusCode::FORBIDDEN, String::new());
        }
        let number = one.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = json!({"access_token": format!("token-{number}"), "expires_in": 3600});
        (StatusCode::OK, token.to_string())
    };
    let resource = move |headers: HeaderMap| async move {
        two.calls.fetch_add(1, Ordering::SeqCst);
        let wanted = format!("Bearer token-{}", two.takes.load(Ordering::SeqCst));
        if headers.get("authorization").unwrap() != wanted.as_str() {
            let echoed = format!("no: {:?}", headers.get("authorization"));
            return (StatusCode::UNAUTHORIZED, echoed);
        }
        (StatusCode::OK, json!({"answer": 42}).to_string())
    };
    let echo = |headers: HeaderMap| async move {
        let found = headers
            .get("authorization")
            .map(|it| it.to_str().unwrap().to_owned());
        (
            StatusCode::IM_A_TEAPOT,
            json!({"authorization": found}).to_string(),
        )
    };
    let router = Router::new()
        .route("/login", post(login))
        .route("/resource", get(resource))
        .route("/echo", get(echo));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = hyper_util::service::TowerToHyperService::new(router);
    let bounds = tollgate_listen::Bounds::default();
    drop(listener);
    let listening = tollgate_listen::Listening::start(address, bounds, service)
        .await
        .unwrap();
    // Lives as long as the test's process.
    Box::leak(Box::new(listening));
    (format!("http://{address}"), seen)
}

struct World {
    service: Service,
    http: reqwest::Client,
    folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let line = KeyRing::generate_line("k1").unwrap();
        std::fs::write(folder.path().join("keys"), line.expose()).unwrap();
        Self::over(folder).await
    }

    async fn over(folder: tempfile::TempDir) -> Self {
        Self {
            service: Self::serve(folder.path()).await,
            http: reqwest::Client::new(),
            folder,
        }
    }

    async fn serve(folder: &std::path::Path) -> Service {
        let text = r#"
[server]
listen = "127.0.0.1:0"
[store]
url = "sqlite:store.db"
key_file = "keys"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
"#;
        let source = Source {
            file: "test.toml",
            folder,
            env: &|_| Some("secret".to_owned()),
        };
        let config = Config::parse(text, &source).unwrap();
        Service::start(config, 1).await.unwrap()
    }

    async fn login(&self, id: &str, secret: &str) -> Result<String, Value> {
        let request = self
            .http
            .post(format!("http://{}/oauth/token", self.service.address()));
        let request = request
            .basic_auth(id, Some(secret))
            .body("grant_type=client_credentials");
        let grant: Value = request.send().await.unwrap().json().await.unwrap();
        grant["access_token"]
            .as_str()
            .map(str::to_owned)
            .ok_or(grant)
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
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// The same, where it must succeed.
    async fn done(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(token, method, path, body).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// An enabled web-service integration of that upstream, and its configuration's version.
    async fn web_service(&self, root: &str, kind: &str, fields: Value, allowed: Value) -> String {
        let path = "/api/v2/integrations/credentials";
        let credential = json!({"name": "c", "type": {"name": kind}, "credentialFields": fields});
        let credential = self.done(root, Method::POST, path, credential).await;
        let new = json!({"name": format!("Web {kind}"), "integrationType": {"id": "custom-rest-actions"}});
        let made = self
            .done(root, Method::POST, "/api/v2/integrations", new)
            .await;
        assert_eq!(made["intendedState"], "DISABLED");
        let id = made["id"].as_str().unwrap().to_owned();
        let config = json!({
            "version": 1, "name": "config", "properties": allowed,
            "credentials": {kind: {"id": credential["id"]}},
        });
        let path = format!("/api/v2/integrations/{id}");
        self.done(root, Method::PUT, &format!("{path}/config/current"), config)
            .await;
        let enabled = json!({"intendedState": "ENABLED"});
        let shown = self.done(root, Method::PATCH, &path, enabled).await;
        assert_eq!(shown["reportedState"]["code"], "ACTIVE", "{shown}");
        id
    }
}

/// A web-service action that gets a URL.
fn action(name: &str, integration: &str, url: &str, headers: Value) -> Value {
    json!({
        "name": name, "integrationId": integration,
        "config": {
            "request": {"requestUrlTemplate": url, "requestType": "GET", "headers": headers},
            "response": {
                "translationMap": {"answer": "$.answer"}, "translationMapDefaults": {},
                "successTemplate": "{\"answer\": ${answer}}",
            },
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {"answer": {"type": "integer"}}}},
        },
    })
}

/// Allows an upstream on this machine.
fn loopback() -> Value {
    json!({"allowedNetworks": ["127.0.0.0/8"], "allowedSchemes": ["http"], "allowedPorts": ["1-65535"]})
}

const ACTIONS: &str = "/api/v2/integrations/actions";

#[tokio::test]
async fn a_login_of_ones_own_is_made_once_and_again_when_it_is_refused() {
    let (upstream, seen) = upstream().await;
    let world = World::start().await;
    let root = world.login("root", "secret").await.unwrap();
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
    assert_eq!((status, &body["code"]), (502, &json!("upstream.error")));
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
}

#[tokio::test]
async fn basic_credentials_go_out_and_are_struck_from_what_comes_back() {
    let (upstream, _) = upstream().await;
    let world = World::start().await;
    let root = world.login("root", "secret").await.unwrap();
    let fields = json!({"userName": "user", "password": "hunter2hunter2"});
    let id = world
        .web_service(&root, "basicAuth", fields, loopback())
        .await;
    let new = action("Echo", &id, &format!("{upstream}/echo"), json!({}));
    let made = world.done(&root, Method::POST, ACTIONS, new).await;
    let path = format!("{ACTIONS}/{}/execute", made["id"].as_str().unwrap());
    let (status, body) = world.call(&root, Method::POST, &path, json!({})).await;
    assert_eq!(status, 502);
    let shown = body["messageParams"]["upstreamBody"].as_str().unwrap();
    assert!(
        shown.contains("[redacted]"),
        "it was sent and is struck: {shown}"
    );
    assert!(!shown.contains("aHVudGVyMg"));
}

#[tokio::test]
async fn calls_go_where_the_integration_allows_and_nowhere_else() {
    let (upstream, seen) = upstream().await;
    let world = World::start().await;
    let root = world.login("root", "secret").await.unwrap();
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
    let root = world.login("root", "secret").await.unwrap();
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
    let root = world.login("root", "secret").await.unwrap();
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
    let root = world.login("root", "secret").await.unwrap();
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
    let world = World::start().await;
    let other = World {
        service: World::serve(world.folder.path()).await,
        http: reqwest::Client::new(),
        folder: tempfile::tempdir().unwrap(),
    };
    let root = world.login("root", "secret").await.unwrap();
    let there = other.login("root", "secret").await.unwrap();
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
        (status, &body["code"]),
        (502, &json!("upstream.error")),
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
                    "secret"
                }
                .to_owned(),
            )
        },
    };
    let config = Config::parse(text, &source).unwrap();
    let world = World {
        service: Service::start(config, 1).await.unwrap(),
        http: reqwest::Client::new(),
        folder,
    };
    let root = world.login("root", "secret").await.unwrap();
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
