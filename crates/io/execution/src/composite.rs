//! Calls of composites: the calls that they are made of, each as early as what it reads is there.
//!
//! A composite's call is one execution to its caller and, within its own deadline, one call of each action inside of
//! it: with a record, the cache, and the limits of that action, as the caller's flow. Those that read nothing of each
//! other are under way at the same time. The first that fails and isn't optional ends the composite, and those under
//! way with it, as when a caller hangs up: what was sent may be carried out.
//!
//! **Nothing runs longer than the composite may**: what is left of its time is the latest start of each call, and the
//! end of its wait.

mod ends;

pub use ends::{CallEnd, Ended};

use crate::answer;
use crate::call::{Call, written};
use crate::cause::Cause;
use crate::error::ExecuteError;
use crate::input::Input;
use crate::terms::{Outcome, Terms};
use ends::Ends;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tollgate_action::Action;
use tollgate_config::{Feed, Origin};
use tollgate_definitions::{Composite, InnerCall};
use tollgate_meter::Meter;

/// What the calls so far have answered, by their places; none of one that isn't over, or failed.
type Answers = Vec<Option<Arc<Value>>>;

/// Carries the calls of composites out.
pub(crate) trait Carrier: Sync {
    /// A call of the action, and what came of it. `body`: its inputs.
    fn carry<'a>(
        &'a self,
        inner: &'a InnerCall,
        body: String,
        terms: Terms,
    ) -> BoxFuture<'a, Result<(Arc<Call>, Outcome), ExecuteError>>;
}

/// A composite's call under way.
struct Running<'a> {
    carrier: &'a dyn Carrier,
    call: &'a Arc<Call>,
    composite: &'a Arc<Composite>,
    input: &'a Input,
    ends: Instant,
}

/// What came of one call inside of a composite.
struct Answered {
    value: Arc<Value>,
    waited: Duration,
}

/// Makes the calls, and the output of their answers.
pub(crate) async fn run(
    carrier: &dyn Carrier,
    call: &Arc<Call>,
    composite: &Arc<Composite>,
    input: &Input,
) -> Result<Outcome, ExecuteError> {
    let begun = Instant::now();
    let whole = call.terms.deadline.unwrap_or(composite.timeout);
    let running = Running {
        carrier,
        call,
        composite,
        input,
        ends: begun + whole.min(composite.timeout),
    };
    let mut ends = Ends::of(composite);
    let made = running.make(&mut ends).await;
    let calls = ends.told();
    match made {
        Ok((output, waited)) => Ok(Outcome {
            output,
            waited,
            latency: begun.elapsed().saturating_sub(waited),
            source: None,
            calls,
        }),
        Err(error) => Err(error.with(|it| it.calls = calls)),
    }
}

