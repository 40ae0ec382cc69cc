//! Flows as the service runs them: which there are, and who does what their runs ask for.
//!
//! Flow files come from a folder, as action files do, and from the store. A run's calls go through the
//! same door as a caller's: the action's contract, the cache, the engine, with the step's own timeout as
//! the deadline. They go as the configured flow (`[[flow]]`) of the Architect flow's name, with its
//! priority, weight and share, if whoever began the run may name that one; else as that caller's default
//! flow.

use crate::api::{App, execution};
use crate::cached;
use crate::catalog::IDS;
use crate::ends::Cause;
use crate::error::ApiError;
use crate::execute::Terms;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tollgate_flow::{Flow, Library};
use tollgate_flows::{Failure, World};
use tollgate_store::StoreError;
use uuid::Uuid;

/// Flow files of the folder, at the most.
const MAX_FILES: usize = 1_000;
/// Longest flow file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Flows of files, by id, and all of them by name for those that call each other.
#[derive(Debug, Default)]
pub(crate) struct FlowFiles {
    pub(crate) by_id: BTreeMap<String, Arc<Flow>>,
    pub(crate) library: Arc<Library>,
}

impl FlowFiles {
    /// Reads every `*.yaml` and `*.yml` of the folder.
    ///
    /// # Errors
    /// Every file that can't be used, with each of its problems.
    pub(crate) fn load(folder: &Path) -> Result<Self, Vec<String>> {
        let unreadable = |error: std::io::Error| vec![format!("{}: {error}", folder.display())];
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|it| it == "yaml" || it == "yml")
            {
                files.push(path);
            }
            if files.len() > MAX_FILES {
                return Err(vec![format!(
                    "{}: holds more than {MAX_FILES} flow files",
                    folder.display()
                )]);
            }
        }
        files.sort();
        let (mut by_id, mut library, mut problems) = (BTreeMap::new(), Library::new(), Vec::new());
        for file in files {
            match read(&file) {
                Ok(flow) => {
                    let flow = Arc::new(flow);
                    if library
                        .insert(flow.name().to_owned(), Arc::clone(&flow))
                        .is_some()
                    {
                        let name = flow.name();
                        problems.push(format!(
                            "{}: there is a flow {name:?} already; rename one of them",
                            file.display()
                        ));
                    }
                    by_id.insert(id(flow.name()), flow);
                }
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|it| format!("{}:{it}", file.display())),
                ),
            }
        }
        if problems.is_empty() {
            Ok(Self {
                by_id,
                library: Arc::new(library),
            })
        } else {
            Err(problems)
        }
    }
}

/// The id of a flow of a file: the same on every start.
fn id(name: &str) -> String {
    Uuid::new_v5(&IDS, format!("flow/{name}").as_bytes()).to_string()
}

fn read(file: &Path) -> Result<Flow, Vec<String>> {
    let wrong = |error: std::io::Error| vec![format!(" {error}")];
    if std::fs::metadata(file).map_err(wrong)?.len() > MAX_FILE_BYTES {
        return Err(vec![format!(" is longer than {MAX_FILE_BYTES} bytes")]);
    }
    let text = std::fs::read_to_string(file).map_err(wrong)?;
    Flow::parse(&text).map_err(|problems| problems.to_string().lines().map(str::to_owned).collect())
}

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
