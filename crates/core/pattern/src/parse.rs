//! Java's syntax of patterns, to a tree.
//!
//! The parser goes through the text as Java's does, with one place that it reads at, so that what Java
//! takes is taken here, what it refuses is refused, and both understand the odd cases alike: what `[a&&]`
//! or `x{,3}` mean, where `(?x)` skips spaces, how far `\12` reaches. Two things are refused that Java
//! takes: `(?c)`, which compares texts that are composed differently, and `\N{…}`, characters by name.

mod block;
mod class;
mod cursor;
mod escape;
mod group;
mod property;
mod quote;
mod repeat;

use crate::fold;
use crate::set::{self, Set};
use crate::tree::{Anchor, Case, Lines, Node, Tree, Words};
use crate::{Error, Flags};
use tollgate_meter::Meter;

/// The deepest nesting of groups and classes.
const MAX_NESTING: u32 = 100;
/// Ranges of a set that are united, negated or compared in one step.
const RANGES_PER_STEP: usize = 8;

/// What it counts, in ranges, to look up a property, or all characters that have a case.
const LOOKUP: usize = 4096;
const CASES: usize = 2048;

/// Parses a pattern; `meter` pays for its sets.
pub(crate) fn parse(text: &str, flags: Flags, meter: &Meter) -> Result<Tree, Error> {
    let mut parser = Parser {
        text: quote::unquoted(text),
        length: 0,
        at: 0,
        flags,
        groups: 1,
        names: Vec::new(),
        depth: 0,
        meter,
    };
    parser.length = parser.text.len();
    parser.text.extend([0, 0]);
    if parser.length == 0 {
        return Ok(parser.tree(Node::Empty));
    }
    let root = parser.expression()?;
    if parser.at != parser.length {
        return Err(parser.error(match parser.at > parser.length {
            true => "The pattern ends with a lone \\",
            false => "Unmatched closing ')'",
        }));
    }
    Ok(parser.tree(root))
}

struct Parser<'m> {
    /// The pattern's characters, or what its escapes stand for, and two zeros.
    text: Vec<u32>,
    /// Without the zeros.
    length: usize,
    at: usize,
    flags: Flags,
    groups: u32,
    names: Vec<(String, u32)>,
    depth: u32,
    meter: &'m Meter,
}

