//! Whether something was sent that may not be sent twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A mark that is set once a request is sent that has it. A clone is the same one.
#[derive(Clone, Debug, Default)]
pub struct Sent(Arc<AtomicBool>);

impl Sent {
    /// Whether it is set: a request was sent, or is about to be.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Sets it.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}
