//! Everything wrong with a file is told at once, each with its place and what to do.

use tollgate_architect::{Severity, Substitutions, Workflow};

fn told(text: &str) -> Vec<String> {
    let problems = match Workflow::parse(text) {
        Ok(workflow) => workflow.warnings().clone(),
        Err(problems) => problems,
    };
    problems
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// A workflow with these steps in its only state, from line 16 on, column 9.
fn workflow(steps: &str) -> String {
    let steps = steps.replace('\n', "\n        ");
    format!(
        "workflow:\n  name: W\n  startUpRef: /workflow/states/state[S]\n  variables:\n    \
         - stringVariable:\n        name: Flow.text\n        isInput: true\n    \
         - integerVariable:\n        name: Flow.number\n    \
         - jsonVariable: {{name: Flow.json}}\n  states:\n    - state:\n        name: S\n        \
         refId: S\n        actions:\n        {steps}\n"
    )
}

#[test]
fn all_at_once_in_the_order_of_the_file() {
    let text = workflow(
        "- decision:\n    condition:\n      exp: Flow.number = 3\n    outputs:\n      yess: {actions: []}\n\
         - updateDate: {}\n- callData:\n    timeout: {lit: {fortnights: 1}}\n    category: {C: {dataAction: {A: {inputs: {x: {exp: Flow.nummer}}}}}}",
    );
    assert_eq!(
        told(&text),
        [
            "18:32: error: `=` is no operator (compare with ==)",
            "20:15: unsupported: there is no output `yess` (did you mean yes?)",
            "21:11: unsupported: no step `updateDate` is known (did you mean updateData?)",
            "23:28: error: timeout is a mapping (expected a duration, as {minutes: 5} or PT5M)",
            "24:63: unsupported: no variable `Flow.nummer` (did you mean Flow.number?)",
        ]
    );
}

#[test]
fn types_are_checked_before_the_flow_runs() {
    let set = |kind: &str, variable: &str, exp: &str| {
        let step = format!(
            "- updateData:\n    statements:\n      - {kind}:\n          variable: {variable}\n          value:\n            exp: '{exp}'"
        );
        told(&workflow(&step))
    };
    let faults = [
        (
            "string",
            "Flow.text",
            "Flow.number",
            "21:27: error: the value is integer, expected string (write it out with ToString())",
        ),
        (
            "string",
            "Flow.text",
            "Left(Flow.text, \"2\")",
            "21:43: error: argument 2 of Left is string (it is Left(string, integer 0..) -> string)",
        ),
        (
            "string",
            "Flow.text",
            "Flow.text + 1",
            "21:37: error: string + integer has no meaning (convert one side, as with ToString() or ToInt())",
        ),
        (
            "string",
            "Flow.text",
            "Lefft(Flow.text, 2)",
            "21:27: unsupported: no function `Lefft` (did you mean Left?)",
        ),
        (
            "string",
            "Flow.text",
            "If(Flow.text == \"a\", 1, \"b\")",
            "21:51: error: argument 3 of If is string (it is If(boolean~, T~, T~) -> T or If(boolean~, [T]~, [T]~) -> [T])",
        ),
        (
            "integer",
            "Flow.number",
            "Flow.number.size",
            "21:39: error: integer has no property `size`",
        ),
        (
            "integer",
            "Flow.number",
            "1 < 2 < 3",
            "21:33: error: boolean < integer has no meaning (convert one side, as with ToString() or ToInt())",
        ),
        (
            "integer",
            "Flow.number",
            "(1 + 2",
            "21:33: error: expected `)`",
        ),
        (
            "integer",
            "Flow.number",
            "\"a",
            "21:27: error: a text that doesn''t end (close it with \")",
        ),
    ];
    for (kind, variable, exp, wanted) in faults {
        let told = set(kind, variable, exp);
        assert_eq!(told, [wanted.replace("''", "'")], "{exp}");
    }
    for (kind, variable, exp) in [
        ("string", "Flow.text", "ToString(Flow.json.a.b[0])"),
        (
            "integer",
            "Flow.number",
            "If(IsSet(Flow.text), Length(Flow.text), NOT_SET)",
        ),
        ("string", "Flow.text", "NOT_SET"),
    ] {
        assert_eq!(set(kind, variable, exp), Vec::<String>::new(), "{exp}");
    }
}

#[test]
fn steps_belong_to_types_of_flows() {
    assert_eq!(
        told(&workflow("- playAudio: {audio: {tts: Hello}}")),
        [
            "16:11: warning: `playAudio` isn't known to stand in a workflow of type workflow (it is known of call)"
        ]
    );
    assert_eq!(
        told(&workflow("- exitWorkitemFlow: {}")),
        [
            "16:11: error: `exitWorkitemFlow` can't stand in a workflow of type workflow (only in workitem)"
        ]
    );
}

#[test]
fn yaml_that_cannot_be_read_has_a_place() {
    assert_eq!(
        told(""),
        [
            "1:1: error: the file is empty (a workflow file begins with its type, such as inboundCall:)"
        ]
    );
    assert_eq!(
        told("workflow:\n  name: a\n  name: b\n"),
        ["3:3: error: `name` is there twice, first at 2:3 (remove one)"]
    );
    assert_eq!(
        told("inboundCal: {}\n"),
        ["1:1: error: `inboundCal` is no type of workflow (did you mean inboundCall?)"]
    );
}

#[test]
fn a_byte_order_mark_is_no_text() {
    let text = workflow("- endWorkflow: {}");
    assert_eq!(told(&format!("\u{feff}{text}")), Vec::<String>::new());
}

#[test]
fn aliases_cannot_grow_without_bound() {
    let mut text = String::from("workflow:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        text += &format!("  a{level}: &a{level} [{}]\n", vec![below; 10].join(", "));
    }
    assert!(told(&text)[0].contains("more than 200000 nodes"));
}

#[test]
fn placeholders_stand_as_written_or_take_a_value() {
    let text = workflow("- endWorkflow: {exitReason: {lit: {{why}}}}")
        .replace("name: W", "name: {{name}}");
    let workflow = Workflow::parse(&text).unwrap();
    assert_eq!(workflow.name(), "{{name}}");
    let warned: Vec<_> = workflow
        .warnings()
        .as_slice()
        .iter()
        .map(|p| (p.place.to_string(), p.severity))
        .collect();
    assert_eq!(
        warned,
        [
            ("2:9".to_owned(), Severity::Warning),
            ("16:43".to_owned(), Severity::Warning)
        ]
    );
    let values = Substitutions::from([
        ("name".to_owned(), "Filled: in".to_owned()),
        ("why".to_owned(), "x".to_owned()),
    ]);
    let workflow = Workflow::parse_with(&text, &values).unwrap();
    assert_eq!(workflow.name(), "Filled: in");
    assert_eq!(workflow.warnings().as_slice(), []);
}

#[test]
fn settings_are_read_too() {
    let text = workflow("- endWorkflow: {}").replace(
        "  states:",
        "  settingsErrorHandling: {errorHandlng: {endWorkflow: {}}}\n  settingsUserInput: {noMatchApology: {exp: Upper(1)}, colour: red}\n  states:",
    );
    assert_eq!(
        told(&text),
        [
            "11:27: unsupported: `errorHandlng` isn't known here (it has no effect; did you mean errorHandling?)",
            "12:3: unsupported: `settingsUserInput` isn't known here (it has no effect)",
            "12:51: error: argument 1 of Upper is integer (it is Upper(string) -> string)",
            "12:56: unsupported: `colour` isn't known here (it has no effect)",
        ]
    );
}

#[test]
fn references_lead_to_one_place() {
    let text = workflow("- changeState: {targetStateRef: Tea}")
        + "    - state: {name: A, refId: S, actions: []}\n";
    assert_eq!(
        told(&text),
        [
            "16:11: warning: how `changeState` is written is our reading of the vendor's step (compare its settings and outputs with an exported workflow)",
            "16:41: error: `Tea` leads to no task, menu or state (known: A, S)",
            "17:14: error: refId `S` is there twice (give each task, menu and state its own)",
        ]
    );
}

#[test]
fn what_is_not_known_is_named_and_keeps_nothing_else_from_being_checked() {
    let text = workflow(
        "- fancyStep:\n    name: New\n    words: {exp: Flow.nummer}\n    outputs:\n      done: {actions: [{endWorkflow: {exitReasn: {lit: x}}}]}\n\
         - getConversationData:\n    conversationId: {lit: c}\n    outputs: {sucess: {actions: [{wait: {}}]}}",
    );
    assert_eq!(
        told(&text),
        [
            "16:11: unsupported: no step `fancyStep` is known (docs/flows.md lists what is known)",
            "18:26: unsupported: no variable `Flow.nummer` (did you mean Flow.number?)",
            "20:47: unsupported: `exitReasn` isn't known here (it has no effect; did you mean exitReason?)",
            "23:23: unsupported: there is no output `sucess` (known: found, notFound)",
            "23:43: error: wait has no `duration` (it must be there)",
        ]
    );
    let text = text.replace("wait: {}", "wait: {duration: {lit: PT1M}}");
    let workflow = Workflow::parse(&text).unwrap();
    let unsupported = workflow.warnings().count(Severity::Unsupported);
    assert_eq!((workflow.warnings().has_errors(), unsupported), (false, 4));
}

#[test]
fn a_setting_without_effect_is_named_once() {
    let step = "- wait:\n    duration: {lit: PT1M}\n    trimDurationNearMaxRunningTime: ";
    let text = |value: &str| workflow(&format!("{step}{value}\n{step}{value}"));
    assert_eq!(
        told(&text("{lit: true}")),
        ["18:13: warning: `trimDurationNearMaxRunningTime` of `wait` has no effect here"]
    );
    assert_eq!(told(&text("{noValue: true}")), Vec::<String>::new());
    assert_eq!(
        told(&text("{lit: false}")),
        Vec::<String>::new(),
        "what happens anyway"
    );
}

#[test]
fn a_variable_that_takes_an_output_is_made() {
    let text = workflow(
        "- callData:\n    category: {C: {dataAction: {A: {successOutputs: {x: {var: State.x}}, failureOutputs: {errorCode: {var: Flow.y}}}}}}\n\
         - updateData:\n    statements: [{string: {variable: Flow.text, value: {exp: ToString(State.x)}}}]",
    );
    assert_eq!(
        told(&text),
        [
            "17:71: warning: nothing declares `State.x`, which takes an output (it is made, and takes what comes; declare it with its type)",
            "17:116: warning: nothing declares `Flow.y`, which takes an output (it is made, and takes what comes; declare it with its type)",
        ]
    );
    let read_before = workflow(
        "- updateData:\n    statements: [{string: {variable: Flow.text, value: {exp: ToString(State.x)}}}]\n\
         - callData:\n    category: {C: {dataAction: {A: {inputs: {in: {exp: State.y}}, successOutputs: {x: {var: State.x}}}}}}",
    );
    let told = told(&read_before);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("unsupported: no variable `State.y`"));
    assert!(told[1].contains("nothing declares `State.x`"));
}

