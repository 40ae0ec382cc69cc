//! Differential: what Velocity 1.7 and velocity-tools 2.0 answer, we answer, to the byte; an error where
//! they fail, with lenient references and with strict ones, and what strict ones refuse in the same words
//! at the same place. What differs on purpose is in `intended.rs`.

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
mod strict;

use serde_json::{Value as Json, json};
use tollgate_template::{Bounds, Context, Error, References, Template, Value};

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
fn strict_templates_agree() {
    compare("about references", &strict::cases(), 0);
}

#[test]
fn real_templates_agree() {
    compare("real", &corpus::cases(), 0);
}

#[test]
fn methods_agree() {
    compare_as("methods", &methods::cases(""), References::AsWritten, 5_000);
    compare_as("methods", &methods::cases("!"), STRICT, 2_000);
}

#[test]
fn patterns_agree() {
    compare("patterns", &patterns::cases(), 1_800);
}

#[test]
fn numbers_agree() {
    compare("numbers", &generate::numbers(1, 4_000), 3_900);
}

/// What the reference's own words call the template.
const STRICT: References = References::Strict {
    template: "template",
};

/// Compares in both modes.
fn compare(what: &str, cases: &[(String, Json)], succeeding: usize) {
    compare_as(what, cases, References::AsWritten, succeeding);
    compare_as(what, cases, STRICT, succeeding / 4);
}

/// Asks the reference for all cases at once; at least `succeeding` of them must not be errors.
fn compare_as(what: &str, cases: &[(String, Json)], references: References, succeeding: usize) {
    let strict = references == STRICT;
    let questions: Vec<Json> = cases
        .iter()
        .map(|(text, context)| {
            if strict {
                ask::strict_template(text, context)
            } else {
                ask::template(text, context)
            }
        })
        .collect();
    let Some(answers) = ask::ask(&questions) else {
        return;
    };
    let (mut texts, mut worded, mut errors, mut differ) = (0, 0, 0, 0);
    let mut on_purpose = std::collections::BTreeMap::<&str, usize>::new();
    for ((template, context), answer) in cases.iter().zip(&answers) {
        let ours = render(template, context, references);
        let theirs = answer.get("ok").and_then(Json::as_str);
        let words = words(answer);
        match (&ours, theirs) {
            (Ok(ours), Some(theirs)) if ours == theirs => texts += 1,
            (Err(ours), None) if words.as_deref().is_some_and(|it| says(ours, it)) => worded += 1,
            (Err(_), None) if words.is_none() => errors += 1,
            _ => {
                let ours = ours.map_err(|error| error.to_string());
                if let Some(reason) = intended::reason(template, &ours, answer) {
                    *on_purpose.entry(reason).or_default() += 1;
                    continue;
                }
                differ += 1;
                if differ <= 40 {
                    println!("template: {template:?}\n  context {context}");
                    println!("  ours:   {ours:?}\n  theirs: {answer}");
                }
            }
        }
    }
    println!(
        "velocity, {what}, {}: {} of {} cases agree ({texts} texts, {worded} errors in the same words, \
         {errors} other errors), {} differ on purpose, {differ} differ",
        if strict { "strict" } else { "lenient" },
        texts + worded + errors,
        cases.len(),
        on_purpose.values().sum::<usize>()
    );
    for (reason, count) in &on_purpose {
        println!("  {count} on purpose: {reason}");
    }
    assert_eq!(differ, 0);
    assert!(
        texts >= succeeding,
        "too few cases succeed to show anything"
    );
}

/// Whether an error ends in these words, of which the reference tells the first line.
fn says(error: &Error, words: &str) -> bool {
    let first = error.message.split('\n').next();
    first.is_some_and(|line| line.ends_with(words))
}

/// What the reference says of what strict references refuse; none for its other errors, whose words are
/// those of Java and of its parser.
fn words(answer: &Json) -> Option<String> {
    let (_, error) = answer.get("error")?.as_str()?.split_once(": ")?;
    let refusals = [
        "Variable $",
        "Reference $",
        "Attempted to access '",
        "Object '",
        "Found neither a 'set' or 'put' method",
        "#foreach parameter ",
        "Left side ",
        "Right side ",
        "Macro '#",
        "Invalid arg '",
    ];
    refusals
        .iter()
        .any(|start| error.starts_with(start))
        .then(|| strict::named_as_ours(error))
}

fn render(template: &str, context: &Json, references: References) -> Result<String, Error> {
    let template = Template::parse_with(template, references)?;
    let mut values = Context::new();
    for (name, value) in context.as_object().unwrap() {
        values.insert(name, Value::from_json(value));
    }
    template.render(&values, &Bounds::default())
}

/// The contexts of `json!` literals, with the numbers that only a text can write.
fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(json!({}))
}
