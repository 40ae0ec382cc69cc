//! The parts of a call as a test runs them: the same calculations, watched, and all by the workers, who
//! strike what is shown as well.

use crate::answer::UpstreamAnswer;
use crate::call::{Call, CallSecrets};
use crate::error::ExecuteError;
use crate::input::Input;
use crate::request::no_request;
use crate::sensitive;
use crate::trace::{self, MappingTrace, Part, RequestTrace, ShownMapping, ShownRequest, Stage};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tollgate_action::{Action, Callee, Credentials, Meter, Request};

/// A request, or why there is none; and what is shown of it.
pub(crate) struct RequestStory {
    pub(crate) request: Result<Request, ExecuteError>,
    pub(crate) shown: ShownRequest,
    /// The part of the request at which it failed, if it did.
    pub(crate) failed_at: Part,
}

/// An output, or why there is none; and what is shown of the way to it.
pub(crate) struct MappingStory {
    pub(crate) output: Result<Value, ExecuteError>,
    /// The last stage that the mapping came to.
    pub(crate) reached: Stage,
    pub(crate) shown: ShownMapping,
}

impl Call {
    /// Renders the request, and once more with stand-ins for its credentials, to be shown.
    pub(crate) async fn render_told(
        &self,
        input: &Input,
        secrets: &CallSecrets,
    ) -> Result<RequestStory, ExecuteError> {
        let (request, real) = self.rendered(input, secrets.credentials.clone()).await;
        let stand_in = if secrets.credentials.is_empty() {
            None
        } else {
            // With a budget of its own: what is shown costs the execution nothing.
            let again = self.again()?;
            Some(
                again
                    .rendered(input, secrets.credentials.stand_ins())
                    .await
                    .1,
            )
        };
        let redactor = secrets
            .redactor
            .clone()
            .and(&sensitive::redactor(real.headers()));
        let (failed_at, secure) = (real.failed_at(), self.action()?.secure());
        let show = move || real.show(stand_in.as_ref(), &redactor, secure);
        Ok(RequestStory {
            request,
            shown: self.away(show).await?,
            failed_at,
        })
    }

    async fn rendered(
        &self,
        input: &Input,
        credentials: Credentials,
    ) -> (Result<Request, ExecuteError>, RequestTrace) {
        let (input, told) = (input.clone(), Arc::<Mutex<RequestTrace>>::default());
        let tell = Arc::clone(&told);
        let render = move |action: &Action, meter: &Meter| {
            let input = input.read(meter)?;
            let mut watch = RequestTrace::default();
            let request = action.render_watched(&input, &credentials, meter, &mut watch);
            watch.failed = request.as_ref().err().map(|error| error.field.clone());
            *lock(&tell) = watch;
            request.map_err(|error| no_request(&error))
        };
        let request = self.aside(render).await;
        let told = std::mem::take(&mut *lock(&told));
        (request, told)
    }

    /// What is sent, as it is shown.
    pub(crate) fn show_sent(
        &self,
        request: &Request,
        shown: &ShownRequest,
        secrets: &CallSecrets,
    ) -> Value {
        let base = self
            .wiring()
            .ok()
            .and_then(|wiring| wiring.base_url.as_ref());
        let url = match base {
            Some(base) if shown.url.starts_with('/') => {
                format!("{}{}", base.as_str().trim_end_matches('/'), shown.url)
            }
            _ => shown.url.clone(),
        };
        let mut headers: Map<_, _> = shown.headers.clone();
        let whose = if secrets.authorization.is_some() {
            Some("the integration's")
        } else {
            let pool = self.target.kind.calls() == Some(Callee::PlatformPath);
            pool.then_some("a token of the pool")
        };
        trace::added(request, &mut headers, whose);
        json!({
            "method": request.method.as_str(),
            "url": url,
            "headers": headers,
            "bodyBytes": request.body.as_ref().map_or(0, String::len),
        })
    }

    /// The answer as it is shown.
    pub(crate) async fn show(&self, answer: &Arc<UpstreamAnswer>) -> Result<Value, ExecuteError> {
        let answer = Arc::clone(answer);
        self.away(move || answer.show()).await
    }

    /// Maps the answer, and once more with its secrets struck, to be shown: what is struck only after a template
    /// has made something of it may not be recognised.
    pub(crate) async fn map_told(
        &self,
        input: &Input,
        answer: &Arc<UpstreamAnswer>,
    ) -> Result<MappingStory, ExecuteError> {
        let (answered, said) = (Arc::clone(answer), input.clone());
        let map = move |action: &Action, meter: &Meter, watch: &mut MappingTrace| {
            answered.map(action, said.read(meter)?.as_ref(), meter, watch)
        };
        let (output, mut told) = self.mapped(map).await;
        let action = self.action()?;
        let keys = action
            .definition()
            .pointer("/config/response/translationMap");
        let keys = keys.and_then(Value::as_object).map_or(0, Map::len);
        let (reached, secure) = (told.reached(keys), action.secure());
        let answered = Arc::clone(answer);
        let struck = self.away(move || answered.struck_body()).await?;
        if let Some(body) = struck
            && !secure
        {
            let said = input.clone();
            let map = move |action: &Action, meter: &Meter, watch: &mut MappingTrace| {
                let said = said.read(meter)?;
                // How it ends is known already.
                let _ = action.translate_watched(&said, &body, meter, watch);
                Ok(Value::Null)
            };
            told = self.again()?.mapped(map).await.1;
        }
        let answered = Arc::clone(answer);
        let show = move || told.show(answered.redactor(), secure);
        Ok(MappingStory {
            output,
            reached,
            shown: self.away(show).await?,
        })
    }

    async fn mapped(
        &self,
        map: impl Fn(&Action, &Meter, &mut MappingTrace) -> Result<Value, ExecuteError> + Send + 'static,
    ) -> (Result<Value, ExecuteError>, MappingTrace) {
        let told = Arc::<Mutex<MappingTrace>>::default();
        let tell = Arc::clone(&told);
        let map = move |action: &Action, meter: &Meter| {
            let mut watch = MappingTrace::default();
            let output = map(action, meter, &mut watch);
            *lock(&tell) = watch;
            output
        };
        let output = self.aside(map).await;
        let told = std::mem::take(&mut *lock(&told));
        (output, told)
    }

    /// Whether nothing of it is shown but its output.
    pub(crate) fn is_secure(&self) -> bool {
        self.action().is_ok_and(Action::secure)
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl Fn(&Action, &Meter) -> Result<T, ExecuteError> + Send + 'static,
    ) -> Result<T, ExecuteError> {
        let entry = Arc::clone(&self.entry);
        let work = move |meter: &Meter| work(entry.action()?, meter);
        self.tools.works.aside(&self.job, work).await
    }

    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ExecuteError> {
        self.tools.works.away(&self.job, work).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
