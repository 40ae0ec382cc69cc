//! Carries calls out: through the cache, with a record of each.

use crate::cache::OutputCache;
use crate::call::{Call, Tools};
use crate::composite::{self, Carrier};
use crate::error::{ExecuteError, caught};
use crate::input::Input;
use crate::runs::RunSupport;
use crate::steps::{self, TestResult};
use crate::terms::{Outcome, Terms};
use crate::under_way::{Ending, UnderWay};
use crate::works::Works;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::oneshot;
use tollgate_cache::Source;
use tollgate_definitions::{CatalogAction, CatalogIntegration, Composites, Lanes};
use tollgate_driver::{Driver, Tell};
use tollgate_model::FlowId;
use tollgate_telemetry::{CallId, CallOrigin, Foretold, Subject, Telemetry};
use tollgate_workers::Workers;

/// Carries calls out. One serves them all; clones are the same one.
#[derive(Clone)]
pub struct Executor {
    tools: Tools,
    cache: Arc<OutputCache>,
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
        telemetry: Telemetry,
        (lanes, composites): (Arc<Lanes>, Composites),
        support: RunSupport,
    ) -> Self {
        let tools = Tools {
            driver,
            works: Arc::new(Works::new(workers)),
            sessions: Arc::default(),
            telemetry,
        };
        Self {
            tools,
            cache: Arc::new(cache),
            lanes,
            composites: Arc::new(composites),
            support,
        }
    }

    /// An executor of other actions, flows and composites, which sends and logs in as this one does. Calls under way
    /// end with what they began with.
    #[must_use]
    pub fn next(&self, cache: OutputCache, lanes: Arc<Lanes>, composites: Composites) -> Self {
        Self {
            tools: self.tools.clone(),
            cache: Arc::new(cache),
            lanes,
            composites: Arc::new(composites),
            support: self.support.clone(),
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
        let (tell, foretold) = self.foretold();
        let subject = Subject::Action(&entry.name);
        let named = (terms.id, terms.parent, terms.origin.clone());
        let of = (terms.flow, target.as_ref());
        let mut under_way = self.begin(named, of, subject, foretold);
        under_way.is_composite = entry.is_composite();
        let (progress, trace) = (Arc::clone(&under_way.progress), under_way.trace.clone());
        let carried_out = async {
            let call = Call::new(&self.tools, entry, target, terms.clone())?;
            let call = Arc::new(call.telling((progress, trace), tell));
            let outcome = self.output(&call, body).await?;
            Ok((call, outcome))
        };
        let result = caught(carried_out).await;
        let result = result.map_err(|error| error.of_id(terms.id));
        under_way.end(ending(result.as_ref().map(|(_, it)| it)));
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
            let made = match executor.composites.get(&call.entry.id) {
                None => call.run(&input).await,
                Some(it) => composite::run(&executor.carrier(), &call, it, &input).await,
            };
            made.map(|outcome| Outcome {
                made_by: call.trace.as_ref().map(|it| it.context().clone()),
                ..outcome
            })
        })
    }

    /// Whom the driver tells what would become of a call, were nothing in shadow, and where that comes to; none where
    /// nothing is, or nobody records it.
    pub(crate) fn foretold(&self) -> (Tell, Foretold) {
        if !self.telemetry().wants_decisions() || !self.driver().any_in_shadow() {
            return (None, None);
        }
        let (tell, foretold) = oneshot::channel();
        (Some(tell), Some(foretold))
    }

    /// Who is told of calls that have ended.
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.tools.telemetry
    }

    /// A call that is asked for now, by a flow, of an integration.
    pub(crate) fn begin<'a>(
        &'a self,
        named: (CallId, Option<CallId>, CallOrigin),
        (flow, target): (FlowId, &'a CatalogIntegration),
        subject: Subject<'a>,
        foretold: Foretold,
    ) -> UnderWay<'a> {
        let with = (self.telemetry(), self.driver());
        let of = (self.lanes.name(flow), target.name.as_str());
        UnderWay::begin(with, named, of, subject, foretold)
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

fn ending<'a>(result: Result<&'a Outcome, &'a ExecuteError>) -> Ending<'a> {
    match result {
        Ok(outcome) => Ending {
            error: None,
            waited: Some(outcome.waited),
            source: outcome.source,
            status: outcome.status,
            made_by: match outcome.source {
                None | Some(Source::Call) => None,
                Some(_) => outcome.made_by.as_ref(),
            },
        },
        Err(error) => Ending {
            error: Some(error),
            ..Ending::default()
        },
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
