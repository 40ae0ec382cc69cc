//! Every workflow of the corpus is valid, or names what isn't known here, and runs to its end under generated
//! scripts, on every branch that can be taken.

mod shared;

use std::collections::BTreeMap;
use tollgate_architect::Severity;
use tollgate_architect_test::{Script, calls, explore};

/// Tries of one workflow; the most that any needed with this seed is far below.
const TRIES: u32 = 5_000;

#[test]
fn every_flow_runs_to_an_end_on_every_branch() {
    let Some(corpus) = shared::corpus() else {
        return;
    };
    let workflows = shared::corpus_workflows(&corpus);
    assert!(workflows.len() >= 44, "{} workflows", workflows.len());
    let mut unsupported = Vec::new();
    println!(
        "{:>5} {:>8} {:>7} {:>5} {:>5}  workflow, its ends",
        "steps", "branches", "scripts", "tries", "most"
    );
    for (name, text) in workflows {
        let workflow = shared::parse(&text);
        let gaps = workflow.warnings().as_slice().iter();
        let gaps = gaps.filter(|problem| problem.severity == Severity::Unsupported);
        unsupported.extend(gaps.map(|problem| format!("{name}:{problem}")));
        let base = Script::default();
        let found = explore(&workflow, &BTreeMap::new(), &base, 1, TRIES);
        println!(
            "{:>5} {:>8} {:>7} {:>5} {:>5}  {name} {:?}",
            workflow.step_count(),
            format!(
                "{}/{}",
                found.coverage.taken(&workflow),
                workflow.branch_count()
            ),
            found.scripts.len(),
            found.runs,
            found.most_steps,
            found.ends
        );
        assert_eq!(found.stuck, Vec::<String>::new(), "{name}");
        assert_eq!(
            found.coverage.missed(&workflow),
            Vec::<String>::new(),
            "{name}"
        );
        let known = workflow.warnings().count(Severity::Unsupported) == 0;
        assert!(!known || !found.scripts.is_empty(), "{name}");
        let again = explore(&workflow, &BTreeMap::new(), &base, 1, TRIES);
        assert_eq!(
            again.scripts, found.scripts,
            "{name}: the same seed, the same scripts"
        );
        // What the graph says holds for what was run.
        let known = calls(&workflow, &BTreeMap::new());
        for script in &found.scripts {
            for (action, count) in &script.expect.calls {
                let calls = known.iter().find(|calls| calls.action == *action).unwrap();
                assert!(
                    tollgate_architect_test::Count::Finite(u64::from(*count)) <= calls.most,
                    "{name}: {action}"
                );
            }
        }
    }
    for gap in unsupported {
        println!("{gap}");
    }
}