impl Running<'_> {
    /// The output, and the longest wait of a call that it took.
    async fn make(&self, ends: &mut Ends) -> Result<(Arc<str>, Duration), ExecuteError> {
        let calls = &self.composite.calls;
        let mut answers: Answers = vec![None; calls.len()];
        let mut over = vec![false; calls.len()];
        let (mut waited, mut under_way) = (Duration::ZERO, FuturesUnordered::new());
        loop {
            for (at, inner) in calls.iter().enumerate() {
                let ready = inner.after.iter().all(|before| over[*before]);
                if ready && ends.begin(at) {
                    let answers = answers.clone();
                    under_way.push(async move { (at, self.answer(inner, answers).await) });
                }
            }
            let Some((at, result)) = under_way.next().await else {
                break;
            };
            over[at] = true;
            ends.note(at, ended(result.as_ref().err()));
            match result {
                Ok(answered) => {
                    waited = waited.max(answered.waited);
                    answers[at] = Some(answered.value);
                }
                Err(_) if calls[at].optional => {}
                Err(error) => return Err(error.of_call(&calls[at].name)),
            }
        }
        Ok((self.output(answers).await?, waited))
    }

    /// What one of the calls answers, within what is left of the time.
    async fn answer(&self, inner: &InnerCall, answers: Answers) -> Result<Answered, ExecuteError> {
        let answered = timeout_at(self.ends, self.answer_untimed(inner, answers)).await;
        answered.unwrap_or_else(|_| {
            let message = "No answer within what was left of the composite's time.";
            Err(ExecuteError::new(Cause::Late, message))
        })
    }

    async fn answer_untimed(
        &self,
        inner: &InnerCall,
        answers: Answers,
    ) -> Result<Answered, ExecuteError> {
        let body = self.inputs(inner, answers).await?;
        let carried = self.carrier.carry(inner, body, self.terms(inner)?);
        let (call, outcome) = carried.await?;
        let (waited, output) = (outcome.waited, outcome.output);
        let value = call.again()?.value(output).await?;
        Ok(Answered {
            value: Arc::new(value),
            waited,
        })
    }

    /// The terms of a call that begins now. One whose caller gave no deadline has none of its own either, as long as
    /// its action's timeout ends first: so that a refusal says when to call again.
    fn terms(&self, inner: &InnerCall) -> Result<Terms, ExecuteError> {
        let left = self.ends.saturating_duration_since(Instant::now());
        let timeout = inner.action.action()?.timeout();
        let own = self.call.terms.deadline.is_some() || left < timeout;
        Ok(Terms {
            flow: self.call.terms.flow,
            deadline: own.then_some(left),
            flat: false,
            below: None,
        })
    }

    /// A call's inputs. What nothing is found for is left out: the action's contract says what has to be there.
    async fn inputs(&self, inner: &InnerCall, answers: Answers) -> Result<String, ExecuteError> {
        let (composite, input) = (Arc::clone(self.composite), self.input.clone());
        let at = composite
            .calls
            .iter()
            .position(|it| std::ptr::eq(it, inner));
        let fill = move |_: &Action, meter: &Meter| {
            let given = input.read(meter)?;
            let inputs = at.map_or(&[][..], |at| &composite.calls[at].inputs);
            let mut filled = Map::new();
            for (name, feed) in inputs {
                if let Some(value) = value(feed, given.value(), &answers, meter)? {
                    filled.insert(name.clone(), value);
                }
            }
            Ok(written(&Value::Object(filled), meter)?.as_ref().to_owned())
        };
        self.call.work(fill).await
    }

    /// The output of all answers, which keeps the contract.
    async fn output(&self, answers: Answers) -> Result<Arc<str>, ExecuteError> {
        let (composite, input) = (Arc::clone(self.composite), self.input.clone());
        let make = move |action: &Action, meter: &Meter| {
            let given = input.read(meter)?;
            let mut output = Map::new();
            for of in &composite.outputs {
                let found = value(&of.feed, given.value(), &answers, meter)?;
                if let Some(value) = found.or_else(|| of.default.clone()) {
                    output.insert(of.name.clone(), value);
                }
            }
            let text = written(&Value::Object(output), meter)?;
            // It has no mapping of its own: what is left of it is its output contract.
            let checked = answer::translate(action, &given, &text, meter, &mut (), action.secure());
            checked.map_err(out_of_contract)?;
            Ok(text)
        };
        self.call.work(make).await
    }
}

fn ended(error: Option<&ExecuteError>) -> Ended {
    error.map_or(Ended::Answered, |error| {
        Ended::Failed(error.cause, error.upstream_status)
    })
}

/// Says of whose output it is that it breaks the contract.
fn out_of_contract(error: ExecuteError) -> ExecuteError {
    let broken = match error.violations.join("; ") {
        it if it.is_empty() => "what of it is withheld, since it is secure".to_owned(),
        it => it,
    };
    error.with(|it| it.message = format!("The composite's output breaks its contract: {broken}"))
}

fn value(
    feed: &Feed,
    input: &Value,
    answers: &Answers,
    meter: &Meter,
) -> Result<Option<Value>, ExecuteError> {
    let of = |origin| match origin {
        Origin::Input => Some(input),
        Origin::Call(at) => answers.get(at)?.as_deref(),
    };
    feed.value(of, meter).map_err(|why| {
        let message = format!("What a call of the composite answered can't be read: {why}.");
        ExecuteError::new(Cause::Mapping, message)
    })
}
