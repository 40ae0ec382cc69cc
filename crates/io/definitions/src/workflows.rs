//! Workflows that can be run: those of files, and versions of the store's, each compiled once.

use crate::{WorkflowFiles, WorkflowRef};
use moka::sync::Cache;
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tollgate_architect::{Problems, Workflow, WorkflowKind};
use tollgate_store::{Entity, EntityId, JsonText, NewWorkflowVersion, Store, StoreError};
use tollgate_workers::{WorkerError, Workers};

/// The workers' party that compiles workflows and begins their runs.
const WORKFLOWS: &str = "workflows";
/// How long either may wait for its turn.
const WITHIN: Duration = Duration::from_secs(30);
/// Bytes of the texts whose workflows are kept; those that were asked for least go first. A compiled workflow
/// takes several times the bytes of its text.
const KEPT_BYTES: u64 = 32 * 1024 * 1024;

/// The workflows.
pub struct Workflows {
    files: RwLock<Arc<WorkflowFiles>>,
    workers: Arc<Workers>,
    /// By the store's id and the number of the version, whose text never changes.
    compiled: Cache<(EntityId, u32), CompiledWorkflow>,
}

#[derive(Clone)]
struct CompiledWorkflow {
    workflow: Arc<Workflow>,
    text_bytes: u32,
}

/// Why there is no such workflow.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// Its text is none.
    #[error("The workflow can't be run: {}", listed(.0))]
    Invalid(Problems),
    /// A file of the service's has a workflow of this type and name.
    #[error("The workflow {0:?} comes from a file of the service's; change it there and restart.")]
    OfAFile(String),
    /// It can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It can't be compiled for now.
    #[error(transparent)]
    Workers(#[from] WorkerError),
}

impl Workflows {
    /// The workflows of these files, and whatever is stored; the workers compile it.
    #[must_use]
    pub fn new(files: WorkflowFiles, workers: Arc<Workers>) -> Self {
        let compiled = Cache::builder()
            .max_capacity(KEPT_BYTES)
            .weigher(|_, it: &CompiledWorkflow| it.text_bytes);
        Self {
            files: RwLock::new(Arc::new(files)),
            workers,
            compiled: compiled.build(),
        }
    }

