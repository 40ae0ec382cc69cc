//! How the service stands, in one line.
//!
//! A [`Situation`] is what was found, a [`Verdict`] what it comes to, and [`Verdict::sentence`] the one place that makes words
//! of it. Of several things that are so at once the gravest is told, in the order of [`Why`].
//!
//! **A full token is the goal**, not an alarm: limits of tokens bind nothing here, since the pool takes another token. What
//! binds is the shared limit that would be full first if all calls grew alike.

mod situation;
mod words;

pub use situation::{Calls, LimitFound, Node, Refused, Situation, Without};

use std::time::Duration;
use tollgate_model::Scope;

/// Parts of a hundred of a limit below which what is left of it is little.
const TIGHT_PERCENT: u64 = 10;
/// Parts of a hundred of the calls that fail, from which on that is told.
const FAILING_PERCENT: u64 = 10;
/// A call that waits this long is told.
const LONG_WAIT: Duration = Duration::from_secs(1);
/// A process that has run for less was just started, as long as nothing has called.
const YOUNG: Duration = Duration::from_secs(60);

/// Words for how it stands, for colours and alerts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// All calls in time.
    Good,
    /// All calls in time, and something to look at.
    Tight,
    /// Calls are refused.
    Refusing,
    /// No call can be made.
    Down,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Good, Self::Tight, Self::Refusing, Self::Down];

    /// The word in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Tight => "tight",
            Self::Refusing => "refusing",
            Self::Down => "down",
        }
    }
}

/// Why it stands so, the gravest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// The engine gives no answer.
    EngineSilent,
    /// The process is about to end.
    Draining,
    /// The first tokens are being fetched.
    Starting,
    /// Calls can have no token.
    NoToken(Without),
    /// This node's part of the shared limits has ended.
    LeaseEnded,
    /// Calls were refused: most of them these, of so many in all, of so many flows.
    Refusing {
        /// Most of them.
        most: Refused,
        /// All of them.
        calls: u64,
        /// Flows that they were of.
        flows: usize,
    },
    /// The upstream has answered 429 so often.
    TooMany(String, u64),
    /// Many calls have failed: most of them at this integration for this reason; so many of so many.
    Failing {
        /// Where most of them have failed.
        integration: String,
        /// Why those have.
        reason: String,
        /// How many have failed.
        failed: u64,
        /// Of so many calls.
        calls: u64,
    },
    /// The upstream says another number than is configured: limit, what it says, what is configured.
    LimitDiffers(String, u64, u64),
    /// One client has no token; others carry its calls.
    ClientWithoutToken(Without),
    /// The store can't be asked.
    StoreAway,
    /// A call of this flow waits this long.
    Waiting(String, Duration),
    /// Little is left of the limit that binds.
    LittleLeft,
    /// It was just started, and nothing has called.
    JustStarted,
    /// Nothing has called for a minute.
    Idle,
    /// All is well.
    InTime,
}

/// The shared limit that would be full first, were there more of all calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// Whose calls count together.
    pub scope: Scope,
    /// What may be used of it.
    pub allowed: u64,
    /// The most that was used of it at once in the last minute.
    pub used: u64,
}

impl Binding {
    /// How much more it carries, in parts of a hundred of what is used.
    #[must_use]
    pub fn more_percent(&self) -> Option<u64> {
        let left = self.allowed.saturating_sub(self.used);
        left.saturating_mul(100).checked_div(self.used)
    }

    fn is_tight(&self) -> bool {
        let left = self.allowed.saturating_sub(self.used);
        left.saturating_mul(100) < self.allowed.saturating_mul(TIGHT_PERCENT)
    }
}

/// What a situation comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The word for it.
    pub state: State,
    /// Why.
    pub why: Why,
    /// The limit that binds; none where nothing was used of any.
    pub binding: Option<Binding>,
    /// Nodes share limits, of which nothing is said.
    pub parted: bool,
}

impl Verdict {
    /// What the situation comes to.
    #[must_use]
    pub fn of(situation: &Situation) -> Self {
        let binding = binding(&situation.limits);
        let (state, why) = judge(situation, binding.as_ref());
        Self {
            state,
            why,
            binding,
            parted: situation.parted,
        }
    }

