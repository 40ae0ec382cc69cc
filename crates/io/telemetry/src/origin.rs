//! What a caller's request says of where it comes from.

use http::HeaderMap;
use std::sync::Arc;
use tollgate_driver::correlation_id;

/// What a caller's request says of where it comes from; nothing of a call that no request has asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallOrigin {
    /// The name by which the caller knows the call: its `ININ-Correlation-Id`.
    pub correlation: Option<Arc<str>>,
}

impl CallOrigin {
    /// What these headers of a request say.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            correlation: correlation_id(headers).map(Arc::from),
        }
    }
}
