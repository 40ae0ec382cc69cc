//! What a request is answered, after how long.

mod admin;
mod response;

use admin::{counts_json, faults};
use base64::Engine as _;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use response::{add, empty, error_response, json_response, oauth_error, refusal};
use serde_json::json;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tollgate_model::Instant;
use tollgate_platform::{
    Admitted, Answer, Counts, Data, Fault, Faults, Place, Platform, TokenAnswer, Verdict,
};

/// Largest request body taken; the platform's `request.bytes.max`.
const MAX_BODY_BYTES: usize = 512_000;

/// The provider and its clock.
#[derive(Debug)]
pub(crate) struct State {
    provider: Mutex<(Platform, Data)>,
    started: std::time::Instant,
    /// What the wall clock said then, in nanoseconds since 1970.
    epoch: u64,
}

/// The connection is to be dropped without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped, as the faults ask")
    }
}

impl std::error::Error for Dropped {}

impl State {
    pub(crate) fn new(platform: Platform) -> Self {
        let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self {
            provider: Mutex::new((platform, Data::default())),
            started: std::time::Instant::now(),
            epoch: epoch.unwrap_or_default().as_nanos() as u64,
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_nanos(self.epoch) + self.started.elapsed()
    }

    pub(crate) fn counts(&self) -> Counts {
        let now = self.now();
        let mut provider = self.lock();
        provider.0.look(now);
        provider.0.counts().clone()
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.lock().0.set_faults(faults);
    }

    pub(crate) fn revoke_all(&self) {
        self.lock().0.revoke_all();
    }

    pub(crate) async fn answer<B>(
        &self,
        request: Request<B>,
    ) -> Result<Response<Full<Bytes>>, Dropped>
    where
        B: http_body::Body<Data = Bytes> + Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let message = "The request body is too large.";
                return Ok(error_response(413, "request.entity.too.large", message));
            }
            Err(_) => return Err(Dropped),
        };
        let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
        let query = head.uri.query().unwrap_or_default();
        match (head.method.as_str(), &*path) {
            ("POST", "/oauth/token") => Ok(self.grant(&head.headers, &body).await),
            (method, path) if path.starts_with("/_emulator/") => {
                Ok(self.administer(method, path, &body))
            }
            (method, path) if path.starts_with("/api/") => {
                self.call(method, path, query, &head.headers, &body).await
            }
            // A web service of somebody else's: no token, no limit.
            (method, path) => Ok(self.look_up(method, path, query, &body)),
        }
    }

    async fn grant(&self, headers: &HeaderMap, body: &[u8]) -> Response<Full<Bytes>> {
        let form = form(body);
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        if field("grant_type").as_deref() != Some("client_credentials") {
            return oauth_error("unsupported_grant_type");
        }
        let credentials = basic(headers).or_else(|| field("client_id").zip(field("client_secret")));
        let Some((id, secret)) = credentials else {
            return oauth_error("invalid_client");
        };
        let takes = self.lock().0.grant_takes();
        sleep(takes).await;
        let now = self.now();
        let answer = self.lock().0.ask_token(&id, &secret, now);
        match answer {
            TokenAnswer::Granted(grant) => {
                let mut body = json!({"access_token": grant.access_token, "token_type": "bearer"});
                if grant.says_life {
                    body["expires_in"] = json!(grant.expires_in.as_secs());
                }
                json_response(200, &body)
            }
            TokenAnswer::Invalid => oauth_error("invalid_client"),
            TokenAnswer::Limited(said) => {
                let mut response = json_response(429, &json!({"error": "too_many_requests"}));
                add(response.headers_mut(), said);
                response
            }
            TokenAnswer::Failing => json_response(503, &json!({"error": "server_error"})),
        }
    }

    fn administer(&self, method: &str, path: &str, body: &[u8]) -> Response<Full<Bytes>> {
        match (method, path) {
            ("GET", "/_emulator/counts") => json_response(200, &counts_json(&self.counts())),
            ("POST", "/_emulator/revoke") => {
                self.revoke_all();
                json_response(200, &json!({}))
            }
            ("PUT", "/_emulator/faults") => match faults(body) {
                Some(faults) => {
                    self.set_faults(faults);
                    json_response(200, &json!({}))
                }
                None => error_response(
                    400,
                    "bad.request",
                    "Expected {unavailable, dropped, slow}, each in percent from 0 to 100.",
                ),
            },
            _ => error_response(404, "not.found", "No such page of the emulator's own."),
        }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response<Full<Bytes>>, Dropped> {
        let way_in = self.lock().0.way_in();
        sleep(way_in).await;
        let verdict = {
            let now = self.now();
            let mut provider = self.lock();
            let token = bearer(headers).and_then(|bearer| provider.0.token(bearer));
            let request = tollgate_platform::Request {
                token,
                method,
                path,
            };
            provider.0.arrive_at(request, now)
        };
        let mut response = match &verdict {
            Verdict::Unauthorized => {
                error_response(401, "bad.credentials", "Invalid login credentials.")
            }
            Verdict::Limited(limited) => refusal(limited),
            Verdict::Admitted(admitted) => {
                let place = Leaves(self, admitted.place);
                sleep(admitted.latency).await;
                drop(place);
                self.carry_out(admitted, method, path, query, body)?
            }
        };
        let now = self.now();
        let said = self.lock().0.headers(&verdict, now);
        add(response.headers_mut(), said);
        Ok(response)
    }

    fn carry_out(
        &self,
        admitted: &Admitted,
        method: &str,
        path: &str,
        query: &str,
        body: &[u8],
    ) -> Result<Response<Full<Bytes>>, Dropped> {
        match admitted.fault {
            Some(Fault::Dropped) => Err(Dropped),
            Some(Fault::Unavailable) => Ok(error_response(
                503,
                "service.unavailable",
                "The service is unavailable; try again.",
            )),
            None => Ok(self.look_up(method, path, query, body)),
        }
    }

    fn look_up(&self, method: &str, path: &str, query: &str, body: &[u8]) -> Response<Full<Bytes>> {
        let Answer { status, body } = self.lock().1.answer(method, path, query, body);
        match body {
            Some(body) => json_response(status, &body),
            None => empty(status),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Platform, Data)> {
        // Counts are whole between two calls, so a panic elsewhere leaves nothing half done.
        self.provider.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Frees the place of a call, also when its caller hangs up.
struct Leaves<'a>(&'a State, Place);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.lock().0.depart(self.1);
    }
}

async fn sleep(span: Duration) {
    if !span.is_zero() {
        tokio::time::sleep(span).await;
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, text) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}
