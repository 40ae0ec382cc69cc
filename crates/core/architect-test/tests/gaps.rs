//! What isn't known, and what nobody carries out: a run says so, and goes on as the vendor's reference has it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::events;
use tollgate_architect::Severity;
use tollgate_architect_test::Script;

/// A workflow with these steps in its only state, from line 11 on, column 9, and what it does after a failure.
fn workflow(kind: &str, steps: &str, handling: &str) -> String {
    let steps = steps.replace('\n', "\n        ");
    format!(
        "{kind}:\n  name: W\n  startUpRef: S\n  variables:\n    - stringVariable: {{name: Flow.text, isOutput: true}}\n    \
         - queueVariable: {{name: Flow.queue}}\n  settingsErrorHandling: {{errorHandling: {{{handling}}}}}\n  states:\n    \
         - state:\n        name: S\n        actions:\n        {steps}\n    \
         - state: {{name: T, actions: [{{updateData: {{statements: [{{string: {{variable: Flow.text, value: {{lit: t}}}}}}]}}}}]}}\n"
    )
}

const ASIDE: &str = "- decision:\n    condition: {exp: Flow.text == \"x\"}\n    outputs: {yes: {actions: [{fancyStep: {name: New}}]}}";

#[test]
fn a_step_that_is_not_known_fails_where_it_is_taken() {
    let aside = workflow("workflow", ASIDE, "endWorkflow: {}");
    assert_eq!(events(&aside, ""), ["ends endWorkflow"]);
    let taken = workflow(
        "workflow",
        &ASIDE.replace("== \"x\"", "!= \"x\""),
        "state: {targetStateRef: T}",
    );
    let taken = events(&taken, "");
    assert_eq!(
        taken[0],
        "fails 14:40: unknown step \"fancyStep\": no step `fancyStep` is known"
    );
    assert_eq!(taken[1], "ends endWorkflow");
}

#[test]
fn a_step_that_needs_what_is_not_known_fails_and_no_other() {
    let steps = "- wait: {duration: {lit: PT1S}}\n\
                 - updateData: {name: Set, statements: [{string: {variable: Flow.text, value: {exp: Fancy(1)}}}]}\n\
                 - wait: {duration: {lit: PT9S}}";
    assert_eq!(
        events(&workflow("workflow", steps, "endFlow: {}"), ""),
        [
            "waits 1.000s",
            "fails 13:11: updateData \"Set\": no function `Fancy`",
            "ends endFlow"
        ]
    );
}

#[test]
fn a_setting_that_is_not_known_is_left_out() {
    let steps = "- wait: {duration: {lit: PT1S}, colour: {lit: red}}";
    assert_eq!(
        events(&workflow("workflow", steps, "endFlow: {}"), ""),
        [
            "lacks 12:11: wait: `colour` isn't known here",
            "waits 1.000s",
            "ends endWorkflow"
        ]
    );
    let text =
        workflow("workflow", steps, "endFlow: {}").replace("name: W", "name: W\n  fancy: {a: 1}");
    assert_eq!(
        events(&text, "")[0],
        "lacks 3:3: `fancy` isn't known here",
        "what belongs to no step is told at the begin"
    );
}

#[test]
fn what_only_the_vendor_can_do_fails_unless_a_script_says_otherwise() {
    let steps = "- encryptData:\n    name: Hide\n    dataToEncrypt: {exp: ToJson(\"a\")}\n    encryptedData: {var: Flow.text}\n    \
                 failureOutputs: {errorType: {var: Flow.text}}\n    outputs: {failure: {actions: [{wait: {duration: {lit: PT1S}}}]}}";
    let text = workflow("workflow", steps, "endFlow: {}");
    assert_eq!(
        events(&text, "")[1..],
        [
            "answer nobody's",
            "lacks 12:11: not carried out here: encryptData \"Hide\", left by `failure`",
            "waits 1.000s",
            "ends endWorkflow"
        ]
    );
    let done = events(
        &text,
        "answers: {encryptData: {success: {encryptedData: x}}}",
    );
    assert_eq!(
        done[1..],
        [
            "answer success {\"encryptedData\":\"x\"}",
            "ends endWorkflow"
        ]
    );
}

