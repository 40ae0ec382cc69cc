//! Requests that are passed through to an integration's upstream as they are: no action, no template, no mapping.
//!
//! A request passed through takes its place in the same queue as the calls of actions, under the same limits and
//! with a token of the same pool. It may be sent again as its method allows (RFC 9110, 9.2.2), as long as all of
//! its body is held.

use crate::error::{ExecuteError, caught};
use crate::executor::Executor;
use crate::explain::explain;
use crate::request::below_base;
use crate::under_way::Ending;
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;
use tollgate_definitions::CatalogIntegration;
use tollgate_driver::{
    Call, Forwarded, Progress, Request, RequestBody, TRACEPARENT, TRACESTATE, Tell,
};
use tollgate_model::FlowId;
use tollgate_telemetry::traces::CallTrace;
use tollgate_telemetry::{CallId, CallOrigin, Subject};
use tollgate_upstream::RequestPath;

/// A request to be passed through.
#[derive(Debug)]
pub struct PassedRequest<'a> {
    /// Its method.
    pub method: Method,
    /// Its path, below the integration's base URL.
    pub path: RequestPath<'a>,
    /// Its query, if it has one, without the question mark.
    pub query: Option<&'a str>,
    /// Its headers, those alone that go to the upstream.
    pub headers: HeaderMap,
    /// Its body.
    pub body: RequestBody,
    /// The path with placeholders, by which limits of one endpoint are learned, and records name the request.
    pub template: Arc<str>,
}

/// On what terms a request is passed through.
#[derive(Clone, Debug)]
pub struct PassTerms {
    /// The call's name.
    pub id: CallId,
    /// What its request says of where it comes from.
    pub origin: CallOrigin,
    /// The flow that calls.
    pub flow: FlowId,
    /// The latest useful start, from now.
    pub deadline: Duration,
    /// Whether the caller has named that deadline itself.
    pub own_deadline: bool,
    /// How long one attempt may take, bodies included.
    pub timeout: Duration,
}

/// Who notes how a request goes.
type Noted = (Arc<Progress>, Option<Arc<CallTrace>>);

impl Executor {
    /// Passes a request through, and gives the upstream's answer, whatever its status, as it comes.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn pass(
        &self,
        target: &Arc<CatalogIntegration>,
        request: PassedRequest<'_>,
        terms: PassTerms,
    ) -> Result<Forwarded, ExecuteError> {
        let (tell, foretold) = self.foretold();
        let (method, template) = (request.method.clone(), Arc::clone(&request.template));
        let subject = Subject::Passed {
            method: method.as_str(),
            template: &template,
        };
        let of = (terms.flow, target.as_ref());
        let (id, named) = (terms.id, (terms.id, None, terms.origin.clone()));
        let under_way = self.begin(named, of, subject, foretold);
        let noted = (Arc::clone(&under_way.progress), under_way.trace.clone());
        let passed = caught(self.passed(target, request, terms, (noted, tell))).await;
        let passed = passed.map_err(|error| error.of_id(id));
        let (answer, error) = (passed.as_ref().ok(), passed.as_ref().err());
        under_way.end(Ending {
            error,
            waited: answer.map(|answer| answer.waited),
            source: None,
            status: answer.map(|answer| answer.status),
            made_by: None,
        });
        passed
    }

    async fn passed(
        &self,
        target: &Arc<CatalogIntegration>,
        request: PassedRequest<'_>,
        terms: PassTerms,
        ((progress, trace), tell): (Noted, Tell),
    ) -> Result<Forwarded, ExecuteError> {
        let wiring = target.wiring()?;
        let query = request.query.map(|query| format!("?{query}"));
        let below = format!("{}{}", request.path.as_str(), query.unwrap_or_default());
        let url = below_base(wiring, &below)?;
        let (method, path) = (request.method.as_str(), RequestPath::of_action(&url));
        let route = wiring.routes.of(None, method, path);
        let driver = self.driver();
        let idempotent = request.method.is_idempotent();
        let mut sent = Request::new(request.method, url, request.headers, request.body);
        sent.progress = Some(progress);
        if let Some(trace) = trace {
            // The caller's own are of the span above this one.
            sent.headers.remove(TRACEPARENT);
            sent.headers.remove(TRACESTATE);
            trace.goes_to(&sent.method, &sent.url, &request.template);
            sent.mark = Some(trace);
        }
        sent.answers = Some(self.telemetry().counts().answers_of(&target.name));
        let call = Call {
            route,
            flow: terms.flow,
            deadline: terms.deadline,
            timeout: terms.timeout,
            path_template: Some(request.template),
            idempotent,
            request: sent,
        };
        let forwarded = driver.forward_telling(call, tell).await;
        forwarded.map_err(|failure| {
            let trouble = driver.token_trouble(route);
            explain(failure, terms.own_deadline, terms.timeout, trouble)
        })
    }
}
