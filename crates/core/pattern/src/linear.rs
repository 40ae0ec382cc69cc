//! Patterns that linear time suffices for, in the syntax of the `regex` crate.
//!
//! A pattern has a linear form if nothing in it looks around, refers back or forbids to go back. Some
//! places mean the same to both only in texts without certain characters: Java's `$` also matches before
//! the line end that is the last, its `^` with `m` not after that one, and its `\b` has letters of its own.
//! Such a form is used for the texts that it [`suits`](Linear::suits), which are nearly all.

use crate::set::{self, LINE_ENDS, Set, Table};
use crate::study;
use crate::tree::{Anchor, Greed, Lines, Node, Repeat, Shape, Tree, Words};
use std::fmt::Write;
use std::sync::OnceLock;

/// What keeps a pattern from being linear that would be, were it smaller.
pub(crate) const TOO_LARGE: &str = "its size";
/// The longest translation, in bytes.
const MAX_SOURCE: usize = 1 << 16;

/// A translation.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) source: String,
    /// Whether its groups are Java's, too, and not only what the whole pattern matches.
    pub(crate) exact_groups: bool,
    needs: Needs,
}

/// What a text must be like.
#[derive(Debug, Default)]
struct Needs {
    /// It has a character.
    filled: bool,
    /// It doesn't end with a line end.
    open_end: bool,
    /// Its line ends are `\n`, `\r` and `\r\n`.
    plain_lines: bool,
    /// Its letters, digits and marks are what both take for parts of words.
    plain_words: bool,
}

/// Translates a tree, or says what in it can't be matched in linear time.
pub(crate) fn translate(tree: &Tree) -> Result<Linear, &'static str> {
    let mut linear = Linear {
        source: String::new(),
        exact_groups: true,
        needs: Needs::default(),
    };
    linear.add(&tree.root, false)?;
    Ok(linear)
}

impl Linear {
    /// Whether the translation means the same as the pattern in this text.
    pub(crate) fn suits(&self, text: &str) -> bool {
        let needs = &self.needs;
        (!needs.filled || !text.is_empty())
            && (!needs.open_end || !text.ends_with(LINE_ENDS))
            && (!(needs.plain_lines || needs.plain_words) || text.is_ascii() || self.looks(text))
    }

    fn looks(&self, text: &str) -> bool {
        let odd_end = |c: char| LINE_ENDS[2..].contains(&c);
        (!self.needs.plain_lines || !text.contains(odd_end))
            && (!self.needs.plain_words || !text.contains(|c: char| odd_words().holds(c)))
    }

