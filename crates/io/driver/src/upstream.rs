//! One attempt over HTTP.

use crate::message::{Message, Report};
use crate::{Bounds, Outlet, Request, SetupError, facts};
use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::error::Error as _;
use std::sync::Arc;
use std::time::SystemTime;
use tollgate_engine::LossKind;
use tollgate_model::AttemptId;

/// Framing and connection handling belong to the HTTP client, not to whoever wrote the request.
const NOT_THE_CALLERS: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// A whole response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A client that attempts and token fetches share.
pub(crate) fn client(bounds: &Bounds, outlet: &Outlet) -> Result<reqwest::Client, SetupError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("tollgate/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(bounds.connect_timeout)
        .pool_idle_timeout(bounds.pool_idle_timeout)
        .pool_max_idle_per_host(bounds.pool_max_idle_per_host);
    for (index, pem) in outlet.extra_roots_pem.iter().enumerate() {
        let bundle = reqwest::Certificate::from_pem_bundle(pem);
        let bundle = bundle.map_err(|source| SetupError::Root { index, source })?;
        if bundle.is_empty() {
            return Err(SetupError::NoRoot { index });
        }
        for root in bundle {
            builder = builder.add_root_certificate(root);
        }
    }
    if let Some(pem) = &outlet.identity_pem {
        let identity = reqwest::Identity::from_pem(pem.expose().as_bytes());
        builder = builder.identity(identity.map_err(SetupError::Identity)?);
    }
    if let Some(resolver) = &outlet.resolver {
        builder = builder.dns_resolver(Arc::new(Resolver(Arc::clone(resolver))));
    }
    builder.build().map_err(SetupError::Http)
}

/// A resolver that is chosen at run time.
struct Resolver(Arc<dyn reqwest::dns::Resolve>);

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        self.0.resolve(name)
    }
}

/// Makes the attempt and reports its head and its end.
pub(crate) async fn attempt(
    http: reqwest::Client,
    bounds: Bounds,
    attempt: AttemptId,
    request: reqwest::Request,
    mut report: Report,
) {
    let end = match exchange(&http, &bounds, attempt, request, &report).await {
        Ok(response) => Message::Done(attempt, response),
        Err((kind, reason)) => Message::Lost(attempt, kind, reason),
    };
    report.set(end);
}

async fn exchange(
    http: &reqwest::Client,
    bounds: &Bounds,
    attempt: AttemptId,
    request: reqwest::Request,
    report: &Report,
) -> Result<Response, (LossKind, String)> {
    let mut response = http.execute(request).await.map_err(lost)?;
    let status = response.status().as_u16();
    let (facts, ignored) = facts::from_headers(response.headers(), SystemTime::now());
    report.send(Message::Head {
        attempt,
        status,
        facts,
        ignored,
    });

    let headers = std::mem::take(response.headers_mut());
    let body = read(&mut response, bounds.max_response_bytes).await?;
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// Reads a body to its end, or to the bound.
pub(crate) async fn read(
    response: &mut reqwest::Response,
    most: usize,
) -> Result<Bytes, (LossKind, String)> {
    let too_large = || {
        (
            LossKind::NoAnswer,
            format!("the response is longer than {most} bytes"),
        )
    };
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if chunk.len() > most - body.len() {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A request as the HTTP client wants it.
pub(crate) fn prepare(request: &Request, bearer: Option<HeaderValue>) -> reqwest::Request {
    let mut headers = request.headers.clone();
    for name in NOT_THE_CALLERS {
        headers.remove(name);
    }
    if let Some(bearer) = bearer {
        headers.insert(header::AUTHORIZATION, bearer);
    }
    let mut prepared = reqwest::Request::new(request.method.clone(), request.url.clone());
    *prepared.headers_mut() = headers;
    if !request.body.is_empty() {
        *prepared.body_mut() = Some(request.body.clone().into());
    }
    prepared
}

/// What a failure of the HTTP client means to the quota.
fn lost(error: reqwest::Error) -> (LossKind, String) {
    let kind = if error.is_connect() || error.is_builder() {
        LossKind::NeverSent
    } else {
        LossKind::NoAnswer
    };
    (kind, explain(error))
}

/// The error and its causes in one line, without the URL: its query may hold what nobody should read.
pub(crate) fn explain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
