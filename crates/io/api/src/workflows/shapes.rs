//! What requests and answers on workflows and their runs hold.
use super::PATH;
use crate::request::request;
use crate::wire::show_time;
use serde::Serialize;
use serde_json::Value;
use tollgate_architect_runner::{Record, Status};
use tollgate_json::Doc;
use tollgate_model::millis;
use tollgate_store::WallTime;
use utoipa::ToSchema;

/// A workflow, which the platform calls a flow.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) published_version: Option<FlowVersion>,
}

/// A workflow that was published.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublishedFlow {
    #[serde(flatten)]
    pub(super) flow: Flow,
    /// What of it isn't known here, each with its line and column. It runs all the same, and fails where it would need
    /// that.
    pub(super) unsupported: Vec<String>,
}

/// A version that was published.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowVersion {
    /// Its number, from 1.
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) self_uri: Option<String>,
}

request! {
    /// A run to begin.
    FlowLaunchRequest {
        flow_id: String,
        /// The number of a version; without it what was published last.
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
    pub(super) id: String,
    pub(super) flow_version: FlowVersion,
    pub(super) self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

/// A run, and how far it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowRun {
    pub(super) id: String,
    pub(super) date_launched: String,
    pub(super) status: RunStatus,
    #[schema(value_type = Object)]
    pub(super) output_data: Value,
    /// What happened, in the order in which it did.
    pub(super) transcript: Vec<TranscriptLine>,
    pub(super) self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) completion_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date_completed: Option<String>,
}

/// How far a run is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RunStatus {
    Running,
    Completed,
    Failed,
    Terminated,
}

/// Something that happened in a run.
#[derive(Serialize, ToSchema)]
pub(super) struct TranscriptLine {
    /// When, from the run's beginning.
    pub(super) millis: u64,
    pub(super) text: String,
}

pub(super) fn show(id: &str, name: &str, kind: &str, published: Option<u32>) -> Flow {
    Flow {
        id: id.to_owned(),
        name: name.to_owned(),
        r#type: kind.to_uppercase(),
        self_uri: format!("{PATH}/{id}"),
        published_version: published.map(|number| FlowVersion {
            id: number.to_string(),
            self_uri: None,
        }),
    }
}

pub(super) fn show_run(id: &str, record: &Record) -> FlowRun {
    let (status, completion_reason) = match &record.status {
        Status::Running => (RunStatus::Running, None),
        Status::Completed(end) => (RunStatus::Completed, Some(end.to_string())),
        Status::Failed(end) => (RunStatus::Failed, Some(end.to_string())),
        Status::Stopped => (RunStatus::Terminated, None),
    };
    let lines = record.transcript.iter().map(|line| TranscriptLine {
        millis: millis(line.at),
        text: line.text.clone(),
    });
    FlowRun {
        id: id.to_owned(),
        date_launched: show_time(WallTime(record.started)),
        status,
        output_data: record.outputs.clone().into(),
        transcript: lines.collect(),
        self_uri: format!("{PATH}/executions/{id}"),
        name: record.name.clone(),
        completion_reason,
        date_completed: record.ended.map(|ended| show_time(WallTime(ended))),
    }
}
