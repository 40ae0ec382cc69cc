//! One execution, step by step: check the inputs, render the request, send it, map the answer.

mod answered;
mod explain;

pub(crate) use answered::Answered;

use crate::catalog::Ready;
use crate::error::ApiError;
use crate::guard;
use explain::explain;
pub(crate) use explain::say;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_action::{Action, Credentials, Method, RawInput, Request};
use tollgate_driver::{Call, Driver, Failure, Redactor, Secret, Url};
use tollgate_model::FlowId;

/// Words in the names of headers that carry secrets.
const SENSITIVE: [&str; 9] = [
    "auth",
    "key",
    "token",
    "secret",
    "pass",
    "cookie",
    "sign",
    "session",
    "credential",
];

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

/// What the templates may read.
pub(crate) struct Read {
    pub(crate) credentials: Credentials,
    /// Number of the login whose answer is among it.
    pub(crate) login: Option<u64>,
    /// Strikes all of it.
    pub(crate) redactor: Redactor,
}

impl<'a> Execution<'a> {
    /// All after the inputs were found good.
    pub(crate) async fn run(&self, input: &RawInput) -> Result<Outcome, ApiError> {
        let mut redactor = self.ready.redactor.clone();
        let outcome = self.outcome(input, &mut redactor).await;
        outcome.map_err(|error| error.struck(&redactor))
    }

    /// The same; what it says of a failure is yet to be struck.
    async fn outcome(
        &self,
        input: &RawInput,
        redactor: &mut Redactor,
    ) -> Result<Outcome, ApiError> {
        let mut read = self.credentials(None).await?;
        *redactor = read.redactor.clone();
        let mut answer = self.attempt(&self.render(input, &read)?, &read).await?;
        if let (401, Some(_)) = (answer.status, read.login) {
            // What the login gave isn't taken any more; a fresh one is tried once.
            read = self.credentials(read.login).await?;
            *redactor = std::mem::take(redactor).and(&read.redactor);
            answer = self.attempt(&self.render(input, &read)?, &read).await?;
        }
        let answer = answer.accepted()?;
        let output = answer.map(self.action, input)?;
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
        let mut read = Read {
            credentials: known,
            login: None,
            redactor: self.ready.redactor.clone(),
        };
        let Some(auth) = &self.ready.auth else {
            return Ok(read);
        };
        let login = async {
            let action = auth.action.action()?;
            let login = Execution { action, ..*self };
            let input = RawInput::from_value(json!({}));
            let answer = login.attempt(&login.render(&input, &read)?, &read).await?;
            answer.accepted()?.login(action, &input)
        };
        // Box: a login is an execution inside of one.
        let within = self.action.timeout();
        let got = tokio::time::timeout(within, Box::pin(auth.get(refused, login))).await;
        let got = got.unwrap_or_else(|_| Err(explain(Failure::TimedOut, false, within, None)));
        match got {
            Ok(answer) => {
                let value = answer.value.as_ref().clone();
                read.credentials = read.credentials.with_auth_response(value);
                read.login = Some(answer.number);
                read.redactor = read.redactor.and(&answer.redactor);
                Ok(read)
            }
            Err(error) => Err(error.before("The custom authentication failed: ")),
        }
    }

    pub(crate) fn render(&self, input: &RawInput, read: &Read) -> Result<Request, ApiError> {
        self.action
            .render(input, &read.credentials)
            .map_err(|error| {
                invalid(
                    "action.request.invalid",
                    format!("No request can be made of the inputs: {error}"),
                )
            })
    }

    /// Sends the request when its turn comes.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        read: &Read,
    ) -> Result<Answered, ApiError> {
        let timeout = self.action.timeout();
        let route = self.ready.route_of(self.action.name());
        let call = Call {
            route,
            flow: self.terms.flow,
            deadline: self.terms.deadline.unwrap_or(timeout),
            timeout,
            idempotent: request.method.is_idempotent(),
            request: self.prepare(request)?,
        };
        match self.driver.execute(call).await {
            Ok(answer) => {
                let redactor = read.redactor.clone().and(&sensitive(request));
                Ok(Answered::new(answer, &redactor, self.action.secure()))
            }
            Err(failure) => {
                let trouble = self.driver.token_trouble(route);
                let own_deadline = self.terms.deadline.is_some();
                Err(explain(failure, own_deadline, timeout, trouble))
            }
        }
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

/// Strikes what went out in headers that carry secrets, whatever a template made of the credentials.
fn sensitive(request: &Request) -> Redactor {
    let named = |name: &str| SENSITIVE.iter().any(|word| name.contains(word));
    let headers = request.headers.iter();
    let headers = headers.filter(|(name, _)| named(&name.to_ascii_lowercase()));
    let values: Vec<_> = headers
        .flat_map(|(_, value)| {
            let behind_scheme = value.split_once(' ').map_or("", |(_, rest)| rest);
            [value.as_str(), behind_scheme].map(|text| Secret::new(text.to_owned()))
        })
        .collect();
    Redactor::new([], &values)
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
