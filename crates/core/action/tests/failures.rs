//! Warnings of what fails later, on the platform or here: each kind where it is, and where it isn't.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use serde_json::{Value, json};
use support::made::action;

const URL: &str = "/config/request/requestUrlTemplate";
const BODY: &str = "/config/request/requestTemplate";
const HEADERS: &str = "/config/request/headers";
const MAP: &str = "/config/response/translationMap";
const DEFAULTS: &str = "/config/response/translationMapDefaults";
const SUCCESS: &str = "/config/response/successTemplate";
const INPUT: &str = "/contract/input/inputSchema";
const OUTPUT: &str = "/contract/output/successSchema";

/// The warnings of a well-written action with these changes.
fn warnings(changes: &[(&str, Value)]) -> Vec<String> {
    let base = [(URL, json!("/x")), (BODY, json!("{\"a\": 1}"))];
    let all: Vec<_> = base.into_iter().chain(changes.iter().cloned()).collect();
    let found = action(&all).warnings();
    let found = found
        .iter()
        .map(|it| format!("{}: {}", it.field, it.message));
    found.collect()
}

/// One warning, with this part; or none where the part is empty.
fn expect(changes: &[(&str, Value)], part: &str) {
    let found = warnings(changes);
    match part {
        "" => assert_eq!(found, [""; 0], "{changes:?}"),
        part => assert!(
            found.len() == 1 && found[0].contains(part),
            "{changes:?}: {found:#?}, expected {part}"
        ),
    }
}

#[test]
fn what_the_import_refuses() {
    for (kind, part) in [
        (json!("custom"), ""),
        (json!("customAuth"), ""),
        (Value::Null, "actionType: actionType is missing"),
        (json!(""), "actionType: actionType is missing"),
        (json!("Custom"), "actionType: `Custom` is neither"),
    ] {
        expect(&[("/actionType", kind)], part);
    }
    let get = ("/config/request/requestType", json!("GET"));
    expect(
        &[get.clone(), (BODY, Value::Null)],
        "config.request.requestTemplate: requestTemplate is missing",
    );
    expect(&[(BODY, Value::Null)], "and POST goes without a body");
    expect(&[get, (BODY, json!("${input.rawRequest}"))], "");
    expect(&[(BODY, json!(""))], "");
}

#[test]
fn an_accept_that_the_platform_refuses() {
    for (name, value, part) in [
        ("Accept", "application/json", ""),
        ("accept", "application/vnd.x+json; charset=utf-8", ""),
        ("ACCEPT", "text/json;q=0.5, Application/JSON", ""),
        ("Accept", "$!{input.id}", ""),
        (
            "Accept",
            "application/xml",
            "headers.Accept: `application/xml` is no JSON media type",
        ),
        (
            "accept",
            "text/html",
            "headers.accept: `text/html` is no JSON",
        ),
        ("ACCEPT", "*/*", "`*/*` is no JSON"),
        (
            "Accept",
            "application/json, text/plain",
            "`text/plain` is no JSON",
        ),
        ("Accept", "json", "`json` is no JSON"),
        ("X-Accept", "text/html", ""),
    ] {
        expect(&[(HEADERS, json!({name: value}))], part);
    }
}

#[test]
fn an_answer_that_could_not_be_unpacked_is_not_to_be_asked_for() {
    for (name, value, part) in [
        (
            "Accept-Encoding",
            "gzip, deflate;q=0.5, BR , x-gzip, zstd;q=0.1",
            "",
        ),
        (
            "accept-encoding",
            "identity, *;q=0, compress; q=0, sdch;q=0.0",
            "",
        ),
        ("Accept-Encoding", "$!{input.id}, gzip", ""),
        (
            "Accept-encoding",
            "gzip, compress",
            "headers.Accept-encoding: an answer in `compress` can't be unpacked",
        ),
        (
            "Accept-Encoding",
            "utf-8",
            "`utf-8` can't be unpacked; leave the header out, and gzip, deflate, br, zstd",
        ),
        ("Accept-Encoding", "lzma;q=0.01, gzip", "`lzma`"),
    ] {
        expect(&[(HEADERS, json!({name: value}))], part);
    }
}

