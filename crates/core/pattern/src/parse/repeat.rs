//! What repeats: `?`, `*`, `+` and counts in braces.

use super::Parser;
use crate::Error;
use crate::tree::{Greed, Node, Repeat, Shape, UNLIMITED};

impl Parser<'_> {
    /// What is not a group, with what repeats it.
    pub(super) fn repeated(&mut self, node: Node) -> Result<Node, Error> {
        Ok(match self.repetition()? {
            None => node,
            Some((min, max, greed)) => Node::Repeat(Repeat {
                body: Box::new(node),
                min,
                max,
                greed,
                shape: Shape::Steps,
            }),
        })
    }

    /// `?`, `*`, `+` or a count in braces, with a `?` or `+` after it.
    pub(super) fn repetition(&mut self) -> Result<Option<(u32, u32, Greed)>, Error> {
        let (min, max) = match char::from_u32(self.peek()) {
            Some('?') => (0, 1),
            Some('*') => (0, UNLIMITED),
            Some('+') => (1, UNLIMITED),
            Some('{') => self.count()?,
            _ => return Ok(None),
        };
        let greed = match char::from_u32(self.next()) {
            Some('?') => Greed::Lazy,
            Some('+') => Greed::Possessive,
            _ => return Ok(Some((min, max, Greed::Greedy))),
        };
        self.next();
        Ok(Some((min, max, greed)))
    }

    /// `{2}`, `{2,}` or `{2,3}`, up to its brace.
    fn count(&mut self) -> Result<(u32, u32), Error> {
        let mut next = self.skip();
        if !is_digit(next) {
            return Err(self.error("Illegal repetition"));
        }
        let min = self.number(&mut next)?;
        let mut max = min;
        if next == u32::from(',') {
            next = self.read();
            if next == u32::from('}') {
                max = UNLIMITED;
            } else {
                max = self.number(&mut next)?;
            }
        }
        if next != u32::from('}') {
            return Err(self.error("Unclosed counted closure"));
        }
        if max < min {
            return Err(self.error("Illegal repetition range"));
        }
        self.at -= 1;
        Ok((min, max))
    }

    fn number(&mut self, next: &mut u32) -> Result<u32, Error> {
        let mut number: u32 = 0;
        while is_digit(*next) {
            number = number
                .checked_mul(10)
                .and_then(|number| number.checked_add(*next - u32::from('0')))
                .filter(|number| *number <= UNLIMITED)
                .ok_or_else(|| self.error("Illegal repetition range"))?;
            *next = self.read();
        }
        Ok(number)
    }
}

fn is_digit(c: u32) -> bool {
    char::from_u32(c).is_some_and(|c| c.is_ascii_digit())
}
