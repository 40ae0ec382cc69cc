//! What the steps do, one workflow each.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect::{
    Answer, AnswerError, Effect, Inputs, Library, Person, Progress, Run, Tell,
};
use tollgate_architect_test::{Played, Script, ScriptWorld, play};
use tollgate_model::Instant;

fn played_with(workflow: &str, library: &[&str], script: &str) -> Played {
    let workflow = shared::parse(workflow);
    let library: Library = library
        .iter()
        .map(|text| shared::parse(text))
        .map(|workflow| (workflow.name().to_owned(), workflow))
        .collect();
    let script = Script::parse(&format!("workflow: x\nspeech: 0\n{script}")).unwrap();
    let inputs = script.run_inputs(library);
    let mut run = Run::new(workflow, &inputs, Instant::ZERO, 1).unwrap();
    let mut world = ScriptWorld::new(&script);
    play(&mut run, &mut world, Instant::ZERO, script.speech).unwrap()
}

/// The transcript without its times, and how long it took.
fn lines(played: &Played) -> Vec<String> {
    let lines = played.transcript.lines().iter();
    lines
        .map(|line| format!("{} {}", line.event, line.text))
        .collect()
}

fn events(workflow: &str, script: &str) -> Vec<String> {
    lines(&played_with(workflow, &[], script))
}

const MENU: &str = "
inboundCall:
  name: Menus
  startUpRef: ./menus/menu[main]
  settingsMenu: {menuSelectionTimeout: {lit: {seconds: 4}}, repeatCount: {lit: 2}}
  menus:
    - menu:
        name: Main
        refId: main
        audio: {tts: Main menu}
        choices:
          - menuTask:
              name: Opening hours
              dtmf: digit_1
              speechRecTerms: {en-us: {terms: [hours]}}
              task: {actions: [{playAudio: {audio: {tts: We open at nine}}}]}
          - menuSubMenu:
              name: More
              dtmf: digit_2
              menu:
                name: Sub
                refId: sub
                audio: {tts: Sub menu}
                choices:
                  - menuPreviousMenu: {name: Back, dtmf: digit_star}
                  - menuTransferToAcd: {name: Agent, dtmf: digit_0, targetQueue: {lit: {name: Q}}}
          - menuDisconnect: {name: Bye, dtmf: digit_9}
";

#[test]
fn a_menu_leads_on_and_back() {
    assert_eq!(
        events(MENU, "person: [{press: '1'}, {say: Hours!}, {press: '2'}, {press: '*'}, {press: '2'}, {press: '0'}]\nanswers: {transferToAcd: [{failure: {}}, {success: {}}]}")
            .iter()
            .filter(|line| !line.starts_with("asks"))
            .map(String::as_str)
            .collect::<Vec<_>>(),
        [
            "plays Main menu",
            "person presses 1",
            "plays We open at nine",
            "plays Main menu",
            "person says Hours!",
            "plays We open at nine",
            "plays Main menu",
            "person presses 2",
            "plays Sub menu",
            "person presses *",
            "plays Main menu",
            "person presses 2",
            "plays Sub menu",
            "person presses 0",
            "does transferToAcd {\"targetQueue\":\"Q\"}",
            "answer failure",
            "plays Sub menu",
            "person is silent",
            "plays Sub menu",
            "person is silent",
            "plays Sub menu",
            "person is silent",
            "ends disconnect",
        ]
    );
}

#[test]
fn a_menu_nobody_answers_is_repeated_and_left() {
    let played = played_with(MENU, &[], "person: [{press: '5'}]");
    let heard = lines(&played)
        .iter()
        .filter(|line| *line == "plays Main menu")
        .count();
    assert_eq!(
        (heard, played.took),
        (3, Duration::from_secs(8)),
        "once, and two repeats"
    );
    assert_eq!(played.end.word(), "disconnect");
    let default = MENU.replace("name: Bye", "name: Bye, defaultMenuChoice: true");
    let played = played_with(&default, &[], "");
    assert_eq!(lines(&played).last().unwrap(), "ends disconnect");
    assert!(played.coverage.taken(&shared::parse(&default)) == 1);
}

#[test]
fn a_global_choice_is_open_in_every_menu() {
    let heard = |workflow: &str, last: &str| {
        let lines = events(workflow, &format!("person: [{{press: '2'}}, {last}]"));
        lines
            .iter()
            .filter(|line| line.starts_with("plays"))
            .count()
    };
    assert_eq!(
        heard(MENU, "{press: '9'}"),
        4,
        "not known there: asked twice more"
    );
    let global = MENU.replace("{name: Bye, dtmf", "{name: Bye, globalDtmf: true, dtmf");
    assert_eq!(heard(&global, "{press: '9'}"), 2);
    assert_eq!(heard(&global, "{say: bye}"), 4, "its words are not global");
}