#[test]
fn what_is_told_is_done_unless_a_script_says_otherwise() {
    let steps = "- setWrapupCode:\n    wrapupCode: {lit: {name: Sold}}\n    outputs: {failure: {actions: [{wait: {duration: {lit: PT1S}}}]}}\n\
                 - setWrapupCode: {wrapupCode: {lit: {name: Sold}}}";
    let text = workflow("inboundCall", steps, "disconnect: {}");
    assert_eq!(
        events(&text, ""),
        [
            "asks setWrapupCode {\"wrapupCode\":\"Sold\"}",
            "answer success",
            "does setWrapupCode {\"wrapupCode\":\"Sold\"}",
            "ends disconnect"
        ]
    );
    let failed = events(&text, "answers: {setWrapupCode: {failure: {}}}");
    assert_eq!(failed[1..3], ["answer failure", "waits 1.000s"]);
}

#[test]
fn a_reply_is_sent_and_may_fail() {
    let steps = "- sendAutoReply:\n    messageBody: {lit: We have it.}\n    outputs: {failure: {actions: [{sendAutoReply: {messageBody: {lit: Again}}}]}}";
    let text = workflow("inboundEmail", steps, "disconnect: {}");
    let failed = events(&text, "answers: {sendAutoReply: {failure: {}}}");
    assert_eq!(
        failed,
        [
            "sends We have it.",
            "asks sendAutoReply {}",
            "answer failure",
            "sends Again",
            "ends disconnect"
        ]
    );
}

#[test]
fn what_is_looked_for_by_its_name_or_id_is_found_as_that() {
    let steps = "- findQueue: {findName: {lit: Sorters}, findResult: {var: Flow.queue}}\n\
                 - updateData: {statements: [{string: {variable: Flow.text, value: {exp: Flow.queue.name}}}]}\n\
                 - endWorkflow: {exitReason: {exp: Flow.text}}";
    let text = workflow("workflow", steps, "endFlow: {}");
    let found = events(&text, "answers: {findQueue: {found: {}}}");
    assert_eq!(found.last().unwrap(), "ends endWorkflow (Sorters)");
    let other = events(
        &text,
        "answers: {findQueue: {found: {findResult: {name: Other}}}}",
    );
    assert_eq!(other.last().unwrap(), "ends endWorkflow (Other)");
    let absent = events(&text, "answers: {findQueue: {notFound: {}}}");
    assert_eq!(absent.last().unwrap(), "ends endWorkflow");
}

#[test]
fn a_failure_is_handled_in_every_form() {
    let failing = "- updateData: {statements: [{string: {variable: Flow.text, value: {exp: Fancy(1)}}}]}\n- wait: {duration: {lit: PT1S}}";
    let after = |kind: &str, handling: &str| {
        let lines = events(&workflow(kind, failing, handling), "");
        lines[1..].join("; ")
    };
    for (kind, handling, wanted) in [
        ("workflow", "endWorkflow: {none: true}", "ends endWorkflow"),
        ("workitem", "endFlow: {none: true}", "ends endFlow"),
        ("inboundCall", "disconnect: {none: true}", "ends disconnect"),
        (
            "inboundChat",
            "queue: {targetQueue: {lit: {name: Q}}}",
            "does transferToAcd {\"targetQueue\":\"Q\"}; answer success; ends transferToAcd to Q",
        ),
        (
            "inboundEmail",
            "state: {targetStateRef: T}",
            "ends disconnect",
        ),
        ("inboundEmail", "changeState: T", "ends disconnect"),
        ("commonModule", "exit: {none: true}", "ends exit"),
        ("emailSend", "abortSend: {none: true}", "ends abortSend"),
        (
            "emailSend",
            "completeSend: {none: true}",
            "ends completeSend",
        ),
        (
            "inqueueCall",
            "endInQueueState: {none: true}",
            "ends endInQueueState",
        ),
        (
            "workflow",
            "continue: {none: true}",
            "waits 1.000s; ends endWorkflow",
        ),
    ] {
        assert_eq!(after(kind, handling), wanted, "{kind} {handling}");
    }
    let text = workflow("workflow", failing, "fancy: {none: true}");
    let told = shared::parse(&text).warnings().to_string();
    assert!(
        told.contains("unsupported: `fancy` after a failure isn't known here"),
        "{told}"
    );
}

