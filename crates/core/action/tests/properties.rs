//! Whatever a file, an input, a response or a credential holds: nothing panics, and no error, request or
//! credential shows a secret where it is printed.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::made::file;
use tollgate_action::{Action, Credentials, RawInput};

/// Pieces that templates are made of, some of which fail on what they are given.
const PIECES: &[&str] = &[
    "/",
    "?",
    "\"",
    "{",
    "}",
    " ",
    "\n",
    "\\",
    "$",
    "#",
    "é",
    "x",
    "#if($input.a)y#end",
    "#if($k == \"x\")$!k#{else}z#end",
    "#set($v = $input.a)",
    "#foreach($i in $input.l)$i,#end",
    "#foreach($i in [1..3])$v$i#end",
    "$v",
    "$input.a",
    "$!{input.b}",
    "${input.missing}",
    "$input.a.substring(2)",
    "$input.l.get(1)",
    "$input.l[0]",
    "${rawResult}",
    "$k",
    "${k}",
    "$!k",
    "{\"k\": $k}",
    "$esc.jsonString($input.a)",
    "$esc.url($k)",
    "$credentials.s",
    "${credentials.s}",
    "$credentials.s.substring(99)",
    "$credentials.s.replaceAll('(', 'x')",
    "$esc.url($credentials.s)",
    "$math.add($credentials.s, 1)",
    "$authResponse.t.get('x')",
    "$authResponse.t.split('[')",
    "$successTemplateUtils.firstFromArray($credentials.s)",
    "$successTemplateUtils.firstFromArray(\"$k\")",
    "#set($input.a = $credentials.s)",
    "## x\n",
    "#* x *#",
    "#[[ $k ]]#",
];

/// Pieces that are whole only together.
const HALVES: &[&str] = &[
    "#if($input.a)",
    "#else",
    "#end",
    "#foreach($i in $k)",
    "##",
    "#*",
    "#[[",
];

fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        40 => proptest::sample::select(PIECES),
        1 => proptest::sample::select(HALVES),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[abkl]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(STEPS), 1..5)
        .prop_map(|steps| steps.concat())
}

/// Pieces that paths are made of.
const STEPS: &[&str] = &[
    "$",
    ".a",
    "..k",
    "[*]",
    "[0]",
    "[-1:]",
    "[?(@.a == 'x')]",
    "['l']",
    ".size()",
    "[",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// A file cut, changed or doubled anywhere is read or refused.
    #[test]
    fn any_file_is_read_or_refused(at in any::<prop::sample::Index>(), piece in "\\PC{0,6}", cut in 0_usize..40) {
        let mut text = file(&[]);
        let mut from = at.index(text.len());
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        let mut to = (from + cut).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        text.replace_range(from..to, &piece);
        if let Ok(action) = Action::from_json(&text) {
            action.warnings();
            action.check_input(&action.example_input()).ok();
        }
    }

    #[test]
    fn any_action_renders_and_translates_or_says_why(
        url in template(), header in template(), body in template(), success in template(), path in path(),
        default in proptest::option::of("[\"a0\\[\\]]{0,3}"), input in document(), response in document(),
        raw in "\\PC{0,12}",
        secret in "[a-zA-Z0-9/+= \"\n€]{8,24}",
    ) {
        let defaults = default.map_or(json!({}), |text| json!({"k": text}));
        let file = file(&[
            ("/config/request/requestUrlTemplate", json!(format!("/{url}"))),
            ("/config/request/headers", json!({"X": header})),
            ("/config/request/requestTemplate", json!(body)),
            ("/config/response/translationMap", json!({"k": path})),
            ("/config/response/translationMapDefaults", defaults),
            ("/config/response/successTemplate", json!(success)),
        ]);
        let Ok(action) = Action::from_json(&file) else {
            return Ok(());
        };
        action.warnings();
        let credentials = Credentials::from_fields([("s".to_owned(), secret.clone())])
            .with_auth_response(json!({"t": secret, "nested": [secret]}));
        let shown = format!("{credentials:?}");
        prop_assert!(!shown.contains(&secret));
        let input = RawInput::from_value(input);
        match action.render(&input, &credentials) {
            Ok(request) => {
                let shown = format!("{request:?}");
                prop_assert!(!shown.contains(&secret));
            }
            Err(error) => {
                let shown = format!("{error} {error:?}");
                prop_assert!(!shown.contains(&secret), "{}", shown);
            }
        }
        action.check_input(input.value()).ok();
        for body in [response.to_string(), raw] {
            if let Ok(output) = action.translate(&input, &body) {
                action.flatten(&output).ok();
            }
        }
    }
}