const TASKS: &str = "
inboundCall:
  name: Tasks
  startUpRef: ./tasks/task[start]
  variables:
    - integerVariable: {name: Flow.sum, initialValue: {lit: 0}}
    - integerVariable: {name: Flow.index}
  tasks:
    - task:
        name: start
        actions:
          - callTask:
              targetTaskRef: ./tasks/task[down]
              inputs: {Task.n: {lit: 3}}
              outputVariables: {Task.total: {var: Flow.sum}}
              outputs:
                odd: {actions: [{playAudio: {audio: {tts: odd}}}]}
          - loop:
              currentIndex: {var: Flow.index}
              loopCount: {lit: 5}
              outputs:
                loop:
                  actions:
                    - decision:
                        condition: {exp: Flow.index == 1}
                        outputs: {yes: {actions: [{loopNext: {}}]}}
                    - decision:
                        condition: {exp: Flow.index == 3}
                        outputs: {yes: {actions: [{loopExit: {}}]}}
                    - loop:
                        loopCount: {lit: 2}
                        outputs:
                          loop: {actions: [{playAudio: {audio: {exp: ToAudioNumber(Flow.index)}}}]}
          - jumpToTask: {targetTaskRef: last}
    - task:
        name: down
        variables:
          - integerVariable: {name: Task.n}
          - integerVariable: {name: Task.total, initialValue: {lit: 0}}
          - integerVariable: {name: Task.below, initialValue: {lit: 0}}
        actions:
          - decision:
              condition: {exp: Task.n > 0}
              outputs:
                yes:
                  actions:
                    - callTask:
                        targetTaskRef: ./tasks/task[down]
                        inputs: {Task.n: {exp: Task.n - 1}}
                        outputVariables: {Task.total: {var: Task.below}}
          - updateData:
              statements: [{integer: {variable: Task.total, value: {exp: Task.n + Task.below}}}]
          - endTask: {outputPath: {name: odd}}
    - task:
        name: last
        actions:
          - playAudio: {audio: {exp: Flow.sum}}
";

#[test]
fn tasks_call_themselves_loops_are_left_and_jumps_dont_return() {
    // 3 + 2 + 1 + 0, each call with its own variables.
    assert_eq!(
        events(TASKS, ""),
        [
            "plays odd",
            "plays zero",
            "plays zero",
            "plays two",
            "plays two",
            "plays six",
            "ends disconnect"
        ]
    );
}

#[test]
fn a_flow_in_circles_and_a_bottomless_task_end() {
    let circle = TASKS.replace(
        "- playAudio: {audio: {exp: Flow.sum}}",
        "- jumpToTask: {targetTaskRef: last}",
    );
    let played = played_with(&circle, &[], "");
    assert_eq!(played.end.word(), "bound");
    let bottomless = TASKS.replace("exp: Task.n > 0", "exp: Task.n < 99");
    let played = played_with(&bottomless, &[], "");
    assert_eq!(
        played.end.to_string(),
        "failed: callTask: more than 16 tasks within tasks"
    );
}

const CALL: &str = "
workflow:
  name: Call
  startUpRef: ./states/state[S]
  variables:
    - stringVariable: {name: Flow.id, initialValue: {lit: before}}
    - integerVariable: {name: Flow.status, initialValue: {lit: 1}}
    - integerVariable: {name: Flow.in, isInput: true}
    - stringVariable: {name: Flow.path, isOutput: true}
  states:
    - state:
        name: S
        actions:
          - callData:
              timeout: {lit: {seconds: 2}}
              category:
                C:
                  dataAction:
                    A:
                      inputs: {a.b: {exp: Flow.in}, unset: {noValue: true}}
                      successOutputs: {data.id: {var: Flow.id}}
                      failureOutputs: {status: {var: Flow.status}}
              outputs:
                success: {actions: [{updateData: {statements: [{string: {variable: Flow.path, value: {lit: s}}}]}}]}
                failure: {actions: [{updateData: {statements: [{string: {variable: Flow.path, value: {lit: f}}}]}}]}
                timeout: {actions: [{updateData: {statements: [{string: {variable: Flow.path, value: {lit: t}}}]}}]}
          - wait: {duration: {exp: 'MakeDuration(0, 0, 1, 0)'}}
";

