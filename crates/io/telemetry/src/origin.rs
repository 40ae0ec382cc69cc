//! What a caller's request says of where it comes from.

use crate::traces::{self, CallTrace, SpanContext};
use http::HeaderMap;
use std::sync::Arc;
use tollgate_driver::correlation_id;

/// What a caller's request says of where it comes from; nothing of a call that no request has asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallOrigin {
    /// The name by which the caller knows the call: its `ININ-Correlation-Id`.
    pub correlation: Option<Arc<str>>,
    /// The span that the call belongs to: its `traceparent`, or the call's that it is a part of.
    pub span: Option<SpanContext>,
}

impl CallOrigin {
    /// What these headers of a request say.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        Self {
            correlation: correlation_id(headers).map(Arc::from),
            span: traces::context_of(headers),
        }
    }

    /// Of a call that is a part of another one, which has this place in its trace.
    #[must_use]
    pub fn within(trace: Option<&CallTrace>) -> Self {
        Self {
            correlation: None,
            span: trace.map(|trace| trace.context().clone()),
        }
    }
}
