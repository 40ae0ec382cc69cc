//! Answers without content: a 204, or a body of nothing but white space.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::action;
use tollgate_action::RawInput;

const EMPTY: [&str; 4] = ["", " \r\n\t", "\u{feff}", "\u{feff} "];

fn translated(map: &Value, defaults: &Value, success: &Value, body: &str) -> Option<Value> {
    let action = action(&[
        ("/config/response/translationMap", map.clone()),
        ("/config/response/translationMapDefaults", defaults.clone()),
        ("/config/response/successTemplate", success.clone()),
        ("/contract/output/successSchema", json!({})),
    ]);
    let input = RawInput::from_value(json!({"id": "in"}));
    action.translate(&input, body).ok()
}

#[test]
fn every_default_stands_whatever_its_path() {
    for path in [
        "$",
        "$.a",
        ".a",
        "$..a",
        "$.a[*].b",
        "$[?(@.a)]",
        "$.*",
        "$.a.length()",
    ] {
        let map = json!({"found": path});
        for body in EMPTY {
            let output = translated(&map, &json!({"found": "[7]"}), &json!("${found}"), body);
            assert_eq!(output, Some(json!([7])), "{path} {body:?}");
        }
    }
    for body in EMPTY {
        let map = json!({"list": "$..a", "one": "$.a"});
        let list = translated(&map, &json!({}), &json!("${list}"), body);
        assert_eq!(list, Some(json!([])), "{body:?}");
        let one = translated(&map, &json!({}), &json!("${one}"), body);
        assert_eq!(one, None, "nothing sets it, {body:?}");
    }
}

#[test]
fn the_raw_result_is_as_received_and_nothing_printed_is_an_empty_object() {
    let none = json!({});
    for body in EMPTY {
        let received = body.trim_start_matches('\u{feff}');
        for success in [
            "${rawResult}",
            "$!{rawResult}",
            "",
            " ",
            "#if(false)x#end",
            "${rawResult}\n",
        ] {
            let output = translated(&none, &none, &json!(success), body);
            assert_eq!(output, Some(json!({})), "{success:?} {body:?}");
        }
        let output = translated(&none, &none, &Value::Null, body);
        assert_eq!(output, Some(json!({})), "no template, {body:?}");
        let text = json!(r#"{"text": "$esc.jsonString($rawResult)"}"#);
        let output = translated(&none, &none, &text, body);
        assert_eq!(output, Some(json!({"text": received})), "{body:?}");
    }
    // An answer with content gives what is printed.
    let nothing = json!("#if(false)x#end");
    assert_eq!(translated(&none, &none, &nothing, "{}"), None);
}
