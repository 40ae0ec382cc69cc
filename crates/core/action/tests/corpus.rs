//! Everything in the corpus validates, renders and translates, or is refused for a reason that is its own.
//!
//! `cargo test -p tollgate-action --test corpus -- --nocapture` prints the list.

mod support;

use std::collections::BTreeMap;
use support::response;
use tollgate_action::{Action, Credentials, RawInput};

/// The files that can't run as they are, with a part of the reason. Everything else must run.
const REFUSED: &[(&str, &str)] = &[
    // A blank to be filled in: `[YOUR SMTP SERVER]`.
    (
        "limitless-flows-blueprint__limitless-send-email-reply-v1-exported-2021-07-22-14-53.json",
        "requestUrlTemplate: character 1 is `[`",
    ),
    // `${INPUT.ConversationID}`: Velocity's names are case-sensitive.
    (
        "negative-sentiment-callback__update-external-tag-jvm-exported-2024-11-19-14-32.json",
        "`INPUT` names nothing here, case matters (did you mean `input`?)",
    ),
    (
        "negative-sentiment-callback__update_external_tag.json",
        "`INPUT` names nothing here, case matters (did you mean `input`?)",
    ),
    // The contract says `conversationId`.
    (
        "public-api-get-last-agents-by-conversation-id-data-action-module__action.json",
        "`input.ConversationID` has no value (did you mean `input.conversationId`?)",
    ),
    // The contract names no `service`.
    (
        "terraform-provider-genesyscloud__example_action.json",
        "`input.service` has no value",
    ),
    // The configuration of a function data action: its code, and no request.
    (
        "terraform-provider-genesyscloud__example_function_action.json",
        "config.request.requestUrlTemplate (line 7, column 29): is missing",
    ),
];

#[test]
fn the_corpus_runs() {
    let files = support::corpus();
    if files.is_empty() {
        println!("skipped: no corpus");
        return;
    }
    let expected: BTreeMap<&str, &str> = REFUSED.iter().copied().collect();
    row("file", "verdict", "request -> output, or the reason");
    let (mut ran, mut refused, mut wrong) = (0, 0, Vec::new());
    for file in &files {
        let result = run(&file.text);
        match (&result, expected.get(file.name.as_str())) {
            (Ok(line), None) => {
                ran += 1;
                row(&file.name, "runs", line);
            }
            (Err(reason), Some(part)) if reason.contains(part) => {
                refused += 1;
                row(&file.name, "refused", reason);
            }
            (result, _) => {
                row(&file.name, "WRONG", &format!("{result:?}"));
                wrong.push(&file.name);
            }
        }
    }
    println!(
        "{} files: {ran} run, {refused} refused for a reason of their own, {} wrong",
        files.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn row(file: &str, verdict: &str, what: &str) {
    let file: String = file.chars().take(72).collect();
    println!("{file:<72} | {verdict:<7} | {what}");
}

/// A value for each credential that a file names: all of them are addresses, since some stand for a URL.
fn credentials(text: &str) -> Credentials {
    let names = text.split("credentials.").skip(1).map(|rest| {
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    Credentials::from_fields(names.map(|name| (name, "https://login.example.com".to_owned())))
}

/// Validates, renders and translates one file; the request and the output, or the reason against it.
fn run(text: &str) -> Result<String, String> {
    let action = Action::from_json(text).map_err(|error| error.to_string())?;
    let given: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if action.definition() != &given {
        return Err("the export differs from the file".to_owned());
    }
    let input = action.example_input();
    action
        .check_input(&input)
        .map_err(|error| error.to_string())?;
    let input = RawInput::from_value(input);
    let request = action.render(&input, &credentials(text));
    let request = request.map_err(|error| error.to_string())?;
    let response = response::fitting(&action);
    let output = action.translate(&input, &response);
    let output = output.map_err(|error| format!("{error}; response {response}"))?;
    let short = |text: String| text.chars().take(80).collect::<String>();
    let (url, output) = (short(request.url), short(output.to_string()));
    Ok(format!("{} {url} -> {output}", request.method))
}
