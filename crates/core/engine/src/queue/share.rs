//! What flows and classes have had of the starts, and what they are to have.

use crate::Config;
use std::time::Duration;
use tollgate_model::{Instant, Rule};
use tollgate_quota::Ledger;

/// One start of a flow with weight 1, in virtual time.
const START: u128 = 1 << 32;
/// A flow's share of the starts of its class.
#[derive(Debug)]
pub(super) struct FlowState {
    pub(super) class: u8,
    /// What a start costs the flow, in virtual time.
    pub(super) cost: u128,
    pub(super) virtual_time: u128,
    pub(super) queued: usize,
    /// Starts of the last window, up to the guaranteed number.
    pub(super) guaranteed: Option<Ledger>,
}

/// A class's present, and what the floor owes it.
#[derive(Debug, Default)]
pub(super) struct Class {
    pub(super) virtual_time: u128,
    pub(super) queued: usize,
    /// Hundredths of a start that the floor owes the class; negative where it has had starts beforehand.
    pub(super) owed: i64,
}

impl FlowState {
    pub(super) fn new(flow: &crate::Flow, config: &Config) -> Self {
        let guaranteed = flow.guarantee.and_then(|guarantee| {
            match config.limits.get(guarantee.limit.index())?.rule {
                Rule::Window { period, .. } => Some(Ledger::new(Rule::Window {
                    allowed: guarantee.slots,
                    period,
                    counted_within: None,
                })),
                Rule::Concurrency { .. } => None,
            }
        });
        Self {
            class: flow.priority,
            cost: START / u128::from(flow.weight.max(1)),
            virtual_time: 0,
            queued: 0,
            guaranteed,
        }
    }

    /// Takes over what the flow is now; what it has had of its guarantee counts on, for as long as that is of a window of
    /// the same length. Whether anything has changed.
    pub(super) fn take_over(&mut self, wanted: Self) -> bool {
        let (class, cost) = (wanted.class, wanted.cost);
        let mut has_changed = (self.class, self.cost) != (class, cost);
        (self.class, self.cost) = (class, cost);
        match (&mut self.guaranteed, wanted.guaranteed) {
            (Some(known), Some(wanted)) if known.period() == wanted.period() => {
                has_changed |= known.allowed() != wanted.allowed();
                known.set_allowed(wanted.allowed());
            }
            (None, None) => {}
            (known, wanted) => {
                *known = wanted;
                has_changed = true;
            }
        }
        has_changed
    }

    /// Changes how many starts a window are guaranteed, where any are.
    pub(super) fn guarantee(&mut self, slots: u32) {
        if let Some(ledger) = &mut self.guaranteed {
            ledger.set_allowed(slots);
        }
    }

    /// Starts that the guarantee gives it within a span.
    pub(super) fn guaranteed_within(&self, within: Duration, now: Instant) -> u64 {
        let Some(ledger) = &self.guaranteed else {
            return 0;
        };
        let left = u64::from(ledger.allowed().saturating_sub(ledger.held(now)));
        left + u64::from(ledger.freed_by(now + within))
    }
}
