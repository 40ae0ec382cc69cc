//! A run that has much to calculate: it comes back often, so that others get their turn.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::parse;
use tollgate_architect::{End, Inputs, Progress, Run};
use tollgate_model::Instant;

/// A loop over a text of 16 kB, as often as that.
fn workflow(rounds: u32) -> String {
    format!(
        r#"
workflow:
  name: W
  startUpRef: /workflow/states/state[S]
  variables:
    - stringVariable: {{name: Flow.text, initialValue: {{lit: x}}}}
    - integerVariable: {{name: Flow.i}}
    - integerVariable: {{name: Flow.j}}
  states:
    - state:
        name: S
        actions:
          - loop:
              name: Doubling
              currentIndex: {{var: Flow.i}}
              loopCount: {{lit: 14}}
              outputs:
                loop:
                  actions:
                    - updateData:
                        name: Double
                        statements:
                          - string: {{variable: Flow.text, value: {{exp: 'Append(Flow.text, Flow.text)'}}}}
          - loop:
              name: Looking
              currentIndex: {{var: Flow.j}}
              loopCount: {{lit: {rounds}}}
              outputs:
                loop:
                  actions:
                    - updateData:
                        name: Look
                        statements:
                          - string: {{variable: Flow.text, value: {{exp: 'Replace(Flow.text, "y", "z")'}}}}
          - endWorkflow: {{name: End}}
"#
    )
}

#[test]
fn a_long_run_gives_others_their_turn() {
    let text = workflow(2_000);
    let mut run = Run::new(parse(&text), &Inputs::default(), Instant::ZERO, 1).unwrap();
    let mut turns = 0;
    loop {
        match run.next(Instant::ZERO) {
            Progress::Wait(until) => {
                assert_eq!(until, Instant::ZERO, "at once");
                turns += 1;
            }
            Progress::Ended(end) => {
                assert!(matches!(end, End::Step { .. }), "{end}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(turns > 50, "{turns}");
}
