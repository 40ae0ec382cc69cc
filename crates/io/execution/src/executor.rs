//! Carries calls out: through the cache, with a record of each.

use crate::cache::OutputCache;
use crate::call::{Call, Tools};
use crate::composite::{self, Carrier};
use crate::error::{ExecuteError, caught};
use crate::input::Input;
use crate::records::{Line, Records};
use crate::runs::RunSupport;
use crate::steps::{self, TestResult};
use crate::terms::{Outcome, Terms};
use crate::works::Works;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::oneshot;
use tollgate_cache::Source;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Composites, Lanes};
use tollgate_driver::{Driver, Tell};
use tollgate_engine::ShadowDecision;
use tollgate_model::FlowId;
use tollgate_workers::Workers;

/// Carries calls out. One serves them all; clones are the same one.
#[derive(Clone)]
pub struct Executor {
    tools: Tools,
    cache: Arc<OutputCache>,
    records: Records,
    lanes: Arc<Lanes>,
    composites: Arc<Composites>,
    pub(crate) support: RunSupport,
}

impl Executor {
    /// An executor that sends by the driver and has long calculations done by the workers.
    #[must_use]
    pub fn new(
        driver: Driver,
        workers: Arc<Workers>,
        cache: OutputCache,
        records: Records,
        (lanes, composites): (Arc<Lanes>, Composites),
        support: RunSupport,
    ) -> Self {
        let tools = Tools {
            driver,
            works: Arc::new(Works::new(workers)),
            sessions: Arc::default(),
        };
        Self {
            tools,
            cache: Arc::new(cache),
            records,
            lanes,
            composites: Arc::new(composites),
            support,
        }
    }

    /// The outputs that are kept.
    #[must_use]
    pub fn cache(&self) -> &OutputCache {
        &self.cache
    }

    /// Executes an action of that integration, or takes its output from the cache. `body`: its inputs, as JSON.
    ///
    /// # Errors
    /// There is no output.
    pub async fn execute(
        &self,
        of: (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> Result<Outcome, ExecuteError> {
        Ok(self.call(of, body, terms).await?.1)
    }

    /// Whether the action can be called at all, and these inputs keep its contract. Nothing is called.
    ///
    /// # Errors
    /// As [`Self::execute`] would say at once.
    pub async fn check(
        &self,
        (entry, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> Result<(), ExecuteError> {
        let checked = async {
            let call = Call::new(&self.tools, entry, target, terms)?;
            call.input(body).await.map(drop)
        };
        caught(checked).await
    }

    /// The same as [`Self::execute`], step by step, up to the one that fails.
    ///
    /// # Errors
    /// No step can be taken.
    pub async fn test(
        &self,
        (entry, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> Result<TestResult, ExecuteError> {
        let call = Arc::new(Call::new(&self.tools, entry, target, terms)?);
        Ok(match self.composites.get(&entry.id) {
            None => steps::run(&call, body).await,
            Some(composite) => steps::run_composite(&self.carrier(), &call, composite, body).await,
        })
    }

    /// The call and what came of it.
    pub(crate) async fn call(
        &self,
        (entry, target): (&Arc<CatalogAction>, &Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> Result<(Arc<Call>, Outcome), ExecuteError> {
        let asked = Instant::now();
        let (tell, foretold) = self.foretold();
        let carried_out = async {
            let call = Call::new(&self.tools, entry, target, terms.clone())?;
            let call = Arc::new(call.telling(tell));
            let outcome = self.output(&call, body).await?;
            Ok((call, outcome))
        };
        let result = caught(carried_out).await;
        let ended = ended(entry, result.as_ref().map(|(_, it)| it));
        self.record(terms.flow, &entry.name, (ended, asked), foretold);
        let (call, mut outcome) = result?;
        if terms.flat {
            let flat = async { call.again()?.flatten_text(outcome.output).await };
            outcome.output = caught(flat).await?;
        }
        Ok((call, outcome))
    }

    async fn output(&self, call: &Arc<Call>, body: String) -> Result<Outcome, ExecuteError> {
        // Bad inputs are answered at once, and never share a call.
        let input = call.input(body).await?;
        match self.cache.rule(&call.entry, &call.target) {
            None => self.run(call, input).await,
            Some(rule) => {
                let run = self.run(call, input.clone());
                self.cache.get(rule, call, input, run).await
            }
        }
    }

    /// All after the inputs were found good and nothing is kept. Boxed, since a composite's call has calls inside of it.
    fn run(
        &self,
        call: &Arc<Call>,
        input: Input,
    ) -> BoxFuture<'static, Result<Outcome, ExecuteError>> {
        let (executor, call) = (self.clone(), Arc::clone(call));
        Box::pin(async move {
            match executor.composites.get(&call.entry.id) {
                None => call.run(&input).await,
                Some(it) => composite::run(&executor.carrier(), &call, it, &input).await,
            }
        })
    }

    /// Whom the driver tells what would become of a call, were nothing in shadow, and where that comes to; none where
    /// nothing is, or nobody records it.
    pub(crate) fn foretold(&self) -> (Tell, Option<oneshot::Receiver<ShadowDecision>>) {
        if !self.records.wanted() || !self.driver().any_in_shadow() {
            return (None, None);
        }
        let (tell, foretold) = oneshot::channel();
        (Some(tell), Some(foretold))
    }

    /// Writes a line of a call that has come to its end: how, how long the upstream took, and when it was asked for. Where
    /// something is in shadow, it is written once it is decided what would have become of the call.
    pub(crate) fn record(
        &self,
        flow: FlowId,
        action: &str,
        ((outcome, latency), asked): (Ended, Instant),
        foretold: Option<oneshot::Receiver<ShadowDecision>>,
    ) {
        if !self.records.wanted() {
            return;
        }
        let line = Line {
            at: SystemTime::now() - asked.elapsed(),
            flow: self.lanes.name(flow).to_owned(),
            action: action.to_owned(),
            latency,
            outcome,
            would_have: None,
        };
        match foretold {
            None => self.records.note(&line),
            Some(foretold) => self.records.note_decided(line, foretold),
        }
    }

    /// What carries the calls of composites out: a clone.
    fn carrier(&self) -> Arc<dyn Carrier> {
        Arc::new(self.clone())
    }

    /// What sends.
    pub(crate) fn driver(&self) -> &Driver {
        &self.tools.driver
    }
}

/// How a call has ended, and how long the upstream took, if it answered.
pub(crate) type Ended = (&'static str, Option<Duration>);

fn ended(entry: &CatalogAction, result: Result<&Outcome, &ExecuteError>) -> Ended {
    match result {
        Ok(it) if it.source.is_some_and(|source| source != Source::Call) => ("cached", None),
        // Its calls have records of their own.
        _ if entry.is_composite() => ("composite", None),
        Ok(it) => ("answered", Some(it.latency)),
        Err(error) if error.cause.is_refusal() => ("refused", None),
        Err(_) => ("failed", None),
    }
}

impl Carrier for Executor {
    fn carry<'a>(
        &'a self,
        of: (&'a Arc<CatalogAction>, &'a Arc<CatalogIntegration>),
        body: String,
        terms: Terms,
    ) -> BoxFuture<'a, Result<(Arc<Call>, Outcome), ExecuteError>> {
        Box::pin(self.call(of, body, terms))
    }

    fn support(&self) -> &RunSupport {
        &self.support
    }
}
