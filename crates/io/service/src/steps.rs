//! `/test`: an execution told step by step, up to the one that fails.
//!
//! The vendor's test has some ten steps, and shows what was rendered; their names aren't documented, so these
//! are ours: validate the input, run the custom authentication (where there is one), resolve URL, headers and
//! body, make the request, apply the translation map, apply the success template, read its result as JSON,
//! validate the output, flatten it (where that is asked for). A step that fails has its error beside what is
//! there to be seen of it. What is shown, and what never is: [`crate::execute`]'s `trace`.

use crate::ends::Cause;
use crate::error::ApiError;
use crate::execute::{Answered, Execution, Input, Part, Stage, show_output};
use serde_json::{Value, json};
use std::sync::Arc;

/// The steps in which the request is rendered, by part.
const RESOLVE: [(Part, &str); 3] = [
    (Part::Url, "Resolve execution URL via template"),
    (Part::Headers, "Resolve execution headers via templates"),
    (Part::Body, "Resolve execution body via template"),
];

/// Runs it; the answer is the platform's `TestExecutionResult`.
pub(crate) async fn run(execution: &Execution, body: String, flatten: bool) -> Value {
    let mut steps = Steps(Vec::new());
    let ended = steps.take(execution, body, flatten).await;
    let Steps(operations) = steps;
    match ended {
        Ok(output) => json!({"operations": operations, "finalResult": output, "success": true}),
        Err(error) => json!({"operations": operations, "error": error, "success": false}),
    }
}

/// The steps that were taken.
struct Steps(Vec<Value>);

impl Steps {
    async fn take(
        &mut self,
        execution: &Execution,
        body: String,
        flatten: bool,
    ) -> Result<Value, Value> {
        let secure = execution.is_secure();
        let input = execution.input(body).await;
        let input = self.step("Validate input against schema", input, |input| {
            withheld_if(secure, input.show())
        })?;
        let read = execution.credentials(None).await;
        let read = read.map_err(|error| match execution.ready() {
            Ok(ready) => error.struck(&ready.redactor),
            Err(error) => error,
        });
        let read = if execution.logs_in() {
            // What a login answers is never shown.
            self.step("Run the custom authentication", read, |_| Value::Null)?
        } else {
            read.map_err(|error| error.body())?
        };
        let struck = |error: ApiError| error.struck(&read.redactor);

        let told = execution.render_told(&input, &read).await;
        let told = match told {
            Ok(told) => told,
            Err(error) => return self.fail(RESOLVE[0].1, Value::Null, &error),
        };
        let request = told.request.map_err(struck);
        for (part, name) in RESOLVE {
            let shown = told.shown.parts[part as usize].clone();
            match &request {
                Err(error) if part == told.failed_at => return self.fail(name, shown, error),
                _ => self.done(name, shown),
            }
        }
        let request = request.map_err(|error| error.body())?;

        let name = "Make request";
        let mut shown = json!({"request": execution.show_sent(&request, &told.shown, &read)});
        let answer = match execution.attempt(&request, &read).await.map_err(struck) {
            Ok(answer) => Arc::new(answer),
            Err(error) => return self.fail(name, shown, &error),
        };
        if answer.status == 401 {
            // So that the next try doesn't meet the same refusal.
            let _ = execution.credentials(read.login).await;
        }
        match execution.show(&answer).await {
            Ok(Value::Object(answered)) => {
                if let Value::Object(shown) = &mut shown {
                    shown.extend(answered);
                }
            }
            Ok(_) => {}
            Err(error) => return self.fail(name, shown, &error),
        }
        if let Some(error) = answer.refusal() {
            return self.fail(name, shown, &struck(error));
        }
        self.done(name, shown);
        let output = self.map(execution, &input, &answer).await?;
        if !flatten {
            return Ok(output);
        }
        let flat = execution.flatten(output).await;
        self.step("Flatten output", flat, show_output)
    }

    /// From the answer to the output.
    async fn map(
        &mut self,
        execution: &Execution,
        input: &Input,
        answer: &Arc<Answered>,
    ) -> Result<Value, Value> {
        let [paths, template, read, contract] = [
            "Apply translation map",
            "Apply success template",
            "Read result as JSON",
            "Validate output against schema",
        ];
        let told = match execution.map_told(input, answer).await {
            Ok(told) => told,
            Err(error) => return self.fail(paths, Value::Null, &error),
        };
        let shown = told.shown;
        let output = match told.output {
            Ok(output) => Ok(output),
            Err(error) if told.reached == Stage::Paths || error.cause() == Some(Cause::Body) => {
                return self.fail(paths, shown.found, &error);
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
        self.fail(failed.0, Value::Null, &failed.1)
    }

    fn done(&mut self, name: &str, shown: Value) {
        let step = self.0.len() + 1;
        self.0
            .push(json!({"step": step, "name": name, "success": true, "result": shown}));
    }

    /// Notes the step that failed, with what is there to be seen of it; gives its error.
    fn fail<T>(&mut self, name: &str, shown: Value, error: &ApiError) -> Result<T, Value> {
        let (step, error) = (self.0.len() + 1, error.body());
        let mut told = json!({"step": step, "name": name, "success": false, "error": error});
        if !shown.is_null() {
            told["result"] = shown;
        }
        self.0.push(told);
        Err(error)
    }

    fn step<T>(
        &mut self,
        name: &str,
        result: Result<T, ApiError>,
        show: impl Fn(&T) -> Value,
    ) -> Result<T, Value> {
        match result {
            Ok(value) => {
                self.done(name, show(&value));
                Ok(value)
            }
            Err(error) => self.fail(name, Value::Null, &error),
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
