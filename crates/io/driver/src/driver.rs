//! The handle callers hold.

use crate::call::AnswerAs;
use crate::execution::Reply;
use crate::forwarded::{AnswerBody, Forwarded};
use crate::hang_up::HangUp;
use crate::http::Http;
use crate::pump::message::{Message, Shared, Work};
use crate::pump::{self, Pump};
use crate::{Answer, Call, Failure, Outlet, Setup, SetupError, TokenTrouble};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;
use tollgate_engine::{Event, LearnedView, ShadowDecision, Snapshot, Submission};
use tollgate_model::{EndpointId, ExecutionId, Instant, RouteId};

/// Who is told what would have become of a call, were nothing in shadow.
pub type Tell = Option<oneshot::Sender<ShadowDecision>>;

/// A handle on a running driver; clones share it. When the last one goes, the engine's task ends and
/// with it whatever is still under way.
#[derive(Clone, Debug)]
pub struct Driver(Arc<Shared>);

impl Driver {
    /// Starts the task that owns the engine, on the current tokio runtime. It knows nothing of what an
    /// earlier process has used.
    pub fn start(setup: Setup) -> Result<Self, SetupError> {
        Self::launch(setup, None)
    }

    /// The same, with the use of the shared limits kept in this file: what an earlier process has used
    /// is held, however it ended, and the next one will know of this one.
    /// No other process has the number `process`; see [`Self::predecessor`].
    pub fn start_with_usage(setup: Setup, file: &Path, process: u64) -> Result<Self, SetupError> {
        Self::launch(setup, Some((file, process)))
    }

    /// The number of the process that kept its use in the same file before, where that one has surely died, and all that it
    /// sent is known.
    #[must_use]
    pub fn predecessor(&self) -> Option<u64> {
        self.shared().predecessor
    }

    fn launch(setup: Setup, usage: Option<(&Path, u64)>) -> Result<Self, SetupError> {
        let (engine, credentials) = (setup.engine.clients.len(), setup.clients.len());
        if engine != credentials {
            return Err(SetupError::Clients {
                engine,
                credentials,
            });
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| SetupError::NoRuntime)?;
        let outlet = Outlet {
            extra_roots_pem: setup.extra_roots_pem.clone(),
            proxy: setup.proxy.clone(),
            ..Outlet::default()
        };
        let http = Http::new(&setup.bounds, &outlet)?;
        Ok(Self(pump::start(setup, http, &runtime, usage)?))
    }

    /// Carries one call out, or says why not. Dropping the future cancels the execution: its place in
    /// the queue or under its limits is handed on at once.
    pub async fn execute(&self, call: Call) -> Result<Answer, Failure> {
        self.execute_telling(call, None).await
    }

    /// The same, and tells what would have become of the call, were nothing in shadow: at the latest at its deadline,
    /// be it answered before or not. The sender is dropped where nobody can say.
    pub async fn execute_telling(&self, call: Call, tell: Tell) -> Result<Answer, Failure> {
        let (reply, mut hang_up) = self.submit(call, tell).await?;
        hang_up.disarm();
        Ok(reply.answer)
    }

    /// Passes one request on, and its answer back as it was sent. An answer with a status below 400 is given
    /// when its head and the first part of its body have come, or the head and no part within 100 ms. Its body is
    /// read while it comes; the attempt lasts until the body's end, for the call's timeout at the most. Any
    /// other answer may be followed by another attempt, so it is read first, up to
    /// [`crate::Bounds::max_response_bytes`].
    ///
    /// Nothing is sent again once the answer has begun, or once a [`crate::RequestBody::Once`] has been read.
    /// Dropping the future or the answer's body cancels the execution.
    pub async fn forward(&self, call: Call) -> Result<Forwarded, Failure> {
        self.forward_telling(call, None).await
    }

    /// The same, and tells what would have become of the call, as [`Driver::execute_telling`] does.
    pub async fn forward_telling(&self, mut call: Call, tell: Tell) -> Result<Forwarded, Failure> {
        call.request.answer_as = AnswerAs::Sent;
        let (Reply { answer, coming }, mut hang_up) = self.submit(call, tell).await?;
        let body = match coming {
            Some(coming) => AnswerBody::coming(coming, hang_up),
            None => {
                hang_up.disarm();
                let body = answer.body;
                body.map_err(|error| Failure::NoAnswer(error.to_string()))?
                    .into()
            }
        };
        Ok(Forwarded {
            status: answer.status,
            headers: answer.headers,
            body,
            attempts: answer.attempts,
            waited: answer.waited,
        })
    }

