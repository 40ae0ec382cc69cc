//! What runs of workflows need beside calls of actions, whoever begins them: a host, data tables, and how they are told
//! of errors.

use crate::call::Call;
use crate::error::ExecuteError;
use crate::terms::Outcome;
use serde_json::{Map, Value};
use std::sync::Arc;
use tollgate_architect_runner::{Failure, Host};
use tollgate_definitions::{Live, NoStore};
use tollgate_store::StoreError;
use tollgate_table::Schema;

/// What runs of workflows need beside calls of actions. Clones are the same one.
#[derive(Clone)]
pub struct RunSupport {
    definitions: Arc<Live>,
    host: Host,
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
    /// There are several such actions, and which of them is meant isn't known.
    NotUnique {
        /// The actions' name.
        action: String,
        /// Their category.
        category: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// The call of the action has no output.
    Execute(ExecuteError),
    /// There is no store, and so no data table.
    NoStore(NoStore),
    /// The data table can't be read.
    Store(StoreError),
}

impl DeskError {
    pub(crate) fn no_action(category: &str, action: &str) -> Self {
        Self::NoAction {
            action: action.to_owned(),
            category: category.to_owned(),
        }
    }
}

impl From<ExecuteError> for DeskError {
    fn from(error: ExecuteError) -> Self {
        Self::Execute(error)
    }
}

impl RunSupport {
    /// What is defined, where runs are under way, and how they are told of errors.
    #[must_use]
    pub fn new(definitions: Arc<Live>, host: Host, describe: Describe) -> Self {
        Self {
            definitions,
            host,
            describe,
        }
    }

    pub(crate) fn definitions(&self) -> &Live {
        &self.definitions
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The error as a run is told of it.
    pub(crate) fn describe(&self, error: DeskError) -> Failure {
        (self.describe)(error)
    }

    /// A row of the store's data table of that name; none if there is no such row.
    pub(crate) async fn row(
        &self,
        table: &str,
        key: &str,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let row = self.row_undescribed(table, key).await;
        row.map_err(|error| self.describe(error))
    }

    async fn row_undescribed(
        &self,
        table: &str,
        key: &str,
    ) -> Result<Option<Map<String, Value>>, DeskError> {
        let store = self.definitions.store().map_err(DeskError::NoStore)?;
        // A table that isn't there is the workflow's mistake, a row that isn't is an answer.
        let table = store.table_named(table).await.map_err(DeskError::Store)?;
        match store.row(&table.id, key).await {
            Ok(row) => Ok(match row.value.value() {
                Value::Object(mut fields) => {
                    // A row from before a column was added has its default, too.
                    Schema::stored(&table.body.schema.value()).complete(&mut fields);
                    Some(fields)
                }
                _ => None,
            }),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(DeskError::Store(error)),
        }
    }
}

/// What a call gives a run, by name.
pub(crate) async fn outputs(
    call: &Call,
    outcome: Outcome,
) -> Result<Map<String, Value>, ExecuteError> {
    match call.again()?.value(outcome.output).await? {
        Value::Object(outputs) => Ok(outputs),
        other => Ok([("result".to_owned(), other)].into_iter().collect()),
    }
}
