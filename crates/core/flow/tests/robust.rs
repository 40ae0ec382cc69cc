//! No file, expression or answer makes the reader or a run panic, hang or overflow the stack.

mod shared;

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_flow::{Flow, Script, explore};

#[test]
fn long_chains_and_deep_nesting_are_refused_not_followed() {
    let long = [
        format!("1{}", " + 1".repeat(10_000)),
        format!("true{}", " or true".repeat(5_000)),
        format!("Flow.json{}", ".a".repeat(20_000)),
        format!("Flow.list{}", "[0]".repeat(20_000)),
        format!("ToJson(1){}", ".a".repeat(20_000)),
        "-".repeat(30_000) + "1",
        "!".repeat(30_000) + "true",
        "not ".repeat(10_000) + "true",
        "(".repeat(30_000),
        "If(true, ".repeat(5_000),
        "\u{1F600}".repeat(100),
    ];
    for expression in long {
        let why = shared::evaluate("integer", &expression).unwrap_err();
        assert!(why.contains("error"), "{why}");
    }
    let chain = format!("1{}", " + 1".repeat(99));
    assert_eq!(shared::evaluate("integer", &chain).unwrap().to_json(), 100);
}

/// Steps within steps as deep as YAML may be nested.
#[test]
fn deep_steps_run() {
    let depth = 30;
    let mut text = String::from(
        "workflow:\n  name: W\n  startUpRef: S\n  states:\n    - state:\n        name: S\n        actions:\n",
    );
    for level in 0..depth {
        let pad = " ".repeat(10 + 10 * level);
        text += &format!(
            "{pad}- decision:\n{pad}    condition: {{lit: true}}\n{pad}    outputs:\n{pad}      yes:\n{pad}        actions:\n"
        );
    }
    text += &format!("{}- endWorkflow: {{}}\n", " ".repeat(10 + 10 * depth));
    let flow = shared::parse(&text);
    let found = explore(&flow, &BTreeMap::new(), &Script::default(), 1, 1);
    assert_eq!(found.most_steps as usize, depth + 1);
}

fn broken(text: &str, cuts: &[(u16, u8, u8)]) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for (at, count, what) in cuts {
        let at = *at as usize % lines.len().max(1);
        let end = (at + 1 + *count as usize % 4).min(lines.len());
        match what % 4 {
            0 => drop(lines.drain(at..end)),
            1 => {
                let copied = lines[at..end].to_vec();
                lines.splice(at..at, copied);
            }
            2 => lines[at] = lines[at].trim_start(),
            _ => lines[at] = lines[at].split(':').next().unwrap_or_default(),
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_files_are_told_or_run(which in 0_usize..100, cuts in prop::collection::vec(any::<(u16, u8, u8)>(), 1..4)) {
        let Some(corpus) = shared::corpus() else {
            return Ok(());
        };
        let files = shared::corpus_flows(&corpus);
        let (_, text) = &files[which % files.len()];
        match Flow::parse(&broken(text, &cuts)) {
            Err(problems) => prop_assert!(problems.has_errors()),
            Ok(flow) => {
                let found = explore(&Arc::new(flow), &BTreeMap::new(), &Script::default(), 1, 5);
                prop_assert!(found.runs + found.stuck.len() as u32 > 0);
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "[a-zA-Z0-9_.,()\\[\\]\"\\\\ +*/%<>=!&|{}-]{0,40}") {
        let quoted = serde_json::Value::String(text).to_string();
        let file = format!("workflow: {{name: W, startUpRef: S, states: [{{state: {{name: S, actions: [{{decision: {{condition: {{exp: {quoted}}}}}}}]}}}}]}}");
        let _ = Flow::parse(&file);
    }
}

/// The characters that stand in for a placeholder's braces while YAML is read.
#[test]
fn private_characters_of_the_file_are_only_characters() {
    for name in [
        "\u{E000}\u{E001}",
        "\u{E000}",
        "\u{E001}\u{E000}",
        "\u{E000}\u{E000}",
        "a\u{E000}b\u{E001}c",
    ] {
        for quote in ["", "\""] {
            let text = format!(
                "workflow: {{name: {quote}{name}{quote}, startUpRef: S, states: [{{state: {{name: S}}}}]}}"
            );
            assert_eq!(shared::parse(&text).name(), name);
        }
    }
}

#[test]
fn endless_spans_saturate() {
    let blank = "ToAudioBlank(9223372036854775807)";
    let text = format!(
        "inboundCall:\n  name: I\n  startUpRef: T\n  variables: [{{durationVariable: {{name: Flow.d}}}}]\n  tasks:\n    - task:\n        name: T\n        actions:\n          \
         - playAudio: {{audio: {{exp: 'Append({blank}, {blank}, {blank})'}}}}\n          \
         - updateData: {{statements: [{{duration: {{variable: Flow.d, value: {{exp: '-(MakeDuration(0, 0, 0, 0, -9223372036854775807) - MakeDuration(0, 0, 0, 0, 1))'}}}}}}]}}\n"
    );
    let found = explore(
        &shared::parse(&text),
        &BTreeMap::new(),
        &Script::default(),
        1,
        1,
    );
    assert_eq!(found.ends.get("failed"), Some(&1), "{found:?}");
}
