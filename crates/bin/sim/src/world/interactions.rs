//! Interactions: from their arrival, step by step, to their end.

use super::heap::Due;
use super::{NEVER, World};
use crate::action::ActionId;
use crate::interaction::{Ended, Progress, Step};
use crate::policy::Limiter;
use tollgate_model::{Instant, nanos};

#[derive(Debug)]
pub(super) struct Interaction {
    pub(super) flow: u32,
    pub(super) progress: Progress,
    pub(super) begun: u64,
    pub(super) measured: bool,
    pub(super) execution: u64,
    pub(super) action: ActionId,
    /// Place of the call's input in the caches of all nodes.
    pub(super) key: u32,
    pub(super) asked: u64,
    /// When its last request was sent.
    pub(super) sent: u64,
    /// Of the last answer.
    pub(super) status: u16,
}

impl<P: Limiter> World<'_, P> {
    pub(super) fn begin(&mut self, flow: u32, progress: Progress) {
        let measured = self.measured.contains(&self.now);
        let interaction = Interaction {
            flow,
            progress,
            begun: self.now,
            measured,
            execution: NEVER,
            action: ActionId(0),
            key: 0,
            asked: 0,
            sent: NEVER,
            status: 0,
        };
        let next = self.interactions.len() as u32;
        let slot = self.free.pop().unwrap_or(next);
        match self.interactions.get_mut(slot as usize) {
            Some(place) => *place = interaction,
            None => self.interactions.push(interaction),
        }
        self.live += 1;
        if measured {
            self.stats.flows[flow as usize].offered += 1;
        }
        self.go_on(slot, None);
    }

    /// Carries out the interaction's next steps, up to one that takes time.
    pub(super) fn go_on(&mut self, slot: u32, mut last: Option<Ended>) {
        let now = Instant::from_nanos(self.now);
        loop {
            let it = &mut self.interactions[slot as usize];
            let behaviour = &self.scenario.flows[it.flow as usize].behaviour;
            match it.progress.next(behaviour, now, last, &mut self.scripts) {
                Step::Call(action) => {
                    if !self.call(slot, action, None) {
                        return;
                    }
                    last = Some(Ended::Answered);
                }
                Step::CallWithin(action, within) => {
                    if !self.call(slot, action, Some(within)) {
                        return;
                    }
                    last = Some(Ended::Answered);
                }
                Step::Pause(span) => {
                    self.heap.push(self.now + nanos(span), Due::Resume(slot));
                    return;
                }
                Step::End { served } => return self.end(slot, served),
            }
        }
    }

    fn end(&mut self, slot: u32, served: bool) {
        let it = &self.interactions[slot as usize];
        let flow = &mut self.stats.flows[it.flow as usize];
        if served && self.measured.contains(&self.now) {
            flow.throughput += 1;
        }
        if served && it.measured {
            flow.served += 1;
            flow.interaction.record((self.now - it.begun) / 1_000);
        }
        self.bucket(|bucket| {
            bucket.served += u64::from(served);
            bucket.failed += u64::from(!served);
        });
        self.live -= 1;
        self.free.push(slot);
    }
}
