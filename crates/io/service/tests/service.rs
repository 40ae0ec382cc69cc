//! The service over sockets, against the emulated platform.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_emulator::Emulator;
use tollgate_platform::Faults;
use tollgate_service::{Service, StartError};

/// An action file that reads a queue.
fn action(name: &str) -> Value {
    json!({
        "name": name,
        "integrationType": "purecloud-data-actions",
        "actionType": "custom",
        "secure": false,
        "config": {
            "request": {
                "requestUrlTemplate": "/api/v2/routing/queues/${input.queueId}",
                "requestType": "GET",
                "headers": {},
                "requestTemplate": "${input.rawRequest}"
            },
            "response": {
                "translationMap": {"id": "$.id", "members": "$.memberCount"},
                "translationMapDefaults": {},
                "successTemplate": "{\"queue\": {\"id\": ${id}, \"members\": ${members}}}"
            }
        },
        "contract": {
            "input": {"inputSchema": {
                "type": "object", "required": ["queueId"],
                "properties": {"queueId": {"type": "string"}}
            }},
            "output": {"successSchema": {"type": "object", "properties": {"queue": {"type": "object"}}}}
        }
    })
}

struct World {
    emulator: Emulator,
    service: Service,
    base: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(more: &str) -> Self {
        Self::with(more, &[action("Get Queue")]).await.unwrap()
    }

    async fn with(more: &str, actions: &[Value]) -> Result<Self, StartError> {
        let emulator = harness::platform(Duration::from_millis(50)).await;
        let folder = tempfile::tempdir().unwrap();
        for (index, action) in actions.iter().enumerate() {
            std::fs::write(
                folder.path().join(format!("{index}.json")),
                action.to_string(),
            )
            .unwrap();
        }
        let url = format!("http://{}", emulator.address());
        let text = format!(
            r#"
[[caller]]
client_id = "flows"
flows = ["*"]
client_secret_env = "SECRET"
[[client]]
name = "pool"
client_id = "pool"
client_secret_env = "SECRET"
token_url = "{url}/oauth/token"
[[integration]]
name = "Platform"
type = "purecloud-data-actions"
base_url = "{url}"
clients = ["pool"]
actions = {{ folder = "." }}
[server]
listen = "127.0.0.1:0"
{more}
"#
        );
        let service = harness::serve(folder.path(), &text).await?;
        Ok(Self {
            base: format!("http://{}", service.address()),
            emulator,
            service,
            http: reqwest::Client::new(),
            _folder: folder,
        })
    }

