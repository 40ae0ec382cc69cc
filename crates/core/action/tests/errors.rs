//! What is refused, and in which words.

#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::{Value, json};
use tollgate_action::{Action, Credentials, MAX_REQUEST_BYTES, Method, RawInput, TranslateError};

/// A file that runs, with some fields put in place of its own.
fn file(changes: &[(&str, Value)]) -> String {
    let mut file = json!({
        "name": "A", "integrationType": "purecloud-data-actions", "secure": false,
        "config": {
            "request": {"requestUrlTemplate": "/api/v2/x/${input.id}", "requestType": "POST",
                        "headers": {}, "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "required": ["id"],
                                      "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}}},
            "output": {"successSchema": {"type": "object"}},
        },
    });
    for (pointer, value) in changes {
        let (around, name) = pointer.rsplit_once('/').unwrap();
        file.pointer_mut(around).unwrap()[name] = value.clone();
    }
    format!("{file:#}")
}

fn action(changes: &[(&str, Value)]) -> Action {
    Action::from_json(&file(changes)).unwrap()
}

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
fn requests_that_cannot_be_sent_are_refused() {
    let render = |changes: &[(&str, Value)], input: Value| {
        let rendered = action(changes).render(&RawInput::from_value(input), &Credentials::none());
        rendered.unwrap_err().to_string()
    };
    let error = render(&[], json!({"ID": "1"}));
    let expected = "config.request.requestUrlTemplate: character 12 is `{`, which a URL can't hold; escape what an \
                    input holds, as in $esc.uriEncode($input.name); `input.id` has no value; did you mean `input.ID`?";
    assert_eq!(error, expected);
    let error = render(&[], json!({"id": "1\r\nHost: x"}));
    assert!(error.contains("character 12 is a line end (CR)"), "{error}");
    let header = ("/config/request/headers", json!({"X-Id": "$input.id"}));
    let url = ("/config/request/requestUrlTemplate", json!("/x"));
    let error = render(&[header, url.clone()], json!({"id": "1\n2"}));
    assert!(
        error.starts_with("config.request.headers.X-Id: character 2"),
        "{error}"
    );
    let error = render(
        std::slice::from_ref(&url),
        json!({"id": "x".repeat(MAX_REQUEST_BYTES)}),
    );
    assert!(error.contains("512009 bytes"), "{error}");
    let body = ("/config/request/requestTemplate", json!("[".repeat(51)));
    let error = render(&[url, body], json!({}));
    assert!(error.contains("deeper than 50"), "{error}");
}

#[test]
fn a_body_goes_only_with_a_method_that_has_one() {
    for method in Method::ALL {
        let action = action(&[("/config/request/requestType", json!(method.as_str()))]);
        let input = RawInput::parse("{ \"id\": \"1\" }").unwrap();
        let request = action.render(&input, &Credentials::none()).unwrap();
        let body = method.has_body().then_some("{ \"id\": \"1\" }");
        assert_eq!(request.body.as_deref(), body, "{method}");
        assert_eq!(request.headers.len(), usize::from(body.is_some()));
    }
}

#[test]
fn the_switch_for_buffering_is_taken_and_not_sent() {
    let headers = json!({"Transfer-Encoding": "buffered", "content-type": "text/plain"});
    let action = action(&[("/config/request/headers", headers)]);
    let input = RawInput::from_value(json!({"id": "1"}));
    let request = action.render(&input, &Credentials::none()).unwrap();
    assert_eq!(
        request.headers,
        [("content-type".to_owned(), "text/plain".to_owned())]
    );
}

fn mapped(path: &str, default: Option<&str>, success: &str, body: &str) -> Result<Value, String> {
    let action = action(&[
        ("/config/response/translationMap", json!({"k": path})),
        (
            "/config/response/translationMapDefaults",
            default.map_or(json!({}), |text| json!({"k": text})),
        ),
        ("/config/response/successTemplate", json!(success)),
    ]);
    let translated = action.translate(&RawInput::from_value(json!({"id": "in"})), body);
    translated.map_err(|error| error.to_string())
}

#[test]
fn a_response_is_mapped() {
    let template = "{\"v\": ${k}}";
    for (path, default, success, body, output) in [
        (
            "$.a",
            None,
            template,
            r#"{"a": "x\"y"}"#,
            json!({"v": "x\"y"}),
        ),
        (
            "a",
            None,
            template,
            r#"{"a": [1.50, null]}"#,
            json!({"v": [1.5, null]}),
        ),
        ("$.a", Some("0"), template, "{}", json!({"v": 0})),
        (
            "$.a",
            Some("0"),
            template,
            r#"{"a": null}"#,
            json!({"v": null}),
        ),
        (
            "$.a[*].b",
            Some("0"),
            template,
            r#"{"a": []}"#,
            json!({"v": []}),
        ),
        ("$.a", None, "{\"v\": \"$!k\"}", "{}", json!({"v": ""})),
        (
            "$.a",
            None,
            "{\"v\": $k, \"i\": \"$input.id\"}}",
            r#"{"a": 1}"#,
            json!({"v": 1, "i": "in"}),
        ),
        ("$.a", Some("1"), template, " ", json!({"v": 1})),
        ("$.a", None, "", r#"{"raw": true}"#, json!({"raw": true})),
    ] {
        assert_eq!(
            mapped(path, default, success, body),
            Ok(output),
            "{path} {body}"
        );
    }
}

#[test]
fn a_response_that_cannot_be_mapped_says_why() {
    let template = "{\"v\": ${k}}";
    for (default, body, message) in [
        (
            None,
            "{}",
            "config.response.translationMap.k: `$.a` found nothing in the response",
        ),
        (None, "{}", "near `{\"v\": ${k}}`"),
        (
            Some("none"),
            "{}",
            "config.response.translationMapDefaults.k: the default `none` is not JSON",
        ),
        (
            None,
            "<html>",
            "response body: the translation map needs JSON: expected value at line 1, column 1",
        ),
    ] {
        let error = mapped("$.a", default, template, body).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    let error = mapped("$.a", None, "[$k", "{\"a\": 1}").unwrap_err();
    assert!(
        error.starts_with("config.response.successTemplate (line 1"),
        "{error}"
    );
    let error = mapped("$.a", None, "[$k]", "{\"a\": 1}").unwrap_err();
    assert_eq!(
        error,
        "contract.output.successSchema: (root): value is not of type \"object\""
    );
}

#[test]
fn a_deep_body_is_refused_where_a_path_must_be_read() {
    let deep = format!("{}1{}", "[".repeat(51), "]".repeat(51));
    let action = action(&[("/config/response/translationMap", json!({"k": "$[0]"}))]);
    let translated = action.translate(&RawInput::from_value(json!({})), &deep);
    let Err(TranslateError::Body { message }) = translated else {
        panic!("{translated:?}");
    };
    assert!(message.contains("deeper than 50"), "{message}");
}

#[test]
fn an_action_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&action(&[]));
}
