//! Composites: several actions' answers for one execution.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
#[path = "../harness/mod.rs"]
mod harness;
mod workflow;
mod world;

use http::Method;
use serde_json::{Value, json};
use world::{Upstream, World};

fn overview() -> Value {
    json!({
        "name": "Ada", "city": "Bonn", "presence": "AVAILABLE",
        "queue": {"label": "Sales", "tags": ["a", "b"]},
    })
}

/// The upstream's arrivals tell the order: the two that need nothing of each other are there before either is
/// answered, the third only once the first is.
#[tokio::test]
async fn three_calls_are_one_execution_and_those_that_can_are_made_at_once() {
    let mut upstream = Upstream::start().await;
    let (user, presence) = (upstream.hold("users/7"), upstream.hold("presence/7"));
    let world = World::start(&upstream, "", "").await;
    let execution = async { world.execute(&[]).await };
    let order = async {
        let mut first = [upstream.next().await, upstream.next().await];
        first.sort();
        assert_eq!(first, ["presence/7", "users/7"]);
        user.send(true).unwrap();
        assert_eq!(upstream.next().await, "queues/q-1");
        presence.send(true).unwrap();
    };
    let ((status, _, output), ()) = tokio::join!(execution, order);
    assert_eq!((status, output), (200, overview()));
    assert_eq!(upstream.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn it_is_an_action_with_a_contract_of_its_own() {
    let mut upstream = Upstream::start().await;
    let world = World::start(&upstream, "", "").await;
    let listed = world.listed().await;
    assert_eq!(
        (&listed["category"], &listed["secure"]),
        (&json!("Web"), &json!(false))
    );
    let id = listed["id"].as_str().unwrap();
    let path = format!("/api/v2/integrations/actions/{id}?expand=contract&includeConfig=true");
    let (_, _, shown) = world
        .ask("flows", (Method::GET, &path), &[], Value::Null)
        .await;
    assert_eq!(
        shown["contract"],
        json!({
            "input": {"inputSchema": {
                "type": "object",
                "properties": {"userId": {"type": "string", "description": "Its id."}},
                "required": ["userId"],
            }},
            "output": {"successSchema": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"}, "city": {"type": "string"}, "presence": {"type": "string"},
                    "queue": {"type": "object", "properties": {
                        "label": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
                    }},
                },
                "required": ["presence", "queue"],
            }},
        })
    );
    assert_eq!(shown["config"], json!({"timeoutSeconds": 60}));

    // By its id, flattened, with errors inline, and its own inputs checked before anything is called.
    let execute = format!("/api/v2/integrations/actions/{id}/execute?flatten=true");
    let execute = (Method::POST, execute.as_str());
    let inline = [("Tollgate-Errors", "inline")];
    let (_, _, flat) = world
        .ask("flows", execute.clone(), &inline, json!({"userId": "7"}))
        .await;
    assert_eq!(
        (&flat["ok"], &flat["result.queue.label"]),
        (&json!(true), &json!("Sales"))
    );
    assert_eq!(upstream.rest().len(), 3);
    let (status, _, error) = world.ask("flows", execute, &[], json!({"userId": 7})).await;
    assert_eq!(
        (status, &error["messageParams"]["call"]),
        (400, &Value::Null),
        "{error}"
    );
    assert_eq!(upstream.rest(), Vec::<String>::new());
}

#[tokio::test]
async fn a_call_that_fails_ends_it_and_is_named() {
    let mut upstream = Upstream::start().await;
    upstream.say("users/7", 404);
    let world = World::start(&upstream, "", "").await;
    let (status, _, error) = world.execute(&[]).await;
    assert_eq!(
        (status, &error["code"]),
        (404, &json!("not.found")),
        "{error}"
    );
    let params = &error["messageParams"];
    assert_eq!(
        (&params["call"], &params["upstreamStatus"]),
        (&json!("user"), &json!("404"))
    );
    let message = error["message"].as_str().unwrap();
    assert_eq!(
        message,
        "The call \"user\" of the composite failed: The upstream answered 404."
    );
    let (status, _, inline) = world.execute(&[("Tollgate-Errors", "inline")]).await;
    let wanted = (200, json!("upstream.error"), json!(404));
    assert_eq!(
        (status, inline["code"].clone(), inline["status"].clone()),
        wanted
    );
    // What reads its answer was never called.
    assert!(!upstream.rest().contains(&"queues/q-1".to_owned()));
}

#[tokio::test]
async fn an_optional_call_that_fails_leaves_its_output_at_the_default() {
    let upstream = Upstream::start().await;
    upstream.say("presence/7", 500);
    let world = World::start(&upstream, "", "").await;
    let (status, _, output) = world.execute(&[]).await;
    let mut wanted = overview();
    wanted["presence"] = json!("UNKNOWN");
    assert_eq!((status, output), (200, wanted));
}

