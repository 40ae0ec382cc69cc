//! What is measured of a run: counts, distributions and courses, each of a size that does not depend
//! on how much is simulated.

mod histogram;
mod interval;
mod series;

pub use histogram::Histogram;
pub use interval::{Estimate, student};
pub use series::{Bucket, Series};

use crate::upstream::LIMITS;
use std::collections::BTreeMap;
use tollgate_platform::StrangerCounts;

/// Why calls came to nothing; the words of reports.
pub type Reasons = BTreeMap<&'static str, u64>;

/// One flow's part of a run: of the interactions that began in the measured time.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FlowStats {
    /// Interactions begun.
    pub offered: u64,
    /// Of those, ended well.
    pub served: u64,
    /// Interactions that ended well within the measured time, whenever they began.
    pub throughput: u64,
    /// Calls asked for.
    pub calls: u64,
    /// Of those, answered with success upstream.
    pub answered: u64,
    /// Of those, answered from the cache.
    pub cached: u64,
    /// Of those, failed, by reason.
    pub failed: Reasons,
    /// From asking to the send that was answered with success, tries before it included; microseconds.
    pub wait: Histogram,
    /// From asking to the end, of the calls answered with success; microseconds.
    pub response: Histogram,
    /// From the first step to the last, of the interactions that ended well; microseconds.
    pub interaction: Histogram,
}

/// A whole run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunStats {
    /// By flow.
    pub flows: Vec<FlowStats>,
    /// The course of the run, from its start.
    pub series: Series,
    /// Requests sent upstream, over the whole run.
    pub sent: u64,
    /// Of those, admitted.
    pub admitted: u64,
    /// Of those, answered 429, by limit in the order of the reports.
    pub limited: [u64; LIMITS.len()],
    /// Of those, within the measured time.
    pub limited_measured: u64,
    /// Other applications' calls within the measured time.
    pub strangers: StrangerCounts,
    /// Requests admitted within the measured time.
    pub admitted_measured: u64,
    /// Tokens granted.
    pub tokens: u64,
    /// Most requests under way at once.
    pub most_at_once: u32,
    /// Round trips between nodes and their store.
    pub round_trips: u64,
    /// Calls asked for, over the whole run, the cached ones too.
    pub calls: u64,
    /// Events handled.
    pub events: u64,
}

impl FlowStats {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.served += other.served;
        self.throughput += other.throughput;
        self.calls += other.calls;
        self.answered += other.answered;
        self.cached += other.cached;
        for (reason, count) in &other.failed {
            *self.failed.entry(reason).or_default() += count;
        }
        self.wait.add(&other.wait);
        self.response.add(&other.response);
        self.interaction.add(&other.interaction);
    }
}

impl RunStats {
    /// All flows together.
    #[must_use]
    pub fn total(&self) -> FlowStats {
        let mut total = FlowStats::default();
        self.flows.iter().for_each(|flow| total.add(flow));
        total
    }

    /// Requests answered 429.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.limited.iter().sum()
    }
}
