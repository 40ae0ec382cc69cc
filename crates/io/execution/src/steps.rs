//! A test: a call told step by step, up to the one that fails.
//!
//! The vendor's test has some ten steps, and shows what was rendered; their names aren't documented, so these
//! are ours: validate the input, run the custom authentication (where there is one), resolve URL, headers and
//! body, make the request, apply the translation map, apply the success template, read its result as JSON,
//! validate the output, flatten it (where that is asked for). A step that fails has its error beside what is
//! there to be seen of it. A composite's are: validate the input, make each call, validate the output, flatten it. What
//! is shown, and what never is: [`crate::trace`].

use crate::answer::UpstreamAnswer;
use crate::call::{Call, CallSecrets};
use crate::cause::Cause;
use crate::composite::{self, Carrier, Ended, MOST_TOLD};
use crate::error::ExecuteError;
use crate::input::Input;
use crate::trace::{Part, ShownRequest, Stage, output as show_output};
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_action::Request;
use tollgate_definitions::{By, Composite};

/// One step of a test.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// What is there to be seen of it; null if there is nothing.
    pub shown: Value,
    /// Why it failed, if it did.
    pub error: Option<ExecuteError>,
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// The steps that were taken; only the last may have failed.
    pub steps: Vec<Step>,
    /// The output, or why there is none.
    pub output: Result<Value, ExecuteError>,
}

/// The step of one call of a composite.
const CALL: &str = "Make call";
/// The step that fails where a composite's workflow does.
const RUN: &str = "Run workflow";

/// The steps in which the request is rendered, by part.
const RESOLVE: [(Part, &str); 3] = [
    (Part::Url, "Resolve execution URL via template"),
    (Part::Headers, "Resolve execution headers via templates"),
    (Part::Body, "Resolve execution body via template"),
];

/// Carries the call out, and tells of each step. The output is flattened where the call's terms say so.
pub(crate) async fn run(call: &Call, body: String) -> TestResult {
    let mut steps = Steps(Vec::new());
    let output = steps.take(call, body).await;
    TestResult {
        steps: steps.0,
        output,
    }
}

/// Carries a composite's call out, and tells which calls it made. What these were given and have answered isn't told:
/// whoever may execute the composite may not have the right to see it.
pub(crate) async fn run_composite(
    carrier: &Arc<dyn Carrier>,
    call: &Arc<Call>,
    composite: &Composite,
    body: String,
) -> TestResult {
    let mut steps = Steps(Vec::new());
    let output = steps.take_composite(carrier, call, composite, body).await;
    TestResult {
        steps: steps.0,
        output,
    }
}

/// The steps that were taken.
struct Steps(Vec<Step>);

impl Steps {
    async fn take(&mut self, call: &Call, body: String) -> Result<Value, ExecuteError> {
        let secure = call.is_secure();
        let input = call.input(body).await;
        let input = self.step("Validate input against schema", input, |input| {
            withheld_if(secure, input.show())
        })?;
        let wiring = call.wiring()?;
        let secrets = call.secrets(None).await;
        let mut secrets = secrets.map_err(|error| error.struck(&wiring.redactor));
        if wiring.login.is_some() {
            // What a login answers is never shown.
            let name = "Run the custom authentication";
            secrets = self.step(name, secrets, |_| Value::Null);
        }
        let secrets = secrets?;
        let struck = |error: ExecuteError| error.struck(&secrets.redactor);

        let told = call.render_told(&input, &secrets).await;
        let told = match told {
            Ok(told) => told,
            Err(error) => return self.fail(RESOLVE[0].1, Value::Null, error),
        };
        let request = told.request.map_err(struck);
        for (part, name) in RESOLVE {
            let shown = told.shown.parts[part as usize].clone();
            match &request {
                Err(error) if part == told.failed_at => {
                    return self.fail(name, shown, error.clone());
                }
                _ => self.done(name, shown),
            }
        }
        let answer = self.send(call, &request?, &told.shown, &secrets).await?;
        let output = self.map(call, &input, &answer).await?;
        if !call.terms.flat {
            return Ok(output);
        }
        let flat = call.flatten(output).await;
        self.step("Flatten output", flat, show_output)
    }

