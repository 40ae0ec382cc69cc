//! What answers on jobs hold.

use super::PATH;
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use tollgate_driver::Secret;
use tollgate_jobs::{Answer, Jobs};
use tollgate_store::{CallbackState, EntityId, Job, JobState, WallTime};
use utoipa::ToSchema;

words! {
    /// How far a job is.
    JobStateWord {
        Queued = "QUEUED",
        Pending = "PENDING",
        Fulfilled = "FULFILLED",
        Failed = "FAILED",
        Cancelled = "CANCELLED",
        Expired = "EXPIRED",
    }
}

words! {
    /// What became of a callback.
    CallbackStateWord {
        Waiting = "WAITING",
        Delivered = "DELIVERED",
        Failed = "FAILED",
    }
}

/// An execution that was taken in, and how far it is.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Job)]
pub(crate) struct JobEntity {
    id: String,
    /// QUEUED: it waits to be carried out, for the first time or again. PENDING: it is carried out. FULFILLED, FAILED,
    /// CANCELLED, EXPIRED: its ends.
    state: JobStateWord,
    /// The id of the action.
    action_id: String,
    /// The caller that it belongs to.
    client_id: String,
    /// The flow that calls.
    flow: String,
    /// How often it was begun.
    attempts: u32,
    #[schema(format = DateTime)]
    submission_date: String,
    /// Its latest start.
    #[schema(format = DateTime)]
    deadline: String,
    /// When it was begun first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    start_date: Option<String>,
    /// When it is begun next, at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_attempt_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    completion_date: Option<String>,
    /// When it is forgotten, at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expiration_date: Option<String>,
    /// The status that the direct call would have been answered with; before the end that of the last try.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The output.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    /// Why there is none, as the direct call would have been answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
    /// The error's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<JobCallback>,
    self_uri: String,
}

/// How far the telling of a job's end is.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobCallback {
    state: CallbackStateWord,
    /// How often it was begun.
    attempts: u32,
    /// What the receiver answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u32>,
}

impl From<JobStateWord> for JobState {
    fn from(word: JobStateWord) -> Self {
        match word {
            JobStateWord::Queued => Self::Queued,
            JobStateWord::Pending => Self::Pending,
            JobStateWord::Fulfilled => Self::Fulfilled,
            JobStateWord::Failed => Self::Failed,
            JobStateWord::Cancelled => Self::Cancelled,
            JobStateWord::Expired => Self::Expired,
        }
    }
}

/// Where a job is.
pub(crate) fn job_path(id: &EntityId) -> String {
    format!("{PATH}/{id}")
}

/// A job with what it answered, where that is wanted.
pub(crate) fn show(jobs: &Jobs, job: &Job, answer: Option<&Secret>) -> JobEntity {
    shown(job, answer, job.ended.map(|ended| jobs.forgotten(ended)))
}

/// The same; `forgotten`: when it is forgotten, if that is known.
pub(super) fn shown(job: &Job, answer: Option<&Secret>, forgotten: Option<WallTime>) -> JobEntity {
    let answer = answer.and_then(Answer::read);
    let value = answer
        .as_ref()
        .and_then(|it| tollgate_json::read(&it.body).ok());
    let (result, error) = match &answer {
        Some(answer) if (200..300).contains(&answer.status) => (value, None),
        _ => (None, value),
    };
    let message = error
        .as_ref()
        .and_then(|error| error.get("message")?.as_str());
    let waits = job.state == JobState::Queued && job.attempts > 0;
    JobEntity {
        id: job.id.to_string(),
        state: state(job.state),
        action_id: job.action.clone(),
        client_id: job.caller.clone(),
        flow: job.flow.clone(),
        attempts: job.attempts,
        submission_date: show_time(job.created),
        deadline: show_time(job.deadline),
        start_date: job.started.map(show_time),
        next_attempt_date: waits.then(|| show_time(job.due)),
        completion_date: job.ended.map(show_time),
        expiration_date: forgotten.map(show_time),
        status: answer.as_ref().map(|it| it.status),
        error_message: message.map(str::to_owned),
        result,
        error,
        callback: job.callback.map(|it| JobCallback {
            state: match it.state {
                CallbackState::Waiting => CallbackStateWord::Waiting,
                CallbackState::Delivered => CallbackStateWord::Delivered,
                CallbackState::Failed => CallbackStateWord::Failed,
            },
            attempts: it.attempts,
            status: it.status,
        }),
        self_uri: job_path(&job.id),
    }
}

fn state(state: JobState) -> JobStateWord {
    match state {
        JobState::Queued => JobStateWord::Queued,
        JobState::Pending => JobStateWord::Pending,
        JobState::Fulfilled => JobStateWord::Fulfilled,
        JobState::Failed => JobStateWord::Failed,
        JobState::Cancelled => JobStateWord::Cancelled,
        JobState::Expired => JobStateWord::Expired,
    }
}
