//! Flows and kept answers, over sockets, against the emulated platform.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use harness::login;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_emulator::Emulator;
use tollgate_service::{Service, StartError};

/// Asks how many members a queue has.
const FLOW: &str = r#"
workflow:
  name: Members
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable:
        name: Flow.Queue
        initialValue: { noValue: true }
        isInput: true
        isOutput: false
    - integerVariable:
        name: Flow.Members
        initialValue: { lit: 0 }
        isInput: false
        isOutput: true
  states:
    - state:
        name: Main
        refId: main
        actions:
          - callData:
              name: Ask
              timeout:
                lit: { seconds: 30 }
              category:
                Platform:
                  dataAction:
                    Get Queue:
                      inputs:
                        queueId: { exp: Flow.Queue }
                      successOutputs:
                        members: { var: Flow.Members }
              outputs:
                success:
                  actions:
                    - endWorkflow: { name: Found, exitReason: { lit: found } }
                failure:
                  actions:
                    - endWorkflow: { name: Broken, exitReason: { lit: broken } }
          - endWorkflow: { name: End, exitReason: { noValue: true } }
"#;

fn action() -> Value {
    json!({
        "name": "Get Queue",
        "integrationType": "purecloud-data-actions",
        "actionType": "custom",
        "secure": false,
        "config": {
            "request": {
                "requestUrlTemplate": "/api/v2/routing/queues/${input.queueId}",
                "requestType": "GET", "headers": {}, "requestTemplate": "${input.rawRequest}"
            },
            "response": {
                "translationMap": {"members": "$.memberCount"}, "translationMapDefaults": {},
                "successTemplate": "{\"members\": ${members}}"
            }
        },
        "contract": {
            "input": {"inputSchema": {
                "type": "object", "required": ["queueId"],
                "properties": {"queueId": {"type": "string"}, "note": {"type": "string"}}
            }},
            "output": {"successSchema": {
                "type": "object", "properties": {"members": {"type": "integer"}}
            }}
        }
    })
}

