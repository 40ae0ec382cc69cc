//! One execution, step by step: check the inputs, render the request, send it, map the answer.

mod explain;

use crate::catalog::Ready;
use crate::error::ApiError;
use crate::guard;
use explain::explain;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_action::{Action, Credentials, Method, RawInput, Request, TranslateError};
use tollgate_driver::{Answer, Call, Driver, Failure, Url};
use tollgate_model::FlowId;

/// Characters of an upstream's error body that its caller is shown.
const SHOWN_OF_BODY: usize = 1000;

/// Who calls and how long it may wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) flow: FlowId,
    /// The caller's own deadline; the action's timeout if there is none.
    pub(crate) deadline: Option<Duration>,
}

/// An execution under way. Each step takes it further; `/test` tells of each of them.
pub(crate) struct Execution<'a> {
    pub(crate) action: &'a Action,
    pub(crate) ready: &'a Ready,
    pub(crate) driver: &'a Driver,
    pub(crate) terms: Terms,
}

/// What came out, and how long it waited for its start.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) output: Value,
    pub(crate) waited: Duration,
    /// From the first send to the answer, retries included.
    pub(crate) latency: Duration,
}

/// What the templates may read, and the number of the login that it holds.
pub(crate) type Read = (Credentials, Option<u64>);

impl<'a> Execution<'a> {
    /// All after the inputs were found good.
    pub(crate) async fn run(&self, input: &RawInput) -> Result<Outcome, ApiError> {
        let (credentials, login) = self.credentials(None).await?;
        let mut answer = self.attempt(&self.render(input, &credentials)?).await?;
        if let (401, Some(_)) = (answer.status, login) {
            // What the login gave isn't taken any more; a fresh one is tried once.
            let (credentials, _) = self.credentials(login).await?;
            answer = self.attempt(&self.render(input, &credentials)?).await?;
        }
        let answer = self.accept(answer)?;
        let output = self.translate(input, &answer)?;
        Ok(Outcome {
            output,
            waited: answer.waited,
            latency: answer.took.saturating_sub(answer.waited),
        })
    }

    /// The inputs, as far as they keep the contract.
    pub(crate) fn input(&self, body: &str) -> Result<RawInput, ApiError> {
        let body = if body.trim().is_empty() { "{}" } else { body };
        let input = RawInput::parse(body).map_err(|error| {
            ApiError::bad_request(format!("The request body is not JSON: {error}."))
        })?;
        self.action.check_input(input.value()).map_err(|error| {
            let errors = error.violations.iter().map(ToString::to_string).collect();
            invalid(
                "action.input.invalid",
                format!("The inputs break the action's contract: {error}"),
            )
            .because(errors)
        })?;
        Ok(input)
    }

    /// Whether the integration logs in by an action of its own.
    pub(crate) fn logs_in(&self) -> bool {
        self.ready.auth.is_some()
    }

    /// What the templates may read. Logs in first where the integration has a login and it isn't
    /// remembered, or it is the one that was refused.
    pub(crate) async fn credentials(&self, refused: Option<u64>) -> Result<Read, ApiError> {
        let known = self.ready.credentials.clone();
        let Some(auth) = &self.ready.auth else {
            return Ok((known, None));
        };
        let login = async {
            let action = auth.action.action()?;
            let login = Execution { action, ..*self };
            let input = RawInput::from_value(json!({}));
            let answer = login.attempt(&login.render(&input, &known)?).await?;
            login.translate(&input, &login.accept(answer)?)
        };
        // Box: a login is an execution inside of one.
        let within = self.action.timeout();
        let got = tokio::time::timeout(within, Box::pin(auth.get(refused, login))).await;
        let got = got.unwrap_or_else(|_| Err(explain(Failure::TimedOut, false, within)));
        match got {
            Ok((answer, number)) => {
                let known = known.clone().with_auth_response(answer.as_ref().clone());
                Ok((known, Some(number)))
            }
            Err(error) => Err(error.before("The custom authentication failed: ")),
        }
    }

    pub(crate) fn render(
        &self,
        input: &RawInput,
        credentials: &Credentials,
    ) -> Result<Request, ApiError> {
        self.action.render(input, credentials).map_err(|error| {
            invalid(
                "action.request.invalid",
                format!("No request can be made of the inputs: {error}"),
            )
        })
    }