#[test]
fn a_loop_until_goes_round_and_says_what_it_lacks() {
    let steps = "- loopUntil:\n    maxLoopCount: {lit: 2}\n    untilCases: []\n    outputs: {loop: {actions: [{wait: {duration: {lit: PT1S}}}, {loopNext: {}}]}}";
    let lines = events(&workflow("workflow", steps, "endFlow: {}"), "");
    assert_eq!(
        lines,
        [
            "lacks 12:11: loopUntil: how `untilCases` ends a loop isn't known here",
            "waits 1.000s",
            "waits 1.000s",
            "ends endWorkflow"
        ]
    );
}

const MENU: &str = "
inboundCall:
  name: W
  startUpRef: ./menus/menu[Main]
  menus:
    - menu:
        name: Main
        defaultChildMenuRef: ./choices/menuTransferToAcd[Agent]
        choices:
          - menuDisconnect: {name: Bye, dtmf: digit_1}
          - menuTransferToAcd: {name: Agent, dtmf: digit_2, targetQueue: {lit: {name: Q}}}
";

#[test]
fn a_menu_has_the_default_that_it_refers_to() {
    assert_eq!(events(MENU, "").last().unwrap(), "ends transferToAcd to Q");
}

#[test]
fn merged_mappings_and_exports_are_recognised() {
    let steps = "- wait: &one {duration: {lit: PT1S}, name: One}\n- wait: {<<: *one, duration: {lit: PT2S}}";
    let lines = events(&workflow("workflow", steps, "endFlow: {}"), "");
    assert_eq!(lines, ["waits 1.000s", "waits 2.000s", "ends endWorkflow"]);
    let export = "JTdCJTIybmFtZSUyMiUzQSUyMlclMjIlMkMlMjJ2ZXJzaW9uJTIyJTNBJTIyMS4wJTIyJTJDJTIydGFza3MlMjIlM0ElNUIlNUQlN0Q=\n";
    let problems = tollgate_architect::Workflow::parse(export).unwrap_err();
    assert_eq!(problems.count(Severity::Error), 1);
    assert!(problems.to_string().contains("--exportType yaml"));
    for (name, export) in [
        ("a/Orbit_v1-0.i3InboundFlow", true),
        ("virtual hold_v2-0.i3WorkFlow.i3flow", true),
        ("i3InboundFlow/flow.yaml", false),
    ] {
        assert_eq!(tollgate_architect::is_export_name(name), export, "{name}");
    }
}

#[test]
fn a_way_that_only_some_files_have_is_no_branch_elsewhere() {
    let steps = "- evaluateSchedule: {evaluationType: {schedule: {selectedSchedule: {lit: {name: S}}, evaluate: {now: true}}}}";
    let text = workflow("workflow", steps, "endFlow: {}");
    assert_eq!(shared::parse(&text).branch_count(), 2);
    let text = text.replace(
        "now: true}}}",
        "now: true}}}, outputs: {emergency: {actions: []}}",
    );
    assert_eq!(shared::parse(&text).branch_count(), 3);
}

#[test]
fn a_variable_whose_first_value_is_not_known_begins_without() {
    let text = workflow("workflow", "- endWorkflow: {}", "endFlow: {}").replace(
        "name: Flow.queue",
        "name: Flow.queue, initialValue: {exp: Fancy(1)}",
    );
    let text = text.replace(
        "stringVariable: {name: Flow.text,",
        "fancyVariable: {name: Flow.text,",
    );
    let text = text.replace("[{string: {variable: Flow.text, value: {lit: t}}}]", "[]");
    assert_eq!(
        events(&text, ""),
        [
            "lacks 5:7: no type `fancyVariable` of variables is known",
            "lacks 6:61: no function `Fancy`",
            "ends endWorkflow"
        ]
    );
}

