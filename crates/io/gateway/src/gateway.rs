//! One gateway: a request in, the upstream's answer out.

use crate::body::{BodyBounds, Held, take};
use crate::headers::{to_caller, to_upstream};
use crate::refusal::Refusal;
use crate::request::Asked;
use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, request};
use http_body::{Frame, SizeHint};
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tollgate_action::Callee;
use tollgate_api::{ApiError, Bodies, Elsewhere, Journal, call_id, flow_and_deadline};
use tollgate_callers::{Admitted, Door, Now, Over, Principal};
use tollgate_config::Gateway as Settings;
use tollgate_definitions::{Catalog, CatalogIntegration, Live, file_integration_id};
use tollgate_driver::{AnswerBody, BodyBroken};
use tollgate_execution::{Executor, PassTerms, PassedRequest};
use tollgate_listen::Peer;
use tollgate_store::Role;
use tollgate_telemetry::CallOrigin;
use tollgate_upstream::RequestPath;
use tower::ServiceExt as _;

/// How long a request waited for its start, in milliseconds.
const WAITED: HeaderName = HeaderName::from_static("tollgate-waited");

/// What all gateways share.
#[derive(Clone)]
pub struct Parts {
    /// What is configured and stored.
    pub live: Arc<Live>,
    /// Carries requests out.
    pub executor: Arc<Executor>,
    /// Lets callers in.
    pub door: Arc<Door>,
    /// Who did what.
    pub journal: Arc<Journal>,
    /// How fast bodies must come.
    pub pace: Bodies,
    /// The service's own API, for logins.
    pub api: Router,
}

/// A door through which requests pass to one integration's upstream.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    settings: Settings,
    parts: Parts,
    held: Held,
}

impl Gateway {
    /// A gateway with these settings.
    #[must_use]
    pub fn new(settings: Settings, parts: Parts) -> Self {
        let held = Held::default();
        Self(Arc::new(Inner {
            settings,
            parts,
            held,
        }))
    }

    /// Which requests come to it, and what they may take.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Answers every request, for a listener of its own.
    pub fn router(self) -> Router {
        Router::new().fallback(move |request: Request<Body>| async move {
            let path = request.uri().path().to_owned();
            self.answer(&path, request).await
        })
    }

    /// Answers a request whose path is, as the upstream has it, `path`.
    pub async fn answer(&self, path: &str, request: Request<Body>) -> Response {
        let passed = self.asked(path, request).await;
        passed.unwrap_or_else(|error| error.into_response())
    }

    async fn asked(&self, path: &str, request: Request<Body>) -> Result<Response, ApiError> {
        let (head, body) = request.into_parts();
        match Asked::read(&head, path)? {
            Asked::Own(path) => Ok(self.own(path, Request::from_parts(head, body)).await),
            Asked::Upstream(path) => self.pass(path, head, body).await,
        }
    }

    /// What the service itself answers.
    async fn own(&self, path: &'static str, mut request: Request<Body>) -> Response {
        *request.uri_mut() = Uri::from(PathAndQuery::from_static(path));
        // The API sends nothing of its own back here, whatever it says to the method.
        request.extensions_mut().remove::<Elsewhere>();
        match self.0.parts.api.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }

    async fn pass(
        &self,
        path: RequestPath<'_>,
        head: request::Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let Inner {
            parts, settings, ..
        } = &*self.0;
        let peer = Peer::of(&head.extensions);
        let admitted = parts.door.admit(&head.headers, &peer, Now::read()).await?;
        let caller = &admitted.caller;
        let target = find(&parts.live.catalog(), &settings.integration)?;
        caller.needs(Role::Execute, Over::Integration(&target.id))?;
        let template = listed(caller, &head.method, path)?;
        let name = format!("{} {template}", head.method);
        let answer = self
            .forward(caller, &target, (path, template), head, body)
            .await;
        let ended = answer.as_ref().err().map_or("ok", ApiError::own_code);
        let detail = json!({"name": name, "end": ended});
        let of = ("execution", target.id.as_str());
        parts.journal.note(caller.actor(), "pass", of, &detail);
        Ok(answer?.map(|body| {
            Body::new(Counted {
                body,
                _admitted: admitted,
            })
        }))
    }

    async fn forward(
        &self,
        caller: &Principal,
        target: &Arc<CatalogIntegration>,
        (path, template): (RequestPath<'_>, String),
        head: request::Parts,
        body: Body,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let Inner {
            parts,
            settings,
            held,
        } = &*self.0;
        let (flow, deadline) = flow_and_deadline(caller, &head.headers)?;
        let terms = PassTerms {
            id: call_id(&head.extensions),
            origin: CallOrigin::of(&head.headers),
            flow,
            deadline: deadline.unwrap_or(settings.deadline),
            own_deadline: deadline.is_some(),
            timeout: settings.timeout,
        };
        // Kept until the answer has begun.
        let room = held.room_for(&body, settings.replay_bytes);
        let bounds = BodyBounds {
            most: settings.max_body_bytes,
            held: room.bytes(),
            pace: parts.pace,
        };
        let (body, fault) = take(body, bounds).await?;
        let request = PassedRequest {
            method: head.method,
            path,
            query: head.uri.query(),
            headers: to_upstream(&head.headers),
            body,
            template: template.into(),
        };
        let passed = parts.executor.pass(target, request, terms).await;
        let passed = passed.map_err(|error| match fault.get() {
            Some(refusal) => refusal.clone().into(),
            None => ApiError::from(error),
        })?;
        let mut answer = Response::new(passed.body);
        let status = StatusCode::from_u16(passed.status).unwrap_or_default();
        *answer.status_mut() = status;
        *answer.headers_mut() = to_caller(status, &passed.headers);
        let waited =
            HeaderValue::from(u64::try_from(passed.waited.as_millis()).unwrap_or(u64::MAX));
        answer.headers_mut().insert(WAITED, waited);
        Ok(answer)
    }
}

/// The integration of that name: of the file, or of the store.
fn find(catalog: &Catalog, name: &str) -> Result<Arc<CatalogIntegration>, ApiError> {
    let of_file = catalog.integration(&file_integration_id(name));
    let of_store = || catalog.integrations().find(|it| it.name == name);
    let found = of_file.or_else(of_store).ok_or_else(|| {
        ApiError::not_found(format!("This gateway's integration {name:?} is not there."))
    })?;
    if found.kind.calls() == Some(Callee::PlatformPath) {
        return Ok(Arc::clone(found));
    }
    let message =
        format!("Requests pass through to platform integrations alone; {name:?} is none.");
    Err(ApiError::conflict("gateway.integration", message))
}

/// The path with placeholders of a request that the caller may pass through.
fn listed(caller: &Principal, method: &Method, path: RequestPath<'_>) -> Result<String, Refusal> {
    let entry = caller.passes(method.as_str(), path);
    let entry = entry.ok_or_else(|| Refusal::NotListed {
        method: method.to_string(),
        path: path.as_str().to_owned(),
    })?;
    Ok(if entry.has_rest() {
        path.without_ids()
    } else {
        entry.path()
    })
}

/// An answer's body that keeps its caller's place until the body's end.
struct Counted {
    body: AnswerBody,
    _admitted: Admitted,
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BodyBroken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyBroken>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
