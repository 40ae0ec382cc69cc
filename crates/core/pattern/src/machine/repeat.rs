//! Repetitions: of characters, in steps, in rounds.

use super::{Frame, Go, Machine, Trial};
use crate::program::{At, Chars, Op, Rounds, Steps};
use crate::tree::Greed;
use tollgate_meter::Exhausted;

/// Characters that are taken before the meter is asked.
const CHARS_AT_ONCE: u32 = 256;
/// What the work on a character counts, in bytes.
const WORK_OF_A_CHAR: usize = 4;

impl Machine<'_> {
    /// Characters of a set.
    pub(super) fn chars(&mut self, at: At, place: u32, chars: &Chars) -> Result<Go, Exhausted> {
        let Some(floor) = self.take(chars, place, chars.min)? else {
            return Ok(Go::Back);
        };
        let left = chars.max - chars.min;
        if chars.greed == Greed::Lazy {
            if left > 0 {
                let place = floor;
                self.push(Frame::Lazy { at, place, left })?;
            }
            return Ok(Go::On(at + 1, floor));
        }
        let place = self.take_up_to(chars, floor, left)?.0;
        if place > floor && chars.greed == Greed::Greedy {
            self.push(Frame::Chars { at, place, floor })?;
        }
        Ok(Go::On(at + 1, place))
    }

    /// Takes exactly so many characters.
    fn take(&mut self, chars: &Chars, place: u32, count: u32) -> Result<Option<u32>, Exhausted> {
        let (place, taken) = self.take_up_to(chars, place, count)?;
        Ok((taken == count).then_some(place))
    }

    /// Takes so many characters at most; gives the place after them, and how many they are.
    fn take_up_to(
        &mut self,
        chars: &Chars,
        place: u32,
        count: u32,
    ) -> Result<(u32, u32), Exhausted> {
        let (mut end, mut taken) = (place, 0);
        while taken < count {
            let before = taken;
            // In lots, for what is passed over at once can't be stopped.
            let lot = (count - taken).min(CHARS_AT_ONCE);
            let ascii = self.text.as_bytes()[end as usize..]
                .iter()
                .take(lot as usize);
            let passed = ascii
                .take_while(|byte| chars.set.holds_byte(**byte))
                .count() as u32;
            end += passed;
            taken += passed;
            if taken < count
                && let Some(c) = self.char_at(end).filter(|c| chars.set.holds(*c))
            {
                end += c.len_utf8() as u32;
                taken += 1;
            }
            self.work((taken - before) as usize * WORK_OF_A_CHAR)?;
            if taken == before {
                break;
            }
        }
        Ok((end, taken))
    }

    /// After so many steps: one more, or the rest.
    pub(super) fn step(
        &mut self,
        at: At,
        place: u32,
        count: u32,
        width: u32,
        base: u32,
    ) -> Result<Go, Exhausted> {
        let Op::Steps { repeat, next } = &self.program.ops[at as usize] else {
            return Ok(Go::Back);
        };
        if count >= repeat.min {
            match repeat.greed {
                Greed::Greedy => {
                    let set = count > base;
                    if count >= repeat.max {
                        return self.rest(at, place, set);
                    }
                    self.push(Frame::Rest { at, place, set })?;
                }
                Greed::Lazy => {
                    self.push(Frame::Step { at, place, count })?;
                    return Ok(Go::On(*next, place));
                }
                Greed::Possessive if count >= repeat.max => return Ok(Go::On(*next, place)),
                Greed::Possessive => {}
            }
        }
        self.push_trial(Trial {
            at,
            place,
            outer: 0,
            count,
            width,
            base,
        })?;
        Ok(Go::On(at + 1, place))
    }

    /// A step was made, up to here.
    pub(super) fn stepped(&mut self, trial: Trial, end: u32) -> Result<Go, Exhausted> {
        let Op::Steps { repeat, next } = &self.program.ops[trial.at as usize] else {
            return Ok(Go::Back);
        };
        let repeat: &Steps = repeat;
        let enough = trial.count >= repeat.min;
        if enough && end == trial.place {
            // A step that goes nowhere is the last, and of those that may be undone none at all.
            return Ok(match repeat.greed {
                Greed::Lazy => Go::Back,
                Greed::Possessive => Go::On(*next, end),
                Greed::Greedy => {
                    self.stack.pop();
                    Go::On(*next, end)
                }
            });
        }
        let (mut width, mut base) = (0, trial.base);
        if let Some(group) = repeat.group {
            self.capture(group, trial.place, end)?;
            if enough {
                let step = &self.text[trial.place as usize..end as usize];
                self.work(step.len() * 4)?;
                width = step.encode_utf16().count() as u32;
                if trial.width != 0 && trial.width != width {
                    base = trial.count;
                }
            }
        }
        self.step(trial.at, end, trial.count + 1, width, base)
    }

    /// The rest, after as many steps as were made up to here.
    pub(super) fn rest(&mut self, at: At, place: u32, set: bool) -> Result<Go, Exhausted> {
        let Op::Steps { repeat, next } = &self.program.ops[at as usize] else {
            return Ok(Go::Back);
        };
        if let (true, Some(group)) = (set, repeat.group) {
            let (start, end) = self.groups[group as usize];
            self.push(Frame::Set { group, start, end })?;
        }
        Ok(Go::On(*next, place))
    }

    pub(super) fn lazy_step(&mut self, at: At, place: u32, count: u32) -> Result<Go, Exhausted> {
        match &self.program.ops[at as usize] {
            Op::Steps { repeat, .. } if count < repeat.max => {
                self.push_trial(Trial {
                    at,
                    place,
                    outer: 0,
                    count,
                    width: 0,
                    base: repeat.min,
                })?;
                Ok(Go::On(at + 1, place))
            }
            _ => Ok(Go::Back),
        }
    }

    fn rounds(&self, rounds: u32) -> &'_ Rounds {
        &self.program.rounds[rounds as usize]
    }

    /// Begins a round, as the one of this number.
    pub(super) fn round(&mut self, rounds: u32, count: u32, place: u32) -> Result<Go, Exhausted> {
        let (slot, body) = (self.rounds(rounds).count, self.rounds(rounds).body);
        self.set_local(slot, count)?;
        Ok(Go::On(body, place))
    }

    pub(super) fn first_round(&mut self, rounds: u32, place: u32) -> Result<Go, Exhausted> {
        let Rounds {
            min,
            max,
            lazy,
            next,
            ..
        } = *self.rounds(rounds);
        if min == 0 {
            if max == 0 {
                return Ok(Go::On(next, place));
            }
            if lazy {
                // `Enter` stands before what follows.
                let at = next - 1;
                self.push(Frame::Retry { at, place })?;
                return Ok(Go::On(next, place));
            }
            self.push(Frame::Retry { at: next, place })?;
        }
        self.round(rounds, 1, place)
    }

    /// A round has ended here: one more, or the rest.
    pub(super) fn next_round(&mut self, rounds: u32, place: u32) -> Result<Go, Exhausted> {
        let Rounds {
            min,
            max,
            lazy,
            count,
            begun,
            next,
            memo,
            ..
        } = *self.rounds(rounds);
        // A round that went nowhere is the last, whatever the least number.
        if place <= self.locals[begun as usize] {
            return Ok(Go::On(next, place));
        }
        let count = self.locals[count as usize];
        if count < min {
            return self.round(rounds, count + 1, place);
        }
        if lazy {
            self.push(Frame::LazyRound { rounds, place })?;
            return Ok(Go::On(next, place));
        }
        let failed = memo.is_some_and(|memo| self.memos[memo as usize].holds(place));
        if count >= max || failed {
            return Ok(Go::On(next, place));
        }
        self.push(Frame::Round { rounds, place })?;
        self.round(rounds, count + 1, place)
    }

    pub(super) fn lazy_round(&mut self, rounds: u32, place: u32) -> Result<Go, Exhausted> {
        let Rounds { max, count, .. } = *self.rounds(rounds);
        let count = self.locals[count as usize];
        match count < max {
            true => self.round(rounds, count + 1, place),
            false => Ok(Go::Back),
        }
    }

    /// No further round leads to a match from here.
    pub(super) fn failed_round(&mut self, rounds: u32, place: u32) -> Result<Go, Exhausted> {
        let Rounds { next, memo, .. } = *self.rounds(rounds);
        if let Some(memo) = memo {
            self.remember(memo as usize, place)?;
        }
        Ok(Go::On(next, place))
    }

    fn remember(&mut self, memo: usize, place: u32) -> Result<(), Exhausted> {
        if self.memos[memo].bits.is_empty() {
            let words = self.text.len() / 64 + 1;
            self.hold(words * 8)?;
            self.work(words * 8)?;
            self.memos[memo].bits = vec![0; words];
        }
        let found = &self.memos[memo].set;
        if found.len() == found.capacity() {
            let more = found.capacity().max(64);
            self.hold(more * 4)?;
            self.memos[memo].set.reserve_exact(more);
        }
        let memo = &mut self.memos[memo];
        memo.bits[place as usize / 64] |= 1 << (place % 64);
        memo.set.push(place);
        Ok(())
    }
}
