//! The caller of a request, as the gate found it.

use crate::principal::Principal;
use axum::Extension;
use std::sync::Arc;

/// The caller.
pub(crate) type Caller = Extension<Principal>;

/// The token that it came with.
#[derive(Clone)]
pub(crate) struct Token(pub(crate) Arc<str>);
