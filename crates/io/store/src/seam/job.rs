//! Jobs: executions that were taken in and are carried out later.

use super::{PageRequest, WallTime};
use crate::id::EntityId;
use tollgate_secret::Secret;

/// How far a job is, in the platform's words for its own asynchronous queries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits to be carried out, for the first time or again.
    Queued,
    /// It is carried out, or whoever did so has died.
    Pending,
    /// It was carried out.
    Fulfilled,
    /// It was carried out, or can't be, and has no output.
    Failed,
    /// Somebody ended it before it was carried out.
    Cancelled,
    /// It wasn't carried out by its deadline.
    Expired,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Pending,
        Self::Fulfilled,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The platform's word (*documented*: `AsyncQueryStatus` of its API).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Pending => "PENDING",
            Self::Fulfilled => "FULFILLED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Whether the job has come to its end.
    #[must_use]
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Queued | Self::Pending)
    }
}

/// What became of a job's callback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallbackState {
    /// It is yet to be made: the job hasn't ended, or the receiver hasn't taken it so far.
    Waiting,
    /// The receiver has taken it.
    Delivered,
    /// The receiver hasn't taken it in the time there was.
    Failed,
}

impl CallbackState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The state in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
        }
    }
}

/// How far a job's callback is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobCallback {
    /// What became of it.
    pub state: CallbackState,
    /// How often it was begun.
    pub attempts: u32,
    /// What the receiver answered last.
    pub status: Option<u32>,
}

/// A job to be taken in.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The id that it will have.
    pub id: EntityId,
    /// Whose it is.
    pub caller: String,
    /// The action to be called.
    pub action: String,
    /// The flow that calls.
    pub flow: String,
    /// Whether inputs and output have Architect's flattened form.
    pub flat: bool,
    /// The inputs, as JSON.
    pub inputs: Secret,
    /// Where its end is to be told, as a URL.
    pub callback: Option<Secret>,
    /// Its latest start.
    pub deadline: WallTime,
}

/// A job, without what it was given and has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The id.
    pub id: EntityId,
    /// Whose it is.
    pub caller: String,
    /// The id of the action to be called.
    pub action: String,
    /// The flow that calls.
    pub flow: String,
    /// Whether inputs and output have Architect's flattened form.
    pub flat: bool,
    /// How far it is.
    pub state: JobState,
    /// When it is carried out next, or its end told, at the earliest.
    pub due: WallTime,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was taken in.
    pub created: WallTime,
    /// Its latest start.
    pub deadline: WallTime,
    /// When it was begun first.
    pub started: Option<WallTime>,
    /// When it came to its end.
    pub ended: Option<WallTime>,
    /// How far its callback is, if it has one.
    pub callback: Option<JobCallback>,
}

/// The right to carry a job out, or to call back: until its end, and as long as nobody else has claimed the job.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Claim {
    /// The job.
    pub job: EntityId,
    pub(crate) number: i64,
}

/// What is left to do of a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobTask {
    /// It is to be carried out.
    CarryOut,
    /// It has ended, and its end is to be told.
    CallBack,
}

/// Which jobs aren't to be claimed, whatever is due.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimExcept<'a> {
    /// Those of these callers, which have enough.
    pub callers: &'a [String],
    /// Those that the taker itself holds: by a clock that was set forward its own claims have ended.
    pub held: &'a [Claim],
}

/// A job that was claimed.
#[derive(Clone, Debug)]
pub struct TakenJob {
    /// The job as it is now.
    pub job: Job,
    /// The claim.
    pub claim: Claim,
    /// The inputs; none once it has ended, or where they can't be opened.
    pub inputs: Option<Secret>,
    /// What it answered last, if it has answered.
    pub answer: Option<Secret>,
    /// Where its end is to be told.
    pub callback: Option<Secret>,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub struct EndedJob {
    /// One of the ends.
    pub state: JobState,
    /// What it answers; none: what it answered last stays.
    pub answer: Option<Secret>,
    /// When it ended.
    pub at: WallTime,
}

/// How much jobs may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobBounds {
    /// Jobs of one caller that haven't ended.
    pub waiting_each: u64,
    /// Jobs of all callers that haven't ended.
    pub waiting: u64,
    /// Bytes of all jobs of one caller that are kept, ended or not: what they were given and have answered, and
    /// [`crate::limits::JOB_BYTES`] each.
    pub bytes_each: u64,
    /// The same of all callers.
    pub bytes: u64,
}

/// Which jobs a list has, the latest first; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct JobQuery {
    /// Whose they are.
    pub caller: Option<String>,
    /// How far they are.
    pub state: Option<JobState>,
    /// Which page of the list.
    pub page: PageRequest,
}
