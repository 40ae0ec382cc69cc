//! Who does what the runs of flows ask for.
//!
//! A run's calls go through the
//! same door as a caller's: the action's contract, the cache, the engine, with the step's own timeout as
//! the deadline. They go as the configured flow (`[[flow]]`) of the Architect flow's name, with its
//! priority, weight and share, if whoever began the run may name that one; else as that caller's default
//! flow.

use crate::api::{App, execution};
use crate::cached;
use crate::ends::Cause;
use crate::error::ApiError;
use crate::execute::Terms;
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tollgate_architect_runner::{Failure, World};
use tollgate_store::StoreError;

/// Does what runs ask for, through the service. Set once the service's parts are there.
#[derive(Default)]
pub(crate) struct Desk(OnceLock<Weak<App>>);

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    pub(crate) fn set(&self, app: &Arc<App>) {
        // Set once, when the service starts.
        let _ = self.0.set(Arc::downgrade(app));
    }

    fn app(&self) -> Result<Arc<App>, Failure> {
        let app = self.0.get().and_then(Weak::upgrade);
        app.ok_or_else(|| {
            failure_of(&ApiError::of(
                Cause::Draining,
                "The service is about to end.",
            ))
        })
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
        let app = self.app()?;
        let catalog = app.live.catalog();
        let mut actions = catalog.actions();
        let entry = actions.find(|it| {
            it.name.eq_ignore_ascii_case(action) && it.category.eq_ignore_ascii_case(category)
        });
        let Some(entry) = entry else {
            let message = format!("There is no action {action:?} in the category {category:?}.");
            return Err(failure_of(&ApiError::not_found(message)));
        };
        let terms = Terms {
            flow: app.lanes.of_run(flow),
            deadline: Some(within),
            flat: true,
        };
        let body = Value::Object(inputs).to_string();
        let (outcome, _) = cached::execute(&app, &catalog, entry, terms, body)
            .await
            .map_err(|error| failure_of(&error))?;
        let flat = async {
            let execution = execution(&app, &catalog, entry, terms)?;
            let text = execution.flatten_text(outcome.output).await?;
            execution.value(text).await
        };
        match flat.await.map_err(|error| failure_of(&error))? {
            Value::Object(outputs) => Ok(outputs),
            other => Ok([("result".to_owned(), other)].into_iter().collect()),
        }
    }

    async fn look_up(&self, table: &str, key: &str) -> Result<Option<Map<String, Value>>, Failure> {
        let app = self.app()?;
        let store = app.store().map_err(|error| failure_of(&error))?;
        // A table that isn't there is the flow's mistake, a row that isn't is an answer.
        let table = store.table_named(table).await;
        let table = table.map_err(|error| failure_of(&ApiError::from(error)))?;
        match store.row(&table.id, key).await {
            Ok(row) => Ok(match row.value.value() {
                Value::Object(fields) => Some(fields),
                _ => None,
            }),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure_of(&ApiError::from(error))),
        }
    }
}

/// An error as a run sees it.
fn failure_of(error: &ApiError) -> Failure {
    Failure {
        timed_out: error.cause().is_some_and(Cause::is_timeout),
        ..Failure::from_error(error.status().as_u16(), &error.body())
    }
}
