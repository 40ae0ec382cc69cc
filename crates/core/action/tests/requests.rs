//! What requests and outputs are made, and which are refused.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::action;
use tollgate_action::{Credentials, MAX_REQUEST_BYTES, Method, RawInput, TranslateError};

#[test]
fn requests_that_cannot_be_sent_are_refused() {
    let render = |changes: &[(&str, Value)], input: Value| {
        let rendered = action(changes).render(&RawInput::from_value(input), &Credentials::none());
        rendered.unwrap_err().to_string()
    };
    let error = render(&[], json!({"ID": "1"}));
    let expected = "config.request.requestUrlTemplate: `input.id` has no value (did you mean `input.ID`?); \
                    so it is printed as written, and character 12 is `{`, which a URL can't hold";
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

#[test]
fn credentials_go_into_requests_and_not_into_errors() {
    let secrets = Credentials::from_fields([("key".to_owned(), "k-123".to_owned())])
        .with_auth_response(json!({"access_token": "t-456"}));
    let input = RawInput::from_value(json!({"id": "1"}));
    let headers = |value: &str| ("/config/request/headers", json!({"Authorization": value}));
    let action_with = |value: &str| action(&[headers(value)]).render(&input, &secrets);
    let request = action_with("Bearer ${authResponse.access_token} $credentials.key").unwrap();
    assert_eq!(request.headers[0].1, "Bearer t-456 k-123");
    let error = action_with("$credentials.key.substring(99)").unwrap_err();
    assert_eq!(error.field, "config.request.headers.Authorization");
    assert!(error.message.contains("withheld"), "{error}");
    assert!(error.line == Some(1) && error.column.is_some(), "{error}");
}

#[test]
fn an_output_may_be_described_in_its_flattened_form() {
    let flat = json!({"successSchemaFlattened": {"required": ["a.b"], "properties": {"a.b": {"type": "string"}}}});
    let action = action(&[("/contract/output", flat)]);
    let input = RawInput::from_value(json!({}));
    let output = action.translate(&input, r#"{"a": {"b": "x"}}"#);
    assert_eq!(output.unwrap(), json!({"a": {"b": "x"}}));
    let error = action.translate(&input, r#"{"a": {"b": 1}}"#).unwrap_err();
    assert!(
        error.to_string().contains("/a.b: value is not of type"),
        "{error}"
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
        ("$.a", None, "{#if($k)\"v\": $k#end}", "{}", json!({})),
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

/// Each pair is what the reference writes.
#[test]
fn what_is_found_is_serialised_as_the_reference_does_it() {
    for (found, text) in [
        ("1.0", "1.0"),
        ("1e10", "1.0E10"),
        ("12345678901234567890", "12345678901234567890"),
        ("-0", "0"),
        ("1.10", "1.1"),
        ("1e400", "null"),
        ("123456789012345678.5", "123456789012345678.5"),
        ("0.0000001234567890123", "1.234567890123E-7"),
        ("1e23", "9.999999999999999E22"),
        (
            "\"a/b\\u2028\\u0007\\u0085<'\"",
            "\"a\\/b\\u2028\\u0007\\u0085<'\"",
        ),
        ("[null,true,{\"k/\":[]}]", "[null,true,{\"k\\/\":[]}]"),
        ("\"\"", "\"\""),
    ] {
        let body = format!("{{\"a\": {found}}}");
        let written = mapped("$.a", None, "{\"v\": \"$esc.jsonString($k)\"}", &body);
        assert_eq!(written, Ok(json!({"v": text})), "{found}");
    }
}

#[test]
fn a_response_that_cannot_be_mapped_says_why() {
    let template = "{\"v\": ${k}}";
    for (default, body, message) in [
        (
            None,
            "{}",
            "config.response.successTemplate (line 1, column 7): Variable $k has not been set at \
             successTemplate[line 1, column 7]: `$.a` found nothing in the response",
        ),
        (None, "{}", "has no default; give translationMapDefaults.k"),
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
fn headers_of_the_connection_are_refused_and_what_is_not_sent_is_told() {
    use support::made::file;
    for name in [
        "Host",
        "host",
        "HOST",
        "Connection",
        "Content-Length",
        "Expect",
        "HTTP2-Settings",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Via",
    ] {
        let headers = ("/config/request/headers", json!({name: "x"}));
        let text = file(&[headers]);
        let error = tollgate_action::Action::from_json(&text)
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("is set by the connection itself"),
            "{name}: {error}"
        );
    }
    let headers = json!({"transfer-encoding": "buffered", "AUTHORIZATION": "x", "X-Host": "y"});
    let warned = |kind: &str| {
        let changes = [
            ("/config/request/headers", headers.clone()),
            ("/integrationType", json!(kind)),
            (
                "/config/request/requestUrlTemplate",
                json!("https://example.com/${input.id}"),
            ),
        ];
        let warnings = tollgate_action::Action::from_json(&file(&changes))
            .unwrap()
            .warnings();
        let unsent = warnings
            .into_iter()
            .filter(|it| it.message.contains("is not sent"));
        unsent.map(|it| it.field).collect::<Vec<_>>()
    };
    let field = |name: &str| format!("config.request.headers.{name}");
    assert_eq!(warned("custom-rest-actions"), [field("transfer-encoding")]);
    let both = [field("transfer-encoding"), field("AUTHORIZATION")];
    assert_eq!(warned("purecloud-data-actions"), both);
}
