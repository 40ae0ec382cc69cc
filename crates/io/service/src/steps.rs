//! `/test`: an execution told step by step, up to the one that fails.

use crate::error::ApiError;
use crate::execute::{Answered, Execution, Input, show_request};
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs it; the answer is the platform's `TestExecutionResult`.
pub(crate) async fn run(execution: &Execution, body: String, flatten: bool) -> Value {
    let mut operations = Vec::new();
    match steps(execution, body, &mut operations).await {
        Ok(output) if flatten => match execution.flatten(output).await {
            Ok(flat) => json!({"operations": operations, "finalResult": flat, "success": true}),
            Err(error) => {
                json!({"operations": operations, "error": error.body(), "success": false})
            }
        },
        Ok(output) => json!({"operations": operations, "finalResult": output, "success": true}),
        Err(error) => json!({"operations": operations, "error": error, "success": false}),
    }
}

async fn steps(execution: &Execution, body: String, done: &mut Vec<Value>) -> Result<Value, Value> {
    let input = note(
        done,
        "Check the inputs against the contract",
        execution.input(body).await,
        Input::show,
    )?;
    let read = execution.credentials(None).await;
    let read = read.map_err(|error| match execution.ready() {
        Ok(ready) => error.struck(&ready.redactor),
        Err(error) => error,
    });
    let read = if execution.logs_in() {
        // What a login answers is never shown.
        note(done, "Run the custom authentication", read, |_| Value::Null)?
    } else {
        read.map_err(|error| error.body())?
    };
    let struck = |error: ApiError| error.struck(&read.redactor);
    let rendered = execution.render(&input, &read).await.map_err(struck);
    let request = note(done, "Render the request", rendered, show_request)?;
    let sent = execution.attempt(&request, &read).await;
    let sent = sent.and_then(Answered::accepted).map_err(struck);
    if sent.as_ref().is_err_and(ApiError::is_upstream_401) {
        // So that the next try doesn't meet the same refusal.
        let _ = execution.credentials(read.login).await;
    }
    let sent = match sent {
        Ok(answer) => execution.show(Arc::new(answer)).await,
        Err(error) => Err(error),
    };
    let (answer, _) = note(done, "Send the request", sent, |(_, shown)| shown.clone())?;
    let output = execution.map(&input, answer).await.map_err(struck);
    note(done, "Map the answer to the output", output, Value::clone)
}

fn note<T>(
    done: &mut Vec<Value>,
    name: &str,
    result: Result<T, ApiError>,
    show: impl Fn(&T) -> Value,
) -> Result<T, Value> {
    let step = done.len() + 1;
    match result {
        Ok(value) => {
            done.push(json!({"step": step, "name": name, "success": true, "result": show(&value)}));
            Ok(value)
        }
        Err(error) => {
            let error = error.body();
            done.push(json!({"step": step, "name": name, "success": false, "error": error}));
            Err(error)
        }
    }
}
