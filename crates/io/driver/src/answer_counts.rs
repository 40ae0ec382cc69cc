//! What an upstream answered to attempts, in counts.
//!
//! Each attempt counts once: by the status of its answer's head, or as one without an answer when it ends before that, be
//! it lost, at the end of its time, or given up by its caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The classes, in words; `4xx` is all of 4xx but 429, and `none` an attempt without an answer.
const CLASSES: [&str; 6] = ["2xx", "3xx", "4xx", "429", "5xx", "none"];
const NONE: usize = CLASSES.len() - 1;

/// Attempts by what was answered to them.
#[derive(Debug, Default)]
pub struct AnswerCounts([AtomicU64; CLASSES.len()]);

impl AnswerCounts {
    /// Each class, with how many attempts it has.
    pub fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Relaxed));
        CLASSES.into_iter().zip(counts)
    }

    fn count(&self, class: usize) {
        self.0[class].fetch_add(1, Relaxed);
    }
}

/// An attempt's answer that hasn't come yet. Dropped before, it counts as none.
#[derive(Debug)]
pub(crate) struct ExpectedAnswer(Option<Arc<AnswerCounts>>);

impl ExpectedAnswer {
    /// One that is counted there, if it is.
    pub(crate) fn new(counts: Option<Arc<AnswerCounts>>) -> Self {
        Self(counts)
    }

    /// Counts the answer by its status.
    pub(crate) fn came(&mut self, status: u16) {
        let class = match status {
            ..300 => 0,
            300..400 => 1,
            429 => 3,
            400..500 => 2,
            500.. => 4,
        };
        if let Some(counts) = self.0.take() {
            counts.count(class);
        }
    }
}

impl Drop for ExpectedAnswer {
    fn drop(&mut self) {
        if let Some(counts) = self.0.take() {
            counts.count(NONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_counts_once() {
        let counts = Arc::new(AnswerCounts::default());
        for status in [200, 204, 304, 400, 429, 503, 999] {
            let mut expected = ExpectedAnswer::new(Some(Arc::clone(&counts)));
            expected.came(status);
            expected.came(500);
        }
        drop(ExpectedAnswer::new(Some(Arc::clone(&counts))));
        ExpectedAnswer::new(None).came(200);
        let read: Vec<_> = counts.read().collect();
        let wanted = [
            ("2xx", 2),
            ("3xx", 1),
            ("4xx", 1),
            ("429", 1),
            ("5xx", 2),
            ("none", 1),
        ];
        assert_eq!(read, wanted);
    }
}
