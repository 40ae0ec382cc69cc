//! What is told of a rendering and of a mapping on their way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tollgate_action::{Action, Credentials, Found, Meter, RawInput, Watch};

#[derive(Default)]
struct Told(Vec<String>);

impl Watch for Told {
    fn url(&mut self, printed: &str) {
        self.0.push(format!("url {printed}"));
    }
    fn header(&mut self, name: &str, printed: &str) {
        self.0.push(format!("{name}: {printed}"));
    }
    fn body(&mut self, printed: &str) {
        self.0.push(format!("body {printed}"));
    }
    fn found(&mut self, key: &str, path: &str, found: Found<'_>) {
        let found = match found {
            Found::Value(text) => text.to_owned(),
            Found::Default(text) => format!("default {text}"),
            Found::Nothing(_) => "nothing".to_owned(),
        };
        self.0.push(format!("{key} {path} {found}"));
    }
    fn printed(&mut self, result: &str) {
        self.0.push(format!("printed {result}"));
    }
    fn output(&mut self, output: &Value) {
        self.0.push(format!("output {output}"));
    }
}

fn action(method: &str, header: &str, success: &str) -> Action {
    let file = json!({
        "name": "a", "integrationType": "custom-rest-actions", "actionType": "custom",
        "config": {
            "request": {
                "requestUrlTemplate": "https://h/${input.id}?k=$esc.url(${credentials.key})", "requestType": method,
                "headers": {"X-A": "$!{input.a}", "X-B": header},
                "requestTemplate": "{\"pin\": ${authResponse.pin}, \"list\": $authResponse.list.size()}",
            },
            "response": {
                "translationMap": {"x": "$.x", "y": "$.y", "z": "$.z"},
                "translationMapDefaults": {"y": "7"},
                "successTemplate": success,
            },
        },
        "contract": {
            "input": {"inputSchema": {"type": "object"}},
            "output": {"successSchema": {"type": "object", "properties": {"x": {"type": "string"}}}},
        },
    });
    Action::from_json(&file.to_string()).unwrap()
}

fn rendered(action: &Action, credentials: &Credentials) -> (bool, Vec<String>) {
    let input = RawInput::from_value(json!({"id": "1", "a": "one"}));
    let mut told = Told::default();
    let request = action.render_watched(&input, credentials, &Meter::default(), &mut told);
    let plain = action.render(&input, credentials);
    assert_eq!(request, plain, "who watches changes nothing");
    (request.is_ok(), told.0)
}

fn mapped(action: &Action, body: &str) -> (bool, Vec<String>) {
    let input = RawInput::from_value(json!({}));
    let mut told = Told::default();
    let output = action.translate_watched(&input, body, &Meter::default(), &mut told);
    assert_eq!(output, action.translate(&input, body));
    (output.is_ok(), told.0)
}

fn credentials() -> Credentials {
    let fields = [("key".to_owned(), "se cret".to_owned())];
    Credentials::from_fields(fields)
        .with_auth_response(json!({"pin": 1234, "list": ["a", true, null]}))
}

#[test]
fn each_part_is_told_up_to_the_one_that_fails() {
    let url = "url https://h/1?k=se+cret";
    let (fine, told) = rendered(&action("POST", "b", "{}"), &credentials());
    let body = "body {\"pin\": 1234, \"list\": 3}";
    assert_eq!(
        (fine, told),
        (
            true,
            [url, "X-A: one", "X-B: b", body]
                .map(str::to_owned)
                .to_vec()
        )
    );
    let (fine, told) = rendered(&action("GET", "b", "{}"), &credentials());
    assert_eq!((fine, told.len()), (true, 3), "GET sends no body: {told:?}");
    // What can't be sent is told as it was printed.
    let (fine, told) = rendered(&action("POST", "b\nc", "{}"), &credentials());
    assert_eq!(
        (fine, told),
        (
            false,
            [url, "X-A: one", "X-B: b\nc"].map(str::to_owned).to_vec()
        )
    );
}

#[test]
fn a_request_with_stand_ins_has_the_same_shape_and_no_secret() {
    let credentials = credentials().stand_ins();
    let (fine, told) = rendered(&action("POST", "b", "{}"), &credentials);
    assert!(fine);
    assert_eq!(
        told[0],
        format!("url https://h/1?k={}", Credentials::STAND_IN)
    );
    assert_eq!(
        told[3],
        format!("body {{\"pin\": {}, \"list\": 3}}", Credentials::STAND_IN)
    );
    assert!(!credentials.is_empty() && Credentials::none().stand_ins().is_empty());
}

#[test]
fn each_key_is_told_with_what_was_found() {
    let found = ["x $.x \"a\"", "y $.y default 7", "z $.z nothing"];
    for (success, fine, more) in [
        (
            "{\"x\": ${x}}",
            true,
            vec!["printed {\"x\": \"a\"}", "output {\"x\":\"a\"}"],
        ),
        (
            "{\"x\": ${y}}",
            false,
            vec!["printed {\"x\": 7}", "output {\"x\":7}"],
        ),
        ("{\"x\": oops}", false, vec!["printed {\"x\": oops}"]),
        ("{\"x\": ${z}}", false, vec![]),
    ] {
        let wanted: Vec<_> = found.into_iter().chain(more).map(str::to_owned).collect();
        let told = mapped(&action("GET", "b", success), r#"{"x": "a"}"#);
        assert_eq!(told, (fine, wanted), "{success}");
    }
    assert_eq!(mapped(&action("GET", "b", "{}"), "<html>"), (false, vec![]));
}
