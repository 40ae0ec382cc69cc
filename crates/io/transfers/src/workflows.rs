//! Workflows that are brought to be published, checked where they are, and given out as files.
//!
//! A report has the id of the workflow that was published (`flow`), and what there is to say of the texts (`messages`),
//! each with its place. A text that can't be published, or run, is a bad end, and says why in the same way.

use crate::held::{Held, Trouble};
use crate::work::{Ending, Work, failure, kept};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_architect::{Problem, Severity};
use tollgate_definitions::{WorkflowError, WorkflowRef, Workflows, wall_time};
use tollgate_store::{
    Author, JsonText, PublishedWorkflow, StoreError, TransferKind, limits::DOCUMENT_BYTES,
};

/// Workflows, brought and fetched.
pub struct WorkflowTexts(Arc<Workflows>);

impl WorkflowTexts {
    /// Of these workflows.
    #[must_use]
    pub fn new(workflows: Arc<Workflows>) -> Self {
        Self(workflows)
    }

    /// What the terms of an export and of a check are: the workflows that it is of.
    #[must_use]
    pub fn terms(workflows: &[WorkflowRef]) -> JsonText {
        kept(&json!({"flows": workflows}))
    }

    /// Publishes what was brought, in the transaction that ends the transfer.
    async fn publish(&self, held: &Held) -> Result<Ending, Trouble> {
        let refused = |why: &str| Ok(Ending::Failed(failure("flow.invalid", why)));
        let Some(bytes) = held.whole(DOCUMENT_BYTES).await? else {
            return refused(&format!("The file has more than {DOCUMENT_BYTES} bytes."));
        };
        let Ok(yaml) = String::from_utf8(bytes) else {
            return refused("The file is not UTF-8.");
        };
        let (new, problems) = match self.0.to_publish(yaml).await {
            Ok(found) => found,
            Err(error) => return refusal("", error),
        };
        let by = Author {
            actor: held.transfer().actor.clone(),
            at: wall_time(),
        };
        let mut said = Vec::new();
        say(&mut said, "", problems.as_slice());
        let report = |published: &PublishedWorkflow| {
            let id = published.workflow.id.as_str();
            kept(&json!({"flow": id, "messages": said}))
        };
        match held
            .store()
            .end_publish(held.claim(), new, &by, report)
            .await
        {
            Ok(true) => Ok(Ending::Settled),
            Ok(false) => Err(Trouble::Lost),
            Err(error @ (StoreError::Full { .. } | StoreError::Invalid(_))) => {
                refused(&format!("{error}."))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Compiles workflows that are there, and says what there is to say of each.
    async fn validate(&self, held: &Held) -> Result<Ending, Trouble> {
        let (mut said, mut is_well) = (Vec::new(), true);
        for wanted in wanted(held) {
            let about = format!("{wanted}: ");
            let compiled = match self.0.text(held.store(), &wanted).await {
                Ok(yaml) => self.0.compile(yaml).await,
                Err(error) => Err(error),
            };
            match compiled {
                Ok((workflow, _)) => say(&mut said, &about, workflow.warnings().as_slice()),
                Err(WorkflowError::Invalid(problems)) => {
                    is_well = false;
                    say(&mut said, &about, problems.as_slice());
                }
                Err(error) => return refusal(&about, error),
            }
        }
        let report = kept(&json!({"messages": said}));
        Ok(match is_well {
            true => Ending::Succeeded(report),
            false => Ending::Failed(report),
        })
    }

    /// Writes a workflow's text, byte for byte as it was published.
    async fn export(&self, held: &mut Held) -> Result<Ending, Trouble> {
        for wanted in wanted(held) {
            match self.0.text(held.store(), &wanted).await {
                Ok(yaml) => held.write(yaml.as_bytes()).await?,
                Err(error) => return refusal(&format!("{wanted}: "), error),
            }
        }
        Ok(Ending::Succeeded(kept(&json!({"messages": []}))))
    }
}

impl Work for WorkflowTexts {
    fn kinds(&self) -> &'static [TransferKind] {
        &[
            TransferKind::WorkflowPublish,
            TransferKind::WorkflowValidate,
            TransferKind::WorkflowExport,
        ]
    }

    fn carry<'a>(&'a self, held: &'a mut Held) -> BoxFuture<'a, Result<Ending, Trouble>> {
        Box::pin(async move {
            match held.transfer().kind {
                TransferKind::WorkflowExport => self.export(held).await,
                TransferKind::WorkflowValidate => self.validate(held).await,
                _ => self.publish(held).await,
            }
        })
    }
}

/// The workflows that a transfer's terms name.
fn wanted(held: &Held) -> Vec<WorkflowRef> {
    let terms = held.transfer().terms.value();
    tollgate_json::read_as(&terms["flows"].to_string()).unwrap_or_default()
}

/// The end of a transfer whose workflow can't be used, unless that may be otherwise at the next try.
fn refusal(about: &str, error: WorkflowError) -> Result<Ending, Trouble> {
    let message = format!("{about}{error}");
    let code = match error {
        WorkflowError::Invalid(problems) => {
            let mut said = Vec::new();
            say(&mut said, about, problems.as_slice());
            return Ok(Ending::Failed(kept(&json!({"messages": said}))));
        }
        WorkflowError::OfAFile(_) => "managed.by.configuration",
        WorkflowError::Store(StoreError::NotFound { .. }) => "not.found",
        WorkflowError::Store(error) => return Err(error.into()),
        WorkflowError::Workers(_) => {
            let what = "threads that compile workflows";
            return Err(StoreError::Busy { what }.into());
        }
    };
    Ok(Ending::Failed(failure(code, &message)))
}

/// Adds problems to what is said, each as a message.
fn say(said: &mut Vec<Value>, about: &str, problems: &[Problem]) {
    let messages = problems.iter().map(|problem| {
        let kind = match problem.severity {
            Severity::Error => "Error",
            Severity::Unsupported | Severity::Warning => "Warning",
        };
        json!({"type": kind, "text": format!("{about}{problem}")})
    });
    said.extend(messages);
}
