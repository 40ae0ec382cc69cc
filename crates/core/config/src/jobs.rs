//! Executions that are carried out later.

use crate::Access;
use std::time::Duration;
use tollgate_secret::Secret;

/// How jobs are kept and carried out: `[jobs]`. There are jobs wherever there is a store.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// How long a job is kept after its end.
    pub keep: Duration,
    /// The latest start of a job whose caller names none, from when it is taken in.
    pub deadline: Duration,
    /// Jobs that one node carries out at once.
    pub at_once: u32,
    /// Jobs of one caller that haven't ended; a further one is answered 429.
    pub waiting_each: u64,
    /// Jobs of all callers that haven't ended; a further one is answered 429.
    pub waiting: u64,
    /// Bytes of all jobs of one caller that are kept; past it a further one is answered 429.
    pub bytes_each: u64,
    /// Bytes of all jobs that are kept; past it a further one is answered 429.
    pub bytes: u64,
    /// Longest answer that is kept, in bytes.
    pub max_answer_bytes: usize,
}

impl Jobs {
    /// The flow of jobs whose callers name none. Where the file has no flow of this name, it is added, in a class
    /// behind all others.
    pub const FLOW: &'static str = "later";

    /// The longest deadline of a job.
    pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 3600),
            deadline: Duration::from_secs(24 * 3600),
            at_once: 16,
            waiting_each: 10_000,
            waiting: 100_000,
            bytes_each: 256 * 1024 * 1024,
            bytes: 1024 * 1024 * 1024,
            max_answer_bytes: 1024 * 1024,
        }
    }
}

/// Where a caller's jobs may have their ends told, and the key that these messages are signed with.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Where calls may go; its hosts are the only ones, and not empty.
    pub access: Access,
    /// The key: what stands behind `whsec_`, as bytes in Base64.
    pub secret: Secret,
}
