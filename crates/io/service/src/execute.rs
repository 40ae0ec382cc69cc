//! One execution, step by step: check the inputs, render the request, send it, map the answer.

mod answered;
mod charset;
mod explain;
mod told;
mod trace;

pub(crate) use answered::Answered;

use crate::api::App;
use crate::ends::Cause;
use crate::error::ApiError;
use crate::sessions::{Sessions, bearer};
use crate::work::{Job, Works};
use explain::explain;
pub(crate) use explain::say;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tollgate_action::{Action, Callee, Credentials, Method, RawInput, RenderError, Request};
use tollgate_definitions::{Entry, Ready, Target, guard};
use tollgate_driver::{Call, Driver, Failure, Redactor, Secret, Url};
use tollgate_meter::Meter;
use tollgate_model::FlowId;
pub(crate) use trace::{Part, Stage, output as show_output};

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
    /// Whether it gives the inputs, and takes the output, in Architect's flattened form.
    pub(crate) flat: bool,
}

/// An execution under way. Each step takes it further; `/test` tells of each of them.
pub(crate) struct Execution {
    entry: Arc<Entry>,
    target: Arc<Target>,
    driver: Driver,
    works: Arc<Works>,
    sessions: Arc<Sessions>,
    terms: Terms,
    job: Job,
}

/// What came out, and how long it waited for its start.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// JSON.
    pub(crate) output: Arc<str>,
    pub(crate) waited: Duration,
    /// From the first send to the answer, retries included.
    pub(crate) latency: Duration,
}

/// A caller's inputs, which keep the contract. What they say is kept beside their text where it is little:
/// in memory it takes many times the room.
#[derive(Clone)]
pub(crate) struct Input {
    text: Arc<str>,
    said: Option<Arc<RawInput>>,
}

/// The longest inputs that are kept as what they say, in bytes.
const MAX_KEPT: usize = 16 * 1024;

impl Input {
    /// What the inputs say.
    pub(crate) fn read(&self, meter: &Meter) -> Result<Arc<RawInput>, ApiError> {
        match &self.said {
            Some(said) => Ok(Arc::clone(said)),
            None => Ok(Arc::new(parse(&self.text, meter)?)),
        }
    }

    /// The inputs as `/test` shows them; of long ones, how long they are.
    pub(crate) fn show(&self) -> Value {
        match &self.said {
            Some(said) => said.value().clone(),
            None => json!({"bytes": self.text.len()}),
        }
    }
}

fn parse(text: &str, meter: &Meter) -> Result<RawInput, ApiError> {
    let held = meter.hold_document(text);
    held.map_err(|exhausted| {
        ApiError::bad_request(format!("The request body can't be read: {exhausted}."))
    })?;
    RawInput::parse(text)
        .map_err(|error| ApiError::bad_request(format!("The request body is not JSON: {error}.")))
}

/// What the templates may read, and what goes with the call.
#[derive(Clone)]
pub(crate) struct Read {
    pub(crate) credentials: Credentials,
    /// Number of the login whose answer is among it.
    pub(crate) login: Option<u64>,
    /// `Authorization` of a call that has none of its own.
    pub(crate) authorization: Option<Secret>,
    /// Strikes all of it.
    pub(crate) redactor: Redactor,
}

impl Execution {
    pub(crate) fn new(
        app: &App,
        entry: &Arc<Entry>,
        target: &Arc<Target>,
        terms: Terms,
    ) -> Result<Self, ApiError> {
        let timeout = entry.action()?.timeout();
        target.ready()?;
        Ok(Self {
            entry: Arc::clone(entry),
            target: Arc::clone(target),
            driver: app.driver.clone(),
            works: Arc::clone(&app.works),
            sessions: Arc::clone(&app.sessions),
            terms,
            job: job(
                entry,
                target,
                terms.deadline.unwrap_or(timeout).min(timeout),
            ),
        })
    }

