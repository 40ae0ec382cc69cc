//! Who does what the run of a workflow asks for that goes on by itself.
//!
//! A run's calls go through the same door as a caller's: the action's contract, the cache, the engine, with
//! the step's own timeout as the deadline. They go as the flow that whoever began the run has chosen.

use crate::executor::Executor;
use crate::runs::{DeskError, outputs};
use crate::terms::Terms;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect_runner::{Failure, World};
use tollgate_model::FlowId;
use tollgate_telemetry::{CallId, CallOrigin};

/// Does what a run asks for.
pub struct Desk {
    executor: Arc<Executor>,
    flow: FlowId,
    run: CallId,
}

impl Desk {
    /// A desk that has calls of the run of this name carried out by the executor, as that flow.
    #[must_use]
    pub fn new(executor: Arc<Executor>, flow: FlowId, run: CallId) -> Self {
        Self {
            executor,
            flow,
            run,
        }
    }

    async fn call(
        &self,
        (category, action): (&str, &str),
        inputs: Map<String, Value>,
        terms: Terms,
    ) -> Result<Map<String, Value>, DeskError> {
        let catalog = self.executor.support.definitions().catalog();
        let entry = match catalog.actions_named(category, action)[..] {
            [entry] => entry,
            [] => return Err(DeskError::no_action(category, action)),
            ref several => {
                return Err(DeskError::NotUnique {
                    action: action.to_owned(),
                    category: category.to_owned(),
                    ids: several.iter().map(|entry| entry.id.clone()).collect(),
                });
            }
        };
        let target = catalog.find_integration(&entry.integration);
        let target = target.map_err(crate::ExecuteError::from)?;
        let body = Value::Object(inputs).to_string();
        let (call, outcome) = self.executor.call((entry, target), body, terms).await?;
        Ok(outputs(&call, outcome).await?)
    }
}

impl World for Desk {
    async fn call_data(
        &self,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        let terms = Terms {
            id: CallId::draw(),
            parent: Some(self.run),
            origin: CallOrigin::default(),
            flow: self.flow,
            deadline: Some(within),
            flat: true,
            below: None,
            sent: None,
        };
        let output = self.call((category, action), inputs, terms).await;
        output.map_err(|error| self.executor.support.describe(error))
    }

    async fn look_up(&self, table: &str, key: &str) -> Result<Option<Map<String, Value>>, Failure> {
        self.executor.support.row(table, key).await
    }
}
