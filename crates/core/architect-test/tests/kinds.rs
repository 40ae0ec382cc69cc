//! A small workflow of every kind, run with a script.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use std::time::Duration;
use tollgate_architect::{Library, Run, WorkflowKind};
use tollgate_architect_test::{
    Count, PlayError, Played, Script, ScriptWorld, calls, explore, play,
};
use tollgate_model::Instant;

fn try_play(workflow: &str, script: &str) -> Result<Played, PlayError> {
    let workflow = shared::parse(workflow);
    let script = Script::parse(&format!("workflow: x\n{script}")).unwrap();
    let again = Script::parse(&script.to_yaml()).unwrap();
    assert_eq!(again, script, "a script reads back as it is written");
    let mut run = Run::new(
        workflow,
        &script.run_inputs(Library::new()),
        Instant::ZERO,
        1,
    )
    .unwrap();
    let mut world = ScriptWorld::new(&script);
    let played = play(&mut run, &mut world, Instant::ZERO, script.speech)?;
    assert_eq!(script.differences(&played), Vec::<String>::new());
    assert_eq!(world.unused_turns(), 0);
    Ok(played)
}

/// The transcript without its times.
fn events(workflow: &str, script: &str) -> Vec<String> {
    let played = try_play(workflow, script).unwrap();
    let lines = played.transcript.lines().iter();
    lines
        .map(|line| format!("{} {}", line.event, line.text))
        .collect()
}

/// A workflow of a kind whose only task does these steps.
fn workflow(kind: &str, steps: &str) -> String {
    format!(
        "{kind}:\n  name: W\n  startUpRef: first\n  tasks:\n    - task: {{name: first, refId: first, actions: [{steps}]}}\n"
    )
}