    fn add(&mut self, node: &Node, repeated: bool) -> Result<(), &'static str> {
        if self.source.len() > MAX_SOURCE {
            return Err(TOO_LARGE);
        }
        match node {
            Node::Empty => self.source.push_str("(?:)"),
            Node::Set(set) => self.set(set),
            Node::Text(text) => self.source.push_str(&regex_syntax::escape(text)),
            Node::Anchor(anchor) => self.anchor(*anchor)?,
            Node::LineBreak => {
                self.source.push_str("(?:\\r\\n|");
                self.set(&set::of(&[(0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029)]));
                self.source.push(')');
            }
            Node::Group { number, body } => {
                self.source
                    .push_str(if number.is_some() { "(" } else { "(?:" });
                self.add(body, repeated)?;
                self.source.push(')');
            }
            Node::Sequence(parts) => {
                for part in parts {
                    self.add(part, repeated)?;
                }
            }
            Node::Branch(ways) => {
                self.source.push_str("(?:");
                for (at, way) in ways.iter().enumerate() {
                    if at > 0 {
                        self.source.push('|');
                    }
                    self.add(way, repeated)?;
                }
                self.source.push(')');
            }
            Node::Repeat(repeat) => self.repeat(repeat, repeated)?,
            Node::Grapheme => return Err("\\X"),
            Node::Back { .. } => return Err("a back-reference"),
            Node::Atomic(_) => return Err("an atomic group"),
            Node::Look(look) => {
                return Err(match look.side {
                    crate::tree::Side::Ahead => "look-ahead",
                    crate::tree::Side::Behind { .. } => "look-behind",
                });
            }
        }
        Ok(())
    }

    fn set(&mut self, set: &Set) {
        if let Some(c) = set::only(set) {
            self.source
                .push_str(&regex_syntax::escape(c.encode_utf8(&mut [0; 4])));
            return;
        }
        if set.ranges().is_empty() {
            self.source.push_str("[^\\x00-\\x{10FFFF}]");
            return;
        }
        self.source.push('[');
        for range in set.ranges() {
            let (first, last) = (u32::from(range.start()), u32::from(range.end()));
            // Writing to a text never fails.
            let _ = match first == last {
                true => write!(self.source, "\\x{{{first:x}}}"),
                false => write!(self.source, "\\x{{{first:x}}}-\\x{{{last:x}}}"),
            };
        }
        self.source.push(']');
    }

    fn anchor(&mut self, anchor: Anchor) -> Result<(), &'static str> {
        let needs = &mut self.needs;
        self.source.push_str(match anchor {
            Anchor::Start => "\\A",
            Anchor::End => "\\z",
            Anchor::LastEnd(_) => {
                needs.open_end = true;
                "\\z"
            }
            Anchor::LineStart(lines) => {
                needs.filled = true;
                needs.open_end = true;
                match lines {
                    Lines::Unix => "(?m:^)",
                    Lines::All => {
                        needs.plain_lines = true;
                        "(?mR:^)"
                    }
                }
            }
            Anchor::LineEnd(Lines::Unix) => "(?m:$)",
            Anchor::LineEnd(Lines::All) => {
                needs.plain_lines = true;
                "(?mR:$)"
            }
            Anchor::Word(words) => {
                needs.plain_words |= words == Words::Letters;
                "\\b"
            }
            Anchor::NoWord(words) => {
                needs.plain_words |= words == Words::Letters;
                "\\B"
            }
            Anchor::Grapheme => return Err("\\b{g}"),
            Anchor::Previous => return Err("\\G"),
        });
        Ok(())
    }

    fn repeat(&mut self, repeat: &Repeat, repeated: bool) -> Result<(), &'static str> {
        let body = &*repeat.body;
        if repeat.greed == Greed::Possessive {
            return Err("a possessive repetition");
        }
        if repeat.shape == Shape::Steps && has(body, &|node| matches!(node, Node::LineBreak)) {
            return Err("a repeated \\R");
        }
        if repeat.max > 1 && is_empty_once(body) {
            if !repeat.is_unlimited() || repeat.min > 1 {
                return Err("a counted repetition of what may be empty");
            }
            // A round that takes nothing is Java's last, where the crate would try what else the body takes.
            if repeat.greed == Greed::Greedy && !study::is_empty_last(body) {
                return Err("a repetition of what may be empty");
            }
        }
        if study::may_be_empty(body) {
            self.exact_groups &= !has(body, &captures);
        }
        if let (Shape::Steps, Node::Group { number, body }) = (repeat.shape, body) {
            // Java keeps what groups within captured even where it goes back, and of a group in two
            // repetitions the first.
            self.exact_groups &= !(has(body, &captures) || number.is_some() && repeated);
        }
        self.source.push_str("(?:");
        self.add(body, true)?;
        self.source.push(')');
        let _ = match (repeat.min, repeat.max) {
            (0, 1) => write!(self.source, "?"),
            (min, _) if repeat.is_unlimited() => write!(self.source, "{{{min},}}"),
            (min, max) => write!(self.source, "{{{min},{max}}}"),
        };
        if repeat.greed == Greed::Lazy {
            self.source.push('?');
        }
        Ok(())
    }
}

/// Whether it is a group that captures.
pub(crate) fn captures(node: &Node) -> bool {
    matches!(
        node,
        Node::Group {
            number: Some(_),
            ..
        }
    )
}

/// Whether a part may match nothing in one way, and something in another.
fn is_empty_once(node: &Node) -> bool {
    let takes = |node: &Node| {
        matches!(
            node,
            Node::Set(_) | Node::Text(_) | Node::LineBreak | Node::Grapheme | Node::Back { .. }
        )
    };
    study::may_be_empty(node) && has(node, &takes)
}

/// Whether something of the kind is in a part.
pub(crate) fn has(node: &Node, kind: &impl Fn(&Node) -> bool) -> bool {
    kind(node)
        || match node {
            Node::Group { body, .. } | Node::Atomic(body) => has(body, kind),
            Node::Look(look) => has(&look.body, kind),
            Node::Repeat(repeat) => has(&repeat.body, kind),
            Node::Sequence(parts) | Node::Branch(parts) => parts.iter().any(|part| has(part, kind)),
            _ => false,
        }
}

/// What only one of both takes for a part of a word, and marks, which Java judges by what is before them.
fn odd_words() -> &'static Table {
    static ODD: OnceLock<Table> = OnceLock::new();
    ODD.get_or_init(|| {
        let mut odd = set::properties("Alphabetic M Nd Pc Join_Control");
        let mut letters = set::properties("L Nd");
        letters.union(&set::chars(&['_']));
        odd.symmetric_difference(&letters);
        odd.union(&set::properties("Mn"));
        Table::new(&odd)
    })
}