    fn action(&self) -> Result<&Action, ApiError> {
        Ok(self.entry.action()?)
    }

    pub(crate) fn ready(&self) -> Result<&Ready, ApiError> {
        Ok(self.target.ready()?)
    }

    /// Does a part of the execution's work where it belongs.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl Fn(&Action, &Meter) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let entry = Arc::clone(&self.entry);
        let work = move |meter: &Meter| work(entry.action()?, meter);
        self.works.run(&self.job, work).await
    }

    /// All after the inputs were found good.
    pub(crate) async fn run(&self, input: &Input) -> Result<Outcome, ApiError> {
        let mut redactor = self.ready()?.redactor.clone();
        let outcome = self.outcome(input, &mut redactor).await;
        outcome.map_err(|error| error.struck(&redactor))
    }

    /// The same; what it says of a failure is yet to be struck.
    async fn outcome(&self, input: &Input, redactor: &mut Redactor) -> Result<Outcome, ApiError> {
        let mut read = self.credentials(None).await?;
        *redactor = read.redactor.clone();
        let mut answer = self
            .attempt(&self.render(input, &read).await?, &read)
            .await?;
        if let (401, Some(_)) = (answer.status, read.login) {
            // What the login gave isn't taken any more; a fresh one is tried once.
            read = self.credentials(read.login).await?;
            *redactor = std::mem::take(redactor).and(&read.redactor);
            answer = self
                .attempt(&self.render(input, &read).await?, &read)
                .await?;
        }
        let answer = Arc::new(answer.accepted()?);
        let (waited, took) = (answer.waited, answer.took);
        let input = input.clone();
        let output = self.work(move |action, meter| {
            let output = answer.map(action, input.read(meter)?.as_ref(), meter, &mut ())?;
            written(&output, meter)
        });
        Ok(Outcome {
            output: output.await?,
            waited,
            latency: took.saturating_sub(waited),
        })
    }

    /// The inputs, as far as they keep the contract.
    pub(crate) async fn input(&self, body: String) -> Result<Input, ApiError> {
        let body = if body.trim().is_empty() {
            "{}".to_owned()
        } else {
            body
        };
        let given: Arc<str> = body.into();
        let flat = self.terms.flat;
        let read = move |action: &Action, meter: &Meter| {
            let mut input = parse(&given, meter)?;
            let mut text = Arc::clone(&given);
            if flat {
                input = action.unflatten_within(input, meter).map_err(|error| {
                    ApiError::of(Cause::Input, format!("The inputs can't be read: {error}."))
                })?;
                if input.text() != &*text {
                    meter
                        .hold(input.text().len())
                        .map_err(|why| ApiError::bad_request(format!("{why}.")))?;
                    text = input.text().into();
                }
            }
            let checked = action.check_input_within(input.value(), meter);
            checked.map_err(|error| {
                let errors = error.violations.iter().map(ToString::to_string).collect();
                let message = format!("The inputs break the action's contract: {error}");
                ApiError::of(Cause::Input, message).because(errors)
            })?;
            let said = (text.len() <= MAX_KEPT).then(|| Arc::new(input));
            Ok(Input { text, said })
        };
        self.work(read).await
    }

    /// Whether the integration logs in by an action of its own.
    pub(crate) fn logs_in(&self) -> bool {
        self.ready().is_ok_and(|ready| ready.login.is_some())
    }

    /// What the templates may read. Logs in first where the integration has a login and it isn't
    /// remembered, or it is the one that was refused.
    pub(crate) async fn credentials(&self, refused: Option<u64>) -> Result<Read, ApiError> {
        let ready = self.ready()?;
        let mut read = Read {
            credentials: ready.credentials.clone(),
            login: None,
            authorization: ready.basic.clone(),
            redactor: ready.redactor.clone(),
        };
        let Some(auth) = &ready.login else {
            return Ok(read);
        };
        let within = self.action()?.timeout();
        let login = async {
            let login = Execution {
                entry: Arc::clone(&auth.action),
                target: Arc::clone(&self.target),
                driver: self.driver.clone(),
                works: Arc::clone(&self.works),
                sessions: Arc::clone(&self.sessions),
                terms: self.terms,
                job: job(&auth.action, &self.target, within),
            };
            let said = Arc::new(RawInput::from_value(json!({})));
            let input = Input {
                text: said.text().into(),
                said: Some(Arc::clone(&said)),
            };
            let read = Read {
                credentials: auth.credentials.clone(),
                ..read.clone()
            };
            let request = login.render(&input, &read).await?;
            let answer = login.attempt(&request, &read).await;
            let answer = match answer.and_then(Answered::accepted) {
                Ok(answer) => answer,
                Err(error) if error.cause().is_some_and(Cause::was_asked) => return Ok(Err(error)),
                Err(error) => return Err(error),
            };
            let map = move |action: &Action, meter: &Meter| answer.login(action, &said, meter);
            Ok(login.work(map).await.and_then(|value| {
                if auth.made && bearer(&value).is_none() {
                    let message = "The token endpoint's answer has no text access_token.";
                    return Err(ApiError::of(Cause::Mapping, message));
                }
                Ok(value)
            }))
        };
        let session = self.sessions.of(auth);
        // Box: a login is an execution inside of one.
        let got = tokio::time::timeout(within, Box::pin(session.get(refused, login))).await;
        let got = got.unwrap_or_else(|_| Err(explain(Failure::TimedOut, false, within, None)));
        match got {
            Ok(answer) => {
                let value = answer.value.as_ref().clone();
                read.credentials = read.credentials.with_auth_response(value);
                read.login = Some(answer.number);
                if self.target.kind.calls() == Some(Callee::BelowBaseUrl) {
                    read.authorization = answer.bearer.clone().or(read.authorization);
                }
                read.redactor = read.redactor.and(&answer.redactor);
                Ok(read)
            }
            Err(error) => Err(error.of_login(auth.name())),
        }
    }

    pub(crate) async fn render(&self, input: &Input, read: &Read) -> Result<Request, ApiError> {
        let (input, credentials) = (input.clone(), read.credentials.clone());
        let render = move |action: &Action, meter: &Meter| {
            let input = input.read(meter)?;
            let rendered = action.render_within(&input, &credentials, meter);
            rendered.map_err(|error| no_request(&error))
        };
        self.work(render).await
    }

    /// The output in Architect's flattened form.
    pub(crate) async fn flatten(&self, output: Value) -> Result<Value, ApiError> {
        self.work(move |action, meter| action.flatten_within(&output, meter).map_err(unflat))
            .await
    }

    /// What a text says that was written by us.
    pub(crate) async fn value(&self, text: Arc<str>) -> Result<Value, ApiError> {
        let read = move |_: &Action, meter: &Meter| {
            meter.hold_document(&text).map_err(unflat)?;
            tollgate_json::read(&text).map_err(|_| ApiError::internal())
        };
        self.work(read).await
    }

    /// The same, as text of text.
    pub(crate) async fn flatten_text(&self, output: Arc<str>) -> Result<Arc<str>, ApiError> {
        let flatten = move |action: &Action, meter: &Meter| {
            let held = meter.hold_document(&output);
            held.map_err(unflat)?;
            // It was written by us.
            let value = tollgate_json::read(&output).map_err(|_| ApiError::internal())?;
            let flat = action.flatten_within(&value, meter).map_err(unflat)?;
            written(&flat, meter)
        };
        self.work(flatten).await
    }

    /// Sends the request when its turn comes.
    pub(crate) async fn attempt(
        &self,
        request: &Request,
        read: &Read,
    ) -> Result<Answered, ApiError> {
        let action = self.action()?;
        let timeout = action.timeout();
        let route = self.ready()?.route_of(action.name());
        let call = Call {
            route,
            flow: self.terms.flow,
            deadline: self.terms.deadline.unwrap_or(timeout),
            timeout,
            path_template: Some(action.path_template()),
            idempotent: request.method.is_idempotent(),
            request: self.prepare(request, read)?,
        };
        match self.driver.execute(call).await {
            Ok(answer) => {
                let headers = request.headers.iter();
                let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
                let redactor = read.redactor.clone().and(&sensitive(headers));
                Ok(Answered::read(answer, &redactor, action.secure()).await)
            }
            Err(failure) => {
                let trouble = self.driver.token_trouble(route);
                let own_deadline = self.terms.deadline.is_some();
                Err(explain(failure, own_deadline, timeout, trouble))
            }
        }
    }

    fn prepare(
        &self,
        request: &Request,
        read: &Read,
    ) -> Result<tollgate_driver::Request, ApiError> {
        let invalid = |message: String| ApiError::of(Cause::Request, message);
        let ready = self.ready()?;
        let url = self.address(ready.base_url.as_ref(), &request.url);
        let url =
            url.map_err(|why| invalid(format!("config.request.requestUrlTemplate: {why}")))?;
        if let Some(guard) = &ready.guard {
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
        if let Some(authorization) = &read.authorization
            && !headers.contains_key(header::AUTHORIZATION)
        {
            let broken = |_| invalid("The credential can't be sent in a header.".to_owned());
            let mut value = HeaderValue::from_str(authorization.expose()).map_err(broken)?;
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

    /// Where a rendered URL leads: below the base URL if it is a path. A whole one has to stay on the base
    /// URL's scheme, host and port, so that no input takes what the login gave to another host; only the
    /// login itself may be elsewhere. No error shows the URL: it may hold a credential.
    fn address(&self, base: Option<&Url>, rendered: &str) -> Result<Url, String> {
        let parsed = |text: &str| Url::parse(text).map_err(|error| format!("no URL: {error}"));
        let Some(base) = base else {
            return parsed(rendered);
        };
        if rendered.starts_with('/') {
            return parsed(&format!(
                "{}{rendered}",
                base.as_str().trim_end_matches('/')
            ));
        }
        let url = parsed(rendered)?;
        if self.entry.is_auth() || url.origin() == base.origin() {
            return Ok(url);
        }
        Err(format!(
            "a whole URL must have the scheme, host and port of the integration's base URL, {}; write the \
             path alone, /…",
            base.origin().ascii_serialization()
        ))
    }
}

fn job(entry: &Entry, target: &Target, within: Duration) -> Job {
    Job::new(
        &target.id,
        format!("{} {}", entry.id, entry.version),
        within,
    )
}

fn no_request(error: &RenderError) -> ApiError {
    let message = format!("No request can be made of the inputs: {error}");
    ApiError::of(Cause::Request, message)
}

/// An output as text.
fn written(output: &Value, meter: &Meter) -> Result<Arc<str>, ApiError> {
    let copied = meter.hold_copy(output).map_err(unflat)?;
    let text = output.to_string();
    meter.release(copied);
    Ok(text.into())
}

/// An output that can't be given: it takes too much, or has no flattened form.
fn unflat(why: impl Display) -> ApiError {
    let message = format!("The output can't be given: {why}.");
    ApiError::of(Cause::Mapping, message)
}

/// Strikes what went out in headers that carry secrets, whatever a template made of the credentials.
fn sensitive<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Redactor {
    let headers = headers.filter(|(name, _)| is_sensitive(name));
    let values: Vec<_> = headers
        .flat_map(|(_, value)| {
            let behind_scheme = value.split_once(' ').map_or("", |(_, rest)| rest);
            [value, behind_scheme].map(|text| Secret::new(text.to_owned()))
        })
        .collect();
    Redactor::new([], &values)
}

/// Whether a header of this name carries a secret.
fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| name.contains(word))
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
