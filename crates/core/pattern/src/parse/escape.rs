//! What stands after a backslash.

use super::{LOOKUP, Parser};
use crate::set::{self, Set};
use crate::tree::{Anchor, Node, Words};
use crate::{Error, Flags};

/// What an escape stands for.
pub(super) enum Escape {
    /// A character, or half of one.
    Character(u32),
    /// In a class always a [`Node::Set`].
    Node(Node),
}

impl Parser<'_> {
    /// Reads an escape, whose backslash is next. At the end of a range, `\v` is one character.
    pub(super) fn escape(&mut self, in_class: bool, in_range: bool) -> Result<Escape, Error> {
        let code = self.skip();
        let Some(c) = char::from_u32(code) else {
            return Ok(Escape::Character(code));
        };
        Ok(match c {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'h' | 'H' | 'V' => self.shorthand(c)?,
            'v' if in_range => Escape::Character(0x0B),
            'v' => self.shorthand(c)?,
            'a' => Escape::Character(0x07),
            'e' => Escape::Character(0x1B),
            'f' => Escape::Character(0x0C),
            'n' => Escape::Character(0x0A),
            'r' => Escape::Character(0x0D),
            't' => Escape::Character(0x09),
            '0' => Escape::Character(self.octal()?),
            'x' => Escape::Character(self.hexadecimal()?),
            'u' => Escape::Character(self.unicode()?),
            'c' if self.at < self.length => Escape::Character(self.read() ^ 64),
            'c' => return Err(self.error("Illegal control escape sequence")),
            'N' => return Err(self.error("Characters by name are not supported")),
            c if c.is_ascii_alphanumeric() && in_class => return Err(self.unknown()),
            '1'..='9' => Escape::Node(self.back_reference(code - u32::from('0'))),
            'k' => Escape::Node(self.named_reference()?),
            'A' => Escape::Node(Node::Anchor(Anchor::Start)),
            'z' => Escape::Node(Node::Anchor(Anchor::End)),
            'Z' => Escape::Node(Node::Anchor(Anchor::LastEnd(self.lines()))),
            'G' => Escape::Node(Node::Anchor(Anchor::Previous)),
            'B' => Escape::Node(Node::Anchor(Anchor::NoWord(self.words()))),
            'b' => Escape::Node(Node::Anchor(self.bound()?)),
            'R' => Escape::Node(Node::LineBreak),
            'X' => Escape::Node(Node::Grapheme),
            c if c.is_ascii_alphabetic() => return Err(self.unknown()),
            _ => Escape::Character(code),
        })
    }

    fn unknown(&self) -> Error {
        self.error("Illegal/unsupported escape sequence")
    }

    fn shorthand(&self, c: char) -> Result<Escape, Error> {
        let unicode = self.words() == Words::Unicode;
        if unicode {
            self.pay(LOOKUP)?;
        }
        let found = match c.to_ascii_lowercase() {
            'd' if unicode => set::properties("Nd"),
            'd' => set::range(0x30, 0x39),
            's' if unicode => set::properties("White_Space"),
            's' => set::of(&[(0x09, 0x0D), (0x20, 0x20)]),
            'w' if unicode => word(),
            'w' => set::of(&[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]),
            'h' => set::of(&[
                (0x09, 0x09),
                (0x20, 0x20),
                (0xA0, 0xA0),
                (0x1680, 0x1680),
                (0x180E, 0x180E),
                (0x2000, 0x200A),
                (0x202F, 0x202F),
                (0x205F, 0x205F),
                (0x3000, 0x3000),
            ]),
            _ => set::of(&[(0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029)]),
        };
        Ok(Escape::Node(Node::Set(match c.is_ascii_uppercase() {
            true => set::negated(found),
            false => found,
        })))
    }

    /// As many digits as there are groups for; the first always counts.
    fn back_reference(&mut self, first: u32) -> Node {
        let mut group = first;
        while let Some(digit) = char::from_u32(self.peek()).and_then(|c| c.to_digit(10)) {
            let longer = group.saturating_mul(10).saturating_add(digit);
            if longer >= self.groups {
                break;
            }
            group = longer;
            self.read();
        }
        Node::Back {
            group,
            case: self.case(),
        }
    }

    fn named_reference(&mut self) -> Result<Node, Error> {
        if self.read() != u32::from('<') {
            return Err(self.error("\\k is not followed by '<' for named capturing group"));
        }
        let first = self.read();
        let name = self.group_name(first)?;
        match self.names.iter().find(|(known, _)| *known == name) {
            Some((_, group)) => Ok(Node::Back {
                group: *group,
                case: self.case(),
            }),
            None => Err(self.error(&format!("named capturing group <{name}> does not exist"))),
        }
    }

    /// `\b` or `\b{g}`.
    fn bound(&mut self) -> Result<Anchor, Error> {
        if self.peek() == u32::from('{') {
            if self.skip() == u32::from('g') {
                if self.read() == u32::from('}') {
                    return Ok(Anchor::Grapheme);
                }
                return Err(self.unknown());
            }
            self.at -= 2;
        }
        Ok(Anchor::Word(self.words()))
    }

    fn octal(&mut self) -> Result<u32, Error> {
        let digit = |c: u32| char::from_u32(c).and_then(|c| c.to_digit(8));
        let first = self.read();
        let Some(mut code) = digit(first) else {
            return Err(self.error("Illegal octal escape sequence"));
        };
        for _ in 0..2 {
            let next = self.read();
            match digit(next).filter(|next| code * 8 + next <= 0o377) {
                Some(next) => code = code * 8 + next,
                None => {
                    self.at -= 1;
                    break;
                }
            }
        }
        Ok(code)
    }

    fn hexadecimal(&mut self) -> Result<u32, Error> {
        let first = self.read();
        if let Some(high) = hex(first) {
            let second = self.read();
            if let Some(low) = hex(second) {
                return Ok(high * 16 + low);
            }
        } else if first == u32::from('{') && hex(self.peek()).is_some() {
            let mut code = 0;
            loop {
                let next = self.read();
                let Some(digit) = hex(next) else {
                    if next != u32::from('}') {
                        return Err(self.error("Unclosed hexadecimal escape sequence"));
                    }
                    return Ok(code);
                };
                code = code * 16 + digit;
                if code > u32::from(char::MAX) {
                    return Err(self.error("Hexadecimal codepoint is too big"));
                }
            }
        }
        Err(self.error("Illegal hexadecimal escape sequence"))
    }

    /// Four digits after `\u`, or twice four for a character of two halves.
    fn unicode(&mut self) -> Result<u32, Error> {
        let high = self.four_digits()?;
        if !(0xD800..=0xDBFF).contains(&high) {
            return Ok(high);
        }
        let after = self.at;
        if self.read() == u32::from('\\') && self.read() == u32::from('u') {
            let low = self.four_digits()?;
            if (0xDC00..=0xDFFF).contains(&low) {
                return Ok(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
        }
        self.at = after;
        Ok(high)
    }

    fn four_digits(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let next = self.read();
            let digit = hex(next).ok_or_else(|| self.error("Illegal Unicode escape sequence"))?;
            code = code * 16 + digit;
        }
        Ok(code)
    }

    /// `\p` or `\P`, whose letter is next, and what follows.
    pub(super) fn property_escape(&mut self) -> Result<Set, Error> {
        let negated = self.char_at(self.at) == u32::from('P');
        let in_braces = self.next() == u32::from('{');
        if !in_braces {
            self.at -= 1;
        }
        let found = self.property(in_braces)?;
        self.pay(found.ranges().len())?;
        Ok(match negated {
            true => set::negated(found),
            false => found,
        })
    }

    pub(super) fn any_case(&self) -> bool {
        self.flags.has(Flags::ANY_CASE)
    }
}

/// What `\w` is with `(?U)`.
pub(super) fn word() -> Set {
    set::properties("Alphabetic M Nd Pc Join_Control")
}

fn hex(c: u32) -> Option<u32> {
    char::from_u32(c).and_then(|c| c.to_digit(16))
}
