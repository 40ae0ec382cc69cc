//! The action files that come with the product: they run on what the emulated platform answers.

#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::{Value, json};
use std::path::Path;
use tollgate_action::{Action, Credentials, RawInput, Request};
use tollgate_platform::Data;

fn load(name: &str) -> Action {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/actions");
    let path = Path::new(folder).join(format!("{name}.json"));
    let action = Action::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(action.name(), name, "a file is named as its action");
    assert_eq!(action.warnings(), [], "{name}");
    action
}

/// Renders, asks the platform, translates.
fn execute(data: &mut Data, name: &str, input: Value) -> Value {
    let action = load(name);
    action.check_input(&input).unwrap();
    let input = RawInput::from_value(input);
    let request = action.render(&input, &Credentials::none()).unwrap();
    let response = ask(data, &request);
    let output = action.translate(&input, &response);
    output.unwrap_or_else(|error| panic!("{name}: {error}; {response}"))
}

fn ask(data: &mut Data, request: &Request) -> String {
    let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let body = request.body.as_deref().unwrap_or_default();
    let answer = data.answer(request.method.as_str(), path, query, body.as_bytes());
    assert_eq!(answer.status, 200, "{request:?}");
    answer.body.unwrap().to_string()
}

#[test]
fn the_platform_ones_run_on_the_emulated_platform() {
    let mut data = Data::default();
    for (name, input) in [
        (
            "Get-Queue-Counts",
            json!({"queueId": "q-1", "mediaType": "chat"}),
        ),
        ("Get-Queue-Counts", json!({"queueId": "q-1"})),
        ("Get-On-Queue-Agents", json!({"queueId": "q-1"})),
        ("Get-Estimated-Wait-Time", json!({"queueId": "q-1"})),
        ("Find-Contact-By-Number", json!({"number": "+4930123456"})),
        ("Get-User-Presence", json!({"userId": "u-1"})),
        ("Get-User-Routing-Status", json!({"userId": "u-1"})),
        ("Find-Queue-By-Name", json!({"name": "Billing"})),
        (
            "Create-Callback",
            json!({"queueId": "q-1", "number": "+4930123456"}),
        ),
        (
            "Get-Conversation-Attributes",
            json!({"conversationId": "c-1"}),
        ),
    ] {
        let output = execute(&mut data, name, input);
        // What the contract names is there, and says something.
        let example = load(name).example_output();
        for field in example.as_object().unwrap().keys() {
            let found = output.get(field).unwrap_or(&Value::Null);
            let empty = [json!(null), json!(-1), json!([]), json!("{}")];
            assert!(!empty.contains(found), "{name}: {field} in {output}");
        }
    }
}

#[test]
fn rows_are_inserted_read_and_updated() {
    let mut data = Data::default();
    let row =
        |message: &str| json!({"tableId": "t", "key": "K1", "message": message, "open": true});
    let kept = |message: &str| json!({"KEY": "K1", "message": message, "open": true});
    let inserted = execute(&mut data, "Insert-Data-Table-Row", row("say \"hello\""));
    assert_eq!(inserted, kept("say \"hello\""));
    execute(&mut data, "Update-Data-Table-Row", row("closed\\"));
    let read = execute(
        &mut data,
        "Get-Data-Table-Row",
        json!({"tableId": "t", "key": "K1"}),
    );
    assert_eq!(read, kept("closed\\"));
}

#[test]
fn the_web_service_ones_name_their_host_and_carry_a_key() {
    for (name, input, response, output) in [
        (
            "Look-Up-Order",
            json!({"orderNumber": "A/1"}),
            json!({"status": "open", "total": {"amount": 12.50}}),
            json!({"status": "open", "shippedOn": "", "total": 12.5}),
        ),
        (
            "Get-Weather",
            json!({"city": "Köln"}),
            json!({"current": {"temperature": -3}}),
            json!({"temperature": -3, "sky": "unknown"}),
        ),
        (
            "Check-Business-Hours",
            json!({"site": "bonn", "at": "2026-01-05T09:00:00Z"}),
            json!({"open": false, "closure": {"reason": "holiday"}}),
            json!({"open": false, "reason": "holiday"}),
        ),
    ] {
        let action = load(name);
        assert_eq!(action.integration_type().as_str(), "custom-rest-actions");
        action.check_input(&input).unwrap();
        let input = RawInput::from_value(input);
        let fields = [("apiKey".to_owned(), "k-1".to_owned())];
        let request = action
            .render(&input, &Credentials::from_fields(fields))
            .unwrap();
        assert!(request.url.starts_with("https://"), "{}", request.url);
        let key = ("X-Api-Key".to_owned(), "k-1".to_owned());
        assert!(request.headers.contains(&key));
        assert_eq!(
            action.translate(&input, &response.to_string()).unwrap(),
            output,
            "{name}"
        );
    }
}