    /// Those of files, as they are now.
    #[must_use]
    pub fn files(&self) -> Arc<WorkflowFiles> {
        Arc::clone(&self.files.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Other files are there from now on; runs under way go on with what they began with.
    pub fn replace_files(&self, files: WorkflowFiles) {
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(files);
    }

    /// The workflow that a text says, and the text. The workers read it: it may be large.
    ///
    /// # Errors
    /// It says none, or the workers have too much to do.
    pub async fn compile(&self, yaml: String) -> Result<(Workflow, String), WorkflowError> {
        let read = move || (Workflow::parse(&yaml), yaml);
        let (workflow, yaml) = self.aside(read).await?;
        let workflow = workflow.map_err(WorkflowError::Invalid)?;
        for problem in workflow.unsupported() {
            tracing::info!("{}: {problem}", workflow.name());
        }
        Ok((workflow, yaml))
    }

    /// What is to be published of a text, and what there is to say of it.
    ///
    /// # Errors
    /// It says no workflow, or one of a file; or the workers have too much to do.
    pub async fn to_publish(
        &self,
        yaml: String,
    ) -> Result<(NewWorkflowVersion, Problems), WorkflowError> {
        let (workflow, yaml) = self.compile(yaml).await?;
        let files = self.files();
        let in_files = files.library.get(workflow.name());
        if in_files.is_some_and(|it| it.kind() == workflow.kind()) {
            return Err(WorkflowError::OfAFile(workflow.name().to_owned()));
        }
        let text = |schema: Value| JsonText::parse(schema.to_string());
        let new = NewWorkflowVersion {
            kind: workflow.kind().word().to_owned(),
            name: workflow.name().to_owned(),
            description: workflow.description().to_owned(),
            yaml,
            input_schema: text(workflow.input_schema())?,
            output_schema: text(workflow.output_schema())?,
        };
        Ok((new, workflow.warnings().clone()))
    }

    /// The text of a workflow of the files or of the store, byte for byte as it was read or published.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub async fn text(&self, store: &Store, wanted: &WorkflowRef) -> Result<String, WorkflowError> {
        if let Some(text) = self.files().text(wanted) {
            return match wanted.version {
                None | Some(1) => Ok(text.to_owned()),
                Some(_) => Err(missing(wanted)),
            };
        }
        let found = match (&wanted.id, &wanted.kind, &wanted.name) {
            (Some(id), _, _) => match EntityId::parse(id.as_str()) {
                Ok(id) => store.workflow(&id).await,
                Err(_) => return Err(missing(wanted)),
            },
            (None, Some(kind), Some(name)) => match WorkflowKind::of_word(kind) {
                Some(kind) => store.workflow_named(kind.word(), name).await,
                None => return Err(missing(wanted)),
            },
            (None, _, _) => return Err(missing(wanted)),
        };
        let workflow = found?.workflow;
        let number = wanted.version.unwrap_or(workflow.published);
        Ok(store.workflow_text(&workflow.id, number).await?)
    }

    /// A version of a workflow of the store.
    ///
    /// # Errors
    /// There is none, or it can't be read or compiled.
    pub async fn version(
        &self,
        store: &Store,
        id: &EntityId,
        number: u32,
    ) -> Result<Arc<Workflow>, WorkflowError> {
        let key = (id.clone(), number);
        if let Some(kept) = self.compiled.get(&key) {
            return Ok(kept.workflow);
        }
        let yaml = store.workflow_text(id, number).await?;
        let (workflow, yaml) = self.compile(yaml).await?;
        let workflow = Arc::new(workflow);
        let compiled = CompiledWorkflow {
            workflow: Arc::clone(&workflow),
            text_bytes: u32::try_from(yaml.len()).unwrap_or(u32::MAX),
        };
        self.compiled.insert(key, compiled);
        Ok(workflow)
    }

    /// Has the workers do something for a workflow, such as to begin a run of it.
    ///
    /// # Errors
    /// They have too much to do.
    pub async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkerError> {
        self.workers
            .run_once(WORKFLOWS, WITHIN, move |_| work())
            .await
    }
}

fn missing(wanted: &WorkflowRef) -> WorkflowError {
    WorkflowError::Store(StoreError::NotFound {
        entity: Entity::Workflow,
        id: wanted.to_string(),
    })
}

/// Problems in one line.
fn listed(problems: &Problems) -> String {
    let all = problems.as_slice().iter().map(ToString::to_string);
    all.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_store::{Actor, Author, Bounds, JsonText, KeyRing, NewWorkflowVersion, StoreUrl};

    const YAML: &str = "workflow:\n  name: Nothing\n  startUpRef: /workflow/states/state[Initial State_10]\n  states:\n    - state:\n        name: Initial State\n        refId: Initial State_10\n        actions:\n          - endWorkflow:\n              name: End\n              exitReason:\n                noValue: true\n";

    #[tokio::test]
    async fn a_version_is_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("tollgate.db").display());
        let ring = KeyRing::parse(&KeyRing::generate_line("k1").unwrap()).unwrap();
        let now = crate::wall_time();
        let url = StoreUrl::parse(&url).unwrap();
        let store = Store::open_within(&url, ring, now, Bounds::default());
        let store = store.await.unwrap();
        let by = Author {
            actor: Actor::system(),
            at: now,
        };
        let new = NewWorkflowVersion {
            kind: "workflow".into(),
            name: "Nothing".into(),
            description: String::new(),
            yaml: YAML.into(),
            input_schema: JsonText::default(),
            output_schema: JsonText::default(),
        };
        let made = store.publish_workflow(new, &by).await.unwrap();
        let (id, number) = (made.workflow.id, made.last.number);
        let workers = Workers::start(tollgate_workers::Bounds {
            threads: 1,
            waiting_each: 1,
            waiting: 1,
            time: WITHIN,
        });
        let workers = workers.unwrap();
        let workflows = Workflows::new(WorkflowFiles::default(), Arc::new(workers));
        let get = async || workflows.version(&store, &id, number).await;
        let (first, second) = (get().await.unwrap(), get().await.unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        let missing = workflows.version(&store, &id, 7).await;
        assert!(matches!(missing, Err(WorkflowError::Store(_))));
    }
}
