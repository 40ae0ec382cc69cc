//! Built-in variables: given by a script under their own names, and only to the kinds that have them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use serde_json::{Value as Json, json};
use tollgate_architect::{Library, Run};
use tollgate_architect_test::{Script, ScriptWorld, play};
use tollgate_model::Instant;

/// What an expression gives as a text in a workflow of a kind, where a script gives built-in variables.
fn text(kind: &str, expression: &str, interaction: &Json) -> Result<Json, String> {
    let workflow = shared::parse(&format!(
        r#"
{kind}:
  name: W
  startUpRef: start
  variables: [{{stringVariable: {{name: Flow.result}}}}]
  tasks:
    - task:
        name: start
        refId: start
        actions:
          - updateData: {{statements: [{{string: {{variable: Flow.result, value: {{exp: '{expression}'}}}}}}]}}
"#
    ));
    let script = Script::parse(&format!("workflow: x\ninteraction: {interaction}")).unwrap();
    let inputs = script.run_inputs(Library::new());
    let mut run = Run::new(workflow, &inputs, Instant::ZERO, 1).map_err(|why| why.to_string())?;
    let played = play(&mut run, &mut ScriptWorld::new(&script), Instant::ZERO, 0).unwrap();
    Ok(played.variables["flow.result"].clone())
}

#[test]
fn a_property_is_given_by_its_name_or_with_the_whole() {
    let subject = "Email.Message.subject";
    let by_name = json!({"Email.Message.subject": "Order", "Email.Message.from.name": "Jo"});
    assert_eq!(text("inboundEmail", subject, &by_name), Ok(json!("Order")));
    assert_eq!(
        text("inboundEmail", "Email.Message.from.name", &by_name),
        Ok(json!("Jo"))
    );
    let whole = json!({"email.message": {"subject": "Order"}});
    assert_eq!(text("inboundEmail", subject, &whole), Ok(json!("Order")));
    let status = json!({"Workitem.Workitem.status.name": "Open"});
    assert_eq!(
        text("workitem", "Workitem.Workitem.status.name", &status),
        Ok(json!("Open"))
    );
}

#[test]
fn constants_have_their_values() {
    let of = |expression| text("inboundCall", expression, &json!({})).unwrap();
    assert_eq!(of("System.Regions.NL.dialingCode"), json!("31"));
    assert_eq!(of("System.Currencies.EUR.code"), json!("EUR"));
    assert_eq!(
        of("ToString(System.DateTime.dayOfWeek.saturday)"),
        json!("7")
    );
    assert_eq!(of("ToString(System.MinInt)"), json!("-999999999999999"));
    assert_eq!(of("Prompt.Welcome.name"), json!("Welcome"));
    assert_eq!(of("System.Conversation.Types.callback"), json!("callback"));
}

#[test]
fn what_a_kind_does_not_have_is_refused() {
    let refused = |given| text("inboundCall", "Call.Ani", &given).unwrap_err();
    assert_eq!(
        refused(json!({"Email.Message.subject": "Order"})),
        "no built-in variable `Email.Message.subject` (workflows of other kinds have it: email)"
    );
    assert_eq!(
        refused(json!({"Call.Any": "x"})),
        "no built-in variable `Call.Any` (did you mean Call.Ani?)"
    );
    assert_eq!(
        refused(json!({"System.MaxInt": 1})),
        "no built-in variable `System.MaxInt` (it is a constant)"
    );
}
