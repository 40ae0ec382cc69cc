//! What `[[composite]]` says: actions whose answers are made of other actions' answers, by a list of calls or by a
//! workflow.

use serde_json::Value;
use std::time::Duration;
use tollgate_jsonpath::{Path, ReadError};
use tollgate_meter::Meter;

/// An action whose answer is made of other actions' answers.
#[derive(Clone, Debug)]
pub struct Composite {
    /// Its name.
    pub name: String,
    /// Name of the integration that it is an action of.
    pub integration: String,
    /// How long all of it may take.
    pub timeout: Duration,
    /// What makes its answer.
    pub by: CompositeBy,
}

/// What makes a composite's answer.
#[derive(Clone, Debug)]
pub enum CompositeBy {
    /// A list of calls.
    Calls(CompositeCalls),
    /// A run of the workflow of this name.
    Workflow(String),
}

/// A composite's list of calls.
#[derive(Clone, Debug)]
pub struct CompositeCalls {
    /// What it calls; at least one, and each reads earlier ones alone.
    pub calls: Vec<CompositeCall>,
    /// What it gives; at least one.
    pub outputs: Vec<CompositeOutput>,
}

/// One call that a composite makes.
#[derive(Clone, Debug)]
pub struct CompositeCall {
    /// What paths call its answer.
    pub name: String,
    /// Name of the action's integration.
    pub integration: String,
    /// Name of the action.
    pub action: String,
    /// The action's inputs, and what each is taken from.
    pub inputs: Vec<(String, Feed)>,
    /// Whether the composite goes on without its answer.
    pub optional: bool,
}

/// One output of a composite.
#[derive(Clone, Debug)]
pub struct CompositeOutput {
    /// Its name.
    pub name: String,
    /// What it is taken from.
    pub feed: Feed,
    /// What it is where nothing is found.
    pub default: Option<Value>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Feed {
    /// It stands in the file.
    Constant(Value),
    /// It is found in what there is when it is needed.
    Path {
        /// What the path is read in.
        from: Origin,
        /// The path from there.
        path: Path,
    },
}

/// What a path is read in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The composite's inputs.
    Input,
    /// The answer of the call at this place in the list.
    Call(usize),
}

impl Feed {
    /// The value. `of`: what there is of an origin. None if nothing is found.
    ///
    /// # Errors
    /// Finding or copying it takes more than the calculation may.
    pub fn value<'v>(
        &self,
        of: impl FnOnce(Origin) -> Option<&'v Value>,
        meter: &Meter,
    ) -> Result<Option<Value>, String> {
        match self {
            Self::Constant(value) => {
                let held = meter.hold_copy(value);
                held.map_err(|why| why.to_string())?;
                Ok(Some(value.clone()))
            }
            Self::Path { from, path } => match of(*from).map(|it| path.read_within(it, meter)) {
                Some(Ok(value)) => Ok(Some(value)),
                None | Some(Err(ReadError::NotFound(_))) => Ok(None),
                Some(Err(ReadError::TooLarge(why))) => Err(format!("`{}`: {why}", path.as_str())),
            },
        }
    }

    /// The place of the call whose answer it is read in, if it is.
    #[must_use]
    pub fn call(&self) -> Option<usize> {
        match self {
            Self::Path {
                from: Origin::Call(at),
                ..
            } => Some(*at),
            _ => None,
        }
    }
}
