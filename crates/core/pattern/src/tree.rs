//! What a pattern says: its tree, as the parser builds it.
//!
//! Where Java repeats the same text in two ways, the tree says which: [`Shape`] is what decides whether a
//! repetition goes back into its body, and the engines and the translation must agree with Java on that.
//!
//! A tree can't be copied. A copy of a part at each level of nesting would take memory that grows with the
//! square of the pattern's length; what studies or builds a part borrows it.

use crate::set::Set;

/// The largest count of a repetition; as a maximum, it stands for no limit.
pub(crate) const UNLIMITED: u32 = i32::MAX as u32;

#[derive(Debug)]
pub(crate) enum Node {
    /// Nothing, which is always there.
    Empty,
    /// One character of a set.
    Set(Set),
    /// Exactly this text.
    Text(String),
    Anchor(Anchor),
    /// `\R`: one line end, `\r\n` if it can be.
    LineBreak,
    /// `\X`: what a reader takes for one character.
    Grapheme,
    /// What a group has captured, again.
    Back {
        group: u32,
        case: Case,
    },
    /// A group: with a number if it captures.
    Group {
        number: Option<u32>,
        body: Box<Node>,
    },
    /// `(?>…)`: its first way to match is its only one.
    Atomic(Box<Node>),
    Look(Look),
    Sequence(Vec<Node>),
    Branch(Vec<Node>),
    Repeat(Repeat),
}

/// A condition on what stands before or after a place.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) side: Side,
    pub(crate) negated: bool,
    pub(crate) body: Box<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ahead,
    /// Characters that the body spans at least and at most, in Java's arithmetic of 32 bits.
    Behind {
        least: i32,
        most: i32,
    },
}

#[derive(Debug)]
pub(crate) struct Repeat {
    pub(crate) body: Box<Node>,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) greed: Greed,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// Whether a repetition tries other ways through its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Never: the body matches in its first way, each time. The body's own group is set by the repetition.
    Steps,
    /// Always; what the body is repeated for counts its own rounds.
    Rounds,
}

/// A place, not a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// `\A`, and `^` without `m`.
    Start,
    /// `\z`.
    End,
    /// `\Z`, and `$` without `m`: the end, or before the line end that is the last.
    LastEnd(Lines),
    /// `^` with `m`.
    LineStart(Lines),
    /// `$` with `m`.
    LineEnd(Lines),
    /// `\b`, with what a word is made of.
    Word(Words),
    /// `\B`.
    NoWord(Words),
    /// `\b{g}`.
    Grapheme,
    /// `\G`: where the match before ended.
    Previous,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// `\n` alone.
    Unix,
    /// `\n`, `\r`, `\r\n`, U+0085, U+2028 and U+2029.
    All,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    /// Letters, digits and `_`; a mark belongs to the letter or digit before it.
    Letters,
    /// Unicode's word characters.
    Unicode,
}

/// How texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    /// The letters of ASCII are the same in both cases.
    Ascii,
    /// All letters are.
    Unicode,
}

/// A pattern's tree, and its groups.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Node,
    /// Groups, the whole match included.
    pub(crate) groups: u32,
    pub(crate) names: Vec<(String, u32)>,
}