    async fn take_composite(
        &mut self,
        carrier: &Arc<dyn Carrier>,
        call: &Arc<Call>,
        composite: &Composite,
        body: String,
    ) -> Result<Value, ExecuteError> {
        let secure = call.is_secure();
        let input = call.input(body).await;
        let input = self.step("Validate input against schema", input, |input| {
            withheld_if(secure, input.show())
        })?;
        let made = composite::run(carrier, call, composite, &input).await;
        let calls = match &made {
            Ok(outcome) => &outcome.calls,
            Err(error) => &error.calls,
        };
        let failed = made.as_ref().err().and_then(|error| error.call.as_deref());
        for end in calls.iter().take(MOST_TOLD) {
            let shown = json!({
                "call": end.call,
                "integration": end.target.name,
                "action": end.action.name,
                "optional": end.optional,
                "answered": end.ended == Ended::Answered,
            });
            if failed != Some(end.call.as_str()) && end.ended != Ended::NotMade {
                self.done(CALL, shown);
            }
        }
        let is_run = matches!(composite.by, By::Workflow(_));
        let output = match made {
            Err(error) if error.call.is_some() => return self.fail(CALL, Value::Null, error),
            Err(error) if is_run && error.cause != Cause::Mapping => {
                return self.fail(RUN, Value::Null, error);
            }
            Err(error) => Err(error),
            Ok(outcome) => call.value(outcome.output).await,
        };
        let output = self.step("Validate output against schema", output, show_output)?;
        if !call.terms.flat {
            return Ok(output);
        }
        let flat = call.flatten(output).await;
        self.step("Flatten output", flat, show_output)
    }

    /// From the request to an answer that isn't a refusal.
    async fn send(
        &mut self,
        call: &Call,
        request: &Request,
        rendered: &ShownRequest,
        secrets: &CallSecrets,
    ) -> Result<Arc<UpstreamAnswer>, ExecuteError> {
        let struck = |error: ExecuteError| error.struck(&secrets.redactor);
        let name = "Make request";
        let mut shown = json!({"request": call.show_sent(request, rendered, secrets)});
        let answer = match call.send(request, secrets).await.map_err(struck) {
            Ok(answer) => Arc::new(answer),
            Err(error) => return self.fail(name, shown, error),
        };
        if answer.status == 401 {
            // So that the next try doesn't meet the same refusal.
            let _ = call.secrets(secrets.login).await;
        }
        match call.show(&answer).await {
            Ok(Value::Object(answered)) => {
                if let Value::Object(shown) = &mut shown {
                    shown.extend(answered);
                }
            }
            Ok(_) => {}
            Err(error) => return self.fail(name, shown, error),
        }
        if let Some(error) = answer.refusal() {
            return self.fail(name, shown, struck(error));
        }
        self.done(name, shown);
        Ok(answer)
    }

    /// From the answer to the output.
    async fn map(
        &mut self,
        call: &Call,
        input: &Input,
        answer: &Arc<UpstreamAnswer>,
    ) -> Result<Value, ExecuteError> {
        let [paths, template, read, contract] = [
            "Apply translation map",
            "Apply success template",
            "Read result as JSON",
            "Validate output against schema",
        ];
        let told = match call.map_told(input, answer).await {
            Ok(told) => told,
            Err(error) => return self.fail(paths, Value::Null, error),
        };
        let shown = told.shown;
        let output = match told.output {
            Ok(output) => Ok(output),
            Err(error) if told.reached == Stage::Paths || error.cause == Cause::Body => {
                return self.fail(paths, shown.found, error);
            }
            Err(error) => Err(error),
        };
        self.done(paths, shown.found);
        let failed = match (output, told.reached) {
            (Err(error), Stage::Paths | Stage::Template) => (template, error),
            (Err(error), Stage::Result) => {
                self.done(template, shown.printed);
                (read, error)
            }
            (output, _) => {
                self.done(template, shown.printed);
                self.done(read, shown.output);
                return self.step(contract, output, show_output);
            }
        };
        self.fail(failed.0, Value::Null, failed.1)
    }

    fn done(&mut self, name: &'static str, shown: Value) {
        self.0.push(Step {
            name,
            shown,
            error: None,
        });
    }

    /// Notes the step that failed, with what is there to be seen of it; gives its error.
    fn fail<T>(
        &mut self,
        name: &'static str,
        shown: Value,
        error: ExecuteError,
    ) -> Result<T, ExecuteError> {
        self.0.push(Step {
            name,
            shown,
            error: Some(error.clone()),
        });
        Err(error)
    }

    fn step<T>(
        &mut self,
        name: &'static str,
        result: Result<T, ExecuteError>,
        show: impl Fn(&T) -> Value,
    ) -> Result<T, ExecuteError> {
        match result {
            Ok(value) => {
                self.done(name, show(&value));
                Ok(value)
            }
            Err(error) => self.fail(name, Value::Null, error),
        }
    }
}

fn withheld_if(secure: bool, shown: Value) -> Value {
    if secure {
        json!({"withheld": "the action is secure"})
    } else {
        shown
    }
}
