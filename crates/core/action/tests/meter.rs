//! One meter over all that an execution does: it suffices for what is ordinary, stops what isn't, and what
//! it lets through is as without it.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that prints how long things take"
)]

mod support;

use jsonschema::Draft;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::made::{action, file};
use tollgate_action::{Action, Budget, Credentials, Exhausted, Meter, RawInput};

/// A loop over nothing, of some 250,000 steps.
const LOOP: &str = "#foreach($i in [1..999])#foreach($j in [1..249])#end#end";

fn contract(schema: Value) -> Action {
    action(&[("/contract/input/inputSchema", schema)])
}

#[test]
fn three_hundred_headers_have_one_budget() {
    let headers: serde_json::Map<_, _> = (0..300)
        .map(|number| (format!("X-{number}"), json!(LOOP)))
        .collect();
    let action = action(&[("/config/request/headers", Value::Object(headers))]);
    let meter = Meter::default();
    let input = RawInput::from_value(json!({"id": "1"}));
    let error = action.render_within(&input, &Credentials::none(), &meter);
    let error = error.unwrap_err();
    assert!(
        error.field.starts_with("config.request.headers.X-"),
        "{error}"
    );
    assert!(error.message.contains("stopped after"), "{error}");
    assert_eq!(
        meter.stopped(),
        Some(Exhausted::Steps(Budget::EXECUTION.steps))
    );
}

#[test]
fn a_thousand_copies_of_the_answer_are_too_many() {
    let paths: serde_json::Map<_, _> = (0..1000)
        .map(|number| (format!("x{number}"), json!("$")))
        .collect();
    let action = action(&[("/config/response/translationMap", Value::Object(paths))]);
    let answer = json!({"a": vec![json!({"b": "some text"}); 5_000]}).to_string();
    let meter = Meter::default();
    let input = RawInput::from_value(json!({"id": "1"}));
    let error = action
        .translate_watched(&input, &answer, &meter, &mut ())
        .unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
    assert!(meter.bytes_held() <= Budget::EXECUTION.bytes);
}

