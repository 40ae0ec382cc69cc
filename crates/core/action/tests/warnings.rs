//! What works but will surprise, in which words, and what doesn't surprise.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::action;

/// The warnings of a file with some fields put in place of its own, each as `field: message`.
fn warnings(changes: &[(&str, Value)]) -> Vec<String> {
    let base = [("/config/request/requestUrlTemplate", json!("/x"))];
    let warnings = action(&[&base[..], changes].concat()).warnings();
    warnings
        .iter()
        .map(|warning| format!("{}: {}", warning.field, warning.message))
        .collect()
}

#[track_caller]
fn one(changes: &[(&str, Value)], expected: &str) {
    let found = warnings(changes);
    assert!(
        found.len() == 1 && found[0].contains(expected),
        "{found:#?}"
    );
}

const URL: &str = "/config/request/requestUrlTemplate";
const BODY: &str = "/config/request/requestTemplate";
const HEADERS: &str = "/config/request/headers";
const MAP: &str = "/config/response/translationMap";
const DEFAULTS: &str = "/config/response/translationMapDefaults";
const SUCCESS: &str = "/config/response/successTemplate";

#[test]
fn what_is_well_written_gets_none() {
    let body = "{\"id\": \"$esc.jsonString($input.id)\", \"n\": ${input.n}, \"key\": \"${credentials.k}\"}";
    let found = warnings(&[
        ("/integrationType", json!("custom-rest-actions")),
        (
            URL,
            json!("https://$input.id.example.com/$esc.uriEncode($input.id)?n=$input.n"),
        ),
        (BODY, json!(body)),
        (MAP, json!({"a": "$.a", "b": "$.b[*]"})),
        (DEFAULTS, json!({"a": "\"\""})),
        (
            SUCCESS,
            json!("#set($c = $a){\"a\": $c, \"b\": $b, \"id\": \"$esc.jsonString($input.id)\"}"),
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn an_url_that_the_type_never_calls() {
    let kind = "/integrationType";
    one(
        &[
            (kind, json!("custom-rest-actions")),
            (URL, json!("/x/${input.n}")),
        ],
        "requestUrlTemplate: every call fails: a web-service action's URL must be whole",
    );
    one(
        &[(URL, json!("https://x.example.com/${input.n}"))],
        "requestUrlTemplate: every call fails: a platform action's URL must be a path",
    );
    let either = [
        (kind, json!("salesforce-datadip")),
        (URL, json!("https://x.example.com")),
    ];
    assert_eq!(warnings(&either), [""; 0]);
}

#[test]
fn an_input_that_is_not_escaped() {
    one(
        &[(URL, json!("/x/${input.id}"))],
        "write $esc.uriEncode($input.id)",
    );
    one(
        &[(URL, json!("/x?id=$!input.id"))],
        "write $!esc.uriEncode($input.id)",
    );
    one(
        &[(BODY, json!("{\"id\": \"${input.id}\"}"))],
        "write $esc.jsonString($input.id)",
    );
    one(
        &[(BODY, json!("{\"id\": \"${input.rawRequest}\"}"))],
        "is JSON: inside quotes",
    );
    let form = json!({"Content-Type": "application/x-www-form-urlencoded"});
    one(
        &[(HEADERS, form), (BODY, json!("id=$input.id"))],
        "write $esc.urlFormEncode($input.id)",
    );
}

#[test]
fn a_name_that_is_nowhere() {
    one(
        &[(URL, json!("/x/$input.Id"))],
        "the input contract has no `Id`; did you mean `input.id`?",
    );
    one(
        &[(URL, json!("/x/${INPUT.id}"))],
        "`$INPUT` names nothing here, and is printed as it is written; did you mean `input`?",
    );
    one(
        &[(BODY, json!("$esc.jsonString(\"$input.idd\")"))],
        "did you mean `input.id`?",
    );
    let unknown = "`$cuont` is no key of the translation map and nothing sets it: every call that reaches it fails; \
                   did you mean `count`?";
    let found = warnings(&[
        (MAP, json!({"count": "$.a"})),
        (SUCCESS, json!("{\"a\": $count, \"b\": \"$cuont\"}")),
    ]);
    assert_eq!(
        found,
        [format!("config.response.successTemplate: {unknown}")]
    );
    one(
        &[(SUCCESS, json!("{\"a\": \"$credentials.x\"}"))],
        "`$credentials` is no key",
    );
}

#[test]
fn a_translation_map_and_a_success_template_that_do_not_fit() {
    one(
        &[(MAP, json!({"a": "$.a"}))],
        "config.response.translationMap.a: the success template never uses this key",
    );
    one(
        &[(DEFAULTS, json!({"a": "0"}))],
        "config.response.translationMapDefaults.a: the translation map has no key `a`",
    );
    let success = (SUCCESS, json!("{\"a\": $a}"));
    let map = (MAP, json!({"a": "$.a"}));
    one(
        &[
            map.clone(),
            success.clone(),
            (DEFAULTS, json!({"a": "none"})),
        ],
        "`none` is no JSON",
    );
    one(
        &[map.clone(), success.clone(), (DEFAULTS, json!({"a": ""}))],
        "an empty default is no JSON",
    );
    one(
        &[(MAP, json!({"a": "$.a[3:1]"})), success],
        "`$.a[3:1]` can never match: the slice `[3:1]` is always empty",
    );
    one(
        &[map.clone(), (SUCCESS, json!("{\"a\": $a}}"))],
        "`}` follows the result and is left alone",
    );
    one(
        &[map.clone(), (SUCCESS, json!("{\"a\": $a"))],
        "not JSON even where every path finds a text",
    );
    let found = warnings(&[map, (SUCCESS, json!("{\"a\": \"$a\"}"))]);
    assert!(
        found[0].contains("`${a}` is JSON already, its quotes included"),
        "{found:?}"
    );
    one(
        &[(MAP, json!({"a.b": "$.a"}))],
        "no template can refer to this key",
    );
}

#[test]
fn a_result_that_breaks_its_contract_whatever_is_found() {
    let schema = (
        "/contract/output/successSchema",
        json!({"required": ["a", "b"]}),
    );
    let map = (MAP, json!({"a": "$.a"}));
    let success = |text: &str| (SUCCESS, json!(text));
    one(
        &[schema.clone(), map.clone(), success("{\"a\": $a}")],
        "the output contract requires `b`, which the result never has",
    );
    let decides = "{\"a\": $a #if($a), \"b\": 1#end}";
    assert_eq!(warnings(&[schema.clone(), map, success(decides)]), [""; 0]);
    assert_eq!(warnings(&[schema, success("${rawResult}")]), [""; 0]);
}

#[test]
fn velocitys_traps() {
    one(
        &[(BODY, json!("#if($input.id)x#end"))],
        "write #if(\"$!input.id\" != \"\")",
    );
    let schema = json!({"properties": {"o": {"type": "string"}}});
    let optional = ("/contract/input/inputSchema", schema);
    one(
        &[optional, (BODY, json!("#set($v = $input.o)$v"))],
        "#set changes nothing",
    );
    one(
        &[(BODY, json!("#iff($input.n)x"))],
        "`#iff` is no directive",
    );
}

#[test]
fn a_pattern_that_may_take_too_long() {
    let success = |text: &str| [(MAP, json!({"a": "$.a"})), (SUCCESS, json!(text))];
    one(
        &success("{\"a\": $a.replaceAll(\"(?s)^.*?(?=x)\", '')}"),
        "`(?s)^.*?(?=x)` can't be matched in linear time (look-ahead)",
    );
    one(
        &success("#set($b = $a.split('(.)\\1'))#if($b.size() > 1){\"a\": $a}#end"),
        "(a back-reference)",
    );
    one(
        &success("{\"a\": $a.trim().matches('a(b')}"),
        "every call that comes to `a(b` fails: the pattern is malformed: Unclosed group near index 3",
    );
    let map = json!({"a": "$.b[?(@.c =~ /x(?!y).*/i)].d"});
    let found = warnings(&[(MAP, map), (SUCCESS, json!("{\"a\": $a}"))]);
    let expected = "config.response.translationMap.a: `x(?!y).*` can't be matched in linear time";
    assert!(
        found.iter().any(|one| one.starts_with(expected)),
        "{found:?}"
    );
    let found = warnings(&success(
        "{\"a\": \"$esc.jsonString($a.replaceAll('[^0-9]+$', '').replace('(?=x)', 'x'))\"}",
    ));
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_body_that_is_not_sent() {
    let get = ("/config/request/requestType", json!("GET"));
    one(&[get.clone(), (BODY, json!("{}"))], "GET sends no body");
    // Every export of a GET has this one.
    assert_eq!(warnings(&[get]), [""; 0]);
}

#[test]
fn a_name_that_is_taken_or_that_no_template_can_say() {
    let schema = json!({"properties": {"rawRequest": {"type": "string"}}});
    one(
        &[("/contract/input/inputSchema", schema)],
        "`rawRequest` is taken",
    );
    let schema = json!({"properties": {"first name": {"type": "string"}}});
    one(
        &[("/contract/input/inputSchema", schema)],
        "contract.input.inputSchema.properties.first name: no template can refer to this input",
    );
    let found = warnings(&[(MAP, json!({"esc": "$.a"})), (SUCCESS, json!("{}"))]);
    assert!(found[0].contains("`esc` is taken"), "{found:?}");
}

#[test]
fn a_warning_points_into_the_file() {
    let action = action(&[(URL, json!("/x/é/$input.id"))]);
    let warnings = action.warnings();
    let text = support::made::file(&[(URL, json!("/x/é/$input.id"))]);
    let line = text
        .lines()
        .position(|line| line.contains("requestUrlTemplate"))
        .unwrap();
    let column = text
        .lines()
        .nth(line)
        .unwrap()
        .chars()
        .position(|letter| letter == '$')
        .unwrap();
    assert_eq!(
        (warnings[0].line, warnings[0].column),
        (line + 1, column + 1)
    );
}

#[test]
fn a_template_as_large_as_a_file_may_be_is_looked_through_once() {
    // Were each reference compared with each directive, this would take minutes.
    let mut success = String::new();
    for number in 0..20_000 {
        success.push_str(&format!("#set($a{number} = $b)#if($c{number})$input.d#end"));
    }
    let warnings = action(&[("/config/response/successTemplate", json!(success))]).warnings();
    assert!(!warnings.is_empty());
}
