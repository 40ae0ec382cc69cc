//! What a job answered, as it is kept.

use serde::{Deserialize, Serialize};
use tollgate_secret::Secret;

/// What the direct call would have been answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body: JSON.
    pub body: String,
}

impl Answer {
    /// The answer as the store keeps it, sealed.
    #[must_use]
    pub fn write(&self) -> Secret {
        // Numbers and texts can't fail to be written.
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads what [`Self::write`] wrote; none where somebody else wrote it.
    #[must_use]
    pub fn read(kept: &Secret) -> Option<Self> {
        tollgate_json::read_as(kept.expose()).ok()
    }
}