/// Contracts and inputs that would take minutes or gigabytes.
fn worst() -> Vec<(&'static str, Value, String)> {
    let pattern = |pattern: &str| json!({"properties": {"l": {"items": {"pattern": pattern}}}});
    let texts = |text: &str, times| json!({"l": vec![text; times]}).to_string();
    let mut deep = json!({});
    let mut nested = json!(1);
    for _ in 0..5 {
        deep = json!({"anyOf": [{"properties": {"a": deep}, "required": ["b"]}, {"properties": {"a": deep}, "required": ["b"]}]});
        nested = json!({"a": nested});
    }
    let key = "k".repeat(200_000);
    let numbers = |count: usize| {
        let digits = "7".repeat(300);
        let all: Vec<_> = (0..count).map(|n| format!("{digits}{n:05}")).collect();
        format!("{{\"l\":[{}]}}", all.join(","))
    };
    // One sequence of leaves, in many nestings.
    let nestings: Vec<Value> = (0..30_000_u32)
        .map(|bits| {
            (0..15).fold(json!([]), |list, bit| match (bits >> bit) & 1 {
                0 => json!([list]),
                _ => json!([[], list]),
            })
        })
        .collect();
    vec![
        (
            "look-ahead",
            pattern("^(?=a)(a+)+$"),
            texts(&format!("{}!", "a".repeat(25)), 18_000),
        ),
        (
            "long look-ahead",
            pattern("^(?=a)(a+)+$"),
            texts(&"a".repeat(400_000), 1),
        ),
        (
            "back-reference",
            pattern("^(a|aa)+\\1$"),
            texts(&format!("{}!", "a".repeat(30)), 18_000),
        ),
        (
            "large pattern",
            pattern("^(a?){1000}[ab]{900}$"),
            texts(&"a".repeat(400_000), 1),
        ),
        (
            "unicode",
            pattern("^[\\p{L}]{1,40}x$"),
            texts(&"é".repeat(200_000), 1),
        ),
        ("any of any of", deep, nested.to_string()),
        (
            "unique numbers",
            json!({"properties": {"l": {"uniqueItems": true}}}),
            numbers(1_600),
        ),
        (
            "unique nestings",
            json!({"uniqueItems": true}),
            json!(nestings).to_string(),
        ),
        (
            "enum of numbers",
            json!({"properties": {"l": {"items": {"enum": (0..300).map(|n| serde_json::from_str(&format!("{}{n}", "9".repeat(900))).unwrap()).collect::<Vec<Value>>()}}}}),
            numbers(1_600),
        ),
        (
            "multiple",
            json!({"properties": {"l": {"items": {"multipleOf": 0.01}}}}),
            format!(
                "{{\"l\":[{}]}}",
                vec![format!("0.{}", "1".repeat(9_000)); 50].join(",")
            ),
        ),
        (
            "exponents",
            json!({"items": {"multipleOf": 3, "minimum": 5, "maximum": 7}}),
            format!("[{}]", vec!["1e999999999"; 30_000].join(",")),
        ),
        (
            "breaches with long paths",
            json!({"properties": {(key.as_str()): {"items": {"type": "string"}}}}),
            json!({(key.as_str()): vec![1; 100_000]}).to_string(),
        ),
        (
            "many parts",
            json!({"items": {"allOf": vec![json!({}); 5_000]}}),
            json!(vec![1; 100_000]).to_string(),
        ),
        (
            "names",
            json!({"patternProperties": (0..200).map(|n| (format!("^(a|aa)+{n}$"), json!({}))).collect::<serde_json::Map<_, _>>()}),
            Value::Object(
                (0..3000)
                    .map(|n| (format!("{}{n}", "a".repeat(100)), json!(1)))
                    .collect(),
            )
            .to_string(),
        ),
        (
            "names of names",
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "propertyNames": {"anyOf": (0..200).map(|n| json!({"pattern": format!("^(a|aa)+{n}$")})).collect::<Vec<_>>()}}),
            Value::Object(
                (0..3000)
                    .map(|n| (format!("{}{n}", "a".repeat(100)), json!(1)))
                    .collect(),
            )
            .to_string(),
        ),
        (
            "formats",
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": {"format": "regex"}}),
            json!(vec!["(a{1000}){1000}"; 20_000]).to_string(),
        ),
        (
            "documents in texts",
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": {"contentMediaType": "application/json"}}),
            json!(vec![format!("[{}1]", "1,".repeat(100_000))]).to_string(),
        ),
    ]
}

#[test]
fn no_contract_takes_more_than_its_budget() {
    for (what, schema, input) in worst() {
        let started = std::time::Instant::now();
        let action = Action::from_json(&file(&[("/contract/input/inputSchema", schema)]));
        let action = match action {
            Ok(action) => action,
            Err(error) => {
                println!("{what}: refused in {:?}: {error}", started.elapsed());
                continue;
            }
        };
        let compiled = started.elapsed();
        let input: Value = serde_json::from_str(&input).unwrap();
        let started = std::time::Instant::now();
        let meter = Meter::default();
        let result = action.check_input_within(&input, &meter);
        let stopped = meter.stopped();
        println!(
            "{what}: compiled in {compiled:?}, checked in {:?}, {} steps, {stopped:?}, {}",
            started.elapsed(),
            meter.steps_used(),
            result
                .as_ref()
                .map_or_else(|e| e.to_string(), |()| "kept".to_owned())
                .chars()
                .take(100)
                .collect::<String>()
        );
        assert!(
            meter.steps_used() <= Budget::EXECUTION.steps
                && meter.bytes_held() <= Budget::EXECUTION.bytes
        );
        if stopped.is_some() {
            let told = result.unwrap_err().violations;
            assert_eq!(told.len(), 1);
            assert!(
                told[0].message.starts_with("the check was stopped"),
                "{told:?}"
            );
        }
    }
}

#[test]
fn a_check_stops_where_it_is_asked_to() {
    let schema = json!({"items": {"anyOf": vec![json!({"type": "string"}); 20]}});
    let action = contract(schema);
    let asked = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&asked);
    let interrupt = Arc::new(move || counted.fetch_add(1, Ordering::Relaxed) > 3);
    let meter = Meter::interruptible(Budget::EXECUTION, interrupt);
    assert!(
        action
            .check_input_within(&json!(vec![1; 50_000]), &meter)
            .is_err()
    );
    assert_eq!(meter.stopped(), Some(Exhausted::Interrupted));
    assert!(
        meter.steps_used() < 8 * tollgate_meter::LOOK_EVERY,
        "{meter:?}"
    );
    // The thread is as it was.
    assert!(action.check_input(&json!(["a"])).is_ok());
    assert!(action.check_input(&json!([1])).is_err());
}

