//! Calls of composites: how their answers are made.
//!
//! A composite's call is one execution to its caller and, within its own deadline, one call of each action inside of
//! it: with a record, the cache, and the limits of that action, as the caller's flow. Which calls these are, and what
//! becomes of their answers, says a list ([`calls`]) or a workflow ([`workflow`]).
//!
//! **Nothing runs longer than the composite may**: what is left of its time is the latest start of each call, and the
//! end of its wait.

mod calls;
mod ends;
mod workflow;

pub use ends::{CallEnd, Ended, MOST_TOLD};

use crate::answer;
use crate::call::{Call, written};
use crate::error::ExecuteError;
use crate::input::Input;
use crate::runs::RunSupport;
use crate::terms::{Outcome, Terms};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tollgate_action::{Action, RawInput};
use tollgate_definitions::{By, CatalogAction, CatalogIntegration, Composite};
use tollgate_meter::Meter;

/// Carries the calls of composites out.
pub(crate) trait Carrier: Send + Sync + 'static {
    /// A call of an action of that integration, and what came of it. `body`: its inputs.
    fn carry<'a>(
        &'a self,
        of: (&'a Arc<CatalogAction>, &'a Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> BoxFuture<'a, Result<(Arc<Call>, Outcome), ExecuteError>>;

    /// What runs of workflows need beside calls.
    fn support(&self) -> &RunSupport;
}

/// The output and the longest wait of a call that it took, or why there is none; and how the calls ended.
type Made = (Result<(Arc<str>, Duration), ExecuteError>, Arc<[CallEnd]>);

/// A composite's call under way.
struct Running<'a> {
    carrier: &'a Arc<dyn Carrier>,
    call: &'a Arc<Call>,
    input: &'a Input,
    ends: Instant,
}

impl Running<'_> {
    /// What is left of its time.
    fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }
}

/// Makes the composite's answer.
pub(crate) async fn run(
    carrier: &Arc<dyn Carrier>,
    call: &Arc<Call>,
    composite: &Composite,
    input: &Input,
) -> Result<Outcome, ExecuteError> {
    let begun = Instant::now();
    let whole = call.terms.deadline.unwrap_or(composite.timeout);
    let running = Running {
        carrier,
        call,
        input,
        ends: begun + whole.min(composite.timeout),
    };
    let (made, calls) = match &composite.by {
        By::Calls(list) => calls::make(&running, list).await,
        By::Workflow(inner) => workflow::make(&running, inner).await,
    };
    match made {
        Ok((output, waited)) => Ok(Outcome {
            output,
            waited,
            latency: begun.elapsed().saturating_sub(waited),
            source: None,
            made_by: None,
            status: None,
            calls,
        }),
        Err(error) => Err(error.with(|it| it.calls = calls)),
    }
}

/// How a call ended that this is the error of.
fn ended(error: Option<&ExecuteError>) -> Ended {
    error.map_or(Ended::Answered, |error| {
        Ended::Failed(error.cause, error.upstream_status)
    })
}

/// The output as text, as far as it keeps the composite's contract.
fn keeping_the_contract(
    action: &Action,
    given: &RawInput,
    output: Map<String, Value>,
    meter: &Meter,
) -> Result<Arc<str>, ExecuteError> {
    let text = written(&Value::Object(output), meter)?;
    // It has no mapping of its own: what is left of it is its output contract.
    let checked = answer::translate(action, given, &text, meter, &mut (), action.secure());
    checked.map_err(out_of_contract)?;
    Ok(text)
}

/// Says of whose output it is that it breaks the contract.
fn out_of_contract(error: ExecuteError) -> ExecuteError {
    let broken = match error.violations.join("; ") {
        it if it.is_empty() => "what of it is withheld, since it is secure".to_owned(),
        it => it,
    };
    error.with(|it| it.message = format!("The composite's output breaks its contract: {broken}"))
}