#[test]
fn a_data_action_leaves_by_success_failure_or_its_own_timeout() {
    let outcome = |answer: &str| {
        let played = played_with(
            CALL,
            &[],
            &format!("inputs: {{flow.IN: 4}}\nanswers: {{A: {answer}}}"),
        );
        let variable = |name: &str| played.variables[name].clone();
        (
            played.outputs["Flow.path"].clone(),
            variable("flow.id"),
            variable("flow.status"),
            played.took.as_millis(),
        )
    };
    assert_eq!(
        outcome("{success: {data.id: x}, after: 1s}"),
        (json!("s"), json!("x"), json!(1), 61_000)
    );
    assert_eq!(
        outcome("{success: {data: {id: y}}}"),
        (json!("s"), json!("y"), json!(1), 60_000)
    );
    // What wasn't answered is NOT_SET, not what it was before.
    assert_eq!(
        outcome("{success: {}}"),
        (json!("s"), json!(null), json!(1), 60_000)
    );
    assert_eq!(
        outcome("{failure: {status: 503, data.id: x}}"),
        (json!("f"), json!("before"), json!(503), 60_000)
    );
    assert_eq!(
        outcome("{timeout: true}"),
        (json!("t"), json!("before"), json!(1), 62_000)
    );
    assert_eq!(
        outcome("{success: {data.id: late}, after: 2s}").0,
        json!("t"),
        "at the timeout is too late"
    );
    let played = played_with(
        CALL,
        &[],
        "inputs: {Flow.in: 4}\nanswers: {A: {success: {data.id: [1]}}}",
    );
    assert_eq!(
        played.end.to_string(),
        "failed: callData: output data.id: expected string, not [1]"
    );
}

#[test]
fn an_answer_fits_the_open_effect_or_changes_nothing() {
    let inputs = Inputs::default();
    let mut run = Run::new(shared::parse(CALL), &inputs, Instant::ZERO, 1).unwrap();
    let Progress::Effect(id, effect) = run.next(Instant::ZERO) else {
        panic!("an effect");
    };
    let Effect::CallData {
        action,
        inputs,
        timeout,
        ..
    } = effect
    else {
        panic!("a call");
    };
    assert_eq!(
        (&*action, inputs.len(), timeout),
        ("A", 0, Duration::from_secs(2))
    );
    let until = Instant::ZERO + Duration::from_secs(2);
    assert_eq!(run.next(Instant::ZERO), Progress::Wait(until));
    let wrong = run.answer(id, Answer::path("found"), Instant::ZERO);
    assert!(matches!(wrong, Err(AnswerError::NoSuchPath { .. })));
    let person = run.answer(id, Answer::Person(Person::IsSilent), Instant::ZERO);
    assert_eq!(person, Err(AnswerError::WrongKind));
    assert_eq!(run.next(until), Progress::Tell(Tell::TimedOut { action }));
    assert_eq!(
        run.answer(id, Answer::path("success"), until),
        Err(AnswerError::NotOpen)
    );
    run.hang_up(until);
    assert!(matches!(
        run.next(until),
        Progress::Tell(_) | Progress::Ended(_)
    ));
}

const ERRORS: &str = "
inboundCall:
  name: Errors
  startUpRef: ./tasks/task[start]
  settingsErrorHandling:
    preHandlingAudio: {tts: Sorry}
    errorHandling: {jumpToTask: {targetTaskRef: help}}
  variables:
    - integerVariable: {name: Flow.n}
  tasks:
    - task:
        name: start
        actions:
          - updateData: {statements: [{integer: {variable: Flow.n, value: {exp: 'ToInt(Call.Ani)'}}}]}
          - playAudio: {audio: {tts: never}}
    - task:
        name: help
        actions:
          - transferToAcd: {targetQueue: {lit: {name: Help}}, failureTransferAudio: {exp: 'ToAudioNumber(1 / (1 - 1))'}}
";

#[test]
fn a_failing_step_leads_to_the_error_handling_and_never_in_circles() {
    let script = "interaction: {Call.Ani: anonymous}\n";
    assert_eq!(
        events(ERRORS, script),
        [
            "fails 14:13: updateData: ToInt: argument 1 is `anonymous`, not a number",
            "plays Sorry",
            "does transferToAcd {\"targetQueue\":\"Help\"}",
            "answer success",
            "ends transferToAcd to Help",
        ]
    );
    let again = events(
        ERRORS,
        &format!("{script}answers: {{transferToAcd: {{failure: {{}}}}}}"),
    );
    assert_eq!(
        again.last().unwrap(),
        "ends failed: transferToAcd: division by zero"
    );
}

