//! How the ends of jobs are answered, noted and told.

use super::shapes::shown;
use crate::error::ApiError;
use crate::executed::executed;
use crate::journal::Journal;
use crate::wire::show_time;
use serde_json::json;
use std::sync::Arc;
use tollgate_callers::actor_of;
use tollgate_definitions::CatalogAction;
use tollgate_driver::Secret;
use tollgate_execution::{ExecuteError, Outcome};
use tollgate_jobs::{Answer, Report};
use tollgate_store::Job;

/// Answers as a direct call would be answered, and notes in the audit log what was carried out.
pub struct JobReport(Arc<Journal>);

impl JobReport {
    /// Notes in this journal.
    #[must_use]
    pub fn new(journal: Arc<Journal>) -> Self {
        Self(journal)
    }
}

impl Report for JobReport {
    fn error(&self, error: ExecuteError) -> Answer {
        let error = ApiError::from(error);
        Answer {
            status: error.status().as_u16(),
            body: serde_json::to_string(&error.body()).unwrap_or_default(),
        }
    }

    fn note(&self, job: &Job, entry: &CatalogAction, ended: Result<&Outcome, &ExecuteError>) {
        let calls = match ended {
            Ok(outcome) => &outcome.calls,
            Err(error) => &error.calls,
        };
        let error = ended.err().map(|error| ApiError::from(error.clone()));
        let mut detail = executed(entry, error.as_ref(), calls);
        detail["job"] = job.id.as_str().into();
        let of = ("execution", entry.id.as_str());
        self.0.note(actor_of(&job.caller), "execute", of, &detail);
    }

    fn message(&self, job: &Job, answer: Option<&Secret>) -> String {
        let told = Job {
            callback: None,
            ..job.clone()
        };
        let kind = format!("job.{}", job.state.word().to_lowercase());
        let at = show_time(job.ended.unwrap_or(job.created));
        json!({"type": kind, "timestamp": at, "data": shown(&told, answer, None)}).to_string()
    }
}
