//! Exploring takes both sides of conditions that ask for values of their own.

mod shared;

use std::collections::BTreeMap;
use tollgate_architect_test::{Script, explore};

#[test]
fn comparisons_become_true_and_false() {
    for (kind, condition) in [
        ("integer", "Flow.x > 10"),
        ("integer", "Flow.x < -5"),
        ("integer", "Flow.x == 42"),
        ("decimal", "Flow.x > 99.5"),
        ("currency", "Flow.x > MakeCurrency(25, \"EUR\")"),
        ("string", "IsSet(Flow.x) and ToInt(Flow.x) > 10"),
        (
            "string",
            "IsSet(Flow.x) and Contains(Flow.x, \"red\") and Contains(Flow.x, \"blue\")",
        ),
        ("stringCollection", "Count(Flow.x) > 5"),
    ] {
        let text = format!(
            r#"
workflow:
  name: W
  startUpRef: S
  variables:
    - {kind}Variable: {{name: Flow.x, isInput: true}}
  states:
    - state:
        name: S
        actions:
          - decision:
              name: D
              condition: {{exp: '{condition}'}}
          - endWorkflow: {{name: End}}
"#
        );
        let workflow = shared::parse(&text);
        let found = explore(&workflow, &BTreeMap::new(), &Script::default(), 1, 2_000);
        let missed = found.coverage.missed(&workflow);
        assert_eq!(missed, Vec::<String>::new(), "{condition}");
    }
}

/// A branch that only a run takes that fails is taken nevertheless.
#[test]
fn a_run_that_fails_takes_its_branches() {
    let text = r#"
workflow:
  name: W
  startUpRef: S
  variables:
    - stringVariable: {name: Flow.unset}
  states:
    - state:
        name: S
        actions:
          - callData:
              name: Get
              category: {C: {dataAction: {A: {}}}}
              outputs:
                failure:
                  actions:
                    - updateData: {statements: [{string: {variable: Flow.unset, value: {exp: 'Left(Flow.unset, 1)'}}}]}
          - endWorkflow: {name: End}
"#;
    let workflow = shared::parse(text);
    let found = explore(&workflow, &BTreeMap::new(), &Script::default(), 1, 2_000);
    assert_eq!(found.coverage.missed(&workflow), Vec::<String>::new());
    let failing = found
        .scripts
        .iter()
        .filter(|script| script.expect.end.as_deref() == Some("failed"));
    assert_eq!(failing.count(), 1);
}
