//! What answers on jobs hold.

use super::super::PATH;
use super::super::shapes::EntityRef;
use crate::links::{Address, DOWNLOADS, UPLOADS};
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use std::collections::BTreeMap;
use tollgate_definitions::wall_time;
use tollgate_store::{Transfer, TransferKind, TransferState};
use tollgate_transfers::{Link, is_too_late};
use utoipa::ToSchema;

words! {
    /// How far a job is.
    JobStatus {
        Registered = "Registered",
        Started = "Started",
        Success = "Success",
        Failure = "Failure",
    }
}

impl JobStatus {
    fn of(transfer: &Transfer) -> Self {
        match transfer.state {
            TransferState::Awaiting if is_too_late(transfer, wall_time()) => Self::Failure,
            TransferState::Awaiting => Self::Registered,
            TransferState::Ready => Self::Started,
            TransferState::Succeeded => Self::Success,
            TransferState::Failed => Self::Failure,
        }
    }
}

words! {
    /// What a job does.
    JobCommand {
        Publish = "Publish",
        Export = "Export",
        Validate = "Validate",
    }
}

words! {
    /// How bad it is.
    JobMessageType {
        Error = "Error",
        Warning = "Warning",
    }
}

/// A job that waits for its file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredUpload {
    id: String,
    /// Where the file is to be put, without a token, within an hour.
    presigned_url: String,
    /// Headers that the upload is to have.
    headers: BTreeMap<String, String>,
    self_uri: String,
}

impl RegisteredUpload {
    pub(super) fn of(transfer: &Transfer, link: &Link, address: &Address) -> Self {
        let media = ("Content-Type".to_owned(), "application/yaml".to_owned());
        Self {
            id: transfer.id.to_string(),
            presigned_url: address.url(UPLOADS, link),
            headers: BTreeMap::from([media]),
            self_uri: uri(transfer),
        }
    }
}

/// A job that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredJob {
    id: String,
    status: JobStatus,
    total_flows: usize,
    self_uri: String,
}

impl RegisteredJob {
    pub(super) fn of(transfer: &Transfer, total_flows: usize) -> Self {
        Self {
            id: transfer.id.to_string(),
            status: JobStatus::of(transfer),
            total_flows,
            self_uri: uri(transfer),
        }
    }
}

/// What there is to say of a workflow's text, with the place that it is about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    date_time: Option<String>,
    r#type: JobMessageType,
    text: String,
}

/// What all answers on a job have.
struct Told {
    id: String,
    status: JobStatus,
    messages: Option<Vec<JobMessage>>,
    self_uri: String,
}

impl Told {
    fn of(transfer: &Transfer, messages: bool) -> Self {
        Self {
            id: transfer.id.to_string(),
            status: JobStatus::of(transfer),
            messages: messages.then(|| told(transfer)),
            self_uri: uri(transfer),
        }
    }
}

/// The messages of a job's report, and what it failed by.
fn told(transfer: &Transfer) -> Vec<JobMessage> {
    let report = transfer.report.value();
    let message = |kind, text: &str| JobMessage {
        date_time: transfer.ended.map(show_time),
        r#type: kind,
        text: text.to_owned(),
    };
    let said = report["messages"].as_array().into_iter().flatten();
    let said = said.filter_map(|it| {
        let kind = JobMessageType::parse("type", it["type"].as_str()?).ok()?;
        Some(message(kind, it["text"].as_str()?))
    });
    let error = report["error"]["message"].as_str();
    let late = is_too_late(transfer, wall_time());
    let late = late.then_some("The file wasn't put to the job's URL in time.");
    let errors = error.into_iter().chain(late);
    let errors = errors.map(|text| message(JobMessageType::Error, text));
    said.chain(errors).collect()
}

/// A job that publishes a workflow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublishJob {
    id: String,
    /// The flow that was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<EntityRef>,
    status: JobStatus,
    command: JobCommand,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<JobMessage>>,
    self_uri: String,
}

impl PublishJob {
    pub(super) fn of(transfer: &Transfer, messages: bool) -> Self {
        let Told {
            id,
            status,
            messages,
            self_uri,
        } = Told::of(transfer, messages);
        let report = transfer.report.value();
        let flow = report["flow"].as_str().map(|id| EntityRef {
            id: id.to_owned(),
            self_uri: Some(format!("{PATH}/{id}")),
        });
        Self {
            id,
            flow,
            status,
            command: JobCommand::Publish,
            messages,
            self_uri,
        }
    }
}

/// A job that exports a workflow.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportJob {
    id: String,
    status: JobStatus,
    command: JobCommand,
    /// Where the file can be fetched, without a token, while the link is good: for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    download_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<JobMessage>>,
    self_uri: String,
}

impl ExportJob {
    pub(super) fn of(
        transfer: &Transfer,
        link: Option<&Link>,
        address: &Address,
        messages: bool,
    ) -> Self {
        let Told {
            id,
            status,
            messages,
            self_uri,
        } = Told::of(transfer, messages);
        Self {
            id,
            status,
            command: JobCommand::Export,
            download_url: link.map(|link| address.url(DOWNLOADS, link)),
            messages,
            self_uri,
        }
    }
}

/// A job that checks workflows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidateJob {
    id: String,
    status: JobStatus,
    command: JobCommand,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<JobMessage>>,
    self_uri: String,
}

impl ValidateJob {
    pub(super) fn of(transfer: &Transfer, messages: bool) -> Self {
        let Told {
            id,
            status,
            messages,
            self_uri,
        } = Told::of(transfer, messages);
        Self {
            id,
            status,
            command: JobCommand::Validate,
            messages,
            self_uri,
        }
    }
}

/// Where a job is.
fn uri(transfer: &Transfer) -> String {
    let of = match transfer.kind {
        TransferKind::WorkflowExport => "/export",
        TransferKind::WorkflowValidate => "/validate",
        _ => "",
    };
    format!("{PATH}{of}/jobs/{}", transfer.id)
}
