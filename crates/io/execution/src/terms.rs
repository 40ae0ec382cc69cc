//! Who calls, and what came of it.

use crate::composite::CallEnd;
use std::sync::Arc;
use std::time::Duration;
use tollgate_cache::Source;
use tollgate_driver::Sent;
use tollgate_model::FlowId;
use tollgate_telemetry::traces::SpanContext;
use tollgate_telemetry::{CallId, CallOrigin};

/// Who calls and how long it may wait.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The call's name.
    pub id: CallId,
    /// Whose it is, where it isn't a caller's own: the composite's call, or the workflow's run.
    pub parent: Option<CallId>,
    /// What its caller's request says of where it comes from.
    pub origin: CallOrigin,
    /// The flow that calls.
    pub flow: FlowId,
    /// The caller's own deadline: the latest useful start, from now. The action's timeout if there is none. Of a
    /// composite, by when all of it has to be over.
    pub deadline: Option<Duration>,
    /// Whether it gives the inputs, and takes the output, in Architect's flattened form.
    pub flat: bool,
    /// In the flattened form, the property that the output is the value of: `result` makes `result.id` of `id`. None:
    /// the output stands for itself.
    pub below: Option<&'static str>,
    /// Set once a request of the call is sent that may not be sent twice, by its method; of a composite, one of its calls'.
    pub sent: Option<Sent>,
}

impl Terms {
    /// Those of a caller's own call.
    #[must_use]
    pub fn of_caller(
        (id, origin): (CallId, CallOrigin),
        flow: FlowId,
        deadline: Option<Duration>,
        flat: bool,
    ) -> Self {
        Self {
            id,
            parent: None,
            origin,
            flow,
            deadline,
            flat,
            below: None,
            sent: None,
        }
    }
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The output, as JSON.
    pub output: Arc<str>,
    /// How long the call waited for its start.
    pub waited: Duration,
    /// From the first send to the answer, retries included.
    pub latency: Duration,
    /// Where the output comes from; none for an action whose outputs are never kept.
    pub source: Option<Source>,
    /// The status that the upstream answered this call; none where another call, or others, made the output.
    pub status: Option<u16>,
    /// The call that has made the output, where calls are traced.
    pub made_by: Option<SpanContext>,
    /// How the calls of a composite ended; empty where none were made.
    pub calls: Arc<[CallEnd]>,
}
