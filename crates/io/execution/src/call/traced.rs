//! What a call's trace is told of it.

use super::Call;
use std::sync::Arc;
use tollgate_action::Action;
use tollgate_driver::Request;

impl Call {
    /// Does a part of the call's work, which is a span of its trace.
    pub(super) async fn part<T>(&self, name: &'static str, work: impl Future<Output = T>) -> T {
        match &self.trace {
            None => work.await,
            Some(trace) => trace.part(name, work).await,
        }
    }

    /// Has the request's attempts named to the upstream.
    pub(super) fn mark(&self, request: &mut Request, action: &Action) {
        if let Some(trace) = &self.trace {
            trace.goes_to(&request.method, &request.url, &action.path_template());
            request.mark = Some(Arc::clone(trace) as _);
        }
    }
}