    /// Submits a call and waits for the reply. What is given beside it cancels the execution when dropped.
    async fn submit(&self, call: Call, tell: Tell) -> Result<(Reply, HangUp), Failure> {
        let shared = &*self.0;
        if call.route.index() >= shared.routes.load(Ordering::Acquire) {
            return Err(Failure::Unknown("route"));
        }
        if call.flow.index() >= shared.flows.load(Ordering::Acquire) {
            return Err(Failure::Unknown("flow"));
        }
        let endpoint = self.endpoint_of(&call);
        let asked = shared.now();
        if let Some(progress) = &call.request.progress {
            progress.begin(asked);
        }
        let submission = Submission {
            execution: ExecutionId(shared.next_execution.fetch_add(1, Ordering::Relaxed)),
            flow: call.flow,
            route: call.route,
            endpoint,
            deadline: asked + call.deadline,
            timeout: call.timeout,
            idempotent: call.idempotent,
        };
        let permit = Arc::clone(&shared.permits).acquire_owned().await;
        let permit = permit.map_err(|_| Failure::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let submit = Message::Submit {
            submission,
            request: Arc::new(call.request),
            reply,
            tell: tell.filter(|_| shared.any_in_shadow),
            permit,
            at: shared.now(),
        };
        shared.inbox.send(submit).map_err(|_| Failure::Stopped)?;

        let mut hang_up = HangUp::new(&self.0, submission.execution);
        match answer.await.unwrap_or(Err(Failure::Stopped)) {
            Ok(reply) => Ok((reply, hang_up)),
            Err(failure) => {
                hang_up.disarm();
                Err(failure)
            }
        }
    }

    /// The number of the call's endpoint. The engine is told its name before the first call for it.
    fn endpoint_of(&self, call: &Call) -> EndpointId {
        let Some(path) = &call.path_template else {
            return EndpointId::UNKNOWN;
        };
        let request = &call.request;
        let (endpoint, name) = self.0.endpoints.number(&request.method, &request.url, path);
        if let Some(name) = name {
            // An error means that the engine is gone, and the call is answered so.
            let _ = self.tell(Message::Tell(Event::NameEndpoint { endpoint, name }));
        }
        endpoint
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    pub(crate) fn tell(&self, message: Message) -> Result<(), ()> {
        self.0.inbox.send(message).map_err(|_| ())
    }

    /// Lets the engine's task do this work, and gives its answer; `None` once the task ended. The work is done
    /// even if nobody waits for the answer any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Pump) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let work = move |pump: &mut Pump| {
            // An error means that the one who asked has gone.
            let _ = reply.send(work(pump));
        };
        self.tell(Message::Ask(Work(Box::new(work)))).ok()?;
        answer.await.ok()
    }

    /// Whether the configuration has a flow or a limit in shadow.
    #[must_use]
    pub fn any_in_shadow(&self) -> bool {
        self.0.any_in_shadow
    }

    /// What can be seen from outside; `None` once the engine stopped.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        self.ask(|pump| pump.snapshot()).await
    }

    /// Numbers in force that nobody has configured; `None` once the engine stopped. Costs less than a whole
    /// [`Driver::snapshot`].
    pub async fn learned(&self) -> Option<Vec<LearnedView>> {
        self.ask(|pump| pump.learned()).await
    }

    /// Waits until the engine's task has ended, of itself or by a panic. Nothing is carried out after that.
    pub async fn ended(&self) {
        self.0.inbox.closed().await;
    }

    /// Whether the engine's task is alive.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.inbox.is_closed()
    }

    /// Waits until the engine's task has taken a message from its inbox and answered it. False once the task ended. It
    /// waits for as long as the task does something else, so whoever wants to know whether it hangs bounds the wait.
    pub async fn answers(&self) -> bool {
        self.ask(|_| ()).await.is_some()
    }

    /// Keeps the engine's task, and the thread that it runs on, from doing anything until the other end of `until` is
    /// dropped, as a fault that hangs would; for tests of whoever watches it.
    #[doc(hidden)]
    pub fn hang(&self, until: std::sync::mpsc::Receiver<()>) {
        let work = move |_: &mut Pump| {
            // An error is the end of the waiting.
            let _ = until.recv();
        };
        // An error means that the task has ended already.
        let _ = self.tell(Message::Ask(Work(Box::new(work))));
    }

    /// Ends the engine's task, and gives up what waits and what is under way.
    pub fn stop(&self) {
        // An error means that it has ended already.
        let _ = self.tell(Message::Stop);
    }

    /// Why this route's calls can have no access token, if so.
    #[must_use]
    pub fn token_trouble(&self, route: RouteId) -> Option<TokenTrouble> {
        self.0.troubles.of(route)
    }

    /// Which clients of this route's pool can have no token, and why; its calls go over the others, if there are some.
    #[must_use]
    pub fn clients_in_trouble(&self, route: RouteId) -> Vec<TokenTrouble> {
        self.0.troubles.beside(route)
    }

    /// All that is in the way of access tokens, by client.
    #[must_use]
    pub fn token_troubles(&self) -> Vec<TokenTrouble> {
        self.0.troubles.all()
    }

    /// Now, on the time line of the snapshot's instants.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.0.now()
    }

    /// Refuses new calls from now on ([`Failure::Draining`]) and waits for those waiting and under way,
    /// but no longer than `within`. True if all of them came to their end.
    pub async fn drain(&self, within: Duration) -> bool {
        let (reply, drained) = oneshot::channel();
        if self.0.inbox.send(Message::Drain(reply)).is_err() {
            return true;
        }
        tokio::time::timeout(within, drained).await.is_ok()
    }
}
