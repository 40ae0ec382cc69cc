//! How a workflow is named by whoever asks for its text.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A workflow as whoever asks for its text names it: by its id, or by its type and name.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WorkflowRef {
    /// The id.
    pub id: Option<String>,
    /// The type, in any case.
    pub kind: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The number of the version; the one that was published last without it.
    pub version: Option<u32>,
}

impl fmt::Display for WorkflowRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.id.as_deref().or(self.name.as_deref());
        out.write_str(name.unwrap_or_default())?;
        match self.version {
            Some(number) => write!(out, " {number}.0"),
            None => Ok(()),
        }
    }
}
