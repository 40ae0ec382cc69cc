//! What is tried on its own: look-around, atomic groups, steps.

use super::frame::Frame;
use super::{Go, Machine, Trial};
use crate::program::{At, Op, Sub};
use tollgate_meter::Exhausted;

impl Machine<'_> {
    pub(super) fn try_alone(&mut self, at: At, place: u32, kind: Sub) -> Result<Go, Exhausted> {
        let (mut first, mut count) = (place, 0);
        if let Sub::Behind { least, most, .. } = kind {
            match self.candidate(place, least, most)? {
                Some(found) => (first, count) = found,
                None => return Ok(self.after_sub(at, place, false)),
            }
        }
        self.push_trial(Trial {
            at,
            place,
            outer: 0,
            count,
            width: 0,
            base: first,
        })?;
        Ok(Go::On(at + 1, first))
    }

    pub(super) fn push_trial(&mut self, trial: Trial) -> Result<(), Exhausted> {
        let outer = self.trial;
        self.push(Frame::Sub(Trial { outer, ..trial }))?;
        self.trial = self.stack.len() as u32;
        Ok(())
    }

    pub(super) fn trial(&self) -> Option<Trial> {
        match self.stack.get((self.trial as usize).wrapping_sub(1)) {
            Some(Frame::Sub(trial)) => Some(*trial),
            _ => None,
        }
    }

    /// What was tried on its own has matched, up to here.
    pub(super) fn leave(&mut self, place: u32) -> Result<Go, Exhausted> {
        let Some(trial) = self.trial() else {
            return Ok(Go::Back);
        };
        self.last = place;
        let frame = self.trial as usize - 1;
        self.work(self.stack.len() - frame)?;
        self.set_again(frame)?;
        self.stack.truncate(frame);
        self.trial = trial.outer;
        match &self.program.ops[trial.at as usize] {
            Op::Steps { .. } => self.stepped(trial, place),
            Op::Sub {
                kind: Sub::Atomic | Sub::Maybe,
                next,
            } => Ok(Go::On(*next, place)),
            _ => Ok(self.after_sub(trial.at, trial.place, true)),
        }
    }

    /// How it goes on after a body has matched on its own, or has not.
    pub(super) fn after_sub(&self, at: At, place: u32, matched: bool) -> Go {
        let Op::Sub { kind, next } = &self.program.ops[at as usize] else {
            return Go::Back;
        };
        let holds = match kind {
            Sub::Atomic => matched,
            Sub::Maybe => true,
            Sub::Ahead { negated } | Sub::Behind { negated, .. } => matched != *negated,
        };
        match holds {
            true => Go::On(*next, place),
            false => Go::Back,
        }
    }
}
