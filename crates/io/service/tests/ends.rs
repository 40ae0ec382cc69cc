//! How executions end: what is documented, and each end over sockets, by `/execute` and by `/test`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use axum::Router;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use axum::routing::any;
use harness::action;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_service::Service;

/// The documentation of the API.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/api.md");
const BEGIN: &str = "<!-- This table is made of crates/io/api/src/ends.rs. -->\n";
const END: &str = "<!-- Here the table ends. -->\n";

/// A loop over nothing, of about half the steps that one template may take.
const LOOP: &str = "#foreach($i in [1..900])#foreach($j in [1..500])#end#end";

/// Writes the table where `TOLLGATE_WRITE` is set.
#[test]
fn the_documentation_says_how_executions_end() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, behind) = rest.split_once(END).unwrap();
    let wanted = tollgate_service::documented_ends();
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        let text = [before, BEGIN, &wanted, END, behind].concat();
        std::fs::write(FILE, text).unwrap();
    } else {
        assert!(
            found == wanted,
            "docs/api.md has another table: TOLLGATE_WRITE=1 cargo test -p tollgate-service --test ends"
        );
    }
}

/// Answers `/status/{status}` with that status, `/says/{what}` with a body, `/slow` too late, and drops `/drop`.
async fn upstream() -> String {
    let status = |Path(status): Path<u16>| async move {
        let headers = [("location", "/says/answer")];
        let body = r#"{"said": "by the upstream"}"#;
        (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
    };
    let says = |Path(what): Path<String>| async move {
        match what.as_str() {
            "answer" => br#"{"answer": 42}"#.to_vec(),
            "page" => b"<html>maintenance</html>".to_vec(),
            "bytes" => b"\xff\xfe\x00\xd8".to_vec(),
            other => panic!("nothing says {other}"),
        }
    };
    async fn dropped() -> String {
        panic!("the connection is dropped");
    }
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    let router = Router::new()
        .route("/status/{status}", any(status))
        .route("/says/{what}", any(says))
        .route("/slow", any(slow))
        .route("/drop", any(dropped));
    harness::upstream(router).await
}

fn with(mut action: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (around, name) = pointer.rsplit_once('/').unwrap();
        action.pointer_mut(around).unwrap()[name] = value.clone();
    }
    action
}

