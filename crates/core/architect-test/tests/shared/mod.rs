//! What several tests need.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by tests, each of which uses a part"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_architect::{Inputs, Run, Workflow};
use tollgate_architect_test::{Script, ScriptWorld, play};
use tollgate_expression::Value;
use tollgate_model::Instant;

/// The corpus beside the repository; where it is absent the test says so and has nothing to do.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no corpus at {}", path.display());
    None
}

/// The workflows of the corpus, by file name, in order.
pub(crate) fn corpus_workflows(corpus: &Path) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = ["flows", "more/flows", "caching-in-flows"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(corpus.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}

pub(crate) fn parse(text: &str) -> Arc<Workflow> {
    match Workflow::parse(text) {
        Ok(workflow) => Arc::new(workflow),
        Err(problems) => panic!("{problems}"),
    }
}

/// What an expression gives in a workflow where `Flow.text` is "Grüße", `Flow.unset` and `Flow.unsetNumber` nothing,
/// `Flow.list` ["b", "a", "b"], `Flow.json` {"a": {"b": [1, "x"]}, "n": null}, at 2026-01-05T09:00:00Z.
pub(crate) fn evaluate(kind: &str, expression: &str) -> Result<Value, String> {
    let text = format!(
        r#"
workflow:
  name: W
  startUpRef: /workflow/states/state[S]
  variables:
    - stringVariable: {{name: Flow.text, initialValue: {{lit: Grüße}}}}
    - stringVariable: {{name: Flow.unset}}
    - integerVariable: {{name: Flow.unsetNumber}}
    - stringCollectionVariable: {{name: Flow.list, initialValue: {{lit: [b, a, b]}}}}
    - jsonVariable: {{name: Flow.json, initialValue: {{lit: {{a: {{b: [1, x]}}, n: null}}}}}}
    - {kind}Variable: {{name: Flow.result}}
  states:
    - state:
        name: S
        actions:
          - updateData:
              statements:
                - {kind}:
                    variable: Flow.result
                    value:
                      exp: |-
                        {expression}
"#
    );
    let workflow = Workflow::parse(&text).map_err(|problems| problems.to_string())?;
    let inputs = Inputs {
        wall_at_origin: 1_767_603_600_000,
        ..Inputs::default()
    };
    let mut run =
        Run::new(Arc::new(workflow), &inputs, Instant::ZERO, 7).map_err(|why| why.to_string())?;
    loop {
        match run.next(Instant::ZERO) {
            tollgate_architect::Progress::Tell(tollgate_architect::Tell::Fault {
                message, ..
            }) => {
                return Err(message);
            }
            tollgate_architect::Progress::Ended(_) => break,
            _ => {}
        }
    }
    Ok(run.variable("Flow.result").unwrap().clone())
}

/// What happens in a run of a workflow by a script: the transcript without its times.
pub(crate) fn events(workflow: &str, script: &str) -> Vec<String> {
    let script = Script::parse(&format!("workflow: x\nspeech: 0\n{script}")).unwrap();
    let inputs = script.run_inputs(Default::default());
    let mut run = Run::new(parse(workflow), &inputs, Instant::ZERO, 1).unwrap();
    let mut world = ScriptWorld::new(&script);
    let played = play(&mut run, &mut world, Instant::ZERO, script.speech).unwrap();
    let lines = played.transcript.lines().iter();
    lines
        .map(|line| format!("{} {}", line.event, line.text))
        .collect()
}
