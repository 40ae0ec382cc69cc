//! From text to tokens, as Velocity 1.7's own lexer cuts them.
//!
//! Velocity's quirks are its lexer's: what `$`, `#`, a dot or a parenthesis means depends on a stack of
//! *states*, and the state changes as tokens are cut, not as they are parsed. So this is a state machine of
//! the same shape: in each [`State`] the longest token wins, the earlier one of two as long; `$` and `#` are
//! only the start of a token, which the next state goes on with; and a character that ends a reference is
//! given back, with the `$` before it left to the token that follows ([`Token::special`]).
//!
//! Every step moves forward or leaves a state, so cutting ends; a string is read to its end once.

mod act;
mod cut;
mod scan;
mod token;

pub(crate) use token::{Kind, Token};

use crate::error::Fault;
use cut::longest;

/// Which tokens may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Default,
    /// After `$`.
    Reference,
    /// After the dot of a reference.
    Modifier,
    /// Within the brackets of an index.
    Index,
    /// Within the parentheses of a method.
    Arguments,
    /// After `#`.
    PreDirective,
    /// Within the parentheses of a directive.
    Directive,
    LineComment,
    Comment,
    FormalComment,
    TextBlock,
}

/// A state left for another, with its parentheses.
#[derive(Debug, Clone, Copy)]
struct Frame {
    state: State,
    opened: u32,
    closed: u32,
}

/// Cuts tokens one after the other.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    state: State,
    stack: Vec<Frame>,
    opened: u32,
    closed: u32,
    in_comment: bool,
    in_set: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            state: State::Default,
            stack: Vec::new(),
            opened: 0,
            closed: 0,
            in_comment: false,
            in_set: false,
        }
    }

    /// The next token; [`Kind::End`] of the text again and again once there is no more.
    ///
    /// # Errors
    /// No token of this state starts here.
    pub(crate) fn next(&mut self) -> Result<Token, Fault> {
        let mut special = String::new();
        let mut forgotten = false;
        loop {
            let start = self.at;
            if start == self.text.len() {
                return Ok(Token::new(Kind::Eof, start, start, special));
            }
            let kind = loop {
                let rest = &self.text[self.at..];
                let Some((kind, length)) = longest(self.state, rest) else {
                    return Err((start, self.complaint(start)));
                };
                self.at += length;
                if !kind.is_more() {
                    break kind;
                }
                self.more(kind);
                if self.at == self.text.len() {
                    return Err((start, self.complaint(start)));
                }
            };
            match kind {
                Kind::Skipped => {}
                Kind::Terminator => {
                    let image = &self.text[start..self.at];
                    forgotten = image.starts_with("##");
                    spill(image, &mut special);
                    let last = image.chars().next_back().map_or(0, char::len_utf8);
                    self.at -= last;
                    self.pop();
                }
                kind => {
                    // The reference takes what begins with `##` for a comment, and what came before with it.
                    if forgotten {
                        special.clear();
                    }
                    let mut token = Token::new(kind, start, self.at, special);
                    self.cut(&mut token);
                    return Ok(token);
                }
            }
        }
    }

    /// Whether blanks and then a parenthesis follow.
    pub(crate) fn parenthesis_follows(&self) -> bool {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\n', '\r']);
        rest.starts_with('(')
    }

    /// The parser knows that a directive's arguments follow.
    pub(crate) fn enter_directive(&mut self) {
        self.state = State::Directive;
    }

    /// The parser knows that what looked like a directive has no arguments.
    pub(crate) fn leave_directive(&mut self) {
        self.pop();
    }

    /// The parser has read a whole `#set`.
    pub(crate) fn leave_set(&mut self) {
        self.in_set = false;
    }

    fn complaint(&self, start: usize) -> String {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return match self.text[start..].chars().next() {
                Some('#' | '$') => {
                    "the template ends with a lone # or $; write $esc.h or $esc.d for one"
                }
                _ => "the template ends within a comment, a #[[ ]]# or a directive",
            }
            .to_owned();
        }
        let found = rest.chars().next().unwrap_or_default();
        match found {
            '\'' | '"' => format!("this text has no closing {found}"),
            _ => format!("{found:?} can't stand here"),
        }
    }
}

/// What is printed of the text before a terminator: each `$` and `#`, and backslashes before a `$`.
fn spill(image: &str, out: &mut String) {
    let chars: Vec<char> = image.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            sign @ ('#' | '$') => out.push(sign),
            '\\' => {
                let run = chars[at..].iter().take_while(|c| **c == '\\').count();
                if chars.get(at + run) == Some(&'$') {
                    out.extend(&chars[at..=at + run]);
                    // The reference steps over the character after it, too.
                    at += run + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
}
