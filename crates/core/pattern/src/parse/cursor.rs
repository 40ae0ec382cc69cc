//! Where the parser reads, and how `(?x)` makes it pass over spaces and comments.

use super::Parser;
use crate::Flags;
use crate::set::LINE_ENDS;

/// Whether `(?x)` passes over it.
fn is_space(c: u32) -> bool {
    matches!(c, 0x09..=0x0D | 0x20)
}

impl Parser<'_> {
    /// The character at a place; beyond the end there are zeros.
    pub(super) fn char_at(&self, at: usize) -> u32 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The next character, which stays the next.
    pub(super) fn peek(&mut self) -> u32 {
        if self.flags.has(Flags::COMMENTS) {
            self.pass_comments();
        }
        self.char_at(self.at)
    }

    /// Goes on by one character; what is the next then.
    pub(super) fn next(&mut self) -> u32 {
        self.at += 1;
        self.peek()
    }

    /// Goes on by one character, be it a space or part of a comment; what is the next then.
    pub(super) fn next_raw(&mut self) -> u32 {
        self.at += 1;
        self.char_at(self.at)
    }

    /// Reads the next character.
    pub(super) fn read(&mut self) -> u32 {
        let c = self.peek();
        self.at += 1;
        c
    }

    /// Reads two characters; gives the second.
    pub(super) fn skip(&mut self) -> u32 {
        let c = self.char_at(self.at + 1);
        self.at += 2;
        c
    }

    fn pass_comments(&mut self) {
        loop {
            let c = self.char_at(self.at);
            if is_space(c) {
                self.at += 1;
            } else if c == u32::from('#') {
                self.pass_line();
            } else {
                return;
            }
        }
    }

    /// To the line end after a comment, or to the end of the pattern.
    fn pass_line(&mut self) {
        let unix = self.flags.has(Flags::UNIX_LINES);
        while self.at < self.length {
            self.at += 1;
            match char::from_u32(self.char_at(self.at)) {
                Some('\n') => return,
                Some(c) if !unix && LINE_ENDS.contains(&c) => return,
                _ => {}
            }
        }
    }
}
