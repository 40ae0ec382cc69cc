//! Calls that a peer's limiter holds back, first come, first sent.

use super::{Baseline, Timer, Try};
use crate::policy::Kind;
use tollgate_engine::{Submission, Verdict};
use tollgate_model::{ExecutionId, Instant, Reason, Refusal};

impl Baseline {
    /// Lets a call leave when its turn comes, or refuses it at once.
    pub(super) fn pace(&mut self, submission: &Submission, now: Instant) {
        let execution = submission.execution;
        let slot = self.next_slot.max(now);
        if slot > submission.deadline {
            return self.finish(execution, too_late(Some(slot)));
        }
        self.next_slot = slot + self.settings.pace;
        if slot == now {
            self.start(execution, now);
        } else {
            self.timers.add(slot, Timer::Start(execution));
        }
    }

    /// Whether the limiter lets a call leave now; wakes up when it may.
    pub(super) fn lets(&mut self, now: Instant) -> bool {
        match self.kind {
            Kind::Adaptive => match self.send_rate.take(now) {
                Ok(()) => true,
                Err(wait) => {
                    let at = now + wait;
                    if self.release_at.is_none_or(|next| next > at) {
                        self.release_at = Some(at);
                        self.timers.add(at, Timer::Release);
                    }
                    false
                }
            },
            Kind::Vegas => self.vegas.lets(self.attempts.len()),
            _ => true,
        }
    }

    /// Keeps a call until the limiter lets it leave, at most until its deadline.
    pub(super) fn hold(&mut self, execution: ExecutionId, deadline: Instant) {
        self.held.push_back(execution);
        self.timers.add(deadline, Timer::Expire(execution));
    }

    /// Sends what the limiter lets leave by now.
    pub(super) fn release(&mut self, now: Instant) {
        for _ in 0..self.held.len() {
            let Some(execution) = self.held.pop_front() else {
                return;
            };
            if !self.try_start(execution, now) {
                self.held.push_front(execution);
                return;
            }
        }
    }

    /// The deadline of a call has come: it is told so, if it is held still.
    pub(super) fn expire(&mut self, execution: ExecutionId) {
        let Some(at) = self.held.iter().position(|held| *held == execution) else {
            return;
        };
        self.held.remove(at);
        self.finish(execution, too_late(None));
    }

    /// Tells the limiter of an attempt's end; `answered` is its status, if it had one.
    pub(super) fn learn(&mut self, it: &Try, answered: Option<u16>, now: Instant) {
        match self.kind {
            Kind::Adaptive => self.send_rate.answered(answered == Some(429), now),
            Kind::Vegas => {
                let dropped = answered.is_none_or(|status| status == 429);
                self.vegas.ended(now.since(it.sent), it.in_flight, dropped);
            }
            _ => {}
        }
    }
}

fn too_late(earliest_start: Option<Instant>) -> Verdict {
    Verdict::Refused(Refusal {
        reason: Reason::DeadlineCannotBeMet,
        limit: Some("pace".to_owned()),
        earliest_start,
        lease: None,
    })
}