struct World {
    emulator: Emulator,
    _service: Service,
    base: String,
    http: reqwest::Client,
    token: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn start(server: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("action.json"), action().to_string()).unwrap();
        std::fs::write(folder.path().join("members.yaml"), FLOW).unwrap();
        Self::within(folder, server, more).await.unwrap()
    }

    async fn within(
        folder: tempfile::TempDir,
        server: &str,
        more: &str,
    ) -> Result<Self, StartError> {
        let emulator = harness::platform(Duration::from_millis(10)).await;
        let url = format!("http://{}", emulator.address());
        let text = format!(
            r#"
[server]
listen = "127.0.0.1:0"
workflow_folder = "."
{server}
[[caller]]
client_id = "flows"
flows = ["*"]
client_secret_env = "SECRET"
[[caller]]
client_id = "admin"
flows = ["*"]
client_secret_env = "SECRET"
roles = ["administer"]
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
[[flow]]
name = "Members"
priority = 0
[[flow]]
name = "others"
priority = 1
default = true
{more}
"#
        );
        let service = harness::serve(folder.path(), &text).await?;
        let (base, http) = (
            format!("http://{}", service.address()),
            reqwest::Client::new(),
        );
        let token = login(&http, &base, "flows").await;
        Ok(Self {
            emulator,
            _service: service,
            base,
            http,
            token,
            folder,
        })
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base));
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        answer.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (reqwest::header::HeaderMap, Value) {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.bearer_auth(&self.token).json(&body);
        let answer = request.send().await.unwrap();
        (answer.headers().clone(), answer.json().await.unwrap())
    }

    /// Executes the action; gives the source of its answer.
    async fn execute(&self, inputs: Value) -> String {
        let list = self.get("/api/v2/integrations/actions").await;
        let id = list["entities"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/integrations/actions/{id}/execute");
        let (headers, output) = self.post(&path, inputs).await;
        assert!(output["members"].is_u64(), "{output}");
        headers["tollgate-cache"].to_str().unwrap().to_owned()
    }

    async fn launch(&self, queue: &str) -> String {
        let flows = self.get("/api/v2/flows?type=workflow").await;
        let flow = flows["entities"][0]["id"].clone();
        let body = json!({"flowId": flow, "name": "by test", "inputData": {"Flow.Queue": queue}});
        let (_, launched) = self.post("/api/v2/flows/executions", body).await;
        launched["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{launched}"))
            .to_owned()
    }

    async fn ended(&self, id: &str) -> Value {
        loop {
            let run = self.get(&format!("/api/v2/flows/executions/{id}")).await;
            if run["status"] != "RUNNING" {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_workflow_runs_its_actions_and_gives_its_outputs() {
    let world = World::start("", "").await;
    let run = world.ended(&world.launch("q-1").await).await;
    assert_eq!(run["status"], "COMPLETED", "{run}");
    assert_eq!(run["name"], "by test");
    assert!(
        run["outputData"]["Flow.Members"].as_u64().unwrap() > 0,
        "{run}"
    );
    assert!(run["completionReason"].as_str().unwrap().contains("found"));
    assert!(run["dateLaunched"].as_str().unwrap() <= run["dateCompleted"].as_str().unwrap());
    // Its calls went as the configured flow of its name.
    let flows = world.get("/api/v2/tollgate/flows").await;
    assert_eq!(flows["entities"][0]["name"], "Members");
    assert_eq!(flows["entities"][0]["answered"], 1);
    let (_, error) = world
        .post("/api/v2/flows/executions", json!({"flowId": "none"}))
        .await;
    assert_eq!(error["status"], 404);
}

/// Inputs and outputs are named as Architect names them: nested ones by their path, `__` for a dot of a name.
#[tokio::test]
async fn a_flow_names_what_is_nested_in_the_flattened_form() {
    let mut nested = action();
    nested["config"]["request"]["requestUrlTemplate"] =
        json!("/api/v2/routing/queues/$input.get(\"urn:2.0:Queue\").id");
    let queue =
        json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
    nested["contract"]["input"]["inputSchema"] = json!({
        "type": "object", "required": ["urn:2.0:Queue"], "properties": {"urn:2.0:Queue": queue}
    });
    nested["config"]["response"]["successTemplate"] =
        json!("{\"urn:2.0:Stats\": [{\"members.now\": ${members}}]}");
    nested["contract"]["output"]["successSchema"] = json!({"type": "object"});
    let flow = FLOW
        .replace("queueId:", "\"urn:2__0:Queue.id\":")
        .replace("members:", "\"urn:2__0:Stats.members__now\":")
        .replace("integerVariable", "integerCollectionVariable")
        .replace(
            "initialValue: { lit: 0 }",
            "initialValue: { noValue: true }",
        );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("action.json"), nested.to_string()).unwrap();
    std::fs::write(folder.path().join("members.yaml"), flow).unwrap();
    let world = World::within(folder, "", "").await.unwrap();
    let run = world.ended(&world.launch("q-1").await).await;
    assert_eq!(run["status"], "COMPLETED", "{run}");
    assert!(
        run["completionReason"].as_str().unwrap().contains("found"),
        "{run}"
    );
    let members = &run["outputData"]["Flow.Members"];
    assert!(members[0].as_u64().unwrap() > 0, "{run}");
}

#[tokio::test]
async fn a_thousand_runs_at_once_are_all_answered() {
    let world = World::start("", "").await;
    let launches = (0..1000).map(|number| {
        let world = &world;
        async move { world.launch(&format!("q-{number}")).await }
    });
    let mut ids = Vec::new();
    for launch in launches {
        ids.push(launch.await);
    }
    for id in &ids {
        let run = world.ended(id).await;
        assert_eq!(run["status"], "COMPLETED", "{run}");
        assert!(
            run["completionReason"].as_str().unwrap().contains("found"),
            "{run}"
        );
    }
    let counts = world.emulator.counts();
    println!(
        "1000 runs ended; {} calls, {} answers 429",
        counts.admitted,
        counts.limited()
    );
    assert_eq!((counts.admitted, counts.limited()), (1000, 0));
}

#[tokio::test]
async fn kept_answers_save_calls_until_they_are_purged() {
    let cache = "[[cache]]\naction = \"Get Queue\"\nfresh_for = \"1h\"\ninputs = [\"queueId\"]\n";
    let world = World::start("", cache).await;
    assert_eq!(world.execute(json!({"queueId": "q-1"})).await, "call");
    assert_eq!(
        world.execute(json!({"queueId": "q-1", "note": "x"})).await,
        "fresh"
    );
    assert_eq!(world.execute(json!({"queueId": "q-2"})).await, "call");
    let run = world.ended(&world.launch("q-1").await).await;
    assert_eq!(run["status"], "COMPLETED");
    assert_eq!(
        world.emulator.counts().admitted,
        2,
        "the flow's call was saved too"
    );
    let together = (0..20).map(|_| world.execute(json!({"queueId": "q-3"})));
    let sources = futures_util::future::join_all(together).await;
    assert_eq!(
        sources.iter().filter(|it| *it == "call").count(),
        1,
        "{sources:?}"
    );
    assert_eq!(world.emulator.counts().admitted, 3);

    let id = world.get("/api/v2/integrations/actions").await;
    let id = id["entities"][0]["id"].as_str().unwrap().to_owned();
    let purge = world
        .http
        .delete(format!("{}/api/v2/tollgate/cache/{id}", world.base));
    let purged = purge.bearer_auth(&world.token).send().await.unwrap();
    assert_eq!(purged.status(), 403, "only authors may");
    let counts = world.get("/api/v2/tollgate/cache").await;
    assert_eq!((&counts["call"], &counts["stale"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn each_execution_leaves_a_record_that_the_simulator_reads() {
    let world = World::start("records_file = \"records.jsonl\"", "").await;
    world.ended(&world.launch("q-1").await).await;
    let path = world.folder.path().join("records.jsonl");
    let text = loop {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.ends_with('\n') {
            break text;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let line: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&line["flow"], &line["action"]),
        (&json!("Members"), &json!("Get Queue"))
    );
    assert_eq!(line["outcome"], "answered");
    assert!(line["latency_ms"].as_f64().unwrap() >= 10.0);
    assert!(line["at"].as_f64().unwrap() > 1.7e9);
}

#[tokio::test]
async fn a_flow_file_that_can_not_run_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("action.json"), action().to_string()).unwrap();
    let broken = FLOW.replace("Flow.Queue }", "Flow.Queue + 1 }");
    std::fs::write(folder.path().join("broken.yaml"), broken).unwrap();
    let Err(StartError::Configuration(faults)) = World::within(folder, "", "").await else {
        panic!("expected problems with the flow");
    };
    let problems: Vec<_> = faults.0.iter().map(ToString::to_string).collect();
    assert!(problems[0].contains("broken.yaml:"), "{problems:?}");
    assert!(
        problems.iter().any(|it| it.contains("has no meaning")),
        "{problems:?}"
    );
}

#[tokio::test]
async fn the_page_needs_no_token_and_talks_to_nobody_else() {
    let world = World::start("", "").await;
    for path in ["/", "/dashboard.css", "/dashboard.js"] {
        let answer = world
            .http
            .get(format!("{}{path}", world.base))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(policy.contains("default-src 'none'"));
        let text = answer.text().await.unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "the name of SVG");
        assert!(!text.contains("://"), "{path}");
    }
}

#[tokio::test]
async fn an_administrator_raises_and_lowers_limits_while_it_runs() {
    let world = World::start("", "").await;
    let put = |token: String, body: Value| {
        let request = world
            .http
            .put(format!("{}/api/v2/tollgate/limits", world.base));
        request.bearer_auth(token).json(&body).send()
    };
    let admin = login(&world.http, &world.base, "admin").await;
    let ceiling = json!({"name": "org.app.user.rate.per.minute", "allowed": 5000});
    let refused = put(world.token.clone(), ceiling.clone()).await.unwrap();
    assert_eq!(refused.status(), 403);
    assert_eq!(put(admin.clone(), ceiling).await.unwrap().status(), 204);
    let missing = json!({"name": "nothing", "allowed": 1});
    assert_eq!(put(admin.clone(), missing).await.unwrap().status(), 404);
    let rate = "client.credentials.token.rate.per.minute";
    let token = json!({"name": rate, "allowed": 3000, "client": "pool"});
    assert_eq!(put(admin, token).await.unwrap().status(), 204);
    world.ended(&world.launch("q-1").await).await;
    let limits = world.get("/api/v2/tollgate/limits").await;
    let allowed = |name: &str| {
        let all = limits["entities"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).unwrap()["allowed"].clone()
    };
    assert_eq!(allowed("org.app.user.rate.per.minute"), 5000);
    assert_eq!(allowed(rate), 3000);
}
