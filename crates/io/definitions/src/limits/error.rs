//! Why a limit is not as it was to be.

use std::io;
use tollgate_driver::ChangeError;
use tollgate_store::StoreError;

/// Why a limit was not changed, or not for good.
#[derive(Debug, thiserror::Error)]
pub enum LimitError {
    /// Nothing has changed: there is no such limit.
    #[error("there is no such limit: {0:?}")]
    NoSuchLimit(String),
    /// Nothing has changed: the change could not be noted.
    #[error("the change could not be noted in the audit log: {0}")]
    Audit(#[from] StoreError),
    /// The engine has ended, and its limits with it; nothing is kept.
    #[error(transparent)]
    Engine(#[from] ChangeError),
    /// The change holds, and ends with this process.
    #[error("it holds now, but will not after a restart: {0}")]
    NotKept(#[from] io::Error),
}
