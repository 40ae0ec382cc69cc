//! Carries calls out: through the cache, with a record of each.

use crate::cache::OutputCache;
use crate::call::{Call, Tools};
use crate::error::{ExecuteError, caught};
use crate::records::{Line, Records};
use crate::steps::{self, TestResult};
use crate::terms::{Outcome, Terms};
use crate::works::Works;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_cache::Source;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Lanes};
use tollgate_driver::Driver;
use tollgate_model::FlowId;
use tollgate_workers::Workers;

/// Carries calls out. One serves them all.
pub struct Executor {
    tools: Tools,
    cache: OutputCache,
    records: Records,
    lanes: Arc<Lanes>,
}

impl Executor {
    /// An executor that sends by the driver and has long calculations done by the workers.
    #[must_use]
    pub fn new(
        driver: Driver,
        workers: Arc<Workers>,
        cache: OutputCache,
        records: Records,
        lanes: Arc<Lanes>,
    ) -> Self {
        let tools = Tools {
            driver,
            works: Arc::new(Works::new(workers)),
            sessions: Arc::default(),
        };
        Self {
            tools,
            cache,
            records,
            lanes,
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
        let call = Call::new(&self.tools, entry, target, terms)?;
        Ok(steps::run(&call, body).await)
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
            None => call.run(&input).await,
            Some(rule) => self.cache.get(rule, call, input).await,
        }
    }

    fn note(
        &self,
        entry: &CatalogAction,
        terms: Terms,
        asked: Instant,
        result: Result<&Outcome, &ExecuteError>,
    ) {
        let (outcome, latency) = match result {
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
