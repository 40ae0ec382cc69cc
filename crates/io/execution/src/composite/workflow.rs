//! Composites by a run of a workflow, which is awaited.
//!
//! The run is the caller's: it has its flow, not one of the workflow's name, and ends with it, by the deadline or where
//! the caller hangs up, and what it asks for with it. It takes a place among the runs under way, and leaves no record
//! of its own: who waits for it is told how it ended.
//!
//! **A call that fails is the workflow's to handle**, by the step's own ways out. What fails the composite is a step that
//! fails and that nothing handles, a bound of the run, and the end of the time.

use super::ends::Log;
use super::{Carrier, Made, Running, ended, keeping_the_contract};
use crate::cause::Cause;
use crate::error::ExecuteError;
use crate::runs::{DeskError, outputs};
use crate::terms::Terms;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tollgate_action::Action;
use tollgate_architect_runner::{Failure, Launch, PlayError, World};
use tollgate_definitions::InnerWorkflow;
use tollgate_driver::Sent;
use tollgate_meter::Meter;
use tollgate_model::FlowId;
use tollgate_telemetry::traces::CallTrace;
use tollgate_telemetry::{CallId, CallOrigin};

/// Characters that are told of why a run failed: it may quote a value.
const TOLD: usize = 1_000;
/// When it is worth trying again where there are too many runs.
const AGAIN: Duration = Duration::from_secs(1);

/// What a composite's run asks for.
struct Asks {
    carrier: Arc<dyn Carrier>,
    inner: Arc<InnerWorkflow>,
    /// The composite's call.
    parent: CallId,
    /// Its place in its trace.
    trace: Option<Arc<CallTrace>>,
    flow: FlowId,
    sent: Option<Sent>,
    ends: Instant,
    log: Arc<Log>,
}

/// Runs the workflow, and makes the output of its variables.
pub(super) async fn make(running: &Running<'_>, inner: &Arc<InnerWorkflow>) -> Made {
    let log = Arc::new(Log::default());
    let made = timeout_at(running.ends, run(running, inner, &log)).await;
    let made = made.unwrap_or_else(|_| Err(late(inner, &log)));
    let (waited, calls) = log.told();
    (made.map(|output| (output, waited)), calls)
}

async fn run(
    running: &Running<'_>,
    inner: &Arc<InnerWorkflow>,
    log: &Arc<Log>,
) -> Result<Arc<str>, ExecuteError> {
    let call = running.call;
    let launch = Launch {
        workflow: Arc::clone(&inner.workflow),
        library: Arc::clone(&inner.library),
        inputs: variables(running, inner).await?,
        seed: rand::random(),
    };
    let asks = Asks {
        carrier: Arc::clone(running.carrier),
        inner: Arc::clone(inner),
        parent: call.terms.id,
        trace: call.trace.clone(),
        flow: call.terms.flow,
        sent: call.terms.sent.clone(),
        ends: running.ends,
        log: Arc::clone(log),
    };
    let host = running.carrier.support().host();
    let played = host.play(launch, Arc::new(asks), running.left()).await;
    let found = played.map_err(|error| failed(inner, error, call.entry.secure))?;
    let (inner, input) = (Arc::clone(inner), running.input.clone());
    let make = move |action: &Action, meter: &Meter| {
        let given = input.read(meter)?;
        let mut output = Map::new();
        for (name, variable) in &inner.outputs {
            // One without a value is left out.
            if let Some(value) = found.get(variable).filter(|value| !value.is_null()) {
                let copied = meter.hold_copy(value);
                copied.map_err(|why| ExecuteError::new(Cause::Mapping, format!("{why}.")))?;
                output.insert(name.clone(), value.clone());
            }
        }
        keeping_the_contract(action, &given, output, meter)
    };
    call.work(make).await
}

/// First values of the workflow's input variables. Inputs that no variable takes are passed over.
async fn variables(
    running: &Running<'_>,
    inner: &Arc<InnerWorkflow>,
) -> Result<Map<String, Value>, ExecuteError> {
    let (inner, input) = (Arc::clone(inner), running.input.clone());
    let fill = move |_: &Action, meter: &Meter| {
        let given = input.read(meter)?;
        let copied = meter.hold_copy(given.value());
        copied.map_err(|why| ExecuteError::new(Cause::Unreadable, format!("{why}.")))?;
        let given = |(name, variable): &(String, String)| {
            let value = given.value().get(name)?;
            Some((variable.clone(), value.clone()))
        };
        Ok(inner.inputs.iter().filter_map(given).collect())
    };
    running.call.work(fill).await
}

/// Why a run has no outputs, as its caller is told.
fn failed(inner: &InnerWorkflow, error: PlayError, secure: bool) -> ExecuteError {
    let name = inner.workflow.name();
    match error {
        PlayError::Full(full) => {
            let message = format!("Not carried out: {full}.");
            ExecuteError::new(Cause::RunsFull, message).with(|it| it.retry_after = Some(AGAIN))
        }
        PlayError::Inputs(why) => {
            let message =
                format!("The inputs don't fit the variables of the workflow {name:?}: {why}.");
            ExecuteError::new(Cause::Input, message)
        }
        PlayError::Workers(refused) => refused.into(),
        PlayError::Failed { why, place } => {
            let at = place.map_or(String::new(), |place| format!(" at {place}"));
            let why = match secure {
                true => "why is withheld, since the composite is secure".to_owned(),
                false => cut(why),
            };
            let message = format!("The workflow {name:?} failed{at}: {why}");
            ExecuteError::new(Cause::Workflow, message)
        }
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(TOLD) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The time is over.
fn late(inner: &InnerWorkflow, log: &Log) -> ExecuteError {
    let name = inner.workflow.name();
    let at = match log.under_way() {
        Some(call) => format!("; its call of {call:?} was under way"),
        None => String::new(),
    };
    let message = format!("The workflow {name:?} didn't end within the composite's time{at}.");
    ExecuteError::new(Cause::Late, message)
}

impl Asks {
    async fn call(
        &self,
        (category, action): (&str, &str),
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, DeskError> {
        let of = self.inner.action(category, action);
        let of = of.ok_or_else(|| DeskError::no_action(category, action))?;
        let left = self.ends.saturating_duration_since(Instant::now());
        let terms = Terms {
            id: CallId::draw(),
            parent: Some(self.parent),
            origin: CallOrigin::within(self.trace.as_deref()),
            flow: self.flow,
            deadline: Some(within.min(left)),
            flat: true,
            below: None,
            sent: self.sent.clone(),
        };
        let noted = self.log.begin(of);
        let body = Value::Object(inputs).to_string();
        let carried = self.carrier.carry(of, body, terms).await;
        let waited = carried.as_ref().map(|(_, outcome)| outcome.waited);
        let end = ended(carried.as_ref().err());
        self.log.note(noted, end, waited.unwrap_or_default());
        let (call, outcome) = carried?;
        Ok(outputs(&call, outcome).await?)
    }
}

impl World for Asks {
    async fn call_data(
        &self,
        category: &str,
        action: &str,
        inputs: Map<String, Value>,
        within: Duration,
    ) -> Result<Map<String, Value>, Failure> {
        let called = self.call((category, action), inputs, within).await;
        called.map_err(|error| self.carrier.support().describe(error))
    }

    async fn look_up(&self, table: &str, key: &str) -> Result<Option<Map<String, Value>>, Failure> {
        self.carrier.support().row(table, key).await
    }
}
