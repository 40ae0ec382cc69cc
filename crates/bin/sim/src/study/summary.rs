//! What the replications of one policy come to.

use crate::policy::Kind;
use crate::scenario::Scenario;
use crate::stats::{Estimate, FlowStats, Histogram, RunStats, Series};
use crate::upstream::LIMITS;
use tollgate_platform::{Share, Stranger, Whose};

/// One policy at one point.
#[derive(Clone, Debug)]
pub struct PolicySummary {
    /// Whose.
    pub policy: Kind,
    /// Over all flows; named `all`.
    pub total: FlowSummary,
    /// By flow, in the order of the scenario.
    pub flows: Vec<FlowSummary>,
    /// Requests admitted upstream a minute of the measured time.
    pub admitted_per_minute: Estimate,
    /// 429s a minute of the whole run.
    pub limited_per_minute: Estimate,
    /// What the upstream really is; none where it is as the limits say.
    pub real: Option<RealUpstream>,
    /// How it did as several nodes; none where it was one.
    pub cluster: Option<ClusterSummary>,
    /// 429s of all runs by limit; those that answered none are left out.
    pub limited: Vec<(&'static str, u64)>,
    /// Tokens granted, mean over the runs.
    pub tokens: f64,
    /// Most requests at once, of all runs.
    pub most_at_once: u32,
    /// Calls asked for, of all runs together.
    pub calls: u64,
    /// Events handled, of all runs together.
    pub events: u64,
    /// The course of the first run.
    pub series: Series,
}

/// Several nodes that share limits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClusterSummary {
    /// Processes.
    pub nodes: u32,
    /// Of what the limits carry in the measured time, but those of single paths and further ones of a service, the part
    /// that was used; none where nothing limits.
    pub used: Option<Estimate>,
    /// Round trips to the coordination store for each request sent, over the whole run.
    pub round_trips_per_call: Estimate,
}

impl ClusterSummary {
    fn of(scenario: &Scenario, policy: Kind, runs: &[RunStats]) -> Option<Self> {
        if policy != Kind::Tollgate || !scenario.nodes.are_several() {
            return None;
        }
        let carries = scenario.carries_in_all() * scenario.duration.as_secs_f64() / 60.0;
        let parts = |of: &dyn Fn(&RunStats) -> f64| runs.iter().map(of).collect::<Vec<_>>();
        let used = parts(&|run| run.admitted_measured as f64 / carries);
        let trips = parts(&|run| run.round_trips as f64 / run.sent.max(1) as f64);
        Some(Self {
            nodes: scenario.nodes.count,
            used: Estimate::of(&used).filter(|_| carries.is_finite() && carries > 0.0),
            round_trips_per_call: estimate(&trips),
        })
    }
}

/// Parts of what an upstream really carries, and what became of calls, in the measured time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RealUpstream {
    /// Calls a minute that it carries, on the average.
    pub carries: f64,
    /// Of that, what we and other applications used.
    pub used: Estimate,
    /// Of our calls that reached it, those that it turned away.
    pub refused: Option<Estimate>,
    /// Other applications' calls a minute.
    pub strangers: Estimate,
    /// Of those, the part that was admitted.
    pub strangers_served: Option<Estimate>,
}

impl RealUpstream {
    fn of(scenario: &Scenario, runs: &[RunStats]) -> Option<Self> {
        scenario.upstream.as_ref()?;
        let minutes = scenario.duration.as_secs_f64() / 60.0;
        let carries = scenario.carries();
        let each = |of: &dyn Fn(&RunStats) -> Option<f64>| {
            let values: Vec<f64> = runs.iter().filter_map(of).collect();
            Estimate::of(&values)
        };
        let part = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
        let rates: Vec<f64> = runs
            .iter()
            .map(|run| run.strangers.asked as f64 / minutes)
            .collect();
        // Who shares no limit takes nothing of it.
        let api = scenario.platform();
        let organisation = api.laws().iter().any(|it| it.whose == Whose::Organisation);
        let shares = |it: &Stranger| organisation || it.share != Share::Organisation;
        let shared = api.strangers.iter().all(shares);
        let used = |run: &RunStats| {
            let others = if shared { run.strangers.admitted } else { 0 };
            (run.admitted_measured + others) as f64
        };
        let used: Vec<f64> = runs
            .iter()
            .map(|run| used(run) / minutes / carries)
            .collect();
        Some(Self {
            carries,
            used: estimate(&used),
            refused: each(&|run| {
                let refused = run.limited_measured;
                part(refused, refused + run.admitted_measured)
            }),
            strangers: estimate(&rates),
            strangers_served: each(&|run| part(run.strangers.admitted, run.strangers.asked)),
        })
    }
}