/// For each kind: steps, a script, and the lines of its transcript.
const SMALL: &[(&str, &str, &str, &[&str])] = &[
    (
        "inboundCall",
        "{playAudio: {audio: {exp: 'ToAudioTTS(Call.Ani)'}}}",
        "interaction: {Call.Ani: '+1'}",
        &["plays +1", "ends disconnect"],
    ),
    (
        "outboundCall",
        "{playAudio: {audio: {exp: 'ToAudioTTS(Call.ContactId)'}}}",
        "interaction: {Call.ContactId: c1}",
        &["plays c1", "ends disconnect"],
    ),
    (
        "inqueueCall",
        "{playAudio: {audio: {exp: 'ToAudioTTS(ToString(Call.PositionInQueue))'}}}",
        "interaction: {Call.PositionInQueue: 3}",
        &[
            "plays 3",
            "asks queue {}",
            "answer answered",
            "ends answered",
        ],
    ),
    (
        "secureCall",
        "{playAudio: {audio: {exp: 'ToAudioTTS(Flow.InvocationData)'}}}",
        "interaction: {Flow.InvocationData: card}",
        &["plays card", "ends disconnect"],
    ),
    (
        "voicemail",
        "{playAudio: {audio: {tts: Speak}}}",
        "events: [{hangUp: true, after: 100ms}]",
        &["plays Speak", "happens hangUp", "ends hungUp"],
    ),
    (
        "voiceSurvey",
        "{collectInput: {inputData: {var: Flow.n}, digits: {exact: 1}}}",
        "person: [{press: '5'}]",
        &["asks 1 digit", "person presses 5", "ends disconnect"],
    ),
    (
        "voice",
        "{communicate: {communication: {exp: 'ToCommunication(\"Hello\")'}}}",
        "",
        &["sends Hello", "ends exitBotFlow"],
    ),
    (
        "inboundChat",
        "{sendResponse: {messageBody: {exp: Chat.Guest.id}}}",
        "interaction: {Chat.Guest.id: g1}",
        &["sends g1", "ends disconnect"],
    ),
    (
        "inboundEmail",
        "{decision: {condition: {exp: 'Email.Message.subject == \"Order\"'}, outputs: {'yes': {actions: [{transferToAcd: {targetQueue: {lit: {name: Orders}}}}]}}}}",
        "interaction: {Email.Message.subject: Order}",
        &[
            "does transferToAcd {\"targetQueue\":\"Orders\"}",
            "answer success",
            "ends transferToAcd to Orders",
        ],
    ),
    (
        "inqueueEmail",
        "{setParticipantData: {attributes: [{attribute: {name: {lit: from}, value: {exp: Email.Message.from.id}}}]}}",
        "interaction: {Email.Message: {from: {id: jo@example.com}}}",
        &[
            "sets from = jo@example.com",
            "asks queue {}",
            "answer answered",
            "ends answered",
        ],
    ),
    (
        "emailSend",
        "{setParticipantData: {attributes: [{attribute: {name: {lit: to}, value: {exp: Email.Message.subject}}}]}}",
        "interaction: {Email.Message.subject: Re}",
        &["sets to = Re", "ends completeSend"],
    ),
    (
        "inboundShortMessage",
        "{sendResponse: {messageBody: {exp: Message.Message.body}}}",
        "interaction: {Message.Message.body: Hello, Message.IsNewConversation: true}",
        &["sends Hello", "ends disconnect"],
    ),
    (
        "inqueueShortMessage",
        "{sendResponse: {messageBody: {lit: Wait}}}",
        "events: [{hangUp: true, after: 1s}]\nanswers: {queue: {again: {}}}",
        &[
            "sends Wait",
            "asks queue {}",
            "answer again",
            "waits 300.000s",
            "happens hangUp",
            "ends hungUp",
        ],
    ),
    (
        "workflow",
        "{wait: {duration: {lit: {seconds: 1}}}}",
        "",
        &["waits 1.000s", "ends endWorkflow"],
    ),
    (
        "workitem",
        "{setParticipantData: {attributes: [{attribute: {name: {lit: why}, value: {exp: Workitem.EventType}}}]}}",
        "interaction: {Workitem.EventType: created, Workitem.Workitem.status.name: Open}",
        &["sets why = created", "ends exitWorkitemFlow"],
    ),
    (
        "surveyInvite",
        "{setParticipantData: {attributes: [{attribute: {name: {lit: to}, value: {exp: Survey.CustomerContact.firstName}}}]}}",
        "interaction: {Survey.CustomerContact: {firstName: Jo}}",
        &["sets to = Jo", "ends endFlow"],
    ),
    (
        "commonModule",
        "{setParticipantData: {attributes: [{attribute: {name: {lit: ani}, value: {exp: Call.Ani}}}]}}",
        "interaction: {Call.Ani: '+1'}",
        &["sets ani = +1", "ends endTask"],
    ),
    (
        "botFlow",
        "{waitForInput: {}}, {communicate: {communication: {exp: 'ToCommunication(Session.LastCollectionUtterance)'}}}",
        "person: [{say: Hello}]",
        &[
            "asks a text",
            "person says Hello",
            "sends Hello",
            "ends exitBotFlow",
        ],
    ),
    (
        "digitalBot",
        "{communicate: {communication: {exp: 'ToCommunication(Session.Language)'}}}",
        "interaction: {Session.Language: en-us}",
        &["sends en-us", "ends exitBotFlow"],
    ),
];

#[test]
fn a_workflow_of_every_kind_runs() {
    let tested: Vec<&str> = SMALL.iter().map(|(kind, ..)| *kind).collect();
    let kinds: Vec<&str> = WorkflowKind::all().map(WorkflowKind::word).collect();
    assert_eq!(tested, kinds);
    for (kind, steps, script, expected) in SMALL {
        let mut text = workflow(kind, steps);
        if text.contains("Flow.n}") {
            text.push_str("  variables: [{stringVariable: {name: Flow.n}}]\n");
        }
        assert_eq!(events(&text, script), *expected, "{kind}");
        let workflow = shared::parse(&text);
        let found = explore(&workflow, &Library::new(), &Script::default(), 1, 50);
        assert_eq!(found.stuck, Vec::<String>::new(), "{kind}");
    }
}

const QUEUE: &str = "
inqueueEmail:
  name: Waits
  startUpRef: initial
  variables: [{integerVariable: {name: Flow.rounds, initialValue: {lit: 0}}}]
  states:
    - state:
        name: Initial State
        refId: initial
        actions: [{callData: {category: {I: {dataAction: {Tell: {}}}}}}]
    - state:
        name: Recurring State
        actions:
          - updateData: {statements: [{integer: {variable: Flow.rounds, value: {exp: Flow.rounds + 1}}}]}
