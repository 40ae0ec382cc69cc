//! The most that anybody can pass who is never refused, wherever the windows open.
//!
//! Who does not know where a limit's windows open and is never refused has at most `allowed` calls
//! counted in any span of a period: one more in some span, and the window that opens there refuses it.
//! So each of `allowed` slots serves one call a period, and the most calls in time is a matter of which
//! slot serves whom, and when. Where every call may wait as long as every other, the answer is the
//! simplest: first come first served, each as soon as a slot is free, and whoever would be late not at
//! all.
//!
//! **Proof.** Take any other schedule, and let it serve in the order of arrival, which the equal
//! deadlines allow. Say that the i-th call that it serves is oᵢ, started at tᵢ, and ours gᵢ, started at
//! sᵢ. Then gᵢ is oᵢ or came before it, and sᵢ ≤ tᵢ, by induction: with m slots both need a slot that the
//! (i − m)-th call has left, and ours leaves it no later. Would gᵢ come after oᵢ, then ours would have
//! passed oᵢ by, because the slot was free only after its deadline; but the other schedule started it no
//! earlier than that, so it was late there too. So gᵢ came no later, its slot was free no later, and sᵢ
//! ≤ tᵢ. Whatever the other serves, ours serves as many.
//!
//! The bound knows of no jitter and no latency: a call is counted the moment it is sent.

use super::Scale;
use super::load::Load;
use crate::cmd::bench::world::Arrival;
use std::collections::VecDeque;
use tollgate_model::Instant;

/// Parts of what could be used of the quota, and of the calls made.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) used: f64,
    pub(super) in_time: f64,
}

impl Bound {
    /// None where some calls may wait longer than others.
    pub(super) fn of(scale: Scale, load: &Load) -> Option<Self> {
        let patience = load.arrivals.first().map(|it| it.deadline.since(it.at))?;
        let alike = |it: &Arrival| it.deadline.since(it.at) == patience;
        if !load.arrivals.iter().all(alike) {
            return None;
        }
        let (warm, end) = scale.measured();
        let measured = |at: Instant| at >= warm && at < end;
        // Starts of the last period; the slots they took are free again in their order.
        let mut starts: VecDeque<Instant> = VecDeque::new();
        let (mut offered, mut served) = (0_u64, 0_u64);
        for arrival in &load.arrivals {
            offered += u64::from(measured(arrival.at));
            let free = match starts.front() {
                Some(&first) if starts.len() == scale.allowed as usize => first + scale.period,
                _ => arrival.at,
            };
            let start = free.max(arrival.at);
            if start > arrival.deadline {
                continue;
            }
            if starts.len() == scale.allowed as usize {
                starts.pop_front();
            }
            starts.push_back(start);
            served += u64::from(measured(start));
        }
        let could = scale.could(offered);
        Some(Self {
            used: (served as f64 / could as f64).min(1.0),
            in_time: served as f64 / offered.max(1) as f64,
        })
    }
}
