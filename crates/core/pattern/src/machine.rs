//! The matcher that goes back.
//!
//! It tries one way after another, as Java's does, but keeps what it may have to take back on a stack of
//! its own: [`Frame`]s, bounded by what the meter lets it hold. Every instruction and every frame taken back
//! is a move; the meter is asked for steps in lots of moves, and says when to stop.
//!
//! Where Java's way shows in the result, it is followed:
//! - What is tried on its own (look-around, atomic groups, steps of a repetition that doesn't go back)
//!   leaves its frames behind once it has matched. So what it captured stays captured, even where the match
//!   fails later on.
//! - A repeated group that doesn't go back sets its group once more when the whole match has succeeded
//!   ([`Frame::Set`]), to where it was when the rest began to match.
//! - A loop without a limit remembers where its body failed, unless the pattern refers back, and doesn't try
//!   it there again. That keeps many patterns from taking exponential time.

mod alone;
mod anchor;
mod back;
mod frame;
mod repeat;

use crate::program::{Op, Program};
use crate::words;
use frame::{Frame, Go, Memo, Trial};
use tollgate_meter::{Exhausted, Meter};

/// Moves that are asked for together, and what they count: a move takes some 5 to 10 ns.
const LOT: u32 = 512;
const MOVES_PER_STEP: u32 = 4;
/// Bytes that are compared, or frames that are dropped, in one move.
const WORK_PER_MOVE: usize = 16;
/// A place that isn't set.
const NONE: u32 = u32::MAX;

