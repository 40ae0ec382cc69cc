//! Every method on every kind of value, with every kind of argument.

use super::parsed;
use serde_json::Value as Json;

/// Sets `$r`, and the names of the methods to try on it.
const RECEIVERS: [(&str, &[&str]); 15] = [
    ("#set($r = 'text, éT')", TEXT),
    ("#set($r = ' 😀 ')", TEXT),
    ("#set($r = 3)", NUMBER),
    ("#set($r = 3000000000)", NUMBER),
    ("#set($r = -2.5)", NUMBER),
    ("#set($r = true)", OTHER),
    (
        "#set($r = 'ab'.charAt(1))#set($t = 'ab')#set($r = $t.charAt(1))",
        OTHER,
    ),
    ("#set($r = ['e', 1, 'e', true])", LIST),
    ("#set($r = $l)", LIST),
    ("#set($t = 'e,1,e')#set($r = $t.split(','))", LIST),
    ("#set($r = {'e': 1, 'a': 'e'})", MAP),
    ("#set($r = $m)", MAP),
    ("#set($r = $m.keySet())", LIST),
    ("#set($r = $l.subList(0, 1))", LIST),
    (
        "#foreach($r in $m.entrySet())#break#end#foreach($e in $m.entrySet())#set($r = $e)#end",
        OTHER,
    ),
];

#[rustfmt::skip]
const TEXT: &[&str] = &[
    "length", "isEmpty", "isBlank", "trim", "strip", "stripLeading", "stripTrailing", "toLowerCase",
    "toUpperCase", "contains", "startsWith", "endsWith", "equals", "equalsIgnoreCase", "compareTo",
    "compareToIgnoreCase", "indexOf", "lastIndexOf", "concat", "charAt", "codePointAt", "substring",
    "subSequence", "replace", "replaceAll", "replaceFirst", "matches", "split", "repeat", "hashCode",
    "toString", "size", "get", "nope", "empty", "blank", "add",
];
#[rustfmt::skip]
const NUMBER: &[&str] = &[
    "intValue", "longValue", "doubleValue", "equals", "compareTo", "hashCode", "toString", "isNaN",
    "isInfinite", "length", "size", "nope", "parseInt", "get", "add",
];
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "booleanValue", "equals", "compareTo", "toString", "charValue", "getKey", "getValue", "key", "value",
    "length", "nope", "parseBoolean", "size",
];
#[rustfmt::skip]
const LIST: &[&str] = &[
    "size", "isEmpty", "get", "contains", "indexOf", "lastIndexOf", "add", "remove", "set", "subList",
    "containsAll", "addAll", "removeAll", "retainAll", "clear", "equals", "toString", "empty", "length",
    "nope", "put",
];
#[rustfmt::skip]
const MAP: &[&str] = &[
    "size", "isEmpty", "get", "containsKey", "containsValue", "put", "putIfAbsent", "putAll", "remove",
    "replace", "getOrDefault", "keySet", "values", "entrySet", "clear", "equals", "toString", "empty",
    "a", "nope", "add",
];
const ARGUMENTS: [&str; 15] = [
    "0",
    "1",
    "-1",
    "9",
    "'e'",
    "''",
    "'t'",
    "$nope",
    "3000000000",
    "1.5",
    "true",
    "['e', 1]",
    "{'a': 'e'}",
    "$c",
    "$l",
];
const TOOLS: [(&str, &[&str]); 2] = [
    (
        "esc",
        &[
            "url",
            "java",
            "javascript",
            "html",
            "xml",
            "sql",
            "jsonString",
            "velocity",
            "propertyKey",
            "propertyValue",
            "nope",
            "d",
            "getQ",
            "dollar",
        ],
    ),
    (
        "math",
        &[
            "add",
            "sub",
            "mul",
            "div",
            "pow",
            "idiv",
            "mod",
            "max",
            "min",
            "abs",
            "ceil",
            "floor",
            "round",
            "roundTo",
            "toInteger",
            "toDouble",
            "toNumber",
            "nope",
            "getTotal",
            "getAverage",
        ],
    ),
];

