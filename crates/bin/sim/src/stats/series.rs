//! The course of a run in a fixed number of steps.

/// Steps of a course, at the most.
const STEPS: u64 = 240;

/// Counts by step of time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Series {
    /// Length of a step, nanoseconds.
    pub step: u64,
    /// One after the other, from the start of the run.
    pub buckets: Vec<Bucket>,
}

/// What happened in one step.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bucket {
    /// Calls asked for.
    pub calls: u64,
    /// Requests admitted with a token.
    pub with_token: u64,
    /// Requests admitted in all.
    pub admitted: u64,
    /// Requests answered 429.
    pub limited: u64,
    /// Interactions ended well.
    pub served: u64,
    /// Interactions ended otherwise.
    pub failed: u64,
    /// Most requests under way at once.
    pub at_once: u32,
    /// Most calls that had been asked for and not yet sent.
    pub waiting: u32,
    /// Tokens held at the end of the step.
    pub tokens: u32,
    /// Tokens granted in it.
    pub granted: u32,
}

impl Series {
    /// Over `length` nanoseconds, in steps of whole seconds (or less than one for a short run).
    #[must_use]
    pub fn new(length: u64) -> Self {
        const SECOND: u64 = 1_000_000_000;
        let finest = length.div_ceil(STEPS).max(1);
        let step = if finest > SECOND / 2 {
            finest.div_ceil(SECOND) * SECOND
        } else {
            finest
        };
        Self {
            step,
            buckets: vec![Bucket::default(); length.div_ceil(step).max(1) as usize],
        }
    }

    /// The step that `at` lies in; none after the end.
    pub(crate) fn place(&self, at: u64) -> usize {
        (at / self.step.max(1)) as usize
    }
}
