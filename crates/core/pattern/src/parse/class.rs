//! `[…]`: a set of characters.

use super::escape::Escape;
use super::{CASES, Parser};
use crate::set::{self, Set};
use crate::tree::{Case, Node};
use crate::{Error, Flags, fold};

/// A class as far as it is read.
#[derive(Default)]
struct Class {
    /// Ranges, escapes and classes within; none of them so far if absent.
    sets: Option<Set>,
    /// Single characters, which are united with the rest when the class or a side of `&&` ends. They
    /// are never taken back: what stood before a `&&` is there again for what follows it.
    singles: Vec<Set>,
    /// Whether there are singles that aren't united yet.
    waiting: bool,
    /// What was read last, unless it was such a single: a `&&` with nothing after it takes it for that.
    last: Option<Set>,
}

impl Parser<'_> {
    /// Reads a class, whose bracket is next, or with `whole` unset the right side of a `&&` up to the
    /// closing bracket.
    pub(super) fn class(&mut self, whole: bool) -> Result<Set, Error> {
        self.deeper()?;
        let mut class = Class::default();
        let mut next = self.next();
        let negated =
            next == u32::from('^') && self.char_at(self.at.wrapping_sub(1)) == u32::from('[');
        if negated {
            next = self.next();
        }
        loop {
            match char::from_u32(next) {
                Some('[') => {
                    let inner = self.class(true)?;
                    self.join(&mut class, inner)?;
                    next = self.peek();
                    continue;
                }
                Some('&') => {
                    next = self.next();
                    if next == u32::from('&') {
                        self.intersection(&mut class)?;
                        next = self.peek();
                        continue;
                    }
                    self.at -= 1;
                }
                Some('\0') if self.at >= self.length => {
                    return Err(self.error("Unclosed character class"));
                }
                Some(']') if class.sets.is_some() || class.waiting => {
                    if whole {
                        self.next();
                    }
                    self.depth -= 1;
                    self.take_singles(&mut class)?;
                    let set = class.sets.unwrap_or_else(Set::empty);
                    self.pay(set.ranges().len())?;
                    return Ok(if negated { set::negated(set) } else { set });
                }
                _ => {}
            }
            self.member(&mut class)?;
            next = self.peek();
        }
    }

    fn unite(&self, into: &mut Option<Set>, set: &Set) -> Result<(), Error> {
        let into = into.get_or_insert_with(Set::empty);
        self.pay(into.ranges().len() + set.ranges().len())?;
        into.union(set);
        Ok(())
    }

    fn join(&self, class: &mut Class, set: Set) -> Result<(), Error> {
        self.unite(&mut class.sets, &set)?;
        class.last = Some(set);
        Ok(())
    }

    fn take_singles(&self, class: &mut Class) -> Result<(), Error> {
        if std::mem::take(&mut class.waiting) {
            let all = Set::new(
                class
                    .singles
                    .iter()
                    .flat_map(|single| single.iter().copied()),
            );
            self.unite(&mut class.sets, &all)?;
        }
        Ok(())
    }

    /// What follows the first `&` of two.
    fn intersection(&mut self, class: &mut Class) -> Result<(), Error> {
        let mut next = self.next();
        let mut right: Option<Set> = None;
        while next != u32::from(']') && next != u32::from('&') {
            let side = if next == u32::from('[') {
                self.class(true)?
            } else {
                self.at -= 1;
                self.class(false)?
            };
            self.unite(&mut right, &side)?;
            next = self.peek();
        }
        self.take_singles(class)?;
        if right.is_some() {
            class.last.clone_from(&right);
        }
        match (&mut class.sets, right.or_else(|| class.last.clone())) {
            (None, None) => return Err(self.error("Bad class syntax")),
            (None, right) => class.sets = right,
            // Java fails when it matches such a class; to ignore the && is kinder.
            (Some(_), None) => {}
            (Some(left), Some(right)) => {
                self.pay(left.ranges().len() + right.ranges().len())?;
                left.intersect(&right);
            }
        }
        Ok(())
    }

    /// A character, a range or an escape.
    fn member(&mut self, class: &mut Class) -> Result<(), Error> {
        let mut first = self.peek();
        if first == u32::from('\\') {
            let letter = self.next_raw();
            if letter == u32::from('p') || letter == u32::from('P') {
                let set = self.property_escape()?;
                return self.join(class, set);
            }
            let in_range = self.char_at(self.at + 1) == u32::from('-');
            self.at -= 1;
            match self.escape(true, in_range)? {
                Escape::Character(c) => first = c,
                Escape::Node(Node::Set(set)) => return self.join(class, set),
                Escape::Node(_) => return Err(self.error("Illegal/unsupported escape sequence")),
            }
        } else {
            self.next();
        }
        if self.peek() == u32::from('-') {
            let end = self.char_at(self.at + 1);
            if end != u32::from('[') && end != u32::from(']') {
                let range = self.range(first)?;
                return self.join(class, range);
            }
        }
        let set = self.single(first)?;
        if self.is_waiting(first) {
            class.singles.push(set);
            class.waiting = true;
            class.last = None;
            Ok(())
        } else {
            self.join(class, set)
        }
    }

    /// Whether a single character is among those that Java keeps apart: of Latin-1, without those that
    /// have a case beyond it.
    fn is_waiting(&self, c: u32) -> bool {
        const BEYOND: [u32; 10] = [0xFF, 0xB5, 0x49, 0x69, 0x53, 0x73, 0x4B, 0x6B, 0xC5, 0xE5];
        c < 256 && !(self.case() == Case::Unicode && BEYOND.contains(&c))
    }

    fn single(&self, c: u32) -> Result<Set, Error> {
        Ok(match (self.case(), char::from_u32(c)) {
            (_, None) => Set::empty(),
            (Case::Ascii, Some(_)) => fold::folded(c, false),
            (Case::Unicode, Some(c)) if fold::upper(c) != fold::fold(c) => {
                self.pay(CASES)?;
                fold::folded(u32::from(fold::fold(c)), true)
            }
            (_, Some(c)) => set::chars(&[c]),
        })
    }

    /// The rest of a range, whose `-` is next.
    fn range(&mut self, first: u32) -> Result<Set, Error> {
        self.next();
        let mut last = self.peek();
        if last == u32::from('\\') {
            match self.escape(true, true)? {
                Escape::Character(c) => last = c,
                Escape::Node(_) => return Err(self.error("Illegal character range")),
            }
        } else {
            self.next();
        }
        if last < first {
            return Err(self.error("Illegal character range"));
        }
        if !self.flags.has(Flags::ANY_CASE) {
            return Ok(set::range(first, last));
        }
        self.pay(CASES)?;
        Ok(fold::folded_range(
            first,
            last,
            self.case() == Case::Unicode,
        ))
    }
}
