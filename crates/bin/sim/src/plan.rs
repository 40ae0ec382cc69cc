//! What can be said at once, but for a short question to the simulator: the ceiling, what binds first, and what a change buys.
//!
//! # Formulas
//!
//! Let *α* be a factor on the whole load, its mix unchanged. Flow *f* begins α·λ_f interactions a
//! minute and makes n_fa calls of action *a* in each; a call of *a* takes L_a, and is given up after
//! τ_a.
//!
//! - **Calls that go upstream.** Without a cache all of them: x_a(α) = Σ_f α·λ_f·n_fa. With a cache
//!   that keeps an answer for T, and K inputs asked for independently at x_a/K each: after a miss the
//!   input is answered from the cache for T, then misses again after K/x_a on the average, so the share
//!   of misses is 1 / (1 + x_a·T/K) (exact for Poisson arrivals and answers that take no time).
//! - **A window** of A calls in P is A slots, each held for P + h: h is how long the count of a call
//!   stays uncertain, E[min(L, τ)] plus the way in, or the declared bound if that is less. By Little's
//!   law it carries no more than **A / (P + h)**; the provider itself would carry A / P, which is the
//!   ceiling *of the limit*.
//!   A limit of some integrations, an action or a flow counts the calls that pass it; one that costs more takes
//!   as many slots.
//! - **Concurrency** of C is C slots, each held for E[min(L, τ)]: it carries **C / E[min(L, τ)]**.
//! - **Tokens** are Σ over clients of min(tokens · A_token, A_client) slots of a window.
//! - **What others take**: other applications' mean rate, or what `leave` says if that is more, is no slot of
//!   ours. What the upstream really has (`[upstream]`) is a limit beside what tollgate is told, at its mean
//!   rate over the measured time; where headers tell it, it stands in the place of that.
//! - **What is kept** of the windows for higher classes, and for the chance of others' calls, is asked of the
//!   simulator; the module `kept` says why and how. It is a part of every window's slots.
//! - **The ceiling** is the least α at which a limit carries no more. Demand grows with α (less than in
//!   proportion, if cached), so it is found by bisection.
//! - **Waiting.** Every limit is a queue with c = slots servers and a service of that length, so
//!   Erlang's C gives the chance to wait at all, and C·s / (c·(1 − ρ)) the mean wait where service times
//!   are memoryless; it is half of that where they are constant, as windows' are.
//!
//! Exact for the ceiling of each limit. Not modelled: deadlines and, but for what is kept, priorities (they
//! decide *who* waits or is refused, not how many are carried), retries, and the calls wasted on interactions that fail
//! half way, which lower the number served in overload. The simulator has all of these.

mod changes;
mod demand;
mod erlang;
mod flows;
mod kept;
mod report;
mod slots;

pub use changes::Change;
pub use flows::FlowPlan;
pub use report::{plan_json, plan_table};

use crate::scenario::Scenario;
use demand::Demand;
use erlang::Queue;

/// What can be said at once.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// Interactions a minute at the given load, on the average.
    pub interactions_per_minute: f64,
    /// Calls a minute of that load that go upstream.
    pub calls_per_minute: f64,
    /// The same within the busiest window.
    pub peak_calls_per_minute: f64,
    /// Each limit, the one that binds first at the head.
    pub limits: Vec<LimitPlan>,
    /// The part of the windows' slots that tollgate keeps for higher classes and for other applications,
    /// beyond what these take on the average.
    pub kept: f64,
    /// What each flow takes, and how far it could grow; none of records.
    pub flows: Vec<FlowPlan>,
    /// Least number of tokens that carries the load, if tokens have a limit.
    pub least_tokens: Option<Least>,
    /// Least number of executions at once that carries the load.
    pub least_slots: Least,
    /// What each change would buy, the most first.
    pub changes: Vec<Change>,
}

/// One limit.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitPlan {
    /// Its name.
    pub name: String,
    /// Calls in a window, or at once.
    pub allowed: u64,
    /// How much of it the load takes, on the average; 1 is all.
    pub used: f64,
    /// Interactions a minute that the limit allows, by the provider's own count; none if never reached.
    pub ceiling: Option<f64>,
    /// Interactions a minute that it carries without ever exceeding it, whatever the windows'
    /// alignment: tollgate's.
    pub sure: Option<f64>,
    /// Chance that a call has to wait for it at the given load; none if the load is more than it
    /// carries.
    pub waits: Option<f64>,
    /// Mean wait of a call at the given load, in milliseconds; none as before.
    pub mean_wait_ms: Option<f64>,
}

/// A least number of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Least {
    /// To carry the mean load at all.
    pub mean: u64,
    /// To carry the load of the busiest window.
    pub peak: u64,
    /// So that 95 of 100 calls of the mean load need not wait for it.
    pub at_ease: u64,
}

