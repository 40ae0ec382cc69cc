//! One call, step by step: check the inputs, log in, render the request, send it, map the answer.

mod login;
mod traced;

pub(crate) use login::CallSecrets;

use crate::answer::UpstreamAnswer;
use crate::cause::Cause;
use crate::error::ExecuteError;
use crate::explain::explain;
use crate::input::Input;
use crate::request::{no_request, prepare};
use crate::sensitive;
use crate::sessions::Sessions;
use crate::terms::{Outcome, Terms};
use crate::works::{Job, Works};
use serde_json::Value;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tollgate_action::{Action, Request};
use tollgate_definitions::{CatalogAction, CatalogIntegration, Wiring};
use tollgate_driver::{Driver, Progress, Redactor, Tell};
use tollgate_meter::Meter;
use tollgate_telemetry::Telemetry;
use tollgate_telemetry::traces::CallTrace;
use tollgate_upstream::RequestPath;

/// What calls are carried out with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) driver: Driver,
    pub(crate) works: Arc<Works>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) telemetry: Telemetry,
}

/// A call under way. Each step takes it further; a test tells of each of them.
pub(crate) struct Call {
    pub(crate) entry: Arc<CatalogAction>,
    pub(crate) target: Arc<CatalogIntegration>,
    pub(crate) tools: Tools,
    pub(crate) terms: Terms,
    pub(crate) job: Job,
    /// Who records what would become of its request, were nothing in shadow.
    tell: Mutex<Tell>,
    /// Told how far its execution is.
    progress: Option<Arc<Progress>>,
    /// Its place in its trace.
    pub(crate) trace: Option<Arc<CallTrace>>,
}

impl Call {
    /// A call of an action of that integration; refused where it can't be called.
    pub(crate) fn new(
        tools: &Tools,
        entry: &Arc<CatalogAction>,
        target: &Arc<CatalogIntegration>,
        terms: Terms,
    ) -> Result<Self, ExecuteError> {
        let timeout = entry.action()?.timeout();
        target.wiring()?;
        let within = terms.deadline.unwrap_or(timeout).min(timeout);
        Ok(Self::within(tools, (entry, target), terms, within))
    }

    /// The same; `within`: how long its calculations may wait for a worker.
    fn within(
        tools: &Tools,
        (entry, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        terms: Terms,
        within: Duration,
    ) -> Self {
        let what = format!("{} {}", entry.id, entry.version);
        Self {
            entry: Arc::clone(entry),
            target: Arc::clone(target),
            tools: tools.clone(),
            terms,
            job: Job::new(&target.id, what, within),
            tell: Mutex::new(None),
            progress: None,
            trace: None,
        }
    }

    /// The same, with those who record how far it is, and what would become of its request, were nothing in shadow; of the
    /// first, should it send two.
    pub(crate) fn telling(
        self,
        (progress, trace): (Arc<Progress>, Option<Arc<CallTrace>>),
        tell: Tell,
    ) -> Self {
        Self {
            tell: Mutex::new(tell),
            progress: Some(progress),
            trace,
            ..self
        }
    }

    /// The same action and caller, with a budget of its own.
    pub(crate) fn again(&self) -> Result<Self, ExecuteError> {
        Self::new(&self.tools, &self.entry, &self.target, self.terms.clone())
    }

    pub(crate) fn action(&self) -> Result<&Action, ExecuteError> {
        Ok(self.entry.action()?)
    }

    pub(crate) fn wiring(&self) -> Result<&Wiring, ExecuteError> {
        Ok(self.target.wiring()?)
    }

    /// Does a part of the call's work where it belongs.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl Fn(&Action, &Meter) -> Result<T, ExecuteError> + Send + 'static,
    ) -> Result<T, ExecuteError> {
        let entry = Arc::clone(&self.entry);
        let work = move |meter: &Meter| work(entry.action()?, meter);
        self.tools.works.run(&self.job, work).await
    }

    /// The inputs, as far as they keep the contract.
    pub(crate) async fn input(&self, body: String) -> Result<Input, ExecuteError> {
        let given: Arc<str> = match body.trim() {
            "" => "{}".into(),
            _ => body.into(),
        };
        let flat = self.terms.flat;
        self.work(move |action, meter| Input::check(&given, flat, action, meter))
            .await
    }

    /// All after the inputs were found good.
    pub(crate) async fn run(&self, input: &Input) -> Result<Outcome, ExecuteError> {
        let mut redactor = self.wiring()?.redactor.clone();
        let outcome = self.outcome(input, &mut redactor).await;
        outcome.map_err(|error| error.struck(&redactor))
    }

