//! Success templates with strict references: what fails, in which words, and with what to do; and what asks
//! first and so doesn't fail. Request templates aren't strict.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::action;
use tollgate_action::{Credentials, RawInput, TranslateError};

/// Paths for `a`, `id`, `list` and `name`, of which only `name` has a default.
fn translated(success: &str, response: &Value) -> Result<Value, TranslateError> {
    let map = json!({"a": "$.a", "id": "$.rows[0].id", "list": "$.rows", "name": "$.name"});
    let action = action(&[
        ("/config/response/translationMap", map),
        (
            "/config/response/translationMapDefaults",
            json!({"name": "\"nobody\""}),
        ),
        ("/config/response/successTemplate", json!(success)),
        ("/contract/output/successSchema", json!({})),
    ]);
    let input = RawInput::from_value(json!({"id": "in"}));
    action.translate(&input, &response.to_string())
}

#[test]
fn what_asks_first_does_not_fail() {
    let full = json!({"a": 2000, "rows": [{"id": 7}], "name": null});
    let empty = json!({"rows": []});
    for (success, response, output) in [
        ("{\"n\": ${name}}", &empty, json!({"n": "nobody"})),
        ("{\"n\": ${name}}", &full, json!({"n": null})),
        ("{#if($id)\"id\": ${id}#end}", &empty, json!({})),
        ("{#if($id)\"id\": ${id}#end}", &full, json!({"id": 7})),
        (
            "{\"bare\": #if(!$id)true#{else}false#end}",
            &empty,
            json!({"bare": true}),
        ),
        (
            "[#if($a && $id)$a#elseif($nope || $name)$name#end]",
            &empty,
            json!(["nobody"]),
        ),
        ("#if(true)#set($v = $id)#end[\"$!v\"]", &empty, json!([""])),
        (
            "{\"in\": \"$input.id\", \"raw\": \"$esc.jsonString($rawResult)\"}",
            &empty,
            json!({"in": "in", "raw": "{\"rows\":[]}"}),
        ),
        ("[\"$!input.nope\"]", &empty, json!([""])),
        (
            "[#if($math.toNumber($a) > 1000)\"gold\"#end]",
            &full,
            json!(["gold"]),
        ),
        ("[\"#[[ $nope ]]#\"] ## $nope", &empty, json!([" $nope "])),
        ("[\"US$ 5 $1\"]", &empty, json!(["US$ 5 $1"])),
    ] {
        assert_eq!(translated(success, response), Ok(output), "{success}");
    }
}

#[test]
fn what_is_not_there_fails_in_the_vendors_words() {
    let full = json!({"a": 2000, "rows": [{"id": 7}], "name": "n"});
    let empty = json!({"rows": []});
    for (success, response, (line, column), pieces) in [
        (
            "{\"t\" : $idd}",
            &full,
            (1, 8),
            &[
                "Variable $idd has not been set at successTemplate[line 1, column 8]",
                "no key of the translation map has this name; did you mean `$id`?",
            ][..],
        ),
        (
            "{\"note\": \"no $gone but ${a}\"}",
            &full,
            (1, 14),
            &["Variable $gone has not been set at successTemplate[line 1, column 14]"],
        ),
        (
            "{\n\t\"id\": ${id}}",
            &empty,
            (2, 15),
            &[
                "Variable $id has not been set at successTemplate[line 2, column 15]",
                "`$.rows[0].id` found nothing in the response (",
                "has no default; give translationMapDefaults.id, as JSON",
                "or ask with #if($id) first",
            ],
        ),
        (
            "[\"$!id\"]",
            &empty,
            (1, 3),
            &["Variable $id has not been set at successTemplate[line 1, column 3]"],
        ),
        (
            "#set($v = \"é $id\")[$v]",
            &empty,
            (1, 14),
            &["Variable $id has not been set at successTemplate[line 1, column 14]"],
        ),
        (
            "#if($id == 1)[]#end",
            &empty,
            (1, 5),
            &["Variable $id has not been set at successTemplate[line 1, column 5]"],
        ),
        (
            "[#foreach($o in $list)${o.id}#end]",
            &full,
            (1, 17),
            &[
                "#foreach parameter $list at successTemplate[line 1, column 17] is of type \
                 java.lang.String and is either of wrong type or cannot be iterated.",
                "`$list` is a text, the JSON of what `$.rows` found",
            ],
        ),
        (
            "[#if($a > 1000)1#end]",
            &full,
            (1, 10),
            &[
                "Left side of '>=' operation is not a Number at successTemplate[line 1, column 10]",
                "make a number of it with $math.toNumber($a)",
            ],
        ),
        (
            "[$name.first]",
            &full,
            (1, 8),
            &[
                "Object 'java.lang.String' does not contain property 'first' at \
                 successTemplate[line 1, column 8]",
                "`$name` is a text, the JSON of what `$.name` found",
            ],
        ),
        (
            "[$name.first()]",
            &full,
            (1, 8),
            &[
                "Object 'java.lang.String' does not contain method first() at successTemplate[line 1, \
               column 8]",
            ],
        ),
        (
            "[$input.nope]",
            &full,
            (1, 2),
            &[
                "Reference $input.nope evaluated to null when attempting to render at \
                 successTemplate[line 1, column 2]",
                "print it with `$!`",
            ],
        ),
        (
            "[$!input.nope.more]",
            &full,
            (1, 15),
            &["Attempted to access 'more' on a null value at successTemplate[line 1, column 15]"],
        ),
        (
            "[\"#count($a)\"]",
            &full,
            (1, 3),
            &[
                "Macro '#count' is not defined at successTemplate[line 1, column 3]",
                "${esc.h}",
            ],
        ),
        (
            "[$credentials.apiKey]",
            &full,
            (1, 2),
            &["Variable $credentials has not been set"],
        ),
    ] {
        let error = translated(success, response).unwrap_err();
        let text = error.to_string();
        for piece in pieces {
            assert!(text.contains(piece), "{success}: {text}");
        }
        let TranslateError::Mapping {
            field,
            line: at_line,
            column: at_column,
            ..
        } = error
        else {
            panic!("{text}");
        };
        assert_eq!(field, "config.response.successTemplate", "{success}");
        assert_eq!(
            (at_line, at_column),
            (Some(line), Some(column)),
            "{success}"
        );
    }
}

#[test]
fn request_templates_print_what_is_not_set() {
    let action = action(&[(
        "/config/request/requestTemplate",
        json!("{\"a\": \"$nope\", \"b\": \"${input.nope}$!nope\", \"c\": \"$input.id.nope\"}"),
    )]);
    let input = RawInput::from_value(json!({"id": "i"}));
    let request = action.render(&input, &Credentials::none()).unwrap();
    assert_eq!(
        request.body.unwrap(),
        "{\"a\": \"$nope\", \"b\": \"${input.nope}\", \"c\": \"$input.id.nope\"}"
    );
}
