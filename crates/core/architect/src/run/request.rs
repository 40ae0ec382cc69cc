//! What a step asks of the service or of the platform.

use super::execute::span;
use super::{Effect, Run};
use crate::workflow::{Action, DataCall, Field, Step};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;

/// What a data action may take where the step doesn't say: the vendor's default.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

impl Run {
    /// The effect of a step that calls a data action, looks a row up, transfers or asks the platform; and how
    /// long the run waits for its answer, if the run itself minds. Says what the step says before.
    pub(super) fn request(&mut self, step: &Step) -> Result<(Effect, Option<Duration>), String> {
        let effect = match &step.action {
            Action::CallData(call) => {
                let (effect, timeout) = self.data_call(call)?;
                return Ok((effect, Some(timeout)));
            }
            Action::Lookup { table, key, .. } => Effect::Lookup {
                table: Arc::clone(table),
                key: self.evaluate(key.as_ref())?.to_text(),
            },
            Action::Transfer { inputs, before, .. } => {
                let inputs = self.inputs(inputs)?;
                self.say(before.as_ref())?;
                Effect::Transfer {
                    step: step.word,
                    inputs,
                    paths: names(step),
                }
            }
            Action::Platform {
                duty,
                before,
                inputs,
                ..
            } => {
                self.say(before.as_ref())?;
                Effect::Platform {
                    step: step.word,
                    inputs: self.inputs(inputs)?,
                    paths: names(step),
                    duty: *duty,
                }
            }
            _ => return Err("a step that asks for nothing".to_owned()),
        };
        Ok((effect, None))
    }

    fn data_call(&mut self, call: &DataCall) -> Result<(Effect, Duration), String> {
        let inputs = self.inputs(&call.inputs)?;
        let timeout = span(&self.evaluate(call.timeout.as_ref())?).unwrap_or(CALL_TIMEOUT);
        self.say(call.says.as_ref())?;
        let effect = Effect::CallData {
            category: Arc::clone(&call.category),
            action: Arc::clone(&call.action),
            inputs,
            timeout,
        };
        Ok((effect, timeout))
    }

    /// A step's inputs as JSON; those that are `NOT_SET` are left out.
    pub(super) fn inputs(&mut self, fields: &[Field]) -> Result<Map<String, Json>, String> {
        let mut inputs = Map::new();
        for field in fields {
            let value = field.value.evaluate(self);
            let value = value.map_err(|why| format!("{}: {why}", field.name))?;
            if !value.is_not_set() {
                inputs.insert(field.name.to_string(), self.with_id(value).to_json());
            }
        }
        Ok(inputs)
    }
}

/// The names of a step's ways out.
fn names(step: &Step) -> Vec<Arc<str>> {
    let paths = step.paths.iter();
    paths.map(|path| Arc::clone(&path.name)).collect()
}