    /// Whether it is another one for who waits for a change: numbers alone make none.
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        let kind = |verdict: &Self| std::mem::discriminant(&verdict.why);
        self.state != other.state || kind(self) != kind(other)
    }
}

fn binding(limits: &[LimitFound]) -> Option<Binding> {
    let used = limits.iter().filter(|it| it.used > 0);
    // a.used / a.allowed against b.used / b.allowed.
    let binding = used.max_by(|a, b| {
        let (a_part, b_part) = (
            u128::from(a.used) * u128::from(b.allowed),
            u128::from(b.used) * u128::from(a.allowed),
        );
        a_part.cmp(&b_part).then_with(|| b.name.cmp(&a.name))
    })?;
    Some(Binding {
        name: binding.name.clone(),
        scope: binding.scope,
        allowed: binding.allowed,
        used: binding.used,
    })
}

fn judge(situation: &Situation, binding: Option<&Binding>) -> (State, Why) {
    let calls = situation.calls;
    let nothing_goes = match calls.answered {
        0 => State::Down,
        _ => State::Refusing,
    };
    match situation.node {
        Node::Silent => return (State::Down, Why::EngineSilent),
        Node::Draining => return (State::Down, Why::Draining),
        Node::Starting => return (State::Tight, Why::Starting),
        Node::Serving => {}
    }
    let without = situation.without_token.first();
    if let (1.., Some(without)) = (situation.dry_integrations, without) {
        return (nothing_goes, Why::NoToken(without.clone()));
    }
    if situation.lease_ended {
        return (nothing_goes, Why::LeaseEnded);
    }
    if let Some(refusing) = refusing(&situation.refused) {
        return (State::Refusing, refusing);
    }
    if let Some(why) = to_look_at(situation) {
        return (State::Tight, why);
    }
    if binding.is_some_and(Binding::is_tight) {
        return (State::Tight, Why::LittleLeft);
    }
    let all = calls.answered + calls.refused + calls.failed;
    match (all, situation.running_for < YOUNG) {
        (0, true) => (State::Good, Why::JustStarted),
        (0, false) => (State::Good, Why::Idle),
        _ => (State::Good, Why::InTime),
    }
}

fn refusing(refused: &[Refused]) -> Option<Why> {
    let most = refused.iter().max_by_key(|it| it.calls)?.clone();
    let flows: std::collections::BTreeSet<_> = refused.iter().map(|it| &it.flow).collect();
    Some(Why::Refusing {
        most,
        calls: refused.iter().map(|it| it.calls).sum(),
        flows: flows.len(),
    })
}

/// What is to be looked at although no call was refused.
fn to_look_at(situation: &Situation) -> Option<Why> {
    if let Some((integration, answers)) = situation.too_many.iter().max_by_key(|(_, it)| *it) {
        return Some(Why::TooMany(integration.clone(), *answers));
    }
    let calls = situation.calls;
    let all = calls.answered + calls.refused + calls.failed;
    let most = situation.failed.iter().max_by_key(|(_, _, calls)| *calls);
    if let Some((integration, reason, _)) = most
        && calls.failed.saturating_mul(100) >= all.saturating_mul(FAILING_PERCENT)
    {
        return Some(Why::Failing {
            integration: integration.clone(),
            reason: reason.clone(),
            failed: calls.failed,
            calls: all,
        });
    }
    let differs = situation.limits.iter().find_map(|it| {
        let configured = it.told_otherwise?;
        Some(Why::LimitDiffers(it.name.clone(), it.allowed, configured))
    });
    let without = situation.without_token.first().cloned();
    let waits = situation.longest_wait.clone();
    let waits = waits.filter(|(_, longest)| *longest >= LONG_WAIT);
    differs
        .or(without.map(Why::ClientWithoutToken))
        .or(situation.store_away.then_some(Why::StoreAway))
        .or(waits.map(|(flow, longest)| Why::Waiting(flow, longest)))
}

#[cfg(test)]
mod tests;