/// One flow under one policy.
#[derive(Clone, Debug)]
pub struct FlowSummary {
    /// Its name.
    pub name: String,
    /// Counts and distributions of all runs together.
    pub all: FlowStats,
    /// Interactions ended well, of those begun; none of none.
    pub served: Option<Estimate>,
    /// Interactions ended well a minute.
    pub throughput: Estimate,
    /// Mean wait in milliseconds.
    pub mean_wait: Option<Estimate>,
    /// Waits that half, 95 and 99 of a hundred calls don't exceed, in milliseconds.
    pub wait: [Option<Estimate>; 3],
    /// The same of the time from asking to the answer.
    pub response: [Option<Estimate>; 3],
}

/// The quantiles of reports.
pub(crate) const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

impl PolicySummary {
    pub(super) fn of(scenario: &Scenario, policy: Kind, runs: &[RunStats]) -> Self {
        let minutes = scenario.duration.as_secs_f64() / 60.0;
        let whole = scenario.end().as_secs_f64() / 60.0;
        let totals: Vec<FlowStats> = runs.iter().map(RunStats::total).collect();
        let flows = scenario.flows.iter().enumerate().map(|(at, flow)| {
            let own: Vec<&FlowStats> = runs.iter().map(|run| &run.flows[at]).collect();
            FlowSummary::of(&flow.name, &own, minutes)
        });
        let limits = LIMITS.iter().enumerate();
        let limited = limits
            .map(|(at, name)| (*name, runs.iter().map(|run| run.limited[at]).sum::<u64>()))
            .filter(|(_, count)| *count > 0);
        let per = |of: &dyn Fn(&RunStats) -> u64, minutes: f64| {
            let rates: Vec<f64> = runs.iter().map(|run| of(run) as f64 / minutes).collect();
            estimate(&rates)
        };
        Self {
            policy,
            total: FlowSummary::of("all", &totals.iter().collect::<Vec<_>>(), minutes),
            flows: flows.collect(),
            admitted_per_minute: per(&|run| run.admitted_measured, minutes),
            limited_per_minute: per(&RunStats::limited, whole),
            real: RealUpstream::of(scenario, runs),
            cluster: ClusterSummary::of(scenario, policy, runs),
            limited: limited.collect(),
            tokens: per(&|run| run.tokens, 1.0).mean,
            most_at_once: runs.iter().map(|run| run.most_at_once).max().unwrap_or(0),
            calls: runs.iter().map(|run| run.calls).sum(),
            events: runs.iter().map(|run| run.events).sum(),
            series: runs
                .first()
                .map(|run| run.series.clone())
                .unwrap_or_default(),
        }
    }
}

impl FlowSummary {
    fn of(name: &str, runs: &[&FlowStats], minutes: f64) -> Self {
        let mut all = FlowStats::default();
        runs.iter().for_each(|run| all.add(run));
        let each = |of: &dyn Fn(&FlowStats) -> Option<f64>| {
            let values: Vec<f64> = runs.iter().filter_map(|run| of(run)).collect();
            Estimate::of(&values)
        };
        let quantiles = |of: fn(&FlowStats) -> &Histogram| {
            QUANTILES.map(|share| each(&|run| Some(of(run).quantile(share)? as f64 / 1e3)))
        };
        let served =
            |run: &FlowStats| (run.offered > 0).then(|| run.served as f64 / run.offered as f64);
        let rates: Vec<f64> = runs
            .iter()
            .map(|run| run.throughput as f64 / minutes)
            .collect();
        Self {
            name: name.to_owned(),
            served: each(&served),
            throughput: estimate(&rates),
            mean_wait: each(&|run| Some(run.wait.mean()? / 1e3)),
            wait: quantiles(|run| &run.wait),
            response: quantiles(|run| &run.response),
            all,
        }
    }

    /// Calls that failed, of all runs.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.all.failed.values().sum()
    }
}

fn estimate(values: &[f64]) -> Estimate {
    Estimate::of(values).unwrap_or(Estimate {
        mean: 0.0,
        half: None,
    })
}
