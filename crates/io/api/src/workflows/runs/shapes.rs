//! What requests and answers on runs hold.

use super::super::PATH;
use super::super::number::{show_number, version_uri};
use super::super::shapes::{EntityRef, FlowVersion};
use crate::error::{ApiError, ErrorBody};
use crate::request::request;
use crate::wire::show_time;
use crate::words::words;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tollgate_architect_runner::{Caption, Record, Source, Status};
use tollgate_json::Doc;
use tollgate_model::millis;
use tollgate_store::WallTime;
use utoipa::ToSchema;

request! {
    /// A run to begin.
    FlowLaunchRequest {
        flow_id: String,
        /// The number of a version, such as 1.0; without it what was published last.
        flow_version: Option<String>,
        /// A name for the run.
        name: Option<String>,
        /// First values of the workflow's input variables.
        #[schema(value_type = Option<Object>)]
        input_data: Option<Doc>,
    }
}

/// A run that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowLaunch {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_version: Option<EntityRef>,
    self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl FlowLaunch {
    pub(super) fn of(caption: &Caption) -> Self {
        let version = |source: &Source| EntityRef {
            id: show_number(source.version),
            self_uri: Some(version_uri(&source.workflow, source.version)),
        };
        Self {
            id: caption.id.clone(),
            flow_version: caption.source.as_ref().map(version),
            self_uri: uri(&caption.id),
            name: caption.name.clone(),
        }
    }
}

words! {
    /// How far a run is.
    FlowRunStatus {
        Running = "RUNNING",
        Completed = "COMPLETED",
        Failed = "FAILED",
        Terminated = "TERMINATED",
    }
}

/// A run, and how far it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowRun {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_version: Option<FlowVersion>,
    #[schema(format = "date-time")]
    date_launched: String,
    status: FlowRunStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    date_completed: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_reason: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_error_info: Option<ErrorBody>,
    #[schema(value_type = Object)]
    output_data: Value,
    /// What happened, in the order in which it did.
    transcript: Vec<TranscriptLine>,
    self_uri: String,
}

/// Something that happened in a run.
#[derive(Serialize, ToSchema)]
pub(super) struct TranscriptLine {
    /// When, from the run's beginning.
    millis: u64,
    text: String,
}

impl FlowRun {
    pub(super) fn of(id: &str, record: Record) -> Self {
        let (status, end, failed) = match &record.status {
            Status::Running => (FlowRunStatus::Running, None, false),
            Status::Completed(end) => (FlowRunStatus::Completed, Some(end.to_string()), false),
            Status::Failed(end) => (FlowRunStatus::Failed, Some(end.to_string()), true),
            Status::Stopped => (FlowRunStatus::Terminated, None, false),
        };
        let error = end.as_ref().filter(|_| failed);
        let error = error.map(|why| ApiError::new(StatusCode::BAD_REQUEST, "workflow.failed", why));
        let lines = record.transcript.into_iter().map(|line| TranscriptLine {
            millis: millis(line.at),
            text: line.text,
        });
        let version = |source: &Source| FlowVersion::bare(&source.workflow, source.version);
        Self {
            id: id.to_owned(),
            name: record.name,
            flow_version: record.source.as_ref().map(version),
            date_launched: show_time(WallTime(record.started)),
            status,
            date_completed: record.ended.map(|ended| show_time(WallTime(ended))),
            completion_reason: end,
            // The run's id is what the log has of it, so that is the error's context.
            flow_error_info: error.map(|error| error.body_of(id)),
            output_data: record.outputs.into(),
            transcript: lines.collect(),
            self_uri: uri(id),
        }
    }
}

fn uri(id: &str) -> String {
    format!("{PATH}/executions/{id}")
}
