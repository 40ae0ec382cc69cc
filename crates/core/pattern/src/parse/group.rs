//! `(…)`: groups, look-around and flags.

use super::Parser;
use crate::study;
use crate::tree::{Greed, Look, Node, Repeat, Shape, Side};
use crate::{Error, Flags};

impl Parser<'_> {
    /// Reads a group, whose parenthesis is next, and what repeats it. Nothing, if it only sets flags.
    pub(super) fn group(&mut self) -> Result<Option<Node>, Error> {
        self.deeper()?;
        let flags = self.flags;
        let node = if self.next() == u32::from('?') {
            match self.special()? {
                Some(node) => node,
                None => {
                    self.depth -= 1;
                    return Ok(None);
                }
            }
        } else {
            self.capturing(None)?
        };
        if self.read() != u32::from(')') {
            return Err(self.error("Unclosed group"));
        }
        self.flags = flags;
        self.depth -= 1;
        let Some((min, max, greed)) = self.repetition()? else {
            return Ok(Some(node));
        };
        let shape = match (&node, greed) {
            (Node::Group { .. }, Greed::Possessive) => Shape::Steps,
            (Node::Group { .. }, _) if (min, max) == (0, 1) => Shape::Rounds,
            (Node::Group { body, .. }, _) if !study::span(body).single => Shape::Rounds,
            _ => Shape::Steps,
        };
        Ok(Some(Node::Repeat(Repeat {
            body: Box::new(node),
            min,
            max,
            greed,
            shape,
        })))
    }

    fn capturing(&mut self, name: Option<String>) -> Result<Node, Error> {
        let number = self.groups;
        self.groups += 1;
        self.names.extend(name.map(|name| (name, number)));
        Ok(Node::Group {
            number: Some(number),
            body: Box::new(self.expression()?),
        })
    }

    fn plain(&mut self) -> Result<Node, Error> {
        Ok(Node::Group {
            number: None,
            body: Box::new(self.expression()?),
        })
    }

    /// What follows the `(?`, whose `?` is next.
    fn special(&mut self) -> Result<Option<Node>, Error> {
        let sign = self.skip();
        Ok(Some(match char::from_u32(sign) {
            Some(':') => self.plain()?,
            Some(sign @ ('=' | '!')) => Node::Look(Look {
                side: Side::Ahead,
                negated: sign == '!',
                body: Box::new(self.expression()?),
            }),
            Some('>') => Node::Atomic(Box::new(self.expression()?)),
            Some('<') => {
                let sign = self.read();
                match char::from_u32(sign) {
                    Some(sign @ ('=' | '!')) => self.behind(sign == '!')?,
                    _ => {
                        let name = self.group_name(sign)?;
                        if self.names.iter().any(|(known, _)| *known == name) {
                            let taken =
                                format!("Named capturing group <{name}> is already defined");
                            return Err(self.error(&taken));
                        }
                        self.capturing(Some(name))?
                    }
                }
            }
            Some('$' | '@') => return Err(self.error("Unknown group type")),
            _ => {
                self.at -= 1;
                self.read_flags()?;
                match char::from_u32(self.read()) {
                    Some(')') => return Ok(None),
                    Some(':') => self.plain()?,
                    _ => return Err(self.error("Unknown inline modifier")),
                }
            }
        }))
    }

    fn behind(&mut self, negated: bool) -> Result<Node, Error> {
        let start = self.at;
        let body = self.expression()?;
        let span = study::span(&body);
        if !span.bounded {
            return Err(self.error("Look-behind group does not have an obvious maximum length"));
        }
        // A largest length that overflowed is no limit to Java, unless characters of two halves follow.
        let wide = |c: &u32| matches!(c, 0xD800..=0xDFFF | 0x10000..);
        let most = match span.most {
            i32::MIN if self.text[start..].iter().any(wide) => 0,
            most => most,
        };
        Ok(Node::Look(Look {
            side: Side::Behind {
                least: span.least,
                most,
            },
            negated,
            body: Box::new(body),
        }))
    }

    /// The rest of a group's name and the `>` after it.
    pub(super) fn group_name(&mut self, first: u32) -> Result<String, Error> {
        let letter = |c: u32| char::from_u32(c).filter(char::is_ascii_alphanumeric);
        let mut name = String::new();
        match letter(first).filter(char::is_ascii_alphabetic) {
            Some(c) => name.push(c),
            None => {
                return Err(self.error("capturing group name does not start with a Latin letter"));
            }
        }
        loop {
            let next = self.read();
            match letter(next) {
                Some(c) => name.push(c),
                None if next == u32::from('>') => return Ok(name),
                None => {
                    return Err(self.error("named capturing group is missing trailing '>'"));
                }
            }
        }
    }

    /// Letters of flags, and after a `-` those that are unset.
    fn read_flags(&mut self) -> Result<(), Error> {
        let mut set = true;
        let mut next = self.peek();
        loop {
            match char::from_u32(next) {
                Some('-') if set => set = false,
                Some('c') => {
                    return Err(self.error("The flag c (canonical equivalence) is not supported"));
                }
                Some(letter) => match Flags::of_letter(letter) {
                    Some(flag) if set => self.flags.set(flag),
                    Some(flag) => self.flags.unset(flag),
                    None => return Ok(()),
                },
                None => return Ok(()),
            }
            next = self.next();
        }
    }
}