const BOT: &str = r#"
botFlow:
  name: Bot
  startUpRef: ./bots/bot[B]
  variables:
    - stringVariable: {name: Slot.Order, isOutput: true}
  settingsErrorHandling:
    enableAgentEscalation: {lit: true}
    agentEscalationHandover: {lit: An agent comes}
    agentEscalationHandling: {exit: {none: true}}
    recognitionFailureEventHandover: {lit: I give up}
    recognitionFailureEventHandling: {exit: {none: true}}
  settingsUserInput: {noMatchesMax: {lit: 2}, noInputsMax: {lit: 2}, noInputsTimeout: {lit: {seconds: 7}}}
  bots:
    - bot:
        name: B
        actions:
          - askForIntent:
              question: {exp: 'MakeCommunication("How can I help?")'}
              noMatch: {lit: What?}
              noInput: {lit: Are you there?}
              outputs:
                intents:
                  - intent:
                      name: Status
                      actions:
                        - decision:
                            condition: {exp: IsSet(Slot.Order)}
                            outputs:
                              no: {actions: [{askForSlot: {slot: {name: Order}, question: {lit: Which order?}}}]}
                        - communicate: {communication: {exp: 'MakeCommunication("Order ", Slot.Order, Session.LastCollectionUtterance)'}}
                maxNoInputs: {actions: [{communicate: {communication: {lit: Nobody}}}]}
  settingsNaturalLanguageUnderstanding:
    nluDomainVersion:
      intents:
        - name: Status
          entityNameReferences: [Order]
          utterances: [{segments: [{text: "Where is order "}, {text: "11112222", entity: {name: Order}}]}]
      entities: [{name: Order, type: Digits}]
      entityTypes: [{name: Digits, mechanism: {type: Regex, items: [{value: "[0-9]{8}"}]}}]
"#;

#[test]
fn a_bot_understands_fills_slots_and_gives_up() {
    let sent = |script: &str| {
        let played = played_with(BOT, &[], script);
        let sent = lines(&played)
            .into_iter()
            .filter_map(|line| line.strip_prefix("sends ").map(str::to_owned));
        (
            sent.collect::<Vec<_>>(),
            played.outputs["Slot.Order"].clone(),
        )
    };
    let (said, order) = sent("person: [{say: 'WHERE is order 11112222?'}]");
    assert_eq!(
        said,
        ["How can I help?", "Order 11112222 WHERE is order 11112222?"]
    );
    assert_eq!(order, json!("11112222"));
    let (said, order) =
        sent("person: [{say: hm}, {intent: Status}, {say: none}, {say: it is 33334444}]");
    assert_eq!(
        said,
        [
            "How can I help?",
            "What?",
            "Which order?",
            "Which order?",
            "Order 33334444 it is 33334444"
        ]
    );
    assert_eq!(order, json!("33334444"));
    let checked = BOT.replace(
        "question: {lit: Which order?}",
        "question: {lit: Which order?}, customValidation: {exp: 'Left(Slot.Order, 1) == \"4\"'}",
    );
    let script = "person: [{intent: Status}, {say: '33334444'}, {say: '44445555'}]";
    let played = played_with(&checked, &[], script);
    assert_eq!(played.outputs["Slot.Order"], json!("44445555"));
    let asked = lines(&played)
        .into_iter()
        .filter(|line| line == "sends Which order?");
    assert_eq!(asked.count(), 2);
    assert_eq!(
        sent("person: [{say: a}, {say: b}]").0,
        ["How can I help?", "What?", "I give up"]
    );
    assert_eq!(sent("").0, ["How can I help?", "Are you there?", "Nobody"]);
    assert_eq!(
        sent("person: [{agent: true}]").0,
        ["How can I help?", "An agent comes"]
    );
    assert_eq!(sent("person: [{hangUp: true}]").0, ["How can I help?"]);
}

const CALLER: &str = "
inboundShortMessage:
  name: Caller
  startUpRef: ./states/state[S]
  states:
    - state:
        name: S
        variables:
          - stringVariable: {name: State.intent}
          - stringVariable: {name: State.order}
          - stringVariable: {name: State.who}
        actions:
          - getParticipantData: {attributes: [{attribute: {name: {lit: who}, variable: State.who}}]}
          - callBotFlow:
              intent: {var: State.intent}
              botFlow: {Bot: {ver_latestPublished: {outputs: {Slot.Order: {var: State.order}}}}}
          - setParticipantData: {attributes: [{attribute: {name: {lit: order}, value: {exp: State.order}}}]}
          - switch:
              evaluate:
                string:
                  value: {exp: State.intent}
                  cases:
                    - case: {value: {lit: Status}, actions: [{changeState: {targetStateRef: T}}]}
                  default: {actions: [{sendResponse: {messageBody: {exp: State.who}}}]}
          - disconnect: {none: true}
    - state:
        name: T
        actions:
          - sendResponse: {messageBody: {lit: In state T}}
