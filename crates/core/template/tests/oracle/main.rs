//! Differential: what Velocity 1.7 and velocity-tools 2.0 answer, we answer, to the byte; an error where
//! they fail. What differs on purpose is in `intended.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that runs a process"
)]

#[path = "../../../../../tests/oracle/ask.rs"]
mod ask;
mod corpus;
mod generate;
mod intended;
mod methods;
mod patterns;
mod pieces;

use serde_json::{Value as Json, json};
use tollgate_template::{Bounds, Context, Template, Value};

/// Templates around which Velocity's rules turn.
const TEMPLATES: &str = include_str!("templates.txt");
/// Cases of the generator.
const GENERATED: usize = 10_000;

#[test]
fn written_templates_agree() {
    let mut cases = Vec::new();
    for template in TEMPLATES.split("\n---\n") {
        for context in generate::contexts() {
            cases.push((template.to_owned(), context));
        }
    }
    compare("written", &cases, 0);
}

#[test]
fn generated_templates_agree() {
    let seed = std::env::var("TOLLGATE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let cases = generate::cases(seed.unwrap_or(1), GENERATED);
    compare("generated", &cases, GENERATED / 2);
}

#[test]
fn real_templates_agree() {
    compare("real", &corpus::cases(), 0);
}

#[test]
fn methods_agree() {
    compare("methods", &methods::cases(), 5_000);
}

#[test]
fn patterns_agree() {
    compare("patterns", &patterns::cases(), 1_800);
}

#[test]
fn numbers_agree() {
    compare("numbers", &generate::numbers(1, 4_000), 3_900);
}

/// Asks the reference for all cases at once; at least `succeeding` of them must not be errors.
fn compare(what: &str, cases: &[(String, Json)], succeeding: usize) {
    let questions: Vec<Json> = cases
        .iter()
        .map(|(text, context)| ask::template(text, context))
        .collect();
    let Some(answers) = ask::ask(&questions) else {
        return;
    };
    let (mut agree, mut succeed, mut differ) = (0, 0, 0);
    let mut on_purpose = std::collections::BTreeMap::<&str, usize>::new();
    for ((template, context), answer) in cases.iter().zip(&answers) {
        let ours = render(template, context);
        let theirs = answer.get("ok").and_then(Json::as_str);
        if ours.as_deref().ok() == theirs {
            agree += 1;
            succeed += usize::from(theirs.is_some());
        } else if let Some(reason) = intended::reason(template, &ours, answer) {
            *on_purpose.entry(reason).or_default() += 1;
        } else {
            differ += 1;
            if differ <= 40 {
                println!("template: {template:?}\n  context {context}");
                println!("  ours:   {ours:?}\n  theirs: {answer}");
            }
        }
    }
    println!(
        "velocity, {what}: {agree} of {} cases agree ({succeed} of them texts, the others errors), \
         {} differ on purpose, {differ} differ",
        cases.len(),
        on_purpose.values().sum::<usize>()
    );
    for (reason, count) in &on_purpose {
        println!("  {count} on purpose: {reason}");
    }
    assert_eq!(differ, 0);
    assert!(
        succeed >= succeeding,
        "too few cases succeed to show anything"
    );
}

fn render(template: &str, context: &Json) -> Result<String, String> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    let mut values = Context::new();
    for (name, value) in context.as_object().unwrap() {
        values.insert(name, Value::from_json(value));
    }
    let rendered = template.render(&values, &Bounds::default());
    rendered.map_err(|error| error.to_string())
}

/// The contexts of `json!` literals, with the numbers that only a text can write.
fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(json!({}))
}
