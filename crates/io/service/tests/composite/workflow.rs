//! Composites by a run of a workflow.

use crate::world::{self, Upstream, World};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::time::Duration;

/// Asks for a user, the user's presence and queue; ends early where there is no such user.
pub(crate) const CARD: &str = r#"
workflow:
  name: User card
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable: { name: Flow.userId, initialValue: { noValue: true }, isInput: true }
    - booleanVariable: { name: Flow.counts, initialValue: { lit: false }, isInput: true }
    - dateTimeVariable: { name: Flow.since, initialValue: { noValue: true }, isInput: true }
    - stringVariable: { name: Flow.name, initialValue: { noValue: true }, isOutput: true }
    - stringVariable: { name: Flow.presence, initialValue: { lit: UNKNOWN }, isOutput: true }
    - stringCollectionVariable: { name: Flow.tags, initialValue: { noValue: true }, isOutput: true }
    - integerVariable: { name: Flow.number, initialValue: { noValue: true }, isOutput: true }
    - jsonVariable: { name: Flow.more, initialValue: { noValue: true }, isOutput: true }
    - stringVariable: { name: Flow.queueId, initialValue: { noValue: true } }
  states:
    - state:
        name: Main
        refId: main
        actions:
          - callData:
              name: Ask for the user
              timeout: { lit: { seconds: 20 } }
              category:
                Web:
                  dataAction:
                    Get User:
                      inputs: { userId: { exp: Flow.userId } }
                      successOutputs: { name: { var: Flow.name }, queueId: { var: Flow.queueId } }
              outputs:
                failure:
                  actions:
                    - endWorkflow: { name: Nobody, exitReason: { lit: nobody } }
          - callData:
              name: Ask for the presence
              timeout: { lit: { seconds: 20 } }
              category:
                Web:
                  dataAction:
                    Get Presence:
                      inputs: { userId: { exp: Flow.userId } }
                      successOutputs: { presence: { var: Flow.presence } }
          - callData:
              name: Ask for the queue
              timeout: { lit: { seconds: 20 } }
              category:
                Other:
                  dataAction:
                    Get Queue:
                      inputs: { queueId: { exp: Flow.queueId } }
                      successOutputs: { tags: { var: Flow.tags } }
          - decision:
              name: Is it counted
              condition: { exp: Flow.counts }
              outputs:
                yes:
                  actions:
                    - updateData:
                        name: Count
                        statements:
                          - integer: { variable: Flow.number, value: { exp: ToInt(Flow.name) } }
          - endWorkflow: { name: End, exitReason: { noValue: true } }
"#;

/// The composite that runs it.
pub(crate) const RUNS: &str =
    "[[composite]]\nname = \"Overview\"\nintegration = \"Web\"\nworkflow = \"User card\"\n";

/// A service with that composite; `more` stands before it.
async fn start(upstream: &Upstream, server: &str, more: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    let text = text(&folder, upstream, server, more);
    World::of(folder, &text).await
}

fn text(folder: &tempfile::TempDir, upstream: &Upstream, server: &str, more: &str) -> String {
    let workflows = folder.path().join("workflows");
    std::fs::create_dir(&workflows).unwrap();
    std::fs::write(workflows.join("card.yaml"), CARD).unwrap();
    let server = format!("workflow_folder = \"workflows\"\n{server}");
    let files = world::files(folder.path(), &upstream.url, &server);
    format!("{files}{more}{RUNS}")
}

fn card() -> Value {
    json!({"name": "Ada", "presence": "AVAILABLE", "tags": ["a", "b"]})
}

fn code(error: &Value) -> &Value {
    &error["messageParams"]["tollgateCode"]
}

impl World {
    async fn card(&self, inputs: Value, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
        let path = "/api/v2/tollgate/actions/Web/Overview/execute";
        self.ask("flows", (Method::POST, path), headers, inputs)
            .await
    }
}

#[tokio::test]
async fn a_workflow_is_one_execution_for_three() {
    let mut upstream = Upstream::start().await;
    let world = start(&upstream, "", "").await;
    let (status, _, output) = world.execute(&[]).await;
    assert_eq!((status, output), (200, card()));
    assert_eq!(
        upstream.rest(),
        ["users/7", "presence/7", "queues/q-1"],
        "one after the other"
    );

    // The workflow handles what fails, by the way out that it has for that.
    upstream.say("presence/7", 500);
    let (status, _, output) = world.execute(&[]).await;
    assert_eq!((status, &output["presence"]), (200, &json!("UNKNOWN")));
    upstream.say("users/7", 404);
    let (status, _, output) = world.execute(&[]).await;
    assert_eq!((status, output), (200, json!({"presence": "UNKNOWN"})));
}