pub(crate) struct Machine<'a> {
    program: &'a Program,
    text: &'a str,
    meter: &'a Meter,
    stack: Vec<Frame>,
    locals: Vec<u32>,
    pub(crate) groups: Vec<(u32, u32)>,
    memos: Vec<Memo>,
    /// The innermost trial: its frame's number, plus 1.
    trial: u32,
    /// Where the match before ended, for `\G`.
    previous: u32,
    /// Where something last ended, for `\b{g}`.
    last: u32,
    /// Whether the whole text must match.
    whole: bool,
    moves: u32,
    held: usize,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        program: &'a Program,
        text: &'a str,
        whole: bool,
        meter: &'a Meter,
    ) -> Result<Self, Exhausted> {
        // Places are counted in 32 bits. No text that is read or built has so many bytes.
        if u32::try_from(text.len()).is_err() {
            meter.hold(usize::MAX)?;
        }
        // A reference to a group that there isn't is to one that never captures.
        let groups = program.groups.max(10) as usize;
        Ok(Machine {
            program,
            text,
            meter,
            stack: Vec::new(),
            locals: vec![NONE; program.locals as usize],
            groups: vec![(NONE, NONE); groups],
            memos: (0..program.memos).map(|_| Memo::default()).collect(),
            trial: 0,
            previous: 0,
            last: 0,
            whole,
            moves: 0,
            held: 0,
        })
    }

    /// Matches the text from its start.
    pub(crate) fn matches(&mut self) -> Result<bool, Exhausted> {
        let matched = self.run(0);
        self.settle()?;
        Ok(matched?.is_some())
    }

    /// Looks for the first match from a place on; its groups are those of the machine.
    pub(crate) fn search(&mut self, from: usize) -> Result<bool, Exhausted> {
        self.groups.fill((NONE, NONE));
        self.locals.fill(NONE);
        for memo in &mut self.memos {
            self.moves += memo.set.len() as u32 / 4;
            memo.clear();
        }
        let found = self.search_on(from);
        self.settle()?;
        found
    }

    fn search_on(&mut self, from: usize) -> Result<bool, Exhausted> {
        let mut start = from as u32;
        loop {
            let Some(begin) = self.begin(start)? else {
                return Ok(false);
            };
            start = begin;
            if let Some(end) = self.run(start)? {
                self.groups[0] = (start, end);
                self.previous = end;
                self.last = end;
                return Ok(true);
            }
            match self.char_at(start) {
                Some(c) => start += c.len_utf8() as u32,
                None => return Ok(false),
            }
        }
    }

    /// The next place where a match can begin.
    fn begin(&mut self, start: u32) -> Result<Option<u32>, Exhausted> {
        let program = self.program;
        if program.anchored {
            return Ok((start == 0).then_some(0));
        }
        let Some(lead) = &program.lead else {
            return Ok(Some(start));
        };
        let rest = &self.text[start as usize..];
        let found = rest.char_indices().find(|(_, c)| lead.holds(*c));
        let passed = found.map_or(rest.len(), |(at, _)| at);
        self.work(passed)?;
        Ok(found.map(|(at, _)| start + at as u32))
    }

    /// Tries all ways from a place; gives the end of the first that matches.
    fn run(&mut self, start: u32) -> Result<Option<u32>, Exhausted> {
        self.trial = 0;
        self.stack.clear();
        let (mut at, mut place) = (0, start);
        loop {
            self.moved()?;
            let go = match &self.program.ops[at as usize] {
                Op::Set(table) => match self.char_at(place) {
                    Some(c) if table.holds(c) => Go::On(at + 1, place + c.len_utf8() as u32),
                    _ => Go::Back,
                },
                Op::Text(text) => {
                    if self.text.as_bytes()[place as usize..].starts_with(text.as_bytes()) {
                        self.work(text.len())?;
                        Go::On(at + 1, place + text.len() as u32)
                    } else {
                        Go::Back
                    }
                }
                Op::Anchor(anchor) => match self.holds(*anchor, place)? {
                    true => Go::On(at + 1, place),
                    false => Go::Back,
                },
                Op::LineBreak => self.line_break(at, place)?,
                Op::Grapheme => match words::grapheme(&self.text[place as usize..]) {
                    0 => Go::Back,
                    bytes => {
                        self.work(bytes * 4)?;
                        Go::On(at + 1, place + bytes as u32)
                    }
                },
                Op::Back { group, case } => self.again(at, place, *group, *case)?,
                Op::Jump(to) => Go::On(*to, place),
                Op::Split { first, second } => {
                    self.push(Frame::Retry { at: *second, place })?;
                    Go::On(*first, place)
                }
                Op::Mark { slot } => {
                    self.set_local(*slot, place)?;
                    Go::On(at + 1, place)
                }
                Op::Capture { group, slot } => {
                    let start = self.locals[*slot as usize];
                    self.capture(*group, start, place)?;
                    Go::On(at + 1, place)
                }
                Op::Chars(chars) => self.chars(at, place, chars)?,
                Op::Sub { kind, .. } => self.try_alone(at, place, *kind)?,
                Op::Leave => self.leave(place)?,
                Op::EndsHere => match self.trial() {
                    Some(trial) if trial.place == place => Go::On(at + 1, place),
                    _ => Go::Back,
                },
                Op::Steps { repeat, .. } => self.step(at, place, 0, 0, repeat.min)?,
                Op::Begin { rounds } => self.first_round(*rounds, place)?,
                Op::Enter { rounds } => self.round(*rounds, 1, place)?,
                Op::Again { rounds } => self.next_round(*rounds, place)?,
                Op::Accept if self.whole && place as usize != self.text.len() => Go::Back,
                Op::Accept => {
                    self.set_again(0)?;
                    self.stack.clear();
                    return Ok(Some(place));
                }
            };
            (at, place) = match go {
                Go::On(at, place) => (at, place),
                Go::Back => match self.back()? {
                    Some(next) => next,
                    None => return Ok(None),
                },
            };
        }
    }

    /// Carries out what the frames from this one on had to set once all has matched, the last first.
    fn set_again(&mut self, from: usize) -> Result<(), Exhausted> {
        self.work(self.stack.len() - from)?;
        for frame in self.stack[from..].iter().rev() {
            if let Frame::Set { group, start, end } = frame {
                self.groups[*group as usize] = (*start, *end);
            }
        }
        Ok(())
    }

    fn set_local(&mut self, slot: u32, value: u32) -> Result<(), Exhausted> {
        let old = self.locals[slot as usize];
        self.push(Frame::Local { slot, old })?;
        self.locals[slot as usize] = value;
        Ok(())
    }

    fn capture(&mut self, group: u32, start: u32, end: u32) -> Result<(), Exhausted> {
        let old = self.groups[group as usize];
        self.push(Frame::Group {
            group,
            start: old.0,
            end: old.1,
        })?;
        self.groups[group as usize] = (start, end);
        Ok(())
    }

    #[inline]
    fn push(&mut self, frame: Frame) -> Result<(), Exhausted> {
        if self.stack.len() == self.stack.capacity() {
            self.grow()?;
        }
        self.stack.push(frame);
        Ok(())
    }

    /// Makes room for twice as many frames.
    #[cold]
    fn grow(&mut self) -> Result<(), Exhausted> {
        let more = self.stack.capacity().max(64);
        self.hold(more * size_of::<Frame>())?;
        self.stack.reserve_exact(more);
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.meter.hold(bytes)?;
        self.held += bytes;
        Ok(())
    }

    #[inline]
    fn moved(&mut self) -> Result<(), Exhausted> {
        self.moves += 1;
        if self.moves >= LOT {
            return self.settle();
        }
        Ok(())
    }

    /// Counts the work on so many bytes or frames.
    #[inline]
    fn work(&mut self, amount: usize) -> Result<(), Exhausted> {
        let moves = u32::try_from(amount / WORK_PER_MOVE).unwrap_or(u32::MAX);
        self.moves = self.moves.saturating_add(moves);
        if self.moves >= LOT {
            return self.settle();
        }
        Ok(())
    }

    /// Asks the meter for the steps of all moves so far.
    #[cold]
    fn settle(&mut self) -> Result<(), Exhausted> {
        let steps = self.moves / MOVES_PER_STEP;
        self.moves %= MOVES_PER_STEP;
        self.meter.steps(u64::from(steps))
    }

    #[inline]
    fn char_at(&self, place: u32) -> Option<char> {
        let place = place as usize;
        match self.text.as_bytes().get(place) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.text[place..].chars().next(),
            None => None,
        }
    }

    #[inline]
    fn char_before(&self, place: u32) -> Option<char> {
        let place = place as usize;
        match self.text.as_bytes().get(place.wrapping_sub(1)) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.text[..place].chars().next_back(),
            None => None,
        }
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        self.meter.release(self.held);
    }
}
