//! JSON bombs: whatever is sent to any entry point of a running process, the process goes on. They run
//! against the binary itself, since a stack's end is a process's end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod process;
mod shapes;

use process::{Process, run};
use reqwest::Method;
use serde_json::{Value, json};
use shapes::{deep, shapes, value};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"
records_file = "records.jsonl"
[store]
url = "sqlite:store.db"
key_file = "keys"
[[caller]]
client_id = "root"
client_secret_env = "SECRET"
roles = ["execute", "author", "administer"]
[[caller]]
client_id = "nobody"
client_secret_env = "SECRET"
roles = []
"#;
const ACTIONS: &str = "/api/v2/integrations/actions";

/// An upstream on loopback that answers every request with what it was told last.
struct Upstream {
    url: String,
    answer: Arc<Mutex<String>>,
}

impl Upstream {
    fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new("{}".to_owned()));
        let told = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // A request's head and body come at once here, and neither matters.
                let _ = stream.read(&mut [0; 65_536]);
                let body = told.lock().unwrap().clone();
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
            }
        });
        Upstream { url, answer }
    }
}

fn action(name: &str, integration: &str, url: &str, map: Value, success: &str) -> Value {
    let any = json!({"type": "object", "additionalProperties": true});
    json!({
        "name": name, "integrationId": integration,
        "config": {
            "request": {
                "requestUrlTemplate": url, "requestType": "POST", "headers": {},
                "requestTemplate": "${input.rawRequest}",
            },
            "response": {
                "translationMap": map, "translationMapDefaults": {}, "successTemplate": success,
            },
        },
        "contract": {"input": {"inputSchema": any}, "output": {"successSchema": {}}},
    })
}

async fn service() -> Process {
    let process = Process::new();
    process.write("tollgate.toml", CONFIG);
    let made = run(&process.folder, &["init", "--config", "tollgate.toml"]);
    assert!(made.status.success(), "{made:?}");
    process.start(&["serve", "--config", "tollgate.toml"]).await
}

/// An enabled integration that may call this machine.
async fn integration(service: &Process) -> String {
    let new = json!({"name": "web", "integrationType": {"id": "custom-rest-actions"}});
    let made = service
        .done(Method::POST, "/api/v2/integrations", &new)
        .await;
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v2/integrations/{id}");
    let properties = json!({
        "allowedNetworks": ["127.0.0.0/8"], "allowedSchemes": ["http"], "allowedPorts": ["1-65535"],
    });
    let config = json!({"version": 1, "properties": properties, "credentials": {}});
    service
        .done(Method::PUT, &format!("{path}/config/current"), &config)
        .await;
    service
        .done(Method::PATCH, &path, &json!({"intendedState": "ENABLED"}))
        .await;
    id
}