    async fn token(&self) -> String {
        harness::login(&self.http, &self.base, "flows").await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request
            .bearer_auth(self.token().await)
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn id(&self) -> String {
        let (_, list) = self
            .call(Method::GET, "/api/v2/integrations/actions", "", &[])
            .await;
        list["entities"][0]["id"].as_str().unwrap().to_owned()
    }
}

fn path(id: &str, verb: &str) -> String {
    format!("/api/v2/integrations/actions/{id}/{verb}")
}

#[tokio::test]
async fn executes_and_flattens() {
    let world = World::start("").await;
    let execute = path(&world.id().await, "execute");
    let body = r#"{"queueId": "q-1"}"#;
    let (status, output) = world.call(Method::POST, &execute, body, &[]).await;
    assert_eq!(status, 200, "{output}");
    assert_eq!(output["queue"]["id"], "q-1");
    let members = output["queue"]["members"].clone();
    assert!(members.is_u64());
    let flat = format!("{execute}?flatten=true");
    let (_, output) = world
        .call(Method::POST, &flat, body, &[("tollgate-flow", "default")])
        .await;
    assert_eq!(output, json!({"queue.id": "q-1", "queue.members": members}));
}

/// An action whose input and output are nested, with dots in their names.
fn nested() -> Value {
    let mut nested = action("Get Queue");
    nested["config"]["request"]["requestUrlTemplate"] =
        json!("/api/v2/routing/queues/$input.get(\"of.queue\").id");
    let queue =
        json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
    nested["contract"]["input"]["inputSchema"] = json!({
        "type": "object", "required": ["of.queue"], "properties": {"of.queue": queue}
    });
    let member = json!({"type": "object", "properties": {"is.on": {"type": "boolean"}}});
    let properties = json!({
        "queue.of": {"type": "object", "properties": {"id": {"type": "string"}}},
        "members": {"type": "array", "items": member},
    });
    nested["contract"]["output"] = json!({
        "successSchema": {"type": "object", "properties": properties},
        "errorSchema": {"type": "object"},
    });
    nested["config"]["response"]["successTemplate"] =
        json!("{\"queue.of\": {\"id\": ${id}}, \"members\": [], \"n.o\": ${members}}");
    nested
}

#[tokio::test]
async fn the_flattened_form_goes_in_and_out() {
    let world = World::with("", &[nested()]).await.unwrap();
    let id = world.id().await;
    let out = |output: &Value| {
        assert_eq!(output["queue__of.id"], "q-1", "{output}");
        assert_eq!(output["members.is__on"], json!([]), "{output}");
        assert!(output["n__o"].is_u64(), "{output}");
    };
    let flat = r#"{"of__queue.id": "q-1"}"#;
    for body in [flat, r#"{"of.queue": {"id": "q-1"}}"#] {
        let path = path(&id, "execute?flatten=true");
        let (status, output) = world.call(Method::POST, &path, body, &[]).await;
        assert_eq!(status, 200, "{output}");
        out(&output);
    }
    let (_, tested) = world
        .call(Method::POST, &path(&id, "test?flatten=true"), flat, &[])
        .await;
    out(&tested["finalResult"]);
    // In the nested form a dot in a name is only that.
    let (status, error) = world
        .call(Method::POST, &path(&id, "execute"), flat, &[])
        .await;
    assert_eq!(status, 400, "{error}");
    let twice = r#"{"of__queue.id": "q-1", "of.queue": {}}"#;
    let (status, error) = world
        .call(Method::POST, &path(&id, "execute?flatten=true"), twice, &[])
        .await;
    assert_eq!(status, 400, "{error}");
    let told = error["message"].as_str().unwrap();
    assert!(
        told.contains("`of.queue` stands for a place that another input gives"),
        "{told}"
    );
}

#[tokio::test]
async fn a_contract_is_shown_nested_or_flattened_and_not_both() {
    let world = World::with("", &[nested()]).await.unwrap();
    let id = world.id().await;
    let shown = async |query: &str| {
        let path = format!("/api/v2/integrations/actions/{id}?expand=contract{query}");
        world.call(Method::GET, &path, "", &[]).await.1["contract"].clone()
    };
    let plain = shown("").await;
    assert_eq!(plain, nested()["contract"]);
    let flat = shown("&flatten=true").await;
    let input = json!({
        "type": "object", "required": ["of__queue.id"],
        "properties": {"of__queue.id": {"type": "string"}}, "additionalProperties": true
    });
    assert_eq!(flat["input"], json!({"inputSchemaFlattened": input}));
    let list = json!({"type": "array", "items": {"type": "boolean"}});
    let success = json!({
        "type": "object",
        "properties": {"queue__of.id": {"type": "string"}, "members.is__on": list},
        "additionalProperties": true
    });
    assert_eq!(
        flat["output"]["successSchemaFlattened"],
        json!({"schema": success, "arrayProperties": ["members"]})
    );
    let nothing = json!({"type": "object", "properties": {}, "additionalProperties": true});
    assert_eq!(
        flat["output"]["errorSchemaFlattened"],
        json!({"schema": nothing, "arrayProperties": []})
    );
    assert_eq!(flat["output"].as_object().unwrap().len(), 2);
    let file = path(&id, "schemas/inputschema.json?flatten=true");
    assert_eq!(world.call(Method::GET, &file, "", &[]).await.1, input);
}

#[tokio::test]
async fn ids_are_the_same_on_every_start() {
    let (one, other) = (World::start("").await, World::start("").await);
    assert_eq!(one.id().await, other.id().await);
}

#[tokio::test]
async fn what_the_upstream_does_is_told_apart() {
    let world = World::start("").await;
    let execute = path(&world.id().await, "execute");
    let body = r#"{"queueId": "q-1"}"#;
    let faults = |unavailable_percent, dropped_percent| Faults {
        unavailable_percent,
        dropped_percent,
        slow_percent: 0,
    };
    world.emulator.set_faults(faults(100, 0));
    let (status, error) = world.call(Method::POST, &execute, body, &[]).await;
    assert_eq!(
        (status.as_u16(), &error["code"]),
        (502, &json!("upstream.error"))
    );
    assert_eq!(error["messageParams"]["upstreamStatus"], "503");
    world.emulator.set_faults(faults(0, 100));
    let (status, error) = world.call(Method::POST, &execute, body, &[]).await;
    assert_eq!(
        (status.as_u16(), &error["code"]),
        (502, &json!("upstream.no.answer"))
    );
}

#[tokio::test]
async fn bad_requests_are_answered_in_the_platforms_shape() {
    let world = World::start("max_body_bytes = 100").await;
    let execute = path(&world.id().await, "execute");
    let long = format!(r#"{{"queueId": "{}"}}"#, "x".repeat(200));
    type Case<'a> = (
        Method,
        &'a str,
        &'a str,
        &'a [(&'a str, &'a str)],
        u16,
        &'a str,
    );
    let cases: [Case<'_>; 8] = [
        (Method::POST, &execute, "{", &[], 400, "bad.request"),
        (Method::POST, &execute, "{}", &[], 400, "bad.request"),
        (
            Method::POST,
            &execute,
            &long,
            &[],
            413,
            "request.entity.too.large",
        ),
        (
            Method::POST,
            &execute,
            "{}",
            &[("tollgate-flow", "fax")],
            400,
            "bad.request",
        ),
        (
            Method::POST,
            &execute,
            "{}",
            &[("tollgate-deadline", "soon")],
            400,
            "bad.request",
        ),
        (Method::GET, &execute, "", &[], 405, "method.not.allowed"),
        (Method::GET, "/api/v2/nothing", "", &[], 404, "not.found"),
        (
            Method::GET,
            "/api/v2/integrations/actions?pageSize=0",
            "",
            &[],
            400,
            "bad.request",
        ),
    ];
    for (method, path, body, headers, status, code) in cases {
        let (found, error) = world.call(method, path, body, headers).await;
        assert_eq!(
            (found.as_u16(), &error["code"]),
            (status, &json!(code)),
            "{path} {body}: {error}"
        );
        assert_eq!(error["status"], status);
        assert!(error["contextId"].is_string() && error["details"].is_array());
    }
}

#[tokio::test]
async fn nobody_without_a_good_token_gets_through() {
    let world = World::start("").await;
    for header in [None, Some("Bearer made-up"), Some("Basic Zmxvd3M6c2VjcmV0")] {
        let mut request = world
            .http
            .get(format!("{}/api/v2/integrations/actions", world.base));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        assert_eq!(request.send().await.unwrap().status(), 401, "{header:?}");
    }
    let wrong = world
        .http
        .post(format!("{}/oauth/token", world.base))
        .basic_auth("flows", Some("wrong"));
    let answer = wrong
        .body("grant_type=client_credentials")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["error"], "invalid_client");
}