struct World {
    _service: Service,
    base: String,
    token: String,
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl World {
    /// A service with these actions of the integration `Web`; `server` goes into `[server]`.
    async fn start(actions: &[Value], server: &str, more: &str) -> Self {
        Self::over(tempfile::tempdir().unwrap(), actions, server, more).await
    }

    async fn over(folder: tempfile::TempDir, actions: &[Value], server: &str, more: &str) -> Self {
        for (index, action) in actions.iter().enumerate() {
            let file = folder.path().join(format!("{index}.json"));
            std::fs::write(file, action.to_string()).unwrap();
        }
        let text = format!(
            r#"
[[caller]]
client_id = "flows"
client_secret_env = "SECRET"
flows = ["*"]
[server]
listen = "127.0.0.1:0"
calculation_threads = 1
{server}
[[integration]]
name = "Web"
type = "custom-rest-actions"
actions = {{ folder = "." }}
allowed_networks = ["127.0.0.1"]
allowed_schemes = ["http"]
allowed_ports = ["1-65535"]
{more}
"#
        );
        let service = harness::serve(folder.path(), &text).await.unwrap();
        let base = format!("http://{}", service.address());
        let http = reqwest::Client::new();
        Self {
            token: harness::login(&http, &base, "flows").await,
            _service: service,
            base,
            http,
            _folder: folder,
        }
    }

    async fn call(
        &self,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (u16, HeaderMap, Value) {
        let mut request = self
            .http
            .post(format!("{}/api/v2/integrations/actions/{path}", self.base))
            .bearer_auth(&self.token)
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.json().await.unwrap())
    }

    async fn id(&self, name: &str) -> String {
        let url = format!("{}/api/v2/integrations/actions?name={name}", self.base);
        let list = self.http.get(url).bearer_auth(&self.token).send().await;
        let list: Value = list.unwrap().json().await.unwrap();
        list["entities"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Waits until the flow has such a call.
    async fn until(&self, flow: &str, state: &str) {
        let url = format!("{}/api/v2/tollgate/flows", self.base);
        loop {
            let list = self.http.get(&url).bearer_auth(&self.token).send().await;
            let list: Value = list.unwrap().json().await.unwrap();
            let flows = list["entities"].as_array().unwrap();
            let found = flows.iter().find(|it| it["name"] == flow).unwrap();
            if found[state].as_u64().unwrap() > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The error of an execution of the action.
    async fn error(&self, name: &str, body: &str, headers: &[(&str, &str)]) -> Value {
        let id = self.id(name).await;
        let (status, _, error) = self.call(&format!("{id}/execute"), body, headers).await;
        assert_eq!(error["status"], status, "{name}: {error}");
        error
    }
}

/// Status, code, `errorCode` of the detail, our own code.
type Ends<'a> = (u16, &'a str, Option<&'a str>, &'a str);

fn assert_ends(error: &Value, wanted: Ends<'_>, what: &str) {
    let detail = &error["details"][0]["errorCode"];
    let found = (
        error["status"].as_u64().unwrap() as u16,
        error["code"].as_str().unwrap(),
        detail.as_str(),
        error["messageParams"]["tollgateCode"].as_str().unwrap(),
    );
    assert_eq!(found, wanted, "{what}: {error}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    assert!(!error["contextId"].as_str().unwrap().is_empty());
    assert!(error["errors"].is_array() && error["details"].is_array());
    let details = error["details"].as_array().unwrap().len();
    assert_eq!(details, usize::from(wanted.2.is_some()));
}

const PROCESSING: Option<&str> = Some("ACTION.PROCESSING");
const ENDPOINT: Option<&str> = Some("ACTION.REMOTE_ENDPOINT");
const AUTHENTICATION: Option<&str> = Some("ACTION.AUTHENTICATION");

#[tokio::test]
async fn each_cause_is_told_in_the_platforms_words_and_ours() {
    let base = upstream().await;
    let at = |path: &str| format!("{base}{path}");
    let get = |path: &str| action("-", &at(path));
    let success = "/config/response/successTemplate";
    let schema = "/contract/output/successSchema";
    let mapping = (400, "bad.request", PROCESSING, "action.response.invalid");
    let body = (400, "bad.request", ENDPOINT, "action.response.invalid");
    let request = (400, "bad.request", PROCESSING, "action.request.invalid");
    let refused = |status, code| (status, code, ENDPOINT, "upstream.error");
    let credentials = (400, "invalid.credentials", AUTHENTICATION, "upstream.error");
    let failed = (502, "upstream.error", ENDPOINT, "upstream.error");
    let mut strings = get("/says/answer");
    strings["contract"]["output"]["successSchema"]["properties"]["answer"]["type"] =
        json!("string");
    let cases: Vec<(&str, Value, Ends<'_>)> = vec![
        ("space", action("-", &at("/says/${input.id}")), request),
        (
            "template",
            get("/says/$math.div(1, 0).nothing()x y"),
            request,
        ),
        (
            "unset",
            with(
                get("/says/answer"),
                &[(success, json!("{\"a\": ${nothing}}"))],
            ),
            mapping,
        ),
        (
            "not JSON",
            with(get("/says/answer"), &[(success, json!("{\"a\": oops}"))]),
            mapping,
        ),
        ("contract", strings, mapping),
        (
            "missing",
            with(
                get("/says/answer"),
                &[(schema, json!({"type": "object", "required": ["other"]}))],
            ),
            mapping,
        ),
        ("page", get("/says/page"), body),
        ("bytes", get("/says/bytes"), body),
        ("400", get("/status/400"), refused(400, "bad.request")),
        ("401", get("/status/401"), credentials),
        ("403", get("/status/403"), refused(403, "not.authorized")),
        ("404", get("/status/404"), refused(404, "not.found")),
        (
            "405",
            get("/status/405"),
            refused(405, "method.not.allowed"),
        ),
        ("407", get("/status/407"), credentials),
        ("409", get("/status/409"), refused(409, "general.conflict")),
        ("418", get("/status/418"), refused(418, "bad.request")),
        (
            "422",
            get("/status/422"),
            refused(422, "unprocessable.entity"),
        ),
        ("302", get("/status/302"), failed),
        ("500", get("/status/500"), failed),
        ("502", get("/status/502"), failed),
        ("503", get("/status/503"), failed),
        ("504", get("/status/504"), failed),
        (
            "unreachable",
            action("-", "http://127.0.0.1:1/"),
            (
                502,
                "upstream.unreachable",
                ENDPOINT,
                "upstream.unreachable",
            ),
        ),
        (
            "drop",
            get("/drop"),
            (502, "upstream.no.answer", ENDPOINT, "upstream.no.answer"),
        ),
        (
            "address",
            action("-", "http://127.0.0.2/"),
            (
                400,
                "address.not.allowed",
                PROCESSING,
                "address.not.allowed",
            ),
        ),
        (
            "slow",
            with(get("/slow"), &[("/config/timeoutSeconds", json!(1))]),
            (504, "request.timeout", ENDPOINT, "execution.timeout"),
        ),
    ];
    let actions: Vec<_> = cases
        .iter()
        .map(|(name, action, _)| with(action.clone(), &[("/name", json!(name))]))
        .collect();
    let world = World::start(&actions, "", "").await;
    for (name, _, wanted) in cases {
        let name = name.replace(' ', "%20");
        let mut error = world.error(&name, r#"{"id": "a b"}"#, &[]).await;
        assert_ends(&error, wanted, &name);
        if wanted.3 == "upstream.error" {
            let params = &error["messageParams"];
            assert_eq!(params["upstreamStatus"], name);
            assert_eq!(params["upstreamBody"], r#"{"said": "by the upstream"}"#);
        }
        let id = world.id(&name).await;
        let (status, _, mut told) = world
            .call(&format!("{id}/test"), r#"{"id": "a b"}"#, &[])
            .await;
        assert_eq!((status, &told["success"]), (200, &json!(false)));
        let steps = told["operations"].as_array().unwrap();
        let last = steps.last().unwrap().clone();
        assert_eq!(last["success"], false, "{told}");
        assert_eq!(last["error"], told["error"]);
        // Each has a name of its own in the log.
        error["contextId"].take();
        told["error"]["contextId"].take();
        for nested in error["errors"].as_array_mut().unwrap() {
            nested["contextId"].take();
        }
        for nested in told["error"]["errors"].as_array_mut().unwrap() {
            nested["contextId"].take();
        }
        assert_eq!(error, told["error"]);
    }
    for body in [r#"{"id": 7}"#, r#"[]"#] {
        let error = world.error("page", body, &[]).await;
        assert_ends(
            &error,
            (400, "bad.request", PROCESSING, "action.input.invalid"),
            body,
        );
        assert_eq!(error["errors"][0]["code"], "bad.request");
    }
    let error = world.error("contract", "{}", &[]).await;
    assert!(
        error["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("/answer"),
        "{error}"
    );
}

#[tokio::test]
async fn a_limit_is_told_as_the_platform_tells_its_own() {
    let base = upstream().await;
    let actions = [
        action("few", &format!("{base}/says/answer")),
        action("one", &format!("{base}/slow")),
    ];
    let more = r#"
[[integration.action]]
name = "few"
[[integration.action.limit]]
name = "few.per.minute"
allowed = 1
period = "60s"
[[integration.action]]
name = "one"
[[integration.action.limit]]
name = "one.at.once"
concurrent = 1
[[flow]]
name = "narrow"
max_queued = 1
default = true
[[flow]]
name = "urgent"
[[flow]]
name = "patient"
priority = 1
[policy]
max_queued = 2
"#;
    let world = World::start(&actions, "", more).await;
    let few = format!("{}/execute", world.id("few").await);
    assert_eq!(world.call(&few, "{}", &[]).await.0, 200);
    let limited = |own| (429, "too.many.requests.retry.after", None, own);
    // As an SDK sees it that lets the service choose: it may come back.
    let (_, headers, error) = world
        .call(&few, "{}", &[("tollgate-flow", "patient")])
        .await;
    assert_ends(&error, limited("deadline.cannot.be.met"), "no deadline");
    assert!(headers.contains_key("retry-after"));
    assert_eq!(error["messageParams"]["limit"], "few.per.minute");
    let (_, headers, error) = world.call(&few, "{}", &[("tollgate-deadline", "1s")]).await;
    assert_ends(
        &error,
        (429, "too.many.requests", None, "deadline.cannot.be.met"),
        "a deadline",
    );
    assert!(!headers.contains_key("retry-after"));

    let late = |flow| [("tollgate-flow", flow), ("tollgate-deadline", "80000s")];
    let (patient, narrow, urgent) = (late("patient"), late("narrow"), late("urgent"));
    // Two wait, which is as many as may; one of a more important flow takes the place of the least.
    let shed = async {
        let (_, _, error) = world.call(&few, "{}", &patient).await;
        assert_ends(
            &error,
            (429, "too.many.requests", None, "shed"),
            "the least important",
        );
    };
    let others = async {
        world.until("patient", "queued").await;
        let narrows = world.call(&few, "{}", &narrow);
        let full = async {
            world.until("narrow", "queued").await;
            let (_, _, full) = world.call(&few, "{}", &narrow).await;
            assert_ends(
                &full,
                (429, "too.many.requests", None, "queue.full"),
                "two of one flow",
            );
            world.call(&few, "{}", &urgent).await
        };
        tokio::join!(narrows, full)
    };
    tokio::select! {
        () = shed => {}
        ended = others => panic!("they wait: {ended:?}"),
    }

    let one = format!("{}/execute", world.id("one").await);
    let expires = async {
        world.until("urgent", "running").await;
        let soon = [("tollgate-deadline", "300ms")];
        let (_, _, expired) = world.call(&one, "{}", &soon).await;
        assert_ends(
            &expired,
            (429, "too.many.requests", None, "expired"),
            "it waited",
        );
    };
    tokio::select! {
        () = expires => {}
        ended = world.call(&one, "{}", &urgent) => panic!("the upstream is slow: {ended:?}"),
    }
}

#[tokio::test]
async fn calculations_that_take_too_long_or_are_too_many() {
    let base = upstream().await;
    let heavy = with(
        action("heavy", &format!("{base}/says/answer")),
        &[("/config/request/headers", json!({"X-A": LOOP}))],
    );
    let own = "calculations.waiting";
    for (server, wanted) in [
        (
            "calculations_waiting_each = 1",
            (429, "too.many.requests.retry.after", None, own),
        ),
        (
            "calculations_waiting = 1",
            (503, "service.unavailable", None, own),
        ),
    ] {
        let server = format!("{server}\ncalculation_time = \"60s\"");
        let world = World::start(std::slice::from_ref(&heavy), &server, "").await;
        let path = format!("{}/execute", world.id("heavy").await);
        let mut error = None;
        // However fast the machine is, once there are more than one at the same time.
        while error.is_none() {
            let all = [(); 16].map(|()| world.call(&path, "{}", &[]));
            let all = futures_util::future::join_all(all).await;
            error = all.into_iter().find(|(status, ..)| *status != 200);
        }
        let (_, headers, error) = error.unwrap();
        assert_ends(&error, wanted, &server);
        assert!(headers.contains_key("retry-after"));
    }
    let server = "calculation_time = \"1ms\"";
    let world = World::start(&[heavy], server, "").await;
    let error = world.error("heavy", "{}", &[]).await;
    assert_ends(
        &error,
        (504, "request.timeout", PROCESSING, "calculation.timeout"),
        server,
    );
}

#[tokio::test]
async fn a_login_that_fails_is_told_as_bad_credentials() {
    let base = upstream().await;
    let login = |path: &str| {
        with(
            action("login", &format!("{base}{path}")),
            &[
                ("/actionType", json!("customAuth")),
                (
                    "/config/response",
                    json!({"translationMap": {}, "successTemplate": "${rawResult}"}),
                ),
                ("/contract/output/successSchema", json!({"type": "object"})),
            ],
        )
    };
    let refused = (400, "invalid.credentials", AUTHENTICATION, "login.failed");
    for (path, wanted) in [
        ("/status/400", refused),
        ("/status/401", refused),
        ("/status/503", refused),
        ("/says/page", refused),
        (
            "/drop",
            (
                502,
                "upstream.no.answer",
                AUTHENTICATION,
                "upstream.no.answer",
            ),
        ),
    ] {
        let call = action("call", &format!("{base}/says/answer"));
        let world = World::start(&[login(path), call], "", "").await;
        let error = world.error("call", "{}", &[]).await;
        assert_ends(&error, wanted, path);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .starts_with("The custom authentication failed: ")
        );
        let id = world.id("call").await;
        let (_, _, told) = world.call(&format!("{id}/test"), "{}", &[]).await;
        assert_ends(&told["error"], wanted, path);
    }
}

/// A workflow that calls an action of that name, and keeps what it sees of its failure.
fn flow(action: &str) -> String {
    format!(
        r#"
workflow:
  name: Flow {action}
  defaultLanguage: en-us
  startUpRef: /workflow/states/state[main]
  variables:
    - stringVariable: {{ name: Flow.Way, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringVariable: {{ name: Flow.Code, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - integerVariable: {{ name: Flow.Status, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringVariable: {{ name: Flow.Message, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringVariable: {{ name: Flow.Context, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringCollectionVariable: {{ name: Flow.Details, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringCollectionVariable: {{ name: Flow.Keys, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
    - stringCollectionVariable: {{ name: Flow.Values, initialValue: {{ noValue: true }}, isInput: false, isOutput: true }}
  states:
    - state:
        name: Main
        refId: main
        actions:
          - callData:
              name: Ask
              timeout:
                lit: {{ seconds: 20 }}
              category:
                Web:
                  dataAction:
                    "{action}":
                      inputs:
                        id: {{ lit: "a b" }}
                      failureOutputs:
                        errorCode: {{ var: Flow.Code }}
                        status: {{ var: Flow.Status }}
                        correlationId: {{ var: Flow.Context }}
                        entityId: {{ noValue: true }}
                        entityName: {{ noValue: true }}
                        userMessage: {{ var: Flow.Message }}
                        userParamsMessage: {{ noValue: true }}
                        userParams.key: {{ var: Flow.Keys }}
                        userParams.value: {{ var: Flow.Values }}
                        details.errorCode: {{ var: Flow.Details }}
              outputs:
                success:
                  actions: [ {{ updateData: {{ name: A, statements: [ {{ string: {{ variable: Flow.Way, value: {{ lit: success }} }} }} ] }} }} ]
                failure:
                  actions: [ {{ updateData: {{ name: B, statements: [ {{ string: {{ variable: Flow.Way, value: {{ lit: failure }} }} }} ] }} }} ]
                timeout:
                  actions: [ {{ updateData: {{ name: C, statements: [ {{ string: {{ variable: Flow.Way, value: {{ lit: timeout }} }} }} ] }} }} ]
          - endWorkflow: {{ name: End, exitReason: {{ noValue: true }} }}
"#
    )
}

#[tokio::test]
async fn a_flow_sees_the_same_by_its_steps_outputs() {
    let base = upstream().await;
    let get = |name: &str, path: &str| action(name, &format!("{base}{path}"));
    let late = ("/config/timeoutSeconds", json!(1));
    let success = "/config/response/successTemplate";
    let actions = [
        get("fine", "/says/answer"),
        with(
            get("mapping", "/says/answer"),
            &[(success, json!("{\"a\": oops}"))],
        ),
        get("refused", "/status/404"),
        get("failed", "/status/503"),
        with(get("late", "/slow"), &[late]),
    ];
    let folder = tempfile::tempdir().unwrap();
    for action in &actions {
        let name = action["name"].as_str().unwrap();
        let file = folder.path().join(format!("{name}.yaml"));
        std::fs::write(file, flow(name)).unwrap();
    }
    let world = World::over(folder, &actions, "workflow_folder = \".\"", "").await;
    let see = async |name: &str| {
        let url = format!("{}/api/v2/flows", world.base);
        let list = world.http.get(&url).bearer_auth(&world.token).send().await;
        let list: Value = list.unwrap().json().await.unwrap();
        let flows = list["entities"].as_array().unwrap();
        let wanted = format!("Flow {name}");
        let flow = flows.iter().find(|it| it["name"] == wanted).unwrap();
        let url = format!("{url}/executions");
        let launch = world.http.post(&url).bearer_auth(&world.token);
        let launch = launch.json(&json!({"flowId": flow["id"]})).send().await;
        let launched: Value = launch.unwrap().json().await.unwrap();
        let url = format!("{url}/{}", launched["id"].as_str().unwrap());
        loop {
            let run = world.http.get(&url).bearer_auth(&world.token).send().await;
            let run: Value = run.unwrap().json().await.unwrap();
            if run["status"] != "RUNNING" {
                assert_eq!(run["status"], "COMPLETED", "{run}");
                return run["outputData"].clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert_eq!(see("fine").await["Flow.Way"], "success");
    assert_eq!(see("late").await["Flow.Way"], "timeout");
    for (name, status, code, detail, own) in [
        (
            "mapping",
            400,
            "bad.request",
            "ACTION.PROCESSING",
            "action.response.invalid",
        ),
        (
            "refused",
            404,
            "not.found",
            "ACTION.REMOTE_ENDPOINT",
            "upstream.error",
        ),
        (
            "failed",
            502,
            "upstream.error",
            "ACTION.REMOTE_ENDPOINT",
            "upstream.error",
        ),
    ] {
        let saw = see(name).await;
        assert_eq!(saw["Flow.Way"], "failure", "{saw}");
        assert_eq!(
            (&saw["Flow.Status"], &saw["Flow.Code"]),
            (&json!(status), &json!(code))
        );
        assert_eq!(saw["Flow.Details"], json!([detail]));
        let message = saw["Flow.Message"].as_str().unwrap();
        assert!(message.starts_with("The upstream"), "{message}");
        assert!(!saw["Flow.Context"].as_str().unwrap().is_empty());
        let keys = saw["Flow.Keys"].as_array().unwrap();
        let at = keys.iter().position(|it| it == "tollgateCode").unwrap();
        assert_eq!(saw["Flow.Values"][at], own);
    }
}
