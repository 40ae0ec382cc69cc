//! What files and inputs are refused, and in which words.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::json;
use support::made::{action, file};
use tollgate_action::Action;

#[test]
fn a_file_that_cannot_run_is_refused_at_its_field() {
    for (pointer, value, field, message) in [
        ("/name", json!(null), "name", "is missing"),
        (
            "/integrationType",
            json!(1),
            "integrationType",
            "expected a text, found a number",
        ),
        ("/secure", json!("yes"), "secure", "expected true or false"),
        (
            "/config/timeoutSeconds",
            json!(0),
            "config.timeoutSeconds",
            "from 1 to 60, found 0",
        ),
        (
            "/config/timeoutSeconds",
            json!(61),
            "config.timeoutSeconds",
            "from 1 to 60, found 61",
        ),
        (
            "/config/timeoutSeconds",
            json!(1.5),
            "config.timeoutSeconds",
            "found 1.5",
        ),
        (
            "/config/request/requestUrlTemplate",
            json!(" "),
            "config.request.requestUrlTemplate",
            "is empty",
        ),
        (
            "/config/request/requestType",
            json!("FETCH"),
            "config.request.requestType",
            "`FETCH` is none of GET, POST",
        ),
        (
            "/config/request/requestTemplate",
            json!("#macro(x)#end"),
            "config.request.requestTemplate",
            "line 1, column",
        ),
        (
            "/config/request/requestTemplate",
            json!("#if(true)"),
            "config.request.requestTemplate",
            "of the template",
        ),
        (
            "/config/request/headers",
            json!({"a b": "x"}),
            "config.request.headers.a b",
            "no header's name",
        ),
        (
            "/config/request/headers",
            json!({"Content-Length": "1"}),
            "config.request.headers.Content-Length",
            "leave it out",
        ),
        (
            "/config/request/headers",
            json!({"X": 1}),
            "config.request.headers.X",
            "expected a text",
        ),
        (
            "/config/request/headers",
            json!([]),
            "config.request.headers",
            "expected an object, found an array",
        ),
        (
            "/config/response/translationMap",
            json!({"a": "$.["}),
            "config.response.translationMap.a",
            "no path",
        ),
        (
            "/contract/input/inputSchema",
            json!({"type": "text"}),
            "contract.input.inputSchema",
            "not a JSON Schema",
        ),
        (
            "/contract/input/inputSchema",
            json!({"$ref": "http://h/x"}),
            "contract.input.inputSchema",
            "nothing is fetched",
        ),
        (
            "/contract/input/inputSchema",
            json!({"$schema": "http://h/x"}),
            "contract.input.inputSchema",
            "isn't known",
        ),
        (
            "/contract/input/inputSchema",
            json!([]),
            "contract.input.inputSchema",
            "found an array",
        ),
        (
            "/contract/output",
            json!({}),
            "contract.output.successSchema",
            "is missing",
        ),
        (
            "/contract/output",
            json!({"successSchemaUri": "/x"}),
            "contract.output.successSchemaUri",
            "only an address",
        ),
        (
            "/config/response",
            json!({"successTemplateUri": "/x"}),
            "config.response.successTemplateUri",
            "only an address",
        ),
    ] {
        let Err(error) = Action::from_json(&file(&[(pointer, value)])) else {
            panic!("{field} was taken");
        };
        assert_eq!(error.field, field, "{error}");
        assert!(error.message.contains(message), "{error}");
        assert!(error.line.is_some() && error.column.is_some(), "{error}");
    }
}

#[test]
fn what_is_not_an_export_is_refused_as_a_whole() {
    let error = Action::from_json("{\n \"name\": }").err().unwrap();
    assert_eq!((error.line, error.column), (Some(2), Some(10)), "{error}");
    assert!(
        Action::from_json("[]")
            .err()
            .unwrap()
            .message
            .contains("expected an object")
    );
    let large = format!("{}{}", file(&[]), " ".repeat(1024 * 1024));
    assert!(
        Action::from_json(&large)
            .err()
            .unwrap()
            .message
            .contains("larger")
    );
}

#[test]
fn a_template_fault_points_into_the_file() {
    let text = "{\"name\": \"A\", \"integrationType\": \"x\", \"config\": {\"request\": {\n\
                \"requestType\": \"GET\", \"requestUrlTemplate\": \"/\\u00e9\\n/#if($x\"}}}";
    let error = Action::from_json(text).err().unwrap();
    assert_eq!(error.line, Some(2), "{error}");
    // The quote stands in column 46; `/`, `é`, a line end, `/` take 10 characters of the file.
    assert!(error.column.unwrap() >= 57, "{error}");
}

#[test]
fn an_input_is_checked_as_the_contract_is_written() {
    let action = action(&[]);
    assert_eq!(
        action.check_input(&json!({"id": "1", "more": true})),
        Ok(())
    );
    let error = action.check_input(&json!({"n": "secret"})).unwrap_err();
    let told: Vec<String> = error
        .violations
        .iter()
        .map(|violation| violation.to_string())
        .collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.contains(&"/n: value is not of type \"integer\"".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"(root): \"id\" is a required property".to_owned()),
        "{told:?}"
    );
    // Draft-04: a whole number with a point is no integer.
    assert!(action.check_input(&json!({"id": "1", "n": 1.0})).is_err());
}

#[test]
fn at_most_32_breaches_are_told() {
    let schema = json!({"items": {"type": "string"}});
    let action = action(&[("/contract/input/inputSchema", schema)]);
    let error = action.check_input(&json!(vec![1; 100])).unwrap_err();
    assert_eq!(error.violations.len(), 32);
}

#[test]
fn a_later_draft_is_taken_where_it_is_named() {
    let schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema",
                        "properties": {"n": {"type": "integer", "exclusiveMinimum": 1}}});
    let action = action(&[("/contract/input/inputSchema", schema)]);
    assert!(action.check_input(&json!({"n": 2.0})).is_ok());
    assert!(action.check_input(&json!({"n": 1})).is_err());
}

#[test]
fn an_action_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&action(&[]));
}

#[test]
fn a_schema_may_name_its_own_parts_but_must_end() {
    let with = |schema: serde_json::Value| file(&[("/contract/input/inputSchema", schema)]);
    let named = json!({"definitions": {"id": {"type": "string"}}, "properties": {"a": {"$ref": "#/definitions/id"}}});
    let action = Action::from_json(&with(named)).unwrap();
    assert!(action.check_input(&json!({"a": 1})).is_err());
    assert_eq!(action.example_input(), json!({"a": "a-1"}));
    let mut doubling = json!({"definitions": {"d40": {}}, "$ref": "#/definitions/d0"});
    for step in 0..40 {
        let next = json!({"$ref": format!("#/definitions/d{}", step + 1)});
        doubling["definitions"][format!("d{step}")] = json!({"allOf": [next, next]});
    }
    for endless in [
        json!({"$ref": "#"}),
        json!({"properties": {"a": {"$ref": "#"}}}),
        doubling,
    ] {
        let error = Action::from_json(&with(endless)).err().unwrap();
        assert!(error.message.contains("leads back to itself"), "{error}");
    }
}