    /// The same; what it says of a failure is yet to be struck.
    async fn outcome(
        &self,
        input: &Input,
        redactor: &mut Redactor,
    ) -> Result<Outcome, ExecuteError> {
        let mut secrets = self.secrets(None).await?;
        *redactor = secrets.redactor.clone();
        let request = self.render(input, &secrets).await?;
        let mut answer = self.send(&request, &secrets).await?;
        if let (401, Some(_)) = (answer.status, secrets.login) {
            // What the login gave isn't taken any more; a fresh one is tried once.
            secrets = self.secrets(secrets.login).await?;
            *redactor = std::mem::take(redactor).and(&secrets.redactor);
            let request = self.render(input, &secrets).await?;
            answer = self.send(&request, &secrets).await?;
        }
        let answer = Arc::new(answer.accepted()?);
        let (waited, took, status) = (answer.waited, answer.took, answer.status);
        let input = input.clone();
        let output = self.work(move |action, meter| {
            let output = answer.map(action, input.read(meter)?.as_ref(), meter, &mut ())?;
            written(&output, meter)
        });
        Ok(Outcome {
            output: self.part("translate", output).await?,
            waited,
            latency: took.saturating_sub(waited),
            source: None,
            made_by: None,
            status: Some(status),
            calls: Arc::default(),
        })
    }

    /// The request that the action's templates make of the inputs.
    pub(crate) async fn render(
        &self,
        input: &Input,
        secrets: &CallSecrets,
    ) -> Result<Request, ExecuteError> {
        let (input, credentials) = (input.clone(), secrets.credentials.clone());
        let render = move |action: &Action, meter: &Meter| {
            let input = input.read(meter)?;
            let rendered = action.render_within(&input, &credentials, meter);
            rendered.map_err(|error| no_request(&error))
        };
        self.part("render", self.work(render)).await
    }

    /// Sends the request when its turn comes.
    pub(crate) async fn send(
        &self,
        rendered: &Request,
        secrets: &CallSecrets,
    ) -> Result<UpstreamAnswer, ExecuteError> {
        let (action, wiring) = (self.action()?, self.wiring()?);
        let timeout = action.timeout();
        let authorization = secrets.authorization.as_ref();
        let idempotent = rendered.method.is_idempotent();
        let is_login = self.entry.is_auth();
        let mut request = prepare(rendered, wiring, is_login, authorization)?;
        request.sent = self.terms.sent.clone().filter(|_| !idempotent && !is_login);
        request.progress.clone_from(&self.progress);
        let headers = rendered.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_str()));
        let redactor = secrets.redactor.clone().and(&sensitive::redactor(headers));
        request.redactor = redactor.clone();
        self.mark(&mut request, action);
        request.answers = Some(self.tools.telemetry.counts().answers_of(&self.target.name));
        let path = RequestPath::of_action(&request.url);
        let route = (wiring.routes).of(Some(action.name()), request.method.as_str(), path);
        let call = tollgate_driver::Call {
            route,
            flow: self.terms.flow,
            deadline: self.terms.deadline.unwrap_or(timeout),
            timeout,
            path_template: Some(action.path_template()),
            idempotent,
            request,
        };
        let tell = self
            .tell
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match self.tools.driver.execute_telling(call, tell).await {
            Ok(answer) => Ok(UpstreamAnswer::read(answer, &redactor, action.secure()).await),
            Err(failure) => {
                let trouble = self.tools.driver.token_trouble(route);
                let own_deadline = self.terms.deadline.is_some();
                Err(explain(failure, own_deadline, timeout, trouble))
            }
        }
    }

    /// The output in Architect's flattened form.
    pub(crate) async fn flatten(&self, output: Value) -> Result<Value, ExecuteError> {
        let below = self.terms.below;
        self.work(move |action, meter| flat(action, below, &output, meter))
            .await
    }

    /// The same, as text of text.
    pub(crate) async fn flatten_text(&self, output: Arc<str>) -> Result<Arc<str>, ExecuteError> {
        let below = self.terms.below;
        let flatten = move |action: &Action, meter: &Meter| {
            let value = read(&output, meter)?;
            written(&flat(action, below, &value, meter)?, meter)
        };
        self.work(flatten).await
    }

    /// What an output says.
    pub(crate) async fn value(&self, output: Arc<str>) -> Result<Value, ExecuteError> {
        self.work(move |_, meter| read(&output, meter)).await
    }
}

/// An output in Architect's flattened form, as the value of a property or by itself.
fn flat(
    action: &Action,
    below: Option<&str>,
    output: &Value,
    meter: &Meter,
) -> Result<Value, ExecuteError> {
    let flat = match below {
        Some(property) => action.flatten_below(property, output, meter),
        None => action.flatten_within(output, meter),
    };
    flat.map_err(no_output)
}

/// What a text says that was written here.
fn read(text: &str, meter: &Meter) -> Result<Value, ExecuteError> {
    meter.hold_document(text).map_err(no_output)?;
    tollgate_json::read(text).map_err(|_| ExecuteError::fault())
}

/// An output as text.
pub(crate) fn written(output: &Value, meter: &Meter) -> Result<Arc<str>, ExecuteError> {
    let copied = meter.hold_copy(output).map_err(no_output)?;
    let text = output.to_string();
    meter.release(copied);
    Ok(text.into())
}

/// An output that can't be given: it takes too much, or has no flattened form.
fn no_output(why: impl Display) -> ExecuteError {
    let message = format!("The output can't be given: {why}.");
    ExecuteError::new(Cause::Mapping, message)
}
