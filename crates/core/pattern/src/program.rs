//! A tree, as instructions for the matcher that goes back.

mod build;
mod lead;

use crate::linear::has;
use crate::set::Table;
use crate::tree::{Anchor, Case, Greed, Node, Tree};

/// Where an instruction stands.
pub(crate) type At = u32;

#[derive(Debug)]
pub(crate) enum Op {
    Set(Table),
    Text(Box<str>),
    Anchor(Anchor),
    LineBreak,
    Grapheme,
    Back {
        group: u32,
        case: Case,
    },
    Jump(At),
    /// The first way, and if that fails the second.
    Split {
        first: At,
        second: At,
    },
    /// Remembers where a group begins.
    Mark {
        slot: u32,
    },
    /// Captures from the mark to here.
    Capture {
        group: u32,
        slot: u32,
    },
    /// Characters of a set, with no more than one frame for all of them.
    Chars(Chars),
    /// Tries the body that follows, on its own.
    Sub {
        kind: Sub,
        next: At,
    },
    /// The body of a `Sub` or of `Steps` has matched.
    Leave,
    /// A look-behind's body must end where the look began.
    EndsHere,
    /// Repeats the body that follows, which doesn't go back.
    Steps {
        repeat: Steps,
        next: At,
    },
    /// Rounds: the first, any further, and the first after others were tried.
    Begin {
        rounds: u32,
    },
    Again {
        rounds: u32,
    },
    Enter {
        rounds: u32,
    },
    /// The whole pattern has matched.
    Accept,
}

#[derive(Debug)]
pub(crate) struct Chars {
    pub(crate) set: Table,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) greed: Greed,
}

/// What becomes of a body that is tried on its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sub {
    Atomic,
    /// Possessive `?`.
    Maybe,
    Ahead {
        negated: bool,
    },
    Behind {
        negated: bool,
        least: i32,
        most: i32,
    },
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) greed: Greed,
    /// The group that each step sets.
    pub(crate) group: Option<u32>,
}

/// A repetition that counts its rounds.
#[derive(Debug)]
pub(crate) struct Rounds {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) lazy: bool,
    /// Local in which rounds are counted.
    pub(crate) count: u32,
    /// Local that says where the round began.
    pub(crate) begun: u32,
    pub(crate) body: At,
    pub(crate) next: At,
    /// Where failed places are remembered: Java does so for outermost loops without a limit.
    pub(crate) memo: Option<u32>,
}

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) ops: Vec<Op>,
    pub(crate) rounds: Vec<Rounds>,
    pub(crate) locals: u32,
    pub(crate) groups: u32,
    pub(crate) memos: u32,
    /// What a match can begin with; anything, if absent.
    pub(crate) lead: Option<Table>,
    /// Whether a match begins where the text does.
    pub(crate) anchored: bool,
}

pub(crate) fn compile(tree: &Tree) -> Program {
    let refers = has(&tree.root, &|node| matches!(node, Node::Back { .. }));
    let lead = lead::lead(&tree.root);
    let mut builder = build::Builder {
        program: Program {
            ops: Vec::new(),
            rounds: Vec::new(),
            locals: 0,
            groups: tree.groups,
            memos: 0,
            lead: lead.set.filter(|_| !lead.empty).map(|set| Table::new(&set)),
            anchored: lead::starts(&tree.root),
        },
    };
    builder.add(&tree.root, !refers);
    builder.program.ops.push(Op::Accept);
    builder.program
}
