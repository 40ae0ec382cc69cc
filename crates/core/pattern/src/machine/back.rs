//! Back: frames are taken from the stack until one of them knows another way.

use super::{Frame, Go, Machine, Trial};
use crate::program::{At, Op, Sub};
use crate::tree::Greed;
use tollgate_meter::Exhausted;

impl Machine<'_> {
    /// The next way to try; nothing, if there is none.
    pub(super) fn back(&mut self) -> Result<Option<(At, u32)>, Exhausted> {
        while let Some(frame) = self.stack.pop() {
            self.moved()?;
            let go = match frame {
                Frame::Local { slot, old } => {
                    self.locals[slot as usize] = old;
                    continue;
                }
                Frame::Group { group, start, end } => {
                    self.groups[group as usize] = (start, end);
                    continue;
                }
                Frame::Set { .. } => continue,
                Frame::Retry { at, place } => Go::On(at, place),
                Frame::Chars { at, place, floor } => self.give_back(at, place, floor)?,
                Frame::Lazy { at, place, left } => self.take_more(at, place, left)?,
                Frame::Sub(trial) => self.failed(trial)?,
                Frame::Rest { at, place, set } => self.rest(at, place, set)?,
                Frame::Step { at, place, count } => self.lazy_step(at, place, count)?,
                Frame::Round { rounds, place } => self.failed_round(rounds, place)?,
                Frame::LazyRound { rounds, place } => self.lazy_round(rounds, place)?,
            };
            if let Go::On(at, place) = go {
                return Ok(Some((at, place)));
            }
        }
        Ok(None)
    }

    /// Gives back one character.
    fn give_back(&mut self, at: At, place: u32, floor: u32) -> Result<Go, Exhausted> {
        let before = self.char_before(place).map_or(0, char::len_utf8);
        let place = place - before as u32;
        if place > floor {
            self.push(Frame::Chars { at, place, floor })?;
        }
        Ok(Go::On(at + 1, place))
    }

    /// Takes one character more.
    fn take_more(&mut self, at: At, place: u32, left: u32) -> Result<Go, Exhausted> {
        let Op::Chars(chars) = &self.program.ops[at as usize] else {
            return Ok(Go::Back);
        };
        let Some(c) = self.char_at(place).filter(|c| chars.set.holds(*c)) else {
            return Ok(Go::Back);
        };
        let place = place + c.len_utf8() as u32;
        if left > 1 {
            let left = left - 1;
            self.push(Frame::Lazy { at, place, left })?;
        }
        Ok(Go::On(at + 1, place))
    }

    /// What was tried on its own has no way to match.
    fn failed(&mut self, trial: Trial) -> Result<Go, Exhausted> {
        self.trial = trial.outer;
        match &self.program.ops[trial.at as usize] {
            Op::Steps { repeat, next } => {
                // The others have left a frame that says how it goes on.
                let possessive = repeat.greed == Greed::Possessive;
                Ok(match possessive && trial.count >= repeat.min {
                    true => Go::On(*next, trial.place),
                    false => Go::Back,
                })
            }
            Op::Sub {
                kind: Sub::Behind { .. },
                ..
            } if trial.count > 0 && trial.base > 0 => {
                let before = self.char_before(trial.base).map_or(0, char::len_utf8);
                let base = trial.base - before as u32;
                self.push_trial(Trial {
                    count: trial.count - 1,
                    base,
                    ..trial
                })?;
                Ok(Go::On(trial.at + 1, base))
            }
            _ => Ok(self.after_sub(trial.at, trial.place, false)),
        }
    }
}
