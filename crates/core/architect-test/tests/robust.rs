//! No file, expression or answer makes the reader or a run panic, hang or overflow the stack.

mod shared;

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_architect::{Inputs, Progress, Run, Tell, Workflow};
use tollgate_architect_test::{Script, explore};
use tollgate_model::Instant;

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

/// JSON that is put together in many steps, each time around what there was.
#[test]
fn json_is_built_as_deep_and_as_large_as_it_is_read_and_no_more() {
    let wrap = format!("{}Flow.j{}", "ToJson(MakeList(".repeat(40), "))".repeat(40));
    let double = "ToJson(MakeList(Flow.j, Flow.j))";
    for (build, times, bounded) in [
        ("ToJson(MakeList(Flow.j))", 120, false),
        ("ToJson(MakeList(Flow.j))", 4_000, true),
        (&wrap, 4_000, true),
        (double, 100, true),
        ("ToJson(AddItem(MakeList(Flow.j), Flow.j))", 100, true),
    ] {
        let text = format!(
            r#"
workflow:
  name: W
  startUpRef: S
  variables:
    - jsonVariable: {{name: Flow.j, initialValue: {{lit: {{a: 1}}}}}}
    - stringVariable: {{name: Flow.s}}
    - booleanVariable: {{name: Flow.b}}
  states:
    - state:
        name: S
        actions:
          - loop:
              loopCount: {{lit: {times}}}
              outputs:
                loop:
                  actions:
                    - updateData: {{statements: [{{json: {{variable: Flow.j, value: {{exp: '{build}'}}}}}}]}}
          - updateData:
              statements:
                - string: {{variable: Flow.s, value: {{exp: ToString(Count(ToJsonCollection(ToJson(MakeList(Flow.j)))))}}}}
                - boolean: {{variable: Flow.b, value: {{exp: Flow.j == Flow.j}}}}
          - endWorkflow: {{}}
"#
        );
        let workflow = shared::parse(&text);
        let mut run = Run::new(workflow, &Inputs::default(), Instant::ZERO, 7).unwrap();
        let fault = loop {
            match run.next(Instant::ZERO) {
                Progress::Tell(Tell::Fault { message, .. }) => break message,
                Progress::Ended(_) => break String::new(),
                _ => {}
            }
        };
        let found = ["too deeply", "too large"]
            .iter()
            .any(|it| fault.contains(it));
        assert_eq!(found, bounded, "{build}: {fault}");
    }
}

/// Names and values of the participant data grow as long as the run goes on; they are bounded together.
#[test]
fn participant_data_is_bounded() {
    for (name, value, times, bounded) in [
        ("ToString(Flow.i)", "\"x\"", 900, false),
        ("ToString(Flow.i)", "\"x\"", 1_100, true),
        ("\"a\"", "Flow.s", 3_000, false),
        ("ToString(Flow.i)", "Flow.s", 100, true),
        ("Append(Flow.s, ToString(Flow.i))", "\"x\"", 100, true),
    ] {
        let text = format!(
            r#"
workflow:
  name: W
  startUpRef: S
  variables:
    - integerVariable: {{name: Flow.i, initialValue: {{lit: 0}}}}
    - stringVariable: {{name: Flow.s, initialValue: {{lit: "{}"}}}}
  states:
    - state:
        name: S
        actions:
          - loop:
              currentIndex: {{var: Flow.i}}
              loopCount: {{lit: {times}}}
              outputs:
                loop:
                  actions:
                    - setParticipantData: {{attributes: [{{attribute: {{name: {{exp: '{name}'}}, value: {{exp: '{value}'}}}}}}]}}
          - endWorkflow: {{}}
"#,
            "x".repeat(31_000)
        );
        let workflow = shared::parse(&text);
        let mut run = Run::new(workflow, &Inputs::default(), Instant::ZERO, 7).unwrap();
        let fault = loop {
            match run.next(Instant::ZERO) {
                Progress::Tell(Tell::Fault { message, .. }) => break message,
                Progress::Ended(_) => break String::new(),
                _ => {}
            }
        };
        assert_eq!(
            fault.contains("participant data of more"),
            bounded,
            "{name}, {value}, {times}: {fault:?}"
        );
        assert!(bounded || fault.is_empty(), "{fault}");
        assert!(run.bytes() < 4 * 1024 * 1024, "{}", run.bytes());
    }
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
    let workflow = shared::parse(&text);
    let found = explore(&workflow, &BTreeMap::new(), &Script::default(), 1, 1);
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
        let files = shared::corpus_workflows(&corpus);
        let (_, text) = &files[which % files.len()];
        match Workflow::parse(&broken(text, &cuts)) {
            Err(problems) => prop_assert!(problems.has_errors()),
            Ok(workflow) => {
                let found = explore(&Arc::new(workflow), &BTreeMap::new(), &Script::default(), 1, 5);
                prop_assert!(found.runs + found.stuck.len() as u32 > 0);
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "[a-zA-Z0-9_.,()\\[\\]\"\\\\ +*/%<>=!&|{}-]{0,40}") {
        let quoted = serde_json::Value::String(text).to_string();
        let file = format!("workflow: {{name: W, startUpRef: S, states: [{{state: {{name: S, actions: [{{decision: {{condition: {{exp: {quoted}}}}}}}]}}}}]}}");
        let _ = Workflow::parse(&file);
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
    let blank = "ToAudioBlank(10000)";
    let text = format!(
        "inboundCall:\n  name: I\n  startUpRef: T\n  variables: [{{durationVariable: {{name: Flow.d}}}}]\n  tasks:\n    - task:\n        name: T\n        actions:\n          \
         - playAudio: {{audio: {{exp: 'Append({blank}, {blank}, {blank})'}}}}\n          \
         - updateData: {{statements: [{{duration: {{variable: Flow.d, value: {{exp: '-(MakeDuration(0, 0, 0, 0, -999999999999999) - MakeDuration(0, 0, 0, 0, 1))'}}}}}}]}}\n"
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
