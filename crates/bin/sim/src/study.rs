//! A scenario at every value of a sweep, under every policy, over every replication: the runs there
//! are, and what they come to.
//!
//! The runs are independent of each other and have no order: whoever has threads carries them out on
//! as many as there are, and hands the results back by place. So the result is the same, whatever
//! finished first.

mod summary;

use crate::policy::Kind;
use crate::scenario::Scenario;
use crate::stats::RunStats;
use crate::sweep::Sweep;
use crate::{run, seed_of};

pub use summary::{ClusterSummary, FlowSummary, PolicySummary, RealUpstream};

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Study {
    /// As it was read.
    pub scenario: Scenario,
    /// What is varied.
    pub sweep: Option<Sweep>,
    /// The scenario at each value of the sweep; the scenario itself without one.
    points: Vec<Scenario>,
}

/// One run of a study.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Job {
    point: usize,
    policy: Kind,
    replication: u32,
}

/// What a study came to.
#[derive(Clone, Debug)]
pub struct Results {
    /// What was run.
    pub study: Study,
    /// One for each value of the sweep; one without a sweep.
    pub points: Vec<Point>,
}

/// All policies at one value.
#[derive(Clone, Debug)]
pub struct Point {
    /// Of the sweep's parameter.
    pub value: Option<f64>,
    /// The scenario at this value.
    pub scenario: Scenario,
    /// In the order of the scenario.
    pub policies: Vec<PolicySummary>,
}

impl Study {
    /// A scenario, perhaps with a sweep.
    #[must_use]
    pub fn new(scenario: Scenario, sweep: Option<Sweep>) -> Self {
        let points = match &sweep {
            Some(sweep) => {
                let values = sweep.values.iter();
                values.map(|value| sweep.apply(&scenario, *value)).collect()
            }
            None => vec![scenario.clone()],
        };
        Self {
            scenario,
            sweep,
            points,
        }
    }

    /// The runs there are: by point, then by policy, then by replication.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        let points = 0..self.points.len();
        let jobs = points.flat_map(|point| {
            let policies = self.scenario.policies.iter();
            policies.flat_map(move |&policy| {
                (0..self.scenario.replications).map(move |replication| Job {
                    point,
                    policy,
                    replication,
                })
            })
        });
        jobs.collect()
    }

    /// Carries one of them out.
    #[must_use]
    pub fn run(&self, job: Job) -> RunStats {
        let scenario = &self.points[job.point];
        run(scenario, job.policy, seed_of(scenario, job.replication))
    }

    /// Sums up; `runs` in the order of [`Self::jobs`].
    #[must_use]
    pub fn sum_up(self, runs: Vec<RunStats>) -> Results {
        let mut runs = runs.into_iter();
        let replications = self.scenario.replications as usize;
        let mut points = Vec::with_capacity(self.points.len());
        for (at, scenario) in self.points.iter().enumerate() {
            let policies = scenario.policies.iter().map(|&policy| {
                let own: Vec<RunStats> = runs.by_ref().take(replications).collect();
                PolicySummary::of(scenario, policy, &own)
            });
            points.push(Point {
                value: self
                    .sweep
                    .as_ref()
                    .and_then(|sweep| sweep.values.get(at).copied()),
                policies: policies.collect(),
                scenario: scenario.clone(),
            });
        }
        Results {
            study: self,
            points,
        }
    }

    /// Carries all of them out, one after the other.
    #[must_use]
    pub fn run_all(self) -> Results {
        let runs = self.jobs().into_iter().map(|job| self.run(job)).collect();
        self.sum_up(runs)
    }
}
