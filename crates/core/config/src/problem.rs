//! Why there is no configuration.

use tollgate_settings::{Listing, Problem};

/// Why there is no [`crate::Config`].
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{file}: {source}; give the path of a configuration file")]
    Unreadable {
        /// As it was given.
        file: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file was read but not understood.
    #[error("{}", Listing { file, problems })]
    Invalid {
        /// As it was given.
        file: String,
        /// All problems found, in the order of the file; never empty.
        problems: Vec<Problem>,
    },
}
