//! Composites by a list of calls: each is made as early as what it reads is there.
//!
//! Those that read nothing of each other are under way at the same time. The first that fails and isn't optional ends
//! the composite, and those under way with it, as when a caller hangs up: what was sent may be carried out.

use super::ends::Ends;
use super::{Made, Running, ended, keeping_the_contract};
use crate::call::written;
use crate::cause::Cause;
use crate::error::ExecuteError;
use crate::terms::Terms;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;
use tollgate_action::Action;
use tollgate_config::{Feed, Origin};
use tollgate_definitions::{InnerCall, InnerCalls};
use tollgate_meter::Meter;
use tollgate_telemetry::{CallId, CallOrigin};

/// What the calls so far have answered, by their places; none of one that isn't over, or failed.
type Answers = Vec<Option<Arc<Value>>>;

/// A list of calls under way.
struct Listed<'a> {
    running: &'a Running<'a>,
    list: &'a Arc<InnerCalls>,
}

/// What came of one call inside of a composite.
struct Answered {
    value: Arc<Value>,
    waited: Duration,
}

/// Makes the calls, and the output of their answers.
pub(super) async fn make(running: &Running<'_>, list: &Arc<InnerCalls>) -> Made {
    let mut ends = Ends::of(list);
    let made = Listed { running, list }.make(&mut ends).await;
    (made, ends.told())
}

impl Listed<'_> {
    /// The output, and the longest wait of a call that it took.
    async fn make(&self, ends: &mut Ends) -> Result<(Arc<str>, Duration), ExecuteError> {
        let calls = &self.list.calls;
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
        let answered = timeout_at(self.running.ends, self.answer_untimed(inner, answers)).await;
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
        let carried =
            (self.running.carrier).carry((&inner.action, &inner.target), body, self.terms(inner)?);
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
        let left = self.running.left();
        let timeout = inner.action.action()?.timeout();
        let own = self.running.call.terms.deadline.is_some() || left < timeout;
        Ok(Terms {
            id: CallId::draw(),
            parent: Some(self.running.call.terms.id),
            origin: CallOrigin::within(self.running.call.trace.as_deref()),
            flow: self.running.call.terms.flow,
            deadline: own.then_some(left),
            flat: false,
            below: None,
            sent: self.running.call.terms.sent.clone(),
        })
    }

    /// A call's inputs. What nothing is found for is left out: the action's contract says what has to be there.
    async fn inputs(&self, inner: &InnerCall, answers: Answers) -> Result<String, ExecuteError> {
        let (list, input) = (Arc::clone(self.list), self.running.input.clone());
        let at = list.calls.iter().position(|it| std::ptr::eq(it, inner));
        let fill = move |_: &Action, meter: &Meter| {
            let given = input.read(meter)?;
            let inputs = at.map_or(&[][..], |at| &list.calls[at].inputs);
            let mut filled = Map::new();
            for (name, feed) in inputs {
                if let Some(value) = value(feed, given.value(), &answers, meter)? {
                    filled.insert(name.clone(), value);
                }
            }
            Ok(written(&Value::Object(filled), meter)?.as_ref().to_owned())
        };
        self.running.call.work(fill).await
    }

    /// The output of all answers, which keeps the contract.
    async fn output(&self, answers: Answers) -> Result<Arc<str>, ExecuteError> {
        let (list, input) = (Arc::clone(self.list), self.running.input.clone());
        let make = move |action: &Action, meter: &Meter| {
            let given = input.read(meter)?;
            let mut output = Map::new();
            for of in &list.outputs {
                let found = value(&of.feed, given.value(), &answers, meter)?;
                if let Some(value) = found.or_else(|| of.default.clone()) {
                    output.insert(of.name.clone(), value);
                }
            }
            keeping_the_contract(action, &given, output, meter)
        };
        self.running.call.work(make).await
    }
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
