//! A call's inputs.

use crate::cause::Cause;
use crate::error::ExecuteError;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_action::{Action, RawInput};
use tollgate_meter::Meter;

/// The longest inputs that are kept as what they say, in bytes.
const MAX_KEPT: usize = 16 * 1024;

/// A caller's inputs, which keep the contract. What they say is kept beside their text where it is little:
/// in memory it takes many times the room.
#[derive(Clone)]
pub(crate) struct Input {
    text: Arc<str>,
    said: Option<Arc<RawInput>>,
}

impl Input {
    /// The inputs of a text, as far as they keep the action's contract. `flat`: they are in Architect's
    /// flattened form.
    pub(crate) fn check(
        given: &Arc<str>,
        flat: bool,
        action: &Action,
        meter: &Meter,
    ) -> Result<Self, ExecuteError> {
        let mut input = parse(given, meter)?;
        let mut text = Arc::clone(given);
        if flat {
            input = action.unflatten_within(input, meter).map_err(|error| {
                ExecuteError::new(Cause::Input, format!("The inputs can't be read: {error}."))
            })?;
            if input.text() != &*text {
                let held = meter.hold(input.text().len());
                held.map_err(|why| ExecuteError::new(Cause::Unreadable, format!("{why}.")))?;
                text = input.text().into();
            }
        }
        let checked = action.check_input_within(input.value(), meter);
        checked.map_err(|error| {
            let violations = error.violations.iter().map(ToString::to_string).collect();
            let message = format!("The inputs break the action's contract: {error}");
            ExecuteError::new(Cause::Input, message).with(|it| it.violations = violations)
        })?;
        let said = (text.len() <= MAX_KEPT).then(|| Arc::new(input));
        Ok(Self { text, said })
    }

    /// No inputs.
    pub(crate) fn none() -> Self {
        let said = RawInput::from_value(json!({}));
        Self {
            text: said.text().into(),
            said: Some(Arc::new(said)),
        }
    }

    /// What the inputs say.
    pub(crate) fn read(&self, meter: &Meter) -> Result<Arc<RawInput>, ExecuteError> {
        match &self.said {
            Some(said) => Ok(Arc::clone(said)),
            None => Ok(Arc::new(parse(&self.text, meter)?)),
        }
    }

    /// The inputs as a test shows them; of long ones, how long they are.
    pub(crate) fn show(&self) -> Value {
        match &self.said {
            Some(said) => said.value().clone(),
            None => json!({"bytes": self.text.len()}),
        }
    }
}

fn parse(text: &str, meter: &Meter) -> Result<RawInput, ExecuteError> {
    let unreadable = |message| ExecuteError::new(Cause::Unreadable, message);
    let held = meter.hold_document(text);
    held.map_err(|why| unreadable(format!("The request body can't be read: {why}.")))?;
    RawInput::parse(text)
        .map_err(|error| unreadable(format!("The request body is not JSON: {error}.")))
}