#[tokio::test]
async fn its_contract_is_what_the_workflow_declares() {
    let mut upstream = Upstream::start().await;
    let world = start(&upstream, "", "").await;
    let listed = world.listed().await;
    assert_eq!(listed["secure"], false);
    let id = listed["id"].as_str().unwrap();
    let path = format!("/api/v2/integrations/actions/{id}?expand=contract");
    let (_, _, shown) = world
        .ask("flows", (Method::GET, &path), &[], Value::Null)
        .await;
    let text = json!({"type": "string"});
    assert_eq!(
        shown["contract"],
        json!({
            "input": {"inputSchema": {"type": "object", "properties": {
                "userId": text, "counts": {"type": "boolean"}, "since": text,
            }}},
            "output": {"successSchema": {"type": "object", "properties": {
                "name": text, "presence": text, "tags": {"type": "array", "items": text},
                "number": {"type": "integer"}, "more": {},
            }}},
        })
    );

    // By its id, flattened, with errors inline.
    let execute = format!("/api/v2/integrations/actions/{id}/execute?flatten=true");
    let execute = (Method::POST, execute.as_str());
    let inline = [("Tollgate-Errors", "inline")];
    let (status, _, flat) = world
        .ask("flows", execute.clone(), &inline, json!({"userId": "7"}))
        .await;
    assert_eq!(status, 200, "{flat}");
    assert_eq!(
        (&flat["ok"], &flat["result.tags"]),
        (&json!(true), &json!(["a", "b"]))
    );
    upstream.rest();

    // Inputs are checked by the contract, then as the workflow's variables; nothing is called before.
    for wrong in [json!({"userId": 7}), json!({"since": "no time"})] {
        let (status, _, error) = world.ask("flows", execute.clone(), &[], wrong).await;
        assert_eq!(
            (status, code(&error)),
            (400, &json!("action.input.invalid"))
        );
    }
    assert_eq!(upstream.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn a_step_that_nothing_handles_fails_it_and_is_named() {
    let upstream = Upstream::start().await;
    let world = start(&upstream, "", "").await;
    let inputs = json!({"userId": "7", "counts": true});
    let (status, _, error) = world.card(inputs.clone(), &[]).await;
    assert_eq!(
        (status, &error["code"], code(&error)),
        (400, &json!("bad.request"), &json!("workflow.failed")),
        "{error}"
    );
    let message = error["message"].as_str().unwrap();
    let wanted = "The workflow \"User card\" failed at 58:23: updateData \"Count\": ";
    assert!(message.starts_with(wanted), "{message}");

    let (told, names) = world.tested("flows", inputs).await;
    let call = "Make call";
    let wanted = [
        "Validate input against schema",
        call,
        call,
        call,
        "Run workflow",
    ];
    assert_eq!(names, wanted);
    let steps = told["operations"].as_array().unwrap();
    let succeeded: Vec<_> = steps.iter().map(|step| step["success"].clone()).collect();
    assert_eq!(succeeded, [true, true, true, true, false]);
    assert_eq!(
        steps[3]["result"],
        json!({"call": "Get Queue", "integration": "Other", "action": "Get Queue", "optional": true, "answered": true})
    );
    assert!(!told.to_string().contains("q-1"), "{told}");
}

/// A secure action makes the composite secure: what of it failed may quote what that action answered.
#[tokio::test]
async fn a_workflow_that_calls_a_secure_action_is_secure() {
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let text = text(&folder, &upstream, "", "");
    let file = folder.path().join("web/0.json");
    let mut user: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    user["secure"] = true.into();
    std::fs::write(&file, user.to_string()).unwrap();
    let world = World::of(folder, &text).await;
    assert_eq!(world.listed().await["secure"], true);
    let inputs = json!({"userId": "7", "counts": true});
    let (status, _, error) = world.card(inputs, &[]).await;
    assert_eq!((status, code(&error)), (400, &json!("workflow.failed")));
    assert_eq!(
        error["message"],
        "The workflow \"User card\" failed at 58:23: why is withheld, since the composite is secure"
    );
}

#[tokio::test]
async fn all_of_a_run_is_over_by_the_deadline() {
    let mut upstream = Upstream::start().await;
    let held = upstream.hold("presence/7");
    let limit = "[[integration.limit]]\nname = \"few\"\nallowed = 1\nperiod = \"1h\"\n";
    let world = start(&upstream, "max_workflow_runs = 1", limit).await;
    let (status, _, error) = world.execute(&[("Tollgate-Deadline", "2s")]).await;
    assert_eq!(
        (status, code(&error)),
        (504, &json!("execution.timeout")),
        "{error}"
    );
    assert_eq!(
        error["message"],
        "The workflow \"User card\" didn't end within the composite's time; its call of \"Get Presence\" was under way."
    );
    // The run is over with it: its place is free, though the upstream still holds its call.
    assert_eq!(upstream.rest(), ["users/7", "presence/7"]);
    held.send(true).unwrap();
    assert_eq!(world.execute(&[]).await.2, card());
    // What can't start within what is left is refused at once, and the workflow goes on without.
    let (status, _, output) = world.execute(&[("Tollgate-Deadline", "10s")]).await;
    assert_eq!(
        (status, output),
        (200, json!({"name": "Ada", "presence": "AVAILABLE"}))
    );
}

/// Runs that are begun by the API and those of composites have one bound; one whose caller hangs up leaves it.
#[tokio::test]
async fn runs_of_both_ways_have_one_bound() {
    let mut upstream = Upstream::start().await;
    let held = upstream.hold("users/7");
    let world = start(&upstream, "max_workflow_runs = 1", "").await;
    let begin = async || {
        let path = "/api/v2/flows?type=workflow";
        let (_, _, flows) = world
            .ask("flows", (Method::GET, path), &[], Value::Null)
            .await;
        let body = json!({"flowId": flows["entities"][0]["id"], "inputData": {"Flow.userId": "7"}});
        let path = "/api/v2/flows/executions";
        world.ask("flows", (Method::POST, path), &[], body).await
    };
    let execution = world.execute(&[]);
    let beside = async {
        assert_eq!(upstream.next().await, "users/7");
        begin().await
    };
    // The execution is given up with its connection once the other one is answered.
    let (status, _, error) = tokio::select! {
        _ = execution => panic!("it is held"),
        refused = beside => refused,
    };
    let message = "1 runs are under way, which is the bound; try again when some have ended";
    assert_eq!((status, &error["message"]), (429, &json!(message)));
    loop {
        let (status, _, _) = begin().await;
        if status == 200 {
            break;
        }
        assert_eq!(status, 429);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (status, headers, error) = world.execute(&[]).await;
    assert_eq!(
        (status, code(&error)),
        (429, &json!("flows.full")),
        "{error}"
    );
    assert_eq!(headers["retry-after"], "1");
    held.send(true).unwrap();
}

#[tokio::test]
async fn it_is_kept_like_an_action_and_identical_executions_are_one() {
    let mut upstream = Upstream::start().await;
    let held = upstream.hold("users/7");
    let kept = "[[cache]]\naction = \"Overview\"\nfresh_for = \"1h\"\n";
    let world = start(&upstream, "", kept).await;
    let open = async {
        upstream.next().await;
        // Whoever asks now joins what is under way.
        let joins = world.execute(&[]);
        let opens = async {
            tokio::task::yield_now().await;
            held.send(true).unwrap();
        };
        tokio::join!(joins, opens).0
    };
    let (first, second) = tokio::join!(world.execute(&[]), open);
    assert_eq!((first.2, second.2), (card(), card()));
    let (_, headers, output) = world.execute(&[]).await;
    assert_eq!(
        (headers["tollgate-cache"].to_str().unwrap(), output),
        ("fresh", card())
    );
    assert_eq!(upstream.rest(), ["presence/7", "queues/q-1"]);
}

/// Its calls go as the caller's flow, and each has its line.
#[tokio::test]
async fn its_calls_are_the_callers() {
    let upstream = Upstream::start().await;
    upstream.say("queues/q-1", 503);
    let folder = tempfile::tempdir().unwrap();
    let store = world::store(folder.path());
    let flows = "[[flow]]\nname = \"voice\"\n[[flow]]\nname = \"User card\"\n[[flow]]\nname = \"others\"\ndefault = true\n";
    let text = text(
        &folder,
        &upstream,
        "records_file = \"records.jsonl\"",
        &format!("{store}{flows}"),
    );
    let text = text.replacen(
        "client_id = \"flows\"",
        "client_id = \"flows\"\nflows = [\"*\"]",
        1,
    );
    let world = World::of(folder, &text).await;
    let (status, _, output) = world.execute(&[("Tollgate-Flow", "voice")]).await;
    let wanted = json!({"name": "Ada", "presence": "AVAILABLE"});
    assert_eq!((status, output), (200, wanted));
    let records = world.recorded(4, ["flow", "action", "outcome"]).await;
    let wanted = [
        "voice / Get User / answered",
        "voice / Get Presence / answered",
        "voice / Get Queue / failed",
        "voice / Overview / composite",
    ];
    assert_eq!(records, wanted);
    let noted = world.noted().await;
    let ends = noted.iter().map(|it| [&it["call"], &it["end"]]);
    let ends: Vec<_> = ends.map(|it| it.map(|it| it.as_str().unwrap())).collect();
    let wanted = [
        ["Get User", "ok"],
        ["Get Presence", "ok"],
        ["Get Queue", "upstream.error"],
    ];
    assert_eq!(ends, wanted);
}

/// A workflow that runs by itself calls a composite, whose workflow calls one that is a list.
#[tokio::test]
async fn a_workflows_step_calls_it_as_any_action() {
    let mut upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let list = world::OVERVIEW.replace("\"Overview\"", "\"Listed\"");
    let text = text(&folder, &upstream, "", &list);
    let calls = |name: &str, calls: &str| {
        CARD.replace("name: User card", &format!("name: {name}"))
            .replacen("Get User:", &format!("{calls}:"), 1)
            .replacen(", queueId: { var: Flow.queueId }", "", 1)
            .replacen("noValue: true }, isInput", "lit: \"7\" }, isInput", 1)
    };
    let workflows = folder.path().join("workflows");
    std::fs::write(workflows.join("outer.yaml"), calls("Outer", "Overview")).unwrap();
    std::fs::write(workflows.join("card.yaml"), calls("User card", "Listed")).unwrap();
    let world = World::of(folder, &text).await;
    let (_, _, flows) = world
        .ask(
            "flows",
            (Method::GET, "/api/v2/flows?name=Outer"),
            &[],
            Value::Null,
        )
        .await;
    let body = json!({"flowId": flows["entities"][0]["id"]});
    let path = "/api/v2/flows/executions";
    let (_, _, begun) = world.ask("flows", (Method::POST, path), &[], body).await;
    let path = begun["selfUri"].as_str().unwrap();
    let run = loop {
        let (_, _, run) = world
            .ask("flows", (Method::GET, path), &[], Value::Null)
            .await;
        if run["status"] != "RUNNING" {
            break run;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(run["outputData"]["Flow.name"], "Ada", "{run}");
    let mut seen = upstream.rest();
    seen.sort();
    let wanted = [
        "presence/7",
        "presence/7",
        "presence/7",
        "queues/q-1",
        "users/7",
    ];
    assert_eq!(seen, wanted);
}

/// As many within each other as may be: each waits for the one in it, on the same threads.
#[tokio::test]
async fn eight_within_each_other_are_answered() {
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut composites = String::new();
    let text = text(&folder, &upstream, "", "").replace(RUNS, "");
    for at in 1..=8 {
        let called = match at {
            1 => "Get User".to_owned(),
            at => format!("C{}", at - 1),
        };
        let workflow = CARD
            .replace("name: User card", &format!("name: W{at}"))
            .replacen("Get User:", &format!("{called}:"), 1);
        let file = folder.path().join(format!("workflows/{at}.yaml"));
        std::fs::write(file, workflow).unwrap();
        let name = if at == 8 {
            "Overview".to_owned()
        } else {
            format!("C{at}")
        };
        let runs = RUNS.replace("Overview", &name);
        composites += &runs.replace("User card", &format!("W{at}"));
    }
    let world = World::of(folder, &format!("{text}{composites}")).await;
    let (status, _, output) = world.execute(&[]).await;
    let wanted = json!({"name": "Ada", "presence": "AVAILABLE"});
    assert_eq!((status, output), (200, wanted));
}

/// A row of the store's data tables takes the place of a call.
#[tokio::test]
async fn it_looks_rows_up() {
    let upstream = Upstream::start().await;
    let folder = tempfile::tempdir().unwrap();
    let store = world::store(folder.path());
    let text = text(&folder, &upstream, "", &store);
    let looks_up = CARD.replacen(
        "          - callData:",
        "          - dataTableLookup:
              name: Known already
              lookupValue: { exp: Flow.userId }
              dataTable: { Users: { foundOutputs: { name: { var: Flow.name } } } }
              outputs:
                found:
                  actions:
                    - endWorkflow: { name: Known, exitReason: { lit: known } }
          - callData:",
        1,
    );
    std::fs::write(folder.path().join("workflows/card.yaml"), looks_up).unwrap();
    let world = World::of(folder, &text).await;
    let tables = "/api/v2/flows/datatables";
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "properties": {"key": text, "name": text}});
    let table = json!({"name": "Users", "schema": schema});
    let (_, _, made) = world.ask("flows", (Method::POST, tables), &[], table).await;
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}"));
    let rows = format!("{tables}/{id}/rows");
    let row = json!({"key": "8", "name": "Grace"});
    let (status, _, row) = world.ask("flows", (Method::POST, &rows), &[], row).await;
    assert_eq!(status, 200, "{row}");
    let (_, _, known) = world.card(json!({"userId": "8"}), &[]).await;
    assert_eq!(known, json!({"name": "Grace", "presence": "UNKNOWN"}));
    let (_, _, asked) = world.card(json!({"userId": "7"}), &[]).await;
    assert_eq!(asked, card());
}
