//! What all changes have in common.

use crate::error::ApiError;
use tollgate_callers::Principal;
use tollgate_definitions::wall_time;
use tollgate_store::Author;

/// Who changes something, and when.
pub(crate) fn by(caller: &Principal) -> Author {
    Author {
        actor: caller.actor(),
        at: wall_time(),
    }
}

/// What is the configuration file's can't be changed here.
pub(crate) fn managed(what: &str) -> ApiError {
    ApiError::conflict(
        "managed.by.configuration",
        format!(
            "This {what} comes from the service's configuration file; change it there and restart."
        ),
    )
}
