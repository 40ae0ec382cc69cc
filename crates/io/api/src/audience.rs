//! Who listens to what is seen.

use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, watch};
use tollgate_history::Sample;
use tollgate_history::verdict::Verdict;

/// Listeners at once.
pub(crate) const MOST: usize = 64;

/// Who listens, and what they are told. Clones are the same.
#[derive(Clone, Debug)]
pub struct Audience {
    pub(crate) places: Arc<Semaphore>,
    /// What the last sample's event says, as soon as somebody has asked for it.
    pub(crate) told: Arc<Mutex<Option<Told>>>,
    pub(crate) samples: watch::Sender<Option<Arc<Sample>>>,
    pub(crate) ends: watch::Sender<bool>,
}

impl Default for Audience {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            told: Arc::default(),
            samples: watch::Sender::new(None),
            ends: watch::Sender::new(false),
        }
    }
}

impl Audience {
    /// Tells of a sample that was taken.
    pub fn tell(&self, sample: Arc<Sample>) {
        self.samples.send_replace(Some(sample));
    }

    /// Ends what everybody listens to, and what anybody would.
    pub fn end(&self) {
        self.ends.send_replace(true);
    }
}

/// What is told of a sample.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: u64,
    pub(crate) data: Arc<str>,
    pub(crate) verdict: Verdict,
}