#[tokio::test]
async fn all_of_it_is_over_by_the_deadline() {
    let mut upstream = Upstream::start().await;
    let held = upstream.hold("users/7");
    let limit = "[[integration.limit]]\nname = \"few\"\nallowed = 1\nperiod = \"1h\"\n";
    let world = World::start(&upstream, "", limit).await;
    // The first call's answer doesn't come: the wait ends with the deadline.
    let (status, _, error) = world.execute(&[("Tollgate-Deadline", "1s")]).await;
    assert_eq!(
        (status, &error["messageParams"]["call"]),
        (504, &json!("user")),
        "{error}"
    );
    assert_eq!(error["messageParams"]["tollgateCode"], "execution.timeout");

    // The third call could start only behind what is left of the deadline: it is refused at once, by its own limit.
    held.send(true).unwrap();
    upstream.rest();
    let (status, _, _) = world.execute(&[]).await;
    assert_eq!(status, 200);
    let (status, _, error) = world.execute(&[("Tollgate-Deadline", "10s")]).await;
    let params = &error["messageParams"];
    assert_eq!(
        (status, &params["call"], &params["limit"]),
        (429, &json!("queue"), &json!("few")),
        "{error}"
    );
    assert_eq!(params["tollgateCode"], "deadline.cannot.be.met");
    let earliest: u64 = params["earliestStartMillis"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(earliest > 0, "{error}");
}

#[tokio::test]
async fn it_is_kept_like_an_action_and_so_is_what_it_calls() {
    let mut upstream = Upstream::start().await;
    let kept = "[[cache]]\naction = \"Overview\"\nfresh_for = \"1h\"\n[[cache]]\naction = \"Get Queue\"\nfresh_for = \"1h\"\n";
    let world = World::start(&upstream, "", kept).await;
    let (_, headers, output) = world.execute(&[]).await;
    assert_eq!(
        (headers["tollgate-cache"].to_str().unwrap(), output),
        ("call", overview())
    );
    let (_, headers, output) = world.execute(&[]).await;
    assert_eq!(
        (headers["tollgate-cache"].to_str().unwrap(), output),
        ("fresh", overview())
    );
    assert_eq!(upstream.rest().len(), 3);
    // Another user's overview takes the same queue's kept answer.
    let path = "/api/v2/tollgate/actions/Web/Overview/execute";
    world
        .ask("flows", (Method::POST, path), &[], json!({"userId": "8"}))
        .await;
    assert_eq!(upstream.rest().len(), 2);
}

/// Who may execute it needs no right over what it calls; who has that alone doesn't see it.
#[tokio::test]
async fn rights_are_those_over_its_own_integration() {
    let upstream = Upstream::start().await;
    let world = World::start(&upstream, "", "").await;
    let overview = (
        Method::POST,
        "/api/v2/tollgate/actions/Web/Overview/execute",
    );
    let queue = (
        Method::POST,
        "/api/v2/tollgate/actions/Other/Get%20Queue/execute",
    );
    let (user, of_queue) = (json!({"userId": "7"}), json!({"queueId": "q-1"}));
    let (status, _, answer) = world
        .ask("of-web", overview.clone(), &[], user.clone())
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        world
            .ask("of-web", queue.clone(), &[], of_queue.clone())
            .await
            .0,
        404
    );
    assert_eq!(
        world.ask("of-other", overview, &[], user.clone()).await.0,
        404
    );
    assert_eq!(world.ask("of-other", queue, &[], of_queue).await.0, 200);

    // A test tells which calls were made, and nothing of what they answered.
    let (told, names) = world.tested("of-web", user).await;
    assert_eq!(told["success"], true, "{told}");
    let call = "Make call";
    let wanted = [
        "Validate input against schema",
        call,
        call,
        call,
        "Validate output against schema",
    ];
    assert_eq!(names, wanted);
    assert_eq!(
        told["operations"][3]["result"],
        json!({"call": "queue", "integration": "Other", "action": "Get Queue", "optional": false, "answered": true})
    );
    assert!(!told.to_string().contains("q-1"), "{told}");
}

#[tokio::test]
async fn records_and_the_audit_log_have_it_and_each_call() {
    let upstream = Upstream::start().await;
    upstream.say("queues/q-1", 503);
    let folder = tempfile::tempdir().unwrap();
    let store = world::store(folder.path());
    let world = World::over(
        folder,
        &upstream,
        "records_file = \"records.jsonl\"",
        &store,
    )
    .await;
    assert_eq!(world.execute(&[]).await.0, 502);

    let noted = world.noted().await;
    let ends: Vec<_> = noted
        .iter()
        .map(|it| (it["call"].clone(), it["end"].clone()))
        .collect();
    let wanted = [
        ("user", "ok"),
        ("presence", "ok"),
        ("queue", "upstream.error"),
    ];
    assert_eq!(ends, wanted.map(|(call, end)| (json!(call), json!(end))));
    assert!(
        noted[0]["action"]
            .as_str()
            .unwrap()
            .starts_with("custom_-_")
    );

    let mut records = world.recorded(4, ["action", "outcome"]).await;
    records.sort();
    let wanted = [
        "Get Presence / answered",
        "Get Queue / failed",
        "Get User / answered",
        "Overview / composite",
    ];
    assert_eq!(records, wanted);
}

/// One call that is secure makes all of it secure: nothing but its output is shown or kept.
#[tokio::test]
async fn a_composite_of_a_secure_action_is_secure() {
    let upstream = Upstream::start().await;
    upstream.say("users/7", 403);
    let folder = tempfile::tempdir().unwrap();
    let text = world::files(folder.path(), &upstream.url, "") + world::OVERVIEW;
    let file = folder.path().join("web/0.json");
    let mut user: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    user["secure"] = true.into();
    std::fs::write(&file, user.to_string()).unwrap();
    let world = World::of(folder, &text).await;
    assert_eq!(world.listed().await["secure"], true);
    let (status, _, error) = world.execute(&[]).await;
    assert_eq!(
        (status, &error["messageParams"]["call"]),
        (403, &json!("user"))
    );
    assert_eq!(error["messageParams"]["upstreamBody"], Value::Null);
}