#[tokio::test]
async fn draining_lets_what_is_under_way_end() {
    let world = World::start("").await;
    let (token, id) = (world.token().await, world.id().await);
    let request = world
        .http
        .post(format!("{}{}", world.base, path(&id, "execute")));
    let request = request.bearer_auth(token).body(r#"{"queueId": "q-1"}"#);
    let running = tokio::spawn(async move { request.send().await });
    while world.emulator.counts().admitted == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(world.service.drain(Duration::from_secs(30)).await);
    assert_eq!(running.await.unwrap().unwrap().status(), 200);
    assert!(
        world.http.get(&world.base).send().await.is_err(),
        "nobody listens any more"
    );
}

#[tokio::test]
async fn action_files_that_can_not_be_used_are_all_named_and_nothing_is_bound() {
    let mut broken = action("Broken");
    broken["config"]["request"]["requestType"] = json!("FETCH");
    let mut foreign = action("Foreign");
    foreign["integrationType"] = json!("custom-rest-actions");
    let files = [action("Same"), action("Same"), broken, foreign];
    let Err(StartError::Configuration(error)) = World::with("", &files).await else {
        panic!("expected problems with the files");
    };
    let said = error.to_string();
    assert_eq!(error.0.len(), 3, "{said}");
    for (file, what) in [
        ("1.json", "rename one"),
        ("2.json", "requestType"),
        ("3.json", "integrationType"),
    ] {
        assert!(
            said.lines()
                .any(|line| line.contains(file) && line.contains(what)),
            "{said}"
        );
    }
}
