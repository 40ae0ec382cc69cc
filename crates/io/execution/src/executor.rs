//! Carries calls out: through the cache, with a record of each.

use crate::cache::OutputCache;
use crate::call::{Call, Tools};
use crate::composite::{self, Carrier};
use crate::error::{ExecuteError, caught};
use crate::input::Input;
use crate::records::{Line, Records};
use crate::steps::{self, TestResult};
use crate::terms::{Outcome, Terms};
use crate::works::Works;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_cache::Source;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Composites, InnerCall, Lanes};
use tollgate_driver::Driver;
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

    /// The same, step by step, up to the one that fails.
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
            Some(composite) => steps::run_composite(self, &call, composite, body).await,
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
        let carried_out = async {
            let call = Arc::new(Call::new(&self.tools, entry, target, terms)?);
            let outcome = self.output(&call, body).await?;
            Ok((call, outcome))
        };
        let result = caught(carried_out).await;
        self.note(entry, terms, asked, result.as_ref().map(|(_, it)| it));
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
                Some(it) => composite::run(&executor, &call, it, &input).await,
            }
        })
    }

    fn note(
        &self,
        entry: &CatalogAction,
        terms: Terms,
        asked: Instant,
        result: Result<&Outcome, &ExecuteError>,
    ) {
        let (outcome, latency) = match result {
            // Its calls have records of their own.
            Ok(it) if !it.calls.is_empty() => ("composite", None),
            Err(error) if !error.calls.is_empty() => ("composite", None),
            Ok(it) if it.source.is_some_and(|source| source != Source::Call) => ("cached", None),
            Ok(it) => ("answered", Some(it.latency)),
            Err(error) if error.cause.is_refusal() => ("refused", None),
            Err(_) => ("failed", None),
        };
        self.record(terms.flow, &entry.name, (outcome, latency), asked);
    }

    /// Writes a line of a call that has come to its end: how, and how long the upstream took.
    pub(crate) fn record(
        &self,
        flow: FlowId,
        action: &str,
        (outcome, latency): (&'static str, Option<Duration>),
        asked: Instant,
    ) {
        if self.records.wanted() {
            self.records.note(&Line {
                flow: self.lanes.name(flow),
                action,
                latency,
                outcome,
                took: asked.elapsed(),
            });
        }
    }

    /// What sends.
    pub(crate) fn driver(&self) -> &Driver {
        &self.tools.driver
    }
}

impl Carrier for Executor {
    fn carry<'a>(
        &'a self,
        inner: &'a InnerCall,
        body: String,
        terms: Terms,
    ) -> BoxFuture<'a, Result<(Arc<Call>, Outcome), ExecuteError>> {
        Box::pin(self.call((&inner.action, &inner.target), body, terms))
    }
}