/// Whether a key is put where Java's hash tables have it, after the keys that are there.
fn keeps_order(set: &str, arguments: &str) -> bool {
    let first = arguments.split(',').next().unwrap_or_default();
    !set.contains("= $m)") || ["", "'e'", "'t'", "'a'", "{'a': 'e'}"].contains(&first)
}

/// With `!` as `quiet`, a null prints nothing: so strict references show which methods are there.
pub(crate) fn cases(quiet: &str) -> Vec<(String, Json)> {
    let context =
        parsed(r#"{"nope": null, "l": ["e", 1, 2.5, null], "m": {"a": "e", "b": null, "c": 3}}"#);
    let mut templates = Vec::new();
    let pairs = || {
        let firsts = ["0", "1", "'e'", "'t'", "$nope", "'a'", "$c", "-1"];
        let seconds = ["0", "2", "'X'", "$nope", "1.5", "$c", "''", "'$0-'"];
        firsts
            .into_iter()
            .flat_map(move |a| seconds.map(|b| format!("{a}, {b}")))
    };
    for (set_of, names) in RECEIVERS {
        let set = format!("#set($t = 'e')#set($c = $t.charAt(0)){set_of}");
        for name in names {
            let calls = ARGUMENTS
                .iter()
                .map(|it| (*it).to_owned())
                .chain(pairs().skip(name.len() % 3).step_by(3))
                .chain([String::new()]);
            templates.push(format!("{set}${quiet}r.{name}|#if($r.{name})y#end"));
            // Java's hash table has this one key before those that are there.
            if *name != "add" {
                templates.push(format!("{set}#set($r.{name} = 'new')$!r"));
            }
            for arguments in calls.filter(|it| keeps_order(set_of, it)) {
                templates.push(format!("{set}${quiet}r.{name}({arguments})|$!r"));
            }
        }
        for index in ARGUMENTS {
            if !index.starts_with(['[', '{']) && index != "1.5" && keeps_order(set_of, index) {
                templates.push(format!("{set}${quiet}r[{index}]|"));
                templates.push(format!("{set}#set($r[{index}] = $nope)$!r"));
                templates.push(format!("{set}#set($r[{index}] = 'new')$!r"));
            }
        }
        templates.push(format!("{set}#set($r.a = 'new')$!r"));
        templates.push(format!("{set}#foreach($i in $r)$!i,#end"));
        for other in [
            "3",
            "'3'",
            "$l",
            "'e'",
            "true",
            "'true'",
            "$c",
            "-2.5",
            "{'e': 1, 'a': 'e'}",
            "$m",
            "''",
        ] {
            templates.push(format!("{set}#if($r == {other})e#end#if($r != {other})n#end#if($r < {other})l#end#if($r >= {other})g#end"));
            for sign in ["+", "*"] {
                templates.push(format!("{set}#set($v = $r {sign} {other})$!v"));
            }
        }
    }
    for (tool, names) in TOOLS {
        for name in names {
            templates.push(format!("${quiet}{tool}.{name}|${quiet}{tool}.{name}()"));
            templates.push(format!("#set(${tool}.{name} = 1)"));
            for a in
                ARGUMENTS
                    .iter()
                    .chain(&["'12'", "'-1,000.25'", "2.5", "-3.5", "1e300", "'<é/>'"])
            {
                let call =
                    format!("#set($t = 'e')#set($c = $t.charAt(0))${quiet}{tool}.{name}({a}");
                templates.push(format!("{call})"));
                for b in ["2", "0", "'3.5'", "-1.5", "$nope"] {
                    templates.push(format!("{call}, {b})|${quiet}{tool}.{name}({a}, {b}, 2)"));
                }
            }
        }
    }
    templates
        .into_iter()
        .map(|template| (template, context.clone()))
        .collect()
}
