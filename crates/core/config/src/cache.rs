//! What `[[cache]]` says.

use std::time::Duration;

/// An action whose answers are kept for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CacheRule {
    /// Its name.
    pub action: String,
    /// Name of its integration; without it, the action of every integration that has one of the name.
    pub integration: Option<String>,
    /// An answer younger than this is given without a call.
    pub fresh_for: Duration,
    /// After that, for so long, it is given while a new one is fetched.
    pub stale_for: Duration,
    /// Inputs that tell one call from another; without it, all of them.
    pub inputs: Option<Vec<String>>,
}
