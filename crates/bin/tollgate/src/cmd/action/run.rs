//! `render`, `translate` and `example`: one action, one answer.

use super::{Example, Render, Translate};
use crate::cmd::input;
use crate::exit::Exit;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::Path;
use tollgate_action::{Action, Credentials, RawInput};

/// The most that is read from a file or from stdin, in bytes.
const MAX_INPUT_BYTES: u64 = 16 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command can't be carried out.
    Usage(String),
    /// The action is refused, or fails on what it was given.
    Action(String),
}

/// Prints an answer, or what stood against it; the exit status.
pub(super) fn report(
    answer: Result<Value, Failure>,
    stdout: &mut impl Write,
    stderr: &mut impl Write,
) -> io::Result<Exit> {
    match answer {
        Ok(answer) => {
            writeln!(stdout, "{answer:#}")?;
            Ok(Exit::Done)
        }
        Err(Failure::Usage(message)) => {
            writeln!(stderr, "tollgate action: {message}")?;
            Ok(Exit::Unusable)
        }
        Err(Failure::Action(message)) => {
            writeln!(stderr, "{message}")?;
            Ok(Exit::Failed)
        }
    }
}

pub(super) fn render(args: &Render) -> Result<Value, Failure> {
    let action = load(&args.file)?;
    let mut input = input(&args.input)?;
    if args.flatten {
        let whole = action.unflatten(input);
        input = whole.map_err(|error| about(&args.file, &error))?;
    }
    let credentials = credentials(&args.credentials)?;
    let checked = action.check_input(input.value());
    checked.map_err(|error| about(&args.file, &error))?;
    let request = action.render(&input, &credentials);
    let request = request.map_err(|error| about(&args.file, &error))?;
    let headers = request.headers.into_iter();
    let headers: Map<_, _> = headers
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    Ok(json!({
        "method": request.method.as_str(),
        "url": request.url,
        "headers": headers,
        "body": request.body,
    }))
}

pub(super) fn translate(args: &Translate) -> Result<Value, Failure> {
    let action = load(&args.file)?;
    let input = input(&args.input)?;
    let response = text("--response", &args.response)?;
    let output = action.translate(&input, &response);
    let output = output.map_err(|error| about(&args.file, &error))?;
    Ok(if args.flatten {
        let flat = action.flatten(&output);
        flat.map_err(|error| about(&args.file, &error))?
    } else {
        output
    })
}

pub(super) fn example(args: &Example) -> Result<Value, Failure> {
    let action = load(&args.file)?;
    Ok(if args.output {
        action.example_output()
    } else {
        action.example_input()
    })
}

/// Reads a text file of a bounded size, or stdin where the path is `-`.
pub(super) fn read(path: &Path) -> Result<String, String> {
    input::read(path, MAX_INPUT_BYTES)
}

fn load(path: &Path) -> Result<Action, Failure> {
    let text = read(path).map_err(Failure::Usage)?;
    Action::from_json(&text).map_err(|error| about(path, &error))
}

fn about(path: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::Action(format!("{}: {error}", path.display()))
}

fn input(argument: &str) -> Result<RawInput, Failure> {
    let text = text("--input", argument)?;
    RawInput::parse(&text).map_err(|error| Failure::Usage(format!("--input: not JSON: {error}")))
}

/// An argument's own text, or what its `@FILE` or `@-` holds.
fn text(flag: &str, argument: &str) -> Result<String, Failure> {
    let named = |message: String| Failure::Usage(format!("{flag}: {message}"));
    match argument.strip_prefix('@') {
        None => Ok(argument.to_owned()),
        Some(path) => read(Path::new(path)).map_err(named),
    }
}

fn credentials(arguments: &[String]) -> Result<Credentials, Failure> {
    let mut fields = Vec::new();
    for argument in arguments {
        // The argument isn't quoted: it may be a secret given without its name.
        let (name, value) = argument.split_once('=').ok_or_else(|| {
            Failure::Usage("--credential: expected NAME=VALUE or NAME=@FILE".to_owned())
        })?;
        let value = text("--credential", value)?;
        fields.push((name.to_owned(), value.trim_end_matches('\n').to_owned()));
    }
    Ok(Credentials::from_fields(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn example_file(name: &str) -> PathBuf {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../examples/actions");
        Path::new(folder).join(name)
    }

    fn rendering(input: &str, credentials: &[&str]) -> Result<Value, Failure> {
        render(&Render {
            file: example_file("Look-Up-Order.json"),
            input: input.to_owned(),
            credentials: credentials.iter().map(|text| (*text).to_owned()).collect(),
            flatten: false,
        })
    }

    #[test]
    fn a_request_is_printed() {
        let request = rendering(r#"{"orderNumber": "A 1"}"#, &["apiKey=s3cret"]).unwrap();
        let expected = json!({
            "method": "GET",
            "url": "https://orders.example.com/v1/orders/A%201",
            "headers": {"Accept": "application/json", "X-Api-Key": "s3cret"},
            "body": null,
        });
        assert_eq!(request, expected);
    }

    #[test]
    fn usage_and_refusal_are_told_apart() {
        let usage = |answer| matches!(answer, Err(Failure::Usage(_)));
        assert!(usage(rendering("{", &[])));
        assert!(usage(rendering("@no/such/file", &[])));
        assert!(usage(rendering("{}", &["nameless"])));
        let Err(Failure::Action(message)) = rendering("{}", &[]) else {
            panic!("an input that breaks the contract was taken");
        };
        let expected = "contract.input.inputSchema: (root): \"orderNumber\" is a required property";
        assert!(message.ends_with(expected), "{message}");
    }

    #[test]
    fn an_output_is_printed_flat_if_asked() {
        let answer = |flatten| {
            translate(&Translate {
                file: example_file("Find-Contact-By-Number.json"),
                input: "{}".to_owned(),
                response: r#"{"contacts": [{"id": "1", "firstName": "Kim"}]}"#.to_owned(),
                flatten,
            })
            .unwrap()
        };
        let nested = json!({"found": 1, "contacts": [{"id": "1", "firstName": "Kim"}]});
        assert_eq!(answer(false), nested);
        let flat = json!({"found": 1, "contacts.id": ["1"], "contacts.firstName": ["Kim"]});
        assert_eq!(answer(true), flat);
    }
}