";

#[test]
fn a_called_flow_of_the_library_runs_within() {
    let script = "participant: {who: Jo}\nperson: [{say: where is order 11112222}]";
    let played = played_with(CALLER, &[BOT], script);
    assert_eq!(
        lines(&played)[3..],
        [
            "sends Order 11112222 where is order 11112222",
            "sets order = 11112222",
            "sends In state T",
            "ends disconnect"
        ]
    );
    assert_eq!(played.participant["order"], "11112222");
    let bot = shared::parse(BOT);
    assert_eq!(played.coverage.taken(&bot), 2, "its branches count too");
    // The person leaves while the bot asks: both are over.
    let played = played_with(CALLER, &[BOT], "person: [{hangUp: true}]");
    assert_eq!(lines(&played).last().unwrap(), "ends hungUp");
    // Without it in the library the script answers for it.
    let played = played_with(
        CALLER,
        &[],
        "participant: {who: Jo}\nanswers: {Bot: {success: {}}}",
    );
    assert_eq!(
        lines(&played)[2..],
        ["sets order = NOT_SET", "sends Jo", "ends disconnect"]
    );
}

#[test]
fn a_module_sees_the_interaction_and_gives_outputs() {
    let module = "
commonModule:
  name: Module
  variables:
    - stringVariable: {name: Common.given, isInput: true}
    - stringVariable: {name: Common.told, isOutput: true}
  startUpTaskActions:
    - updateData:
        statements:
          - string: {variable: Common.told, value: {exp: 'Append(Common.given, \" \", Call.Ani)'}}
";
    let caller = "
inboundCall:
  name: Outer
  startUpRef: start
  variables: [{stringVariable: {name: Flow.told}}]
  tasks:
    - task:
        name: start
        actions:
          - callCommonModule:
              commonModule:
                Module:
                  ver_latestPublished:
                    inputs: {Common.given: {lit: Outer}}
                    outputs: {Common.told: {var: Flow.told}}
";
    let played = played_with(caller, &[module], "interaction: {Call.Ani: '+1'}");
    assert_eq!(played.variables["flow.told"], json!("Outer +1"));
}

#[test]
fn what_a_script_says_nothing_about_stops_the_run() {
    let workflow = shared::parse(CALL);
    let script = Script::parse("workflow: x").unwrap();
    let mut run = Run::new(
        Arc::clone(&workflow),
        &script.run_inputs(Library::new()),
        Instant::ZERO,
        1,
    )
    .unwrap();
    let why = play(&mut run, &mut ScriptWorld::new(&script), Instant::ZERO, 0).unwrap_err();
    assert_eq!(
        why.to_string(),
        "the script has no answer for the data action `A`; under answers, such as {\"A\":[{\"success\":{}}]}"
    );
    let wrong = Inputs {
        variables: json!({"Flow.inn": 1}).as_object().unwrap().clone(),
        ..Inputs::default()
    };
    let why = Run::new(workflow, &wrong, Instant::ZERO, 1).unwrap_err();
    assert_eq!(
        why.to_string(),
        "no input `Flow.inn` (did you mean Flow.in?)"
    );
    let without = CALL.replace(", isInput: true", "");
    let why = Run::new(shared::parse(&without), &wrong, Instant::ZERO, 1).unwrap_err();
    assert_eq!(why.to_string(), "no input `Flow.inn`");
}

#[test]
fn a_script_with_faults_names_them_all() {
    let problems = Script::parse(
        "workflw: x\nperson:\n  - {pres: '1'}\nanswers: {A: {after: 2 weeks, success: {}}}\n",
    )
    .unwrap_err();
    let told: Vec<String> = problems
        .as_slice()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "1:1: error: `workflow` is missing (the workflow's file, from the script's folder)",
            "1:1: error: `workflw` isn't known here (did you mean workflow?)",
            "3:5: error: nothing that a person does (press, say, intent, learns, silent, agent or hangUp)",
            "3:6: error: `pres` isn't known here (did you mean press?)",
            "4:22: error: not a span of time (as 200ms, 3s or PT1M)",
        ]
    );
}

#[test]
fn a_script_may_name_its_workflow_as_it_did_before() {
    let script = Script::parse("flow: x\n").unwrap();
    assert_eq!(script.workflow, "x");
    assert_eq!(
        script.warnings.to_string(),
        "1:1: warning: `flow` is called `workflow` now (rename it)"
    );
}