/// Every path and method that the service itself describes, with an id that is there where there is one.
async fn entry_points(service: &Process, action: &str) -> Vec<(Method, String)> {
    let document = service.get("/api/v2/openapi.json").await;
    let paths = document["paths"].as_object().unwrap();
    let mut points = Vec::new();
    for (path, methods) in paths {
        let path = path.replace("{actionId}", action);
        let path = path.replace(['{', '}'], "");
        for method in methods.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            if method != Method::GET {
                points.push((method, path.clone()));
            }
        }
    }
    assert!(points.len() > 30, "only {}", points.len());
    points
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_ends_the_service() {
    let mut service = service().await;
    let upstream = Upstream::start();
    let web = integration(&service).await;
    let made = action("echo", &web, &upstream.url, json!({}), "${rawResult}");
    let made = service.done(Method::POST, ACTIONS, &made).await;
    let made = made["id"].as_str().unwrap().to_owned();
    let points = entry_points(&service, &made).await;
    for (shape, body) in shapes() {
        for (method, path) in &points {
            // The action and the tokens stay, for those that come after.
            if method == Method::DELETE && (path.contains(&made) || path.ends_with("/me")) {
                continue;
            }
            for token in ["root", "nobody"] {
                let sent = service
                    .send(token, method.clone(), path, body.clone())
                    .await;
                service.lives(&format!("{method} {path} by {token}: {shape}: {sent:?}"));
            }
            // As what a field holds.
            let names = [
                "name",
                "config",
                "contract",
                "inputData",
                "properties",
                "schema",
                "key",
            ];
            let fields = names.map(|name| format!("\"{name}\":{body}")).join(",");
            let sent = service
                .send("root", method.clone(), path, format!("{{{fields}}}"))
                .await;
            service.lives(&format!("{method} {path} in fields: {shape}: {sent:?}"));
        }
    }
    let path = format!("{ACTIONS}/{made}/execute");
    service.done(Method::POST, &path, &json!({"a": 1})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_ends_the_service() {
    let mut service = service().await;
    let upstream = Upstream::start();
    let web = integration(&service).await;
    let mut ids = Vec::new();
    for (name, map, success) in [
        ("raw", json!({}), "${rawResult}"),
        (
            "mapped",
            json!({"x": "$.a", "y": "$..a", "z": "$"}),
            "{\"x\": $x, \"y\": $y, \"z\": $z}",
        ),
        (
            "tool",
            json!({}),
            "{\"x\": \"$esc.jsonDecode($rawResult)\", \"y\": $successTemplateUtils.firstFromArray($rawResult, \"1\")}",
        ),
    ] {
        let new = action(name, &web, &upstream.url, map, success);
        let made = service.done(Method::POST, ACTIONS, &new).await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    for (shape, body) in shapes() {
        *upstream.answer.lock().unwrap() = body;
        for id in &ids {
            for what in ["execute", "execute?flatten=true", "test"] {
                let path = format!("{ACTIONS}/{id}/{what}");
                let sent = service
                    .send("root", Method::POST, &path, "{}".to_owned())
                    .await;
                service.lives(&format!("{what}, answered by {shape}: {sent:?}"));
            }
        }
    }
}

/// What is read within the bound is carried to the end of every way.
#[tokio::test(flavor = "multi_thread")]
async fn the_deepest_that_is_read_is_carried_through() {
    let mut service = service().await;
    let upstream = Upstream::start();
    let web = integration(&service).await;
    let new = action(
        "echo",
        &web,
        &upstream.url,
        json!({"x": "$..a"}),
        "{\"x\": $x, \"r\": $rawResult}",
    );
    let made = service.done(Method::POST, ACTIONS, &new).await;
    let made = made["id"].as_str().unwrap().to_owned();
    for levels in [45, 50, 51, 120] {
        for shape in 0..3 {
            let inner = value(levels, shape);
            *upstream.answer.lock().unwrap() = inner.to_string();
            let input = json!({"a": inner}).to_string();
            for what in ["execute", "execute?flatten=true", "test?flatten=true"] {
                let path = format!("{ACTIONS}/{made}/{what}");
                let sent = service
                    .send("root", Method::POST, &path, input.clone())
                    .await;
                service.lives(&format!("{what} with {levels} levels: {sent:?}"));
            }
            let mut new = action("deep", &web, &upstream.url, json!({}), "");
            let schema = (0..levels / 2).fold(
                json!({"type": "string"}),
                |inner, _| json!({"type": "object", "properties": {"a": inner}}),
            );
            new["contract"]["input"]["inputSchema"] = schema;
            new["config"]["extra"] = value(levels, shape);
            let table = json!({"name": "t", "schema": {
                "type": "object", "properties": {"key": value(levels, shape)},
            }});
            for (method, path, body) in [
                (Method::POST, ACTIONS.to_owned(), new.clone()),
                (Method::POST, format!("{ACTIONS}/drafts"), new.clone()),
                (Method::PATCH, format!("{ACTIONS}/{made}"), new),
                (Method::POST, "/api/v2/flows/datatables".to_owned(), table),
                (
                    Method::POST,
                    "/api/v2/flows/executions".to_owned(),
                    json!({"flowId": "x", "inputData": inner}),
                ),
            ] {
                let sent = service.send("root", method, &path, body.to_string()).await;
                service.lives(&format!("{path} with {levels} levels: {sent:?}"));
                let listed = service
                    .send("root", Method::GET, ACTIONS, String::new())
                    .await;
                service.lives(&format!(
                    "the list after {path} with {levels} levels: {listed:?}"
                ));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_ends_the_emulator() {
    let process = Process::new();
    let mut emulator = process.start(&["emulate"]).await;
    for (shape, body) in shapes() {
        for (method, path) in [
            (Method::POST, "/oauth/token"),
            (Method::PUT, "/_emulator/faults"),
            (Method::POST, "/_emulator/revoke"),
            (Method::POST, "/api/v2/flows/datatables/x/rows"),
            (Method::PUT, "/api/v2/flows/datatables/x/rows/y"),
            (Method::POST, "/api/v2/analytics/queues/observations/query"),
            (Method::POST, "/anything"),
        ] {
            let sent = emulator.send("root", method, path, body.clone()).await;
            emulator.lives(&format!("{path}: {shape}: {sent:?}"));
        }
    }
}

#[test]
fn nothing_ends_a_command_by_a_signal() {
    let process = Process::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples");
    let weather = format!("{example}/actions/Get-Weather.json");
    let line = format!("{example}/flows/support-line.yaml");
    for (shape, body) in shapes() {
        process.write("bomb.json", &body);
        process.write(
            "rows.jsonl",
            &format!("{{\"key\": \"a\", \"b\": {body}}}\n"),
        );
        for args in [
            &["action", "validate", "bomb.json"][..],
            &["action", "render", "bomb.json"],
            &["action", "render", &weather, "--input", "@bomb.json"],
            &["action", "translate", &weather, "--response", "@bomb.json"],
            &["flow", "validate", "bomb.json"],
            &["flow", "run", "bomb.json"],
            &["config", "check", "bomb.json"],
            &["simulate", "bomb.json"],
            &[
                "simulate",
                &format!("{example}/scenarios/start.toml"),
                "--records",
                "bomb.json",
            ],
            &["table", "import", "t", "rows.jsonl"],
            &["import", "bomb.json", "--config", "bomb.json"],
        ] {
            let ended = run(&process.folder, args);
            assert!(
                ended.status.code().is_some(),
                "{args:?}: {shape}: {ended:?}"
            );
        }
        if body.len() < 100_000 {
            let ended = run(&process.folder, &["flow", "run", &line, "--input", &body]);
            assert!(ended.status.code().is_some(), "{shape}: {ended:?}");
        }
    }
    let ended = run(
        &process.folder,
        &[
            "action",
            "render",
            &weather,
            "--input",
            &deep("[", "]", 127),
        ],
    );
    assert!(ended.status.code().is_some(), "{ended:?}");
}
