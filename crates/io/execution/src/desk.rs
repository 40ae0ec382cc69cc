//! Who does what the runs of workflows ask for.
//!
//! A run's calls go through the same door as a caller's: the action's contract, the cache, the engine, with
//! the step's own timeout as the deadline. They go as the configured flow (`[[flow]]`) of the workflow's name,
//! with its priority, weight and share, if whoever began the run may name that one; else as that caller's
//! default flow.

use crate::error::ExecuteError;
use crate::executor::Executor;
use crate::terms::Terms;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tollgate_architect_runner::{Failure, World};
use tollgate_definitions::{Lanes, Live, NoStore};
use tollgate_store::StoreError;

/// Does what runs ask for.
pub struct Desk {
    definitions: Arc<Live>,
    executor: Arc<Executor>,
    lanes: Arc<Lanes>,
    describe: Describe,
}

/// How a run is told of an error.
pub type Describe = fn(DeskError) -> Failure;

/// Why a run doesn't get what it asks for.
#[derive(Debug)]
pub enum DeskError {
    /// There is no such action.
    NoAction {
        /// The action's name.
        action: String,
        /// Its category.
        category: String,
    },
    /// The call of the action has no output.
    Execute(ExecuteError),
    /// There is no store, and so no data table.
    NoStore(NoStore),
    /// The data table can't be read.
    Store(StoreError),
}

impl From<ExecuteError> for DeskError {
    fn from(error: ExecuteError) -> Self {
        Self::Execute(error)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// A desk that has calls carried out by the executor.
    #[must_use]
    pub fn new(
        definitions: Arc<Live>,
        executor: Arc<Executor>,
        lanes: Arc<Lanes>,
        describe: Describe,
    ) -> Self {
        Self {
            definitions,
            executor,
            lanes,
            describe,
        }
    }

    async fn call(
        &self,
        (category, action): (&str, &str),
        inputs: Map<String, Value>,
        terms: Terms,
    ) -> Result<Map<String, Value>, DeskError> {
        let catalog = self.definitions.catalog();
        let entry = catalog.action_named(category, action);
        let entry = entry.ok_or_else(|| DeskError::NoAction {
            action: action.to_owned(),
            category: category.to_owned(),
        })?;
        let target = catalog.find_integration(&entry.integration);
        let target = target.map_err(ExecuteError::from)?;
        let body = Value::Object(inputs).to_string();
        let (call, outcome) = self.executor.call((entry, target), body, terms).await?;
        match call.again()?.value(outcome.output).await? {
            Value::Object(outputs) => Ok(outputs),
            other => Ok([("result".to_owned(), other)].into_iter().collect()),
        }
    }

    async fn row(&self, table: &str, key: &str) -> Result<Option<Map<String, Value>>, DeskError> {
        let store = self.definitions.store().map_err(DeskError::NoStore)?;
        // A table that isn't there is the workflow's mistake, a row that isn't is an answer.
        let table = store.table_named(table).await.map_err(DeskError::Store)?;
        match store.row(&table.id, key).await {
            Ok(row) => Ok(match row.value.value() {
                Value::Object(fields) => Some(fields),
                _ => None,
            }),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(DeskError::Store(error)),
        }
    }
}

impl World for Desk {
    async fn call_data(
        &self,
        flow: &str,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        let terms = Terms {
            flow: self.lanes.of_run(flow),
            deadline: Some(within),
            flat: true,
            below: None,
        };
        let output = self.call((category, action), inputs, terms).await;
        output.map_err(self.describe)
    }

    async fn look_up(&self, table: &str, key: &str) -> Result<Option<Map<String, Value>>, Failure> {
        self.row(table, key).await.map_err(self.describe)
    }
}