#[test]
fn a_content_type_that_the_body_cannot_be() {
    let form = "application/x-www-form-urlencoded";
    for (kind, body, part) in [
        (Some("application/json"), "{\"a\": $input.n}", ""),
        (
            Some("application/json"),
            "[\"$esc.jsonString($input.id)\"]",
            "",
        ),
        (Some("application/json"), "$input.id", ""),
        (
            Some("application/json; charset=utf-8"),
            "${input.rawRequest}",
            "",
        ),
        (Some(form), "a=$esc.urlFormEncode($input.id)&b=1", ""),
        (Some("text/xml"), "<a/>", ""),
        (Some("text/plain"), "{\"a\": 1}", ""),
        (Some("multipart/form-data; boundary=x"), "--x", ""),
        (Some("$input.id"), "<a/>", ""),
        (None, "{\"a\": 1}", ""),
        (
            Some("application/json"),
            "a=1&b=2",
            "Content-Type: this says `application/json`, but the body is a form",
        ),
        (
            Some("application/vnd.x+json"),
            "<a/>",
            "but the body is markup",
        ),
        (
            Some("application/json"),
            "{\"a\": }",
            "but the body is no JSON",
        ),
        (
            Some("application/json"),
            "plain words",
            "but the body is no JSON",
        ),
        (Some(form), "{\"a\": 1}", "but the body is JSON and no form"),
        (
            Some(form),
            "${input.rawRequest}",
            "but the body is JSON and no form",
        ),
        (
            Some("application/xml"),
            "{\"a\": 1}",
            "but the body is JSON",
        ),
        (
            Some("multipart/form-data"),
            "--x",
            "without a boundary nobody can read",
        ),
        (
            None,
            "grant_type=client_credentials",
            "requestTemplate: without a Content-Type the body is sent as application/json, but",
        ),
        (None, "<a/>", "but the body is markup"),
    ] {
        let headers = kind.map_or(json!({}), |kind| json!({"Content-Type": kind}));
        expect(&[(HEADERS, headers), (BODY, json!(body))], part);
    }
    // With no body there is nothing to say.
    let get = ("/config/request/requestType", json!("GET"));
    let xml = (HEADERS, json!({"content-type": "text/xml"}));
    expect(&[get, xml, (BODY, json!("${input.rawRequest}"))], "");
}

#[test]
fn a_header_that_is_sent_empty_or_twice() {
    for (headers, part) in [
        (
            json!({"X-A": ""}),
            "headers.X-A: this header is sent empty; leave it out",
        ),
        (
            json!({"X-A": " "}),
            "this header is sent empty; leave it out",
        ),
        (
            json!({"X-A": "$!{input.n}"}),
            "this header is sent empty where the inputs",
        ),
        (
            json!({"X-A": "#if($input.n)$input.n#end"}),
            "this header is sent empty where the inputs",
        ),
        (json!({"X-A": "$!{input.id}"}), ""),
        (json!({"X-A": "n=$!{input.n}"}), ""),
        (json!({"X-A": "${credentials.key}"}), ""),
        (
            json!({"X-A": "1", "x-a": "2"}),
            "`X-A` and `x-a` are the same header",
        ),
        (json!({"X-A": "1", "X-B": "2"}), ""),
        // Warnings of templates are given in headers too.
        (
            json!({"X-A": "$inptu.id"}),
            "headers.X-A: `$inptu` names nothing here",
        ),
        (
            json!({"X-A": "{input.id}"}),
            "headers.X-A: `{input.id}` lacks its `$`",
        ),
    ] {
        expect(&[(HEADERS, headers)], part);
    }
}