impl Parser<'_> {
    fn tree(self, root: Node) -> Tree {
        Tree {
            root,
            groups: self.groups,
            names: self.names,
        }
    }

    /// The fault is at the character before the one that would be read next, as Java counts.
    fn error(&self, message: &str) -> Error {
        Error::Malformed {
            message: message.to_owned(),
            at: self.at.saturating_sub(1),
        }
    }

    fn pay(&self, ranges: usize) -> Result<(), Error> {
        let steps = 1 + ranges / RANGES_PER_STEP;
        self.meter.steps(steps as u64).map_err(Error::Exhausted)
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.error("Groups nest too deeply"));
        }
        Ok(())
    }

    /// Alternatives.
    fn expression(&mut self) -> Result<Node, Error> {
        let mut ways = vec![self.sequence()?];
        while self.peek() == u32::from('|') {
            self.next();
            ways.push(self.sequence()?);
        }
        Ok(match ways.pop() {
            Some(only) if ways.is_empty() => only,
            last => {
                ways.extend(last);
                Node::Branch(ways)
            }
        })
    }

    fn sequence(&mut self) -> Result<Node, Error> {
        let mut parts = Vec::new();
        loop {
            self.pay(0)?;
            let node = match char::from_u32(self.peek()) {
                Some('(') => {
                    parts.extend(self.group()?);
                    continue;
                }
                Some('[') => Node::Set(self.class(true)?),
                Some('\\') => self.atom()?,
                Some('^') => {
                    self.next();
                    Node::Anchor(match self.flags.has(Flags::MULTI_LINE) {
                        true => Anchor::LineStart(self.lines()),
                        false => Anchor::Start,
                    })
                }
                Some('$') => {
                    self.next();
                    Node::Anchor(match self.flags.has(Flags::MULTI_LINE) {
                        true => Anchor::LineEnd(self.lines()),
                        false => Anchor::LastEnd(self.lines()),
                    })
                }
                Some('.') => {
                    self.next();
                    Node::Set(self.dot())
                }
                Some('|' | ')') => break,
                Some(sign @ ('?' | '*' | '+')) => {
                    self.next();
                    return Err(self.error(&format!("Dangling meta character '{sign}'")));
                }
                Some('\0') if self.at >= self.length => break,
                _ => self.atom()?,
            };
            parts.push(self.repeated(node)?);
        }
        Ok(match parts.pop() {
            None => Node::Empty,
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::Sequence(parts)
            }
        })
    }

    fn lines(&self) -> Lines {
        match self.flags.has(Flags::UNIX_LINES) {
            true => Lines::Unix,
            false => Lines::All,
        }
    }

    fn words(&self) -> Words {
        match self.flags.has(Flags::CLASSES) {
            true => Words::Unicode,
            false => Words::Letters,
        }
    }

    fn case(&self) -> Case {
        match self.flags.has(Flags::ANY_CASE) {
            true if self.flags.has(Flags::UNICODE_CASE) => Case::Unicode,
            true => Case::Ascii,
            false => Case::Exact,
        }
    }

    fn dot(&self) -> Set {
        if self.flags.has(Flags::DOT_ALL) {
            return set::all();
        }
        set::negated(match self.lines() {
            Lines::Unix => set::chars(&['\n']),
            Lines::All => set::chars(&set::LINE_ENDS),
        })
    }

    /// A character or a run of them, or what an escape stands for.
    fn atom(&mut self) -> Result<Node, Error> {
        let mut run: Vec<u32> = Vec::new();
        let mut last = self.at;
        let mut next = self.peek();
        loop {
            match char::from_u32(next) {
                Some('*' | '+' | '?' | '{') => {
                    if run.len() > 1 {
                        // The repetition is of the last character alone.
                        self.at = last;
                        run.pop();
                    }
                    break;
                }
                Some('$' | '.' | '^' | '(' | '[' | '|' | ')') => break,
                Some('\\') => {
                    let property = self.next_raw();
                    if property == u32::from('p') || property == u32::from('P') {
                        if run.is_empty() {
                            return Ok(Node::Set(self.property_escape()?));
                        }
                        self.at -= 1;
                        break;
                    }
                    self.at -= 1;
                    last = self.at;
                    match self.escape(false, false)? {
                        escape::Escape::Character(c) => run.push(c),
                        escape::Escape::Node(node) if run.is_empty() => return Ok(node),
                        escape::Escape::Node(_) => {
                            self.at = last;
                            break;
                        }
                    }
                    next = self.peek();
                }
                Some('\0') if self.at >= self.length => break,
                _ => {
                    last = self.at;
                    run.push(next);
                    next = self.next();
                }
            }
        }
        self.literal(&run)
    }

    /// A run of characters, in the case that the flags say.
    fn literal(&self, run: &[u32]) -> Result<Node, Error> {
        let mut parts: Vec<Node> = Vec::new();
        for code in run {
            let set = match (self.case(), char::from_u32(*code)) {
                (_, None) => Set::empty(),
                (Case::Exact, Some(c)) => set::chars(&[c]),
                (Case::Ascii, Some(_)) => fold::folded(*code, false),
                // In a run, what folds to the same is the same; alone, only what has another case.
                (Case::Unicode, Some(c)) if run.len() > 1 || fold::upper(c) != fold::fold(c) => {
                    self.pay(CASES)?;
                    fold::folded(u32::from(fold::fold(c)), true)
                }
                (Case::Unicode, Some(c)) => set::chars(&[c]),
            };
            match (set::only(&set), parts.last_mut()) {
                (Some(c), Some(Node::Text(text))) => text.push(c),
                (Some(c), _) => parts.push(Node::Text(c.to_string())),
                (None, _) => parts.push(Node::Set(set)),
            }
        }
        Ok(match parts.pop() {
            None => Node::Empty,
            // One character is a set, so that its repetition is one of characters.
            Some(Node::Text(text)) if run.len() == 1 => {
                Node::Set(set::chars(&text.chars().collect::<Vec<_>>()))
            }
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::Sequence(parts)
            }
        })
    }
}