";

#[test]
fn a_mail_in_a_queue_comes_to_its_recurring_state_until_an_agent_answers() {
    let script = "
answers: {Tell: {success: {}}, queue: [{again: {}}, {again: {}}, {answered: {}, after: 2s}]}
expect: {end: answered, calls: {Tell: 1}, variables: {Flow.rounds: 2}}
";
    let played = try_play(QUEUE, script).unwrap();
    assert_eq!(played.took, Duration::from_secs(602));
    let workflow = shared::parse(QUEUE);
    let known = calls(&workflow, &Library::new());
    assert_eq!(known[0].most, Count::Unbounded);
    let found = explore(&workflow, &Library::new(), &Script::default(), 1, 100);
    assert_eq!(found.coverage.missed(&workflow), Vec::<String>::new());
}

#[test]
fn an_agent_answers_while_something_is_played() {
    let text = workflow(
        "inqueueCall",
        "{playAudio: {audio: {tts: 'Please hold the line'}}}",
    );
    let script = "
answers: {queue: {again: {}}}
events: [{answered: true, after: 3s}]
expect: {end: answered}
";
    assert_eq!(
        try_play(&text, script).unwrap().took,
        Duration::from_secs(3)
    );
}

#[test]
fn settings_give_built_in_variables() {
    let text = workflow(
        "inqueueCall",
        "{playAudio: {audio: {exp: 'Flow.HoldPrompt'}}}",
    ) + "  settingsInQueueCall: {holdMusic: {lit: {name: PromptSystem.on_hold_music}}}\n";
    let played = events(&text, "");
    assert!(
        played[0].contains("PromptSystem.on_hold_music"),
        "{played:?}"
    );
    let text = workflow(
        "outboundCall",
        "{playAudio: {audio: {exp: 'ToAudioTTS(Flow.WrapupCode.name)'}}}",
    ) + "  settingsOutboundCall: {wrapupCode: {lit: {name: Done}}, contactList: {lit: {name: L}}}\n";
    assert_eq!(events(&text, "")[0], "plays Done");
}

#[test]
fn a_prompt_as_audio_is_heard_as_one_by_whatever_made_it_audio() {
    for (audio, heard) in [
        ("ToAudio(Prompt.Hello)", "plays [prompt Hello]"),
        (
            "Prompt.Hello + Prompt.There",
            "plays [prompt Hello] [prompt There]",
        ),
        (
            "Append(Prompt.Hello, ToAudioTTS(\"You\"))",
            "plays [prompt Hello] You",
        ),
    ] {
        let step = format!("{{playAudio: {{audio: {{exp: '{audio}'}}}}}}");
        assert_eq!(events(&workflow("inboundCall", &step), "")[0], heard);
    }
}

#[test]
fn what_cannot_happen_in_a_kind_is_refused() {
    let refused = |kind: &str, event: &str| {
        let text = workflow(kind, "{wait: {duration: {lit: {seconds: 9}}}}");
        let script = format!("events: [{{{event}: true, after: 1s}}]");
        try_play(&text, &script).unwrap_err().to_string()
    };
    assert_eq!(
        refused("workitem", "hangUp"),
        "hangUp can't happen in a workflow of type workitem"
    );
    assert_eq!(
        refused("inboundCall", "answered"),
        "answered can't happen in a workflow of type inboundCall"
    );
}

#[test]
fn an_event_after_the_end_is_a_difference() {
    let workflow = shared::parse(&workflow("inboundCall", "{disconnect: {}}"));
    let script = Script::parse("workflow: x\nevents: [{hangUp: true, after: 1s}]").unwrap();
    let mut run = Run::new(
        workflow,
        &script.run_inputs(Library::new()),
        Instant::ZERO,
        1,
    )
    .unwrap();
    let played = play(&mut run, &mut ScriptWorld::new(&script), Instant::ZERO, 0).unwrap();
    assert_eq!(
        script.differences(&played),
        ["hangUp after 1s: expected it happens, got the run was over before"]
    );
}