#[test]
fn a_credential_where_it_is_logged() {
    for (url, part) in [
        (
            "/x?key=${credentials.apiKey}",
            "`credentials.apiKey` stands in the URL",
        ),
        (
            "/x?a=1&t=$esc.url($authResponse.access_token)",
            "`authResponse.access_token` stands in the URL",
        ),
        (
            "/hooks/${credentials.token}",
            "`credentials.token` stands in the URL",
        ),
        (
            "/x?s=${authResponse.data.session_token}",
            "`authResponse.session_token` stands in the URL",
        ),
        ("/${credentials.tenant}/x?site=${credentials.site}", ""),
        ("/x?to=$esc.url($credentials.tokenUrl)", ""),
    ] {
        expect(&[(URL, json!(url))], part);
    }
    expect(&[(HEADERS, json!({"X-Key": "?${credentials.apiKey}"}))], "");
}

#[test]
fn a_name_without_its_sign() {
    let map = (MAP, json!({"a": "$.a"}));
    for (success, part) in [
        (
            "{rawResult}",
            "successTemplate: `{rawResult}` lacks its `$`",
        ),
        ("{\"a\": {a}, \"b\": $a}", "`{a}` lacks its `$`"),
        ("{\"a\": ${a}}", ""),
        ("{\"a\": $!{a}}", ""),
        ("{\"a\": $a, \"b\": {\"a\": 1}}", ""),
    ] {
        let found = warnings(&[map.clone(), (SUCCESS, json!(success))]);
        let found: Vec<_> = found
            .iter()
            .filter(|it| !it.contains("never uses this key"))
            .collect();
        match part {
            "" => assert!(found.is_empty(), "{success}: {found:?}"),
            part => assert!(
                found.len() == 1 && found[0].contains(part),
                "{success}: {found:?}"
            ),
        }
    }
    expect(
        &[(URL, json!("/x/{input.id}/$input.n"))],
        "requestUrlTemplate: `{input.id}` lacks its `$`",
    );
    expect(
        &[(BODY, json!("{\"a\": \"{credentials.key}\"}"))],
        "`{credentials.key}` lacks its `$`",
    );
    expect(&[(BODY, json!("{\"a\": {\"input\": 1}}"))], "");
}

#[test]
fn what_a_found_value_cannot_do_as_the_text_that_it_is() {
    for (success, part) in [
        (
            "[#foreach($i in $k)$i#end]",
            "#foreach can't loop over `$k`",
        ),
        (
            "[#foreach($i in ${k})1#end]",
            "#foreach can't loop over `$k`",
        ),
        ("[#foreach($i in $k.split(\",\"))1#end]", ""),
        ("[#foreach($i in [1..2])$i,#{end}$k]", ""),
        (
            "[#if($k > 3)1#end]",
            "`$k` is a text, the JSON of what was found, and `>` orders numbers only",
        ),
        ("[#if(3 le $k)1#end]", "`le` orders numbers only"),
        (
            "[#if(true && ${k} < 3)1#{else}2#end]",
            "`<` orders numbers only",
        ),
        ("[#if($math.toNumber($k) > 3)1#end]", ""),
        ("[#if($k == \"3\")1#end]", ""),
        ("#set($x = $k - 1)[$x]", "`-` gives nothing for a text"),
        ("#set($x = 2 * $k)[$x]", "`*` gives nothing for a text"),
        ("#set($x = $k + 1)[$x]", "`+` puts texts together"),
        ("#set($x = $k + \"1\")[\"$esc.jsonString($x)\"]", ""),
        ("#set($x = $k)[#if($x > 3)1#end]", "`$x` is a text"),
        ("#set($k = 5)[#if($k > 3)1#end]", ""),
        (
            "[$k.id]",
            "`$k` is a text, the JSON of what was found, and it has no `id`",
        ),
        ("[$k[0]]", "it has no items"),
        ("[$k.get(0)]", "it has no get()"),
        ("[$k.size()]", "it has no size()"),
        ("[$k.length()]", ""),
        ("[\"$rawResult.id\"$k]", "`$rawResult` is a text"),
        (
            "[$k] #foo($k)",
            "`#foo` is no directive: every call that reaches it fails",
        ),
        (
            "[\"$velocityCount\"$k]",
            "`$velocityCount` is no key of the translation map",
        ),
        ("[#foreach($i in [1..2])$velocityCount,#{end}$k]", ""),
    ] {
        let found = warnings(&[(MAP, json!({"k": "$.k"})), (SUCCESS, json!(success))]);
        match part {
            "" => assert_eq!(found, [""; 0], "{success}"),
            part => assert!(
                found.iter().any(|it| it.contains(part)),
                "{success}: {found:#?}"
            ),
        }
    }
}

