//! How often a workflow calls its actions, read off its graph.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use tollgate_architect::{Library, Workflow};
use tollgate_architect_test::{calls, unknown_workflows};

fn counted(actions: &str, library: &Library) -> Vec<(String, u64, String)> {
    let workflow = workflow("Main", actions);
    let found = calls(&workflow, library);
    found
        .into_iter()
        .map(|calls| (calls.action, calls.least, calls.most.to_string()))
        .collect()
}

fn workflow(name: &str, actions: &str) -> std::sync::Arc<tollgate_architect::Workflow> {
    shared::parse(&format!(
        "workflow:\n  name: {name}\n  startUpRef: S\n  variables: [{{integerVariable: {{name: Flow.n}}}}]\n  \
         states:\n    - state: {{name: S, actions: [{actions}]}}\n    - state: {{name: T, actions: [{}, {{changeState: {{targetStateRef: T}}}}]}}\n",
        call("T")
    ))
}

fn call(name: &str) -> String {
    format!("{{callData: {{category: {{C: {{dataAction: {{{name}: {{}}}}}}}}}}}}")
}

fn one(actions: &str) -> (u64, String) {
    let found = counted(actions, &Library::new());
    let a = found
        .into_iter()
        .find(|(action, ..)| action == "A")
        .unwrap();
    (a.1, a.2)
}

fn repeat(count: &str, body: &str) -> String {
    format!("{{loop: {{loopCount: {{{count}}}, outputs: {{loop: {{actions: [{body}]}}}}}}}}")
}

fn decide(yes: &str, no: &str) -> String {
    format!(
        "{{decision: {{condition: {{exp: Flow.n > 0}}, outputs: {{yes: {{actions: [{yes}]}}, no: {{actions: [{no}]}}}}}}}}"
    )
}

#[test]
fn sequences_branches_and_loops() {
    let a = call("A");
    let end = "{endWorkflow: {}}";
    assert_eq!(one(&format!("{a}, {a}")), (2, "2".to_owned()));
    assert_eq!(one(&decide(&a, "")), (0, "1".to_owned()));
    assert_eq!(
        one(&format!("{}, {a}", decide(end, &a))),
        (0, "2".to_owned())
    );
    assert_eq!(one(&repeat("lit: 3", &a)), (3, "3".to_owned()));
    assert_eq!(
        one(&repeat("lit: 3", &repeat("lit: 4", &a))),
        (12, "12".to_owned())
    );
    assert_eq!(one(&repeat("exp: Flow.n", &a)), (0, "unbounded".to_owned()));
    let left = repeat("lit: 3", &format!("{a}, {}", decide("{loopExit: {}}", "")));
    assert_eq!(one(&left).0, 1);
    assert_eq!(
        one(&format!("{end}, {}", decide(&a, ""))),
        (0, "0".to_owned())
    );
}

#[test]
fn a_circle_of_jumps_with_a_call_has_no_bound() {
    let found = counted("{changeState: {targetStateRef: T}}", &Library::new());
    assert_eq!(found, [("T".to_owned(), 0, "unbounded".to_owned())]);
}

#[test]
fn called_flows_count_if_they_are_known() {
    let inner = workflow("Inner", &format!("{}, {}", call("A"), call("A")));
    let module = shared::parse(&format!(
        "commonModule:\n  name: Module\n  startUpTaskActions: [{}, {}]\n",
        call("A"),
        decide("", &call("B")).replace("Flow.n > 0", "true")
    ));
    assert_eq!(inner.name(), "Inner");
    let library = Library::from([("Module".to_owned(), module)]);
    let actions = repeat(
        "lit: 2",
        "{callCommonModule: {commonModule: {Module: {ver_latestPublished: {none: true}}}}}",
    );
    assert_eq!(
        counted(&actions, &library),
        [
            ("A".to_owned(), 2, "2".to_owned()),
            ("B".to_owned(), 0, "2".to_owned())
        ]
    );
    assert_eq!(counted(&actions, &Library::new()), []);
    assert_eq!(
        unknown_workflows(&workflow("Main", &actions), &Library::new()),
        ["Module"]
    );
}

#[test]
fn each_call_has_its_path() {
    let actions = decide(&call("A"), &decide("", &call("A")));
    let found = calls(&workflow("Main", &actions), &Library::new());
    let paths: Vec<_> = found[0]
        .sites
        .iter()
        .map(|site| site.path.join(", "))
        .collect();
    assert_eq!(paths, ["decision: yes", "decision: no, decision: no"]);
}

#[test]
fn what_lies_behind_a_step_that_is_not_known_is_listed() {
    let call =
        |name: &str| format!("{{callData: {{category: {{C: {{dataAction: {{{name}: {{}}}}}}}}}}}}");
    let [within, after, task, odd] = ["Within", "After", "In task", "Odd"].map(call);
    let text = format!(
        "workflow:\n  name: W\n  startUpRef: /workflow/states/state[S]\n  states:\n    - state:\n        name: S\n        refId: S\n        actions:\n          \
         - decision: {{condition: {{exp: Foo(1)}}, outputs: {{yes: {{actions: [{within}]}}}}}}\n          \
         - fancyStep: {{outputs: {{done: {{actions: [{after}]}}}}}}\n          \
         - callTask: {{targetTaskRef: T}}\n          - wait: {{duration: {{lit: PT1S}}, outputs: {{odd: {{actions: [{odd}]}}}}}}\n          - endWorkflow: {{}}\n  tasks:\n    - task: {{name: T, refId: T, actions: [{task}]}}\n"
    );
    let workflow = Workflow::parse(&text).unwrap();
    let found = calls(&workflow, &Library::new());
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.action.as_str(), one.sites.len()))
        .collect();
    assert_eq!(
        found,
        [("After", 1), ("In task", 1), ("Odd", 1), ("Within", 1)]
    );
    assert_eq!(workflow.branch_count(), 0, "no run can take any");
    let warned = workflow.warnings().to_string();
    assert!(!warned.contains("nothing leads"), "{warned}");
}
