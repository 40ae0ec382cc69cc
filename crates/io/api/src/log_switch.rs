//! What writes the log of the process, as far as the API has to do with it.

use tollgate_config::LogLevels;

/// What writes the log of this process.
pub trait LogSwitch: Send + Sync {
    /// Which lines are written now.
    fn levels(&self) -> String;
    /// Has other lines written from now on.
    fn set(&self, levels: &LogLevels);
}