impl Plan {
    /// Plans a scenario. What is kept for higher classes and for others is asked of the simulator, within a
    /// bounded number of calls.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let demand = Demand::of(scenario);
        Self::with(scenario, &demand, kept::share(scenario, &demand))
    }

    /// The same by formulas alone, as if nothing were kept.
    #[must_use]
    pub fn by_formulas(scenario: &Scenario) -> Self {
        Self::with(scenario, &Demand::of(scenario), 0.0)
    }

    fn with(scenario: &Scenario, demand: &Demand, kept: f64) -> Self {
        let mut limits = limits(scenario, demand, kept);
        limits.sort_by(|a, b| order(a.sure).total_cmp(&order(b.sure)));
        let calls = demand.upstream(1.0);
        let per_token = scenario.limits.token.map(|allowed| {
            let hold = demand.window_hold(1.0);
            let with_token = demand.slots(true, 1.0) / 60.0;
            let busy = with_token * (scenario.limits.period.as_secs_f64() + hold);
            Least::of(busy, demand.peak, f64::from(allowed))
        });
        Self {
            name: scenario.name.clone(),
            interactions_per_minute: demand.interactions,
            calls_per_minute: calls,
            peak_calls_per_minute: calls * demand.peak,
            kept,
            flows: flows::all(scenario, kept),
            least_tokens: per_token,
            least_slots: Least::of(demand.busy(1.0), demand.peak, 1.0),
            changes: changes::all(scenario, &limits, kept),
            limits,
        }
    }

    /// The limit that binds first.
    #[must_use]
    pub fn binding(&self) -> Option<&LimitPlan> {
        self.limits.first().filter(|limit| limit.sure.is_some())
    }

    /// Interactions a minute that are carried; none without a limit that binds.
    #[must_use]
    pub fn carries(&self) -> Option<f64> {
        self.binding()?.sure
    }

    /// What is left of the ceiling at the given load; negative beyond it.
    #[must_use]
    pub fn head_room(&self) -> Option<f64> {
        let ceiling = self.carries()?;
        (ceiling > 0.0).then(|| 1.0 - self.interactions_per_minute / ceiling)
    }

    /// The same within the busiest window.
    #[must_use]
    pub fn head_room_at_peak(&self) -> Option<f64> {
        let peak = self.peak_calls_per_minute / self.calls_per_minute.max(f64::MIN_POSITIVE);
        let ceiling = self.carries()?;
        Some(1.0 - self.interactions_per_minute * peak / ceiling)
    }
}

impl Least {
    /// Of things with `each` slots, for a load that keeps `busy` slots busy on the average, and `peak`
    /// times as many at its peak.
    fn of(busy: f64, peak: f64, each: f64) -> Self {
        let carries = |busy: f64| (busy / each - 1e-9).ceil().max(1.0) as u64;
        let waits = |n: u64| Queue::new(busy, n as f64 * each).waits();
        // The spare grows as the load's square root; four times that is ample for one in twenty.
        let (mut low, mut high) = (
            carries(busy),
            carries(busy + 4.0 * busy.sqrt() + 4.0 * each),
        );
        while low < high {
            let middle = u64::midpoint(low, high);
            if waits(middle).is_some_and(|waits| waits <= 0.05) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Self {
            mean: carries(busy),
            peak: carries(busy * peak),
            at_ease: high,
        }
    }
}

/// Limits that are never reached come last.
fn order(ceiling: Option<f64>) -> f64 {
    ceiling.unwrap_or(f64::INFINITY)
}

/// Just the ceiling that all limits leave, and the limit that says so.
fn ceiling(scenario: &Scenario, kept: f64) -> Option<(f64, String)> {
    let demand = Demand::of(scenario);
    let limits = slots::of(scenario).into_iter();
    let sure = limits.filter_map(|limit| Some((limit.sure(&demand, kept)?, limit.name)));
    sure.min_by(|a, b| a.0.total_cmp(&b.0))
}

fn limits(scenario: &Scenario, demand: &Demand, kept: f64) -> Vec<LimitPlan> {
    let plan = |limit: slots::Slots| LimitPlan {
        ceiling: limit.nominal(demand),
        sure: limit.sure(demand, kept),
        ..LimitPlan::of(&limit, limit.busy(demand, 1.0), limit.rate(demand, 1.0))
    };
    slots::of(scenario).into_iter().map(plan).collect()
}

impl LimitPlan {
    /// At a load that keeps `busy` slots busy with `rate` calls a second.
    fn of(limit: &slots::Slots, busy: f64, rate: f64) -> Self {
        let queue = Queue::new(busy, limit.free());
        let service = if rate > 0.0 { busy / rate } else { 0.0 };
        let wait = queue.mean_wait(service);
        Self {
            name: limit.name.clone(),
            allowed: limit.allowed,
            used: busy / limit.free(),
            ceiling: None,
            sure: None,
            waits: queue.waits(),
            mean_wait_ms: wait.map(|wait| wait * limit.steadiness() * 1e3),
        }
    }
}
