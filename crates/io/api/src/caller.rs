//! The caller of a request, as the gate found it.

use axum::Extension;
use tollgate_callers::Principal;

/// The caller.
pub(crate) type Caller = Extension<Principal>;