#[test]
fn an_ordinary_contract_fits_a_trial() {
    let address = json!({"type": "string", "pattern": "^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$"});
    let password = json!({"type": "string", "pattern": "^(?=.*[A-Z])(?=.*\\d).{8,20}$"});
    let action = contract(
        json!({"type": "object", "required": ["mail"], "additionalProperties": false,
        "properties": {"mail": address, "password": password, "kind": {"enum": ["a", "b"]}, "n": {"type": "integer", "minimum": 0}}}),
    );
    let check = |input: Value| {
        let meter = Meter::new(Budget::TRIAL);
        let result = action.check_input_within(&input, &meter);
        assert_eq!(meter.stopped(), None, "{input}");
        result
    };
    assert!(
        check(
            json!({"mail": "name.surname@example.com", "password": "Abcdefg1", "kind": "b", "n": 3})
        )
        .is_ok()
    );
    let error = check(json!({"mail": "nobody", "password": "abcdefg1"})).unwrap_err();
    assert_eq!(
        error.violations[0].to_string(),
        "/mail: value does not match \"^[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}$\""
    );
    assert_eq!(error.violations.len(), 2);
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        prop_oneof![
            Just("string"),
            Just("integer"),
            Just("number"),
            Just("object"),
            Just("array"),
            Just("null"),
            Just("boolean")
        ]
        .prop_map(|kind| json!({"type": kind})),
        prop_oneof![
            Just("^a"),
            Just("b$"),
            Just("^(?=a)ab"),
            Just("^[ab]{2}$"),
            Just("^a$")
        ]
        .prop_map(|it| json!({"pattern": it})),
        (0_i64..3).prop_map(|n| json!({"minimum": n})),
        (0_i64..3).prop_map(|n| json!({"maximum": n, "exclusiveMaximum": true})),
        (1_i64..3).prop_map(|n| json!({"multipleOf": n})),
        (0_u64..3).prop_map(|n| json!({"maxLength": n, "minItems": n, "maxProperties": n})),
        Just(json!({"enum": [1, "a", null, [1.0], {"a": 1}]})),
        Just(json!({"uniqueItems": true})),
        Just(json!({"required": ["a"]})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let one = inner.clone();
        let some = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (
                prop_oneof![Just("anyOf"), Just("allOf"), Just("oneOf")],
                some
            )
                .prop_map(|(word, all)| json!({word: all})),
            one.clone().prop_map(|it| json!({"not": it})),
            one.clone().prop_map(|it| json!({"items": it})),
            (inner.clone(), inner.clone())
                .prop_map(|(l, r)| json!({"items": [l], "additionalItems": r})),
            (inner.clone(), inner.clone())
                .prop_map(|(l, r)| json!({"properties": {"a": l}, "additionalProperties": r})),
            (inner.clone(), any::<bool>()).prop_map(
                |(l, r)| json!({"patternProperties": {"^a": l}, "additionalProperties": r})
            ),
            one.prop_map(|it| json!({"dependencies": {"a": it}})),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1_i64..4).prop_map(Value::from),
        Just(json!(1.0)),
        Just(json!(0.5)),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[ab]{1,2}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_check_says_what_the_library_says_alone(schema in schema(), document in document()) {
        let action = contract(schema.clone());
        let library = jsonschema::options().with_draft(Draft::Draft4).build(&schema).unwrap();
        let told: Vec<String> = match action.check_input(&document) {
            Ok(()) => Vec::new(),
            Err(error) => error.violations.iter().map(|it| it.to_string()).collect(),
        };
        let mut wanted: Vec<String> = library.iter_errors(&document).take(32).map(|error| {
            let pointer = error.instance_path().to_string();
            let pointer = if pointer.is_empty() { "(root)" } else { &pointer };
            format!("{pointer}: {}", error.masked())
        }).collect();
        // Ours of `pattern` come after the library's own.
        let mut sorted = told.clone();
        sorted.sort_unstable();
        wanted.sort_unstable();
        prop_assert_eq!(sorted, wanted, "{} {}", schema, document);
    }
}