#[test]
fn keys_other_than_digits_do_what_the_step_says() {
    let collected = |settings: &str, pressed: &str| {
        let steps = format!(
            "- collectInput: {{inputData: {{var: Flow.text}}, {settings}}}\n- playAudio: {{audio: {{exp: Flow.text}}}}"
        );
        let text = workflow("inboundCall", &steps, "disconnect: {}");
        let lines = events(&text, &format!("person: [{{press: '{pressed}'}}]"));
        let heard = lines.iter().find(|line| line.starts_with("plays"));
        heard.map_or(String::new(), |line| line["plays ".len()..].to_owned())
    };
    for (settings, pressed, wanted) in [
        ("digits: {exact: 2}", "12", "12"),
        ("digits: {range: {min: 1, max: 3}}", "1234", "123"),
        ("digits: {range: {min: 1, max: 3}}", "12#", "12"),
        ("digits: {range: {min: 1, max: 3}}", "12*", ""),
        (
            "digits: {range: {terminatingDtmf: digit_*, min: 1, max: 3}}",
            "12*",
            "12",
        ),
        (
            "digits: {range: {terminatingDtmf: digit_9, min: 1, max: 3}}",
            "1299",
            "12",
        ),
        (
            "digits: {range: {min: 1, max: 3}}, includeTerminatingDtmfInResultData: true",
            "12#",
            "12#",
        ),
        ("digits: {exact: 2}, acceptJustStar: {lit: true}", "*", "*"),
        ("digits: {exact: 2}, acceptJustStar: {lit: false}", "*", ""),
        ("digits: {exact: 2}, acceptJustPound: {lit: true}", "#", "#"),
    ] {
        assert_eq!(collected(settings, pressed), wanted, "{settings} {pressed}");
    }
}

#[test]
fn a_run_that_takes_too_many_steps_comes_to_its_error_handling() {
    let circle = "- updateData: {statements: []}\n- changeState: {targetStateRef: S}";
    let lines = events(&workflow("workflow", circle, "endFlow: {}"), "");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("more than 10000 steps"), "{lines:?}");
    assert_eq!(lines[1], "ends endFlow");
    let lines = events(
        &workflow("workflow", circle, "state: {targetStateRef: S}"),
        "",
    );
    assert!(
        lines.last().unwrap().contains("more than 11000 steps"),
        "{lines:?}"
    );
    let lines = events(&workflow("workflow", circle, "continue: {}"), "");
    assert!(
        lines.last().unwrap().contains("more than 10000 steps"),
        "{lines:?}"
    );
}

#[test]
fn what_only_a_failure_leads_to_is_a_branch_where_something_can_fail() {
    let handling = "queue: {targetQueue: {lit: {name: Q}}}";
    let idle = workflow("inboundChat", "- disconnect: {}", handling);
    assert_eq!(shared::parse(&idle).branch_count(), 0);
    let steps = "- findQueue: {findName: {lit: Q}}\n- disconnect: {}";
    let asking = workflow("inboundChat", steps, handling);
    let failed = events(&asking, "answers: {findQueue: {error: true}}");
    assert_eq!(
        failed[1..3],
        [
            "answer error as the script says",
            "fails 12:11: findQueue: as the script says"
        ]
    );
    assert_eq!(failed.last().unwrap(), "ends transferToAcd to Q");
    let asking = shared::parse(&asking);
    assert_eq!(asking.branch_count(), 4);
    let found = tollgate_architect_test::explore(
        &asking,
        &std::collections::BTreeMap::new(),
        &Script::default(),
        1,
        500,
    );
    assert_eq!(found.coverage.missed(&asking), Vec::<String>::new());
}