#[test]
fn an_input_that_need_not_be_given_in_the_success_template() {
    for (success, part) in [
        (
            "{\"n\": $input.n}",
            "where `input.n` is not given, every call fails here, after it was sent",
        ),
        ("{\"n\": \"$input.n\"}", "where `input.n` is not given"),
        ("{\"n\": \"$!input.n\"}", ""),
        ("{#if($input.n)\"n\": $input.n#end}", ""),
        ("{\"n\": \"$esc.jsonString($input.id)\"}", ""),
        (
            "{\"n\": \"$esc.url($input.id)$input.id\"}",
            "`input.id` is not escaped",
        ),
    ] {
        expect(&[(SUCCESS, json!(success))], part);
    }
}

#[test]
fn defaults_that_break_the_result() {
    let schema = (
        OUTPUT,
        json!({"properties": {"n": {"type": "integer"}, "t": {"type": "string"}}}),
    );
    let success = (SUCCESS, json!("{\"n\": $n, \"t\": $t}"));
    let map = (MAP, json!({"n": "$.n", "t": "$.t"}));
    for (defaults, part) in [
        (json!({"n": "0", "t": "\"\""}), ""),
        // Without a default for each key nothing is known.
        (json!({"n": "\"0\""}), ""),
        (
            json!({"n": "\"0\"", "t": "\"\""}),
            "translationMapDefaults: where nothing is found, these defaults give a result that breaks the output contract: /n",
        ),
        (
            json!({"n": "0", "t": "null"}),
            "breaks the output contract: /t",
        ),
        (json!({"n": "0", "t": "nobody"}), "`nobody` is no JSON"),
        (json!({"n": "0 0", "t": "\"\""}), "`0 0` is no JSON"),
    ] {
        expect(
            &[
                schema.clone(),
                map.clone(),
                success.clone(),
                (DEFAULTS, defaults),
            ],
            part,
        );
    }
}

#[test]
fn a_default_that_is_no_json_where_it_is_printed_through_a_call() {
    let map = (MAP, json!({"t": "$.t"}));
    let success = (SUCCESS, json!("{\"t\": $t.replace(\"a\", \"b\")}"));
    let with = |default: &str| {
        [
            map.clone(),
            success.clone(),
            (DEFAULTS, json!({"t": default})),
        ]
    };
    expect(
        &with("none"),
        "translationMapDefaults.t: with this default the result is not JSON",
    );
    expect(&with("\"none\""), "");
}

#[test]
fn names_that_become_the_same_in_the_flattened_form() {
    let both = json!({"properties": {"o": {"properties": {"a.b": {}, "a__b": {}}}}});
    let part = "`a.b` and `a__b` have the same name in the flattened form";
    expect(&[(OUTPUT, both.clone())], part);
    let lists = json!({"properties": {"l": {"items": both.clone()}}});
    expect(&[(INPUT, lists)], part);
    let apart = json!({"properties": {"o": {"properties": {"a.b": {}}}, "p": {"properties": {"a__b": {}}}}});
    expect(&[(OUTPUT, apart)], "");
}