#[test]
fn a_reference_with_the_editors_number_leads_by_the_name() {
    let text = workflow("- endWorkflow: {}").replace("state[S]", "state[S_12]");
    assert_eq!(told(&text), Vec::<String>::new());
}

#[test]
fn what_the_vendor_may_write_otherwise_is_no_error() {
    let told_of = |kind: &str, steps: &str| {
        let text = workflow(steps).replace("workflow:\n  name", &format!("{kind}:\n  name"));
        let problems = Workflow::parse(&text).map(|workflow| workflow.warnings().clone());
        let problems = problems.unwrap_or_else(|problems| panic!("{problems}"));
        let unsupported = problems.as_slice().iter();
        let unsupported = unsupported.filter(|problem| problem.severity == Severity::Unsupported);
        unsupported.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told_of(
            "inboundShortMessage",
            "- sendResponse: {messageBody: {fancy: {a: 1}}}"
        ),
        [
            "16:39: unsupported: messageBody is a mapping of fancy (a value is written lit:, exp:, tts:, prompt: or noValue: true)"
        ]
    );
    assert_eq!(
        told_of("secureCall", "- callDataSecure: {}"),
        ["16:11: unsupported: callDataSecure has no `category` (a run fails there)"]
    );
    assert_eq!(
        told_of(
            "inboundShortMessage",
            "- callDigitalBotFlow: {digitalBotFlow: {Bot: {ver_latestPublished: {inputs: {}}}}}"
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        told_of("inboundShortMessage", "- callDigitalBotFlow: {name: Ask}"),
        [
            "16:11: unsupported: callDigitalBotFlow names no workflow by `botFlow` (a run fails there)"
        ]
    );
}

#[test]
fn of_very_many_problems_the_worst_are_told() {
    let steps = "- fancyStep: {}\n".repeat(300) + "- wait: {}";
    let problems = Workflow::parse(&workflow(&steps)).unwrap_err();
    assert_eq!(problems.count(Severity::Error), 1);
    assert_eq!(problems.count(Severity::Unsupported), 199);
    let last = problems.as_slice().last().unwrap().to_string();
    assert!(last.contains("there are 101 more problems"), "{last}");
}

#[test]
fn a_list_or_a_mapping_in_the_others_place_is_named() {
    let list = |key: &str, found: &str| format!("error: `{key}` is {found}, not a list");
    let mapping = |key: &str, found: &str| format!("error: `{key}` is {found}, not a mapping");
    let call = "- callData: {category: {C: {dataAction: {A: {";
    let steps = [
        (
            "- updateData: {statements: {string: {variable: Flow.text, value: {lit: a}}}}",
            list("statements", "a mapping"),
        ),
        (
            "- switch: {evaluate: {firstTrue: {cases: {case: {value: {lit: true}}}}}}",
            list("cases", "a mapping"),
        ),
        (
            "- switch: {evaluate: {firstTrue: {default: [{endWorkflow: {}}]}}}",
            "error: this is a list, not a mapping".into(),
        ),
        (
            "- decision: {condition: {lit: true}, outputs: [{yes: {actions: []}}]}",
            mapping("outputs", "a list"),
        ),
        (
            "- decision: {condition: {lit: true}, outputs: {no: endWorkflow}}",
            "error: this is a text, not a mapping".into(),
        ),
        (
            "- setParticipantData: {attributes: {attribute: {name: {lit: a}, value: {lit: b}}}}",
            list("attributes", "a mapping"),
        ),
        (
            &format!("{call}inputs: [a: {{lit: b}}]}}}}}}}}}}"),
            mapping("inputs", "a list"),
        ),
        (
            &format!("{call}successOutputs: [a: {{var: Flow.text}}]}}}}}}}}}}"),
            mapping("successOutputs", "a list"),
        ),
        ("- endWorkflow: now", mapping("endWorkflow", "a text")),
    ];
    for (steps, wanted) in steps {
        let told = told(&workflow(steps));
        assert!(
            told.iter().any(|one| one.contains(&wanted)),
            "{steps}: {told:?}"
        );
    }
    let fine = workflow("- endWorkflow: {}");
    for (from, to, wanted) in [
        (
            "variables:\n    - stringVariable:\n        name: Flow.text\n        isInput: true\n    - integer",
            "variables: {stringVariable: {name: Flow.text}}\n  old:\n    - integer",
            list("variables", "a mapping"),
        ),
        (
            "- state:\n        name",
            "state:\n        name",
            list("states", "a mapping"),
        ),
        (
            "  states:",
            "  settingsErrorHandling: disconnect\n  states:",
            "error: this is a text, not a mapping".into(),
        ),
    ] {
        let told = told(&fine.replace(from, to));
        assert!(
            told.iter().any(|one| one.contains(&wanted)),
            "{to}: {told:?}"
        );
    }
}

#[test]
fn intents_written_as_a_mapping_are_told_their_form() {
    let text = "digitalBotFlow:\n  name: B\n  startUpRef: /digitalBotFlow/bots/bot[B]\n  bots:\n    - bot:\n        name: B\n        refId: B\n        actions:\n          - askForIntent:\n              question: {exp: '\"What?\"'}\n              outputs:\n                intents:\n                  Order status: {actions: [{exitBotFlow: {}}]}\n";
    let told = told(&text.replace("digitalBotFlow", "botFlow"));
    assert!(
        told[0].contains("13:19: error: `intents` is a mapping, not a list (begin each item with -, as - intent: {name: …, actions: […]})"),
        "{told:?}"
    );
}

/// An inbound call with these steps in its only task, the first in line 14, column 11.
fn call(steps: &str) -> String {
    let steps = steps.replace('\n', "\n          ");
    format!(
        "inboundCall:\n  name: C\n  startUpRef: T\n  variables:\n    - stringVariable: {{name: Flow.text}}\n    \
         - integerVariable: {{name: Flow.number}}\n    - queueVariable: {{name: Flow.q}}\n  tasks:\n    - task:\n        \
         name: T\n        refId: T\n        variables: [{{stringVariable: {{name: Task.a}}}}]\n        actions:\n          {steps}\n"
    )
}

fn told_of_call(steps: &str) -> Vec<String> {
    told(&call(steps))
}

#[test]
fn an_output_that_goes_nowhere_is_named() {
    let find = |result: &str| format!("- findQueue: {{findName: {{lit: a}}{result}}}");
    let digits = "digits: {range: {min: 1, max: 2}}";
    let cases = [
        (find(", findResult: Flow.q"), "findResult", "Flow.q"),
        (find(", findResult: {exp: Flow.q}"), "findResult", "Flow.q"),
        (
            format!("- collectInput: {{inputData: {{exp: Flow.text}}, {digits}}}"),
            "inputData",
            "Flow.text",
        ),
        (
            "- loop: {collection: {exp: 'MakeList(1)'}, currentItem: Flow.number}".to_owned(),
            "currentItem",
            "Flow.number",
        ),
        (
            "- callTask: {targetTaskRef: T, outputVariables: {Task.a: Flow.text}}".to_owned(),
            "Task.a",
            "Flow.text",
        ),
        (
            "- callBotFlow: {botFlow: {B: {ver_latestPublished: {}}}, intent: Flow.text}"
                .to_owned(),
            "intent",
            "Flow.text",
        ),
        (
            "- transferToAcd: {targetQueue: {lit: {name: Q}}, failureOutputs: {errorType: Flow.text}}".to_owned(),
            "errorType",
            "Flow.text",
        ),
    ];
    for (steps, key, name) in cases {
        let wanted =
            format!("output `{key}` goes nowhere (write {key}: {{var: {name}}} or noValue: true)");
        let told = told_of_call(&steps);
        assert!(
            told.iter().any(|one| one.contains(&wanted)),
            "{steps}: {told:?}"
        );
    }
    assert_eq!(
        told_of_call(&find("")),
        [
            "14:13: warning: what `findQueue` finds goes nowhere (write findResult: {var: …} or noValue: true)"
        ]
    );
    for fine in [
        ", findResult: {var: Flow.q}",
        ", findResult: {noValue: true}",
    ] {
        assert_eq!(told_of_call(&find(fine)), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn an_outputs_type_is_checked_against_its_variable() {
    for (steps, wanted) in [
        (
            "- findQueue: {findName: {lit: a}, findResult: {var: Flow.text}}",
            "error: `findResult` gives queue, the variable is string",
        ),
        (
            "- findUsersById: {findIds: {lit: [a]}, findResult: {var: Flow.text}}",
            "error: `findResult` gives user collection, the variable is string",
        ),
        (
            "- callBotFlow: {botFlow: {B: {ver_latestPublished: {}}}, exitReason: {var: Flow.number}}",
            "error: `exitReason` gives string, the variable is integer",
        ),
    ] {
        let told = told_of_call(steps);
        assert!(
            told.iter().any(|one| one.contains(wanted)),
            "{steps}: {told:?}"
        );
    }
}

#[test]
fn what_must_be_constant_is_calculated_or_told() {
    let fine = workflow("- endWorkflow: {}");
    let menu = |settings: &str| {
        let settings = format!("  settingsMenu: {settings}\n  states:");
        told(
            &fine
                .replace("workflow:\n  name", "inboundCall:\n  name")
                .replace("  states:", &settings),
        )
    };
    let warned = |settings: &str| {
        let told = menu(settings).into_iter();
        told.filter(|one| one.starts_with("11:"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        warned(
            "{repeatCount: {exp: Flow.number}, menuSelectionTimeout: {exp: 'MakeDuration(0,0,0,1)'}}"
        ),
        ["11:31: warning: `repeatCount` must be constant (3 holds here)"]
    );
    assert_eq!(
        warned(
            "{repeatCount: {exp: 50 + 50}, menuSelectionTimeout: {exp: 'MakeDuration(0,0,0,-1)'}}"
        ),
        [
            "11:31: warning: 100 isn't from 0 to 99 (99 holds here)",
            "11:69: warning: the time is negative (0 s holds here)",
        ]
    );
}

#[test]
fn what_has_no_effect_is_named() {
    for (steps, wanted) in [
        (
            "- wait: {duration: {exp: 'MakeDuration(0,0,0,-5)'}}",
            "warning: the time is negative (the step doesn't wait)",
        ),
        (
            "- loop: {collection: {exp: 'MakeList(1)'}, loopCount: {lit: 3}}",
            "warning: `loopCount` has no effect beside `collection`",
        ),
        (
            "- callTask: {targetTaskRef: T, outputs: {Don: {actions: []}, Default: {actions: []}}}\n- endTask: {outputPath: {name: Done}}",
            "warning: no endTask leaves by `don` (did you mean done?)",
        ),
    ] {
        let told = told_of_call(steps);
        assert!(
            told.iter().any(|one| one.contains(wanted)),
            "{steps}: {told:?}"
        );
    }
    let flag = workflow("- endWorkflow: {}").replace("isInput: true", "isInput: \"yes\"");
    assert_eq!(
        told(&flag),
        ["7:18: warning: `isInput` is `yes` (write true or false; it counts as not there)"]
    );
}

#[test]
fn choices_of_a_menu_that_no_person_reaches_are_named() {
    let text = "inboundCall:\n  name: C\n  startUpRef: M\n  menus:\n    - menu:\n        name: M\n        refId: M\n        choices:\n          \
        - menuDisconnect: {name: A, dtmf: digit_1, defaultMenuChoice: true}\n          \
        - menuDisconnect: {name: B, dtmf: digit_1, defaultMenuChoice: true, globalDtmf: maybe}\n";
    assert_eq!(
        told(text),
        [
            "10:13: warning: two choices are the default (the first is taken)",
            "10:13: warning: two choices have the key 1 (the first is taken)",
            "10:91: warning: `globalDtmf` is `maybe` (write true or false; it counts as not there)",
        ]
    );
}

#[test]
fn a_task_that_something_wrong_leads_to_is_not_called_idle() {
    let tea = "    - task: {name: Tea, refId: Tea, actions: [{wait: {duration: {lit: PT1S}}}]}\n";
    let jump = "{value: {lit: true}, actions: [{jumpToTask: {targetTaskRef: Tea}}]}";
    let steps =
        format!("- switch: {{evaluate: {{firstTrue: {{cases: [{{case: {jump}}}]}}, x: 1}}}}");
    let found = told(&(call(&steps) + tea));
    assert!(
        found[0].contains("expected, as a mapping of one key; this is one of 2"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1, "{found:?}");
    let idle = told(&(call("- disconnect: {}") + tea));
    assert!(idle[0].contains("nothing leads to `Tea`"), "{idle:?}");
}