    /// Sends the request when its turn comes; an answer that isn't 2xx is an error.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, ApiError> {
        self.accept(self.attempt(request).await?)
    }

    async fn attempt(&self, request: &Request) -> Result<Answer, ApiError> {
        let timeout = self.action.timeout();
        let call = Call {
            route: self.ready.route_of(self.action.name()),
            flow: self.terms.flow,
            deadline: self.terms.deadline.unwrap_or(timeout),
            timeout,
            idempotent: request.method.is_idempotent(),
            request: self.prepare(request)?,
        };
        let answer = self.driver.execute(call).await;
        answer.map_err(|failure| explain(failure, self.terms.deadline.is_some(), timeout))
    }

    fn accept(&self, answer: Answer) -> Result<Answer, ApiError> {
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let status = answer.status;
        let mut error = bad_gateway("upstream.error", format!("The upstream answered {status}."))
            .with("upstreamStatus", status);
        if !self.action.secure() {
            let body = self.strike(&String::from_utf8_lossy(&answer.body));
            let shown: String = body.chars().take(SHOWN_OF_BODY).collect();
            error = error.with("upstreamBody", shown);
        }
        Err(error)
    }

    /// The text without the integration's secrets: some upstreams repeat what they were sent.
    pub(crate) fn strike(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.ready.secrets {
            // A short one would strike out innocent text, and says little.
            if secret.expose().len() >= 4 {
                text = text.replace(secret.expose(), "[redacted]");
            }
        }
        text
    }

    pub(crate) fn translate(&self, input: &RawInput, answer: &Answer) -> Result<Value, ApiError> {
        let invalid = |message: String| bad_gateway("action.response.invalid", message);
        let body = std::str::from_utf8(&answer.body)
            .map_err(|_| invalid("The upstream's answer is not UTF-8.".to_owned()))?;
        self.action.translate(input, body).map_err(|error| {
            let errors = match &error {
                TranslateError::Contract(error) => {
                    error.violations.iter().map(ToString::to_string).collect()
                }
                TranslateError::Body { .. } | TranslateError::Mapping { .. } => Vec::new(),
            };
            invalid(format!("The upstream's answer can't be mapped: {error}")).because(errors)
        })
    }

    fn prepare(&self, request: &Request) -> Result<tollgate_driver::Request, ApiError> {
        let invalid = |message: String| invalid("action.request.invalid", message);
        let url = match &self.ready.base_url {
            Some(base) => {
                let base = base.as_str().trim_end_matches('/');
                Url::parse(&format!("{base}{}", request.url))
            }
            None => Url::parse(&request.url),
        };
        // The URL is not shown: it may hold a credential.
        let url = url.map_err(|error| {
            invalid(format!(
                "config.request.requestUrlTemplate: no URL: {error}"
            ))
        })?;
        if let Some(guard) = &self.ready.guard {
            guard::check(guard, &url)?;
        }
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
        for (name, value) in &request.headers {
            let field = || format!("config.request.headers.{name}");
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid(format!("{}: not the name of a header", field())))?;
            let value = HeaderValue::from_str(value).map_err(|_| {
                invalid(format!("{}: its value can't be sent in a header", field()))
            })?;
            headers.append(key, value);
        }
        if let Some(basic) = &self.ready.basic
            && !headers.contains_key(header::AUTHORIZATION)
        {
            let broken = |_| invalid("The credential can't be sent in a header.".to_owned());
            let mut value = HeaderValue::from_str(basic.expose()).map_err(broken)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if request.body.is_some() {
            // As on the platform: an action that names no type sends JSON.
            let json = HeaderValue::from_static("application/json");
            headers.entry(header::CONTENT_TYPE).or_insert(json);
        }
        Ok(tollgate_driver::Request {
            method: method(request.method),
            url,
            headers,
            body: request.body.clone().unwrap_or_default().into(),
        })
    }
}

/// The request as `/test` shows it, without what may hold secrets.
pub(crate) fn show_request(request: &Request) -> Value {
    json!({
        "method": request.method.as_str(),
        "headers": request.headers.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "bodyBytes": request.body.as_ref().map_or(0, String::len),
    })
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Head => http::Method::HEAD,
    }
}

fn invalid(code: &'static str, message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, message)
}

fn bad_gateway(code: &'static str, message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_GATEWAY, code, message)
}
