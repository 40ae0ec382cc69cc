//! What can be said of a part of a pattern before any text is there: how many characters it spans, and
//! whether it has but one way to match.
//!
//! Java decides by these figures how a group is repeated and which look-behind is allowed, and computes
//! them with 32 bits that overflow. So it is done here, too: a pattern means what Java makes of it.

use crate::tree::{Greed, Node, Repeat, Shape};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) least: i32,
    pub(crate) most: i32,
    /// Whether there is a largest length.
    pub(crate) bounded: bool,
    /// Whether there is but one way to match.
    pub(crate) single: bool,
}

/// Java's stand-in for a least length that is too large.
const LARGE: i32 = 0x0FFF_FFFF;

const NOTHING: Span = Span {
    least: 0,
    most: 0,
    bounded: true,
    single: true,
};

/// Adds up a sequence.
#[derive(Clone, Copy)]
struct Sum {
    /// Since the last alternatives: Java counts anew after them, and adds both in the end.
    now: Span,
    /// Before, those alternatives included.
    before: Span,
    /// A repetition that counts its rounds was met: Java looks no further.
    ended: bool,
}

pub(crate) fn span(node: &Node) -> Span {
    let mut sum = Sum::from(NOTHING);
    sum.add(node);
    sum.total()
}

impl From<Span> for Sum {
    fn from(now: Span) -> Sum {
        Sum {
            now,
            before: NOTHING,
            ended: false,
        }
    }
}

impl Sum {
    fn total(&self) -> Span {
        let (now, before) = (self.now, self.before);
        Span {
            least: before.least.wrapping_add(now.least),
            most: before.most.wrapping_add(now.most),
            bounded: before.bounded && now.bounded,
            single: before.single && now.single,
        }
    }

    fn add(&mut self, node: &Node) {
        if self.ended {
            return;
        }
        match node {
            Node::Empty | Node::Anchor(_) | Node::Look(_) => {}
            Node::Set(_) => self.grow(1, 1),
            Node::Text(text) => {
                let chars = i32::try_from(text.chars().count()).unwrap_or(LARGE);
                self.grow(chars, chars);
            }
            Node::LineBreak => self.grow(1, 2),
            Node::Grapheme => {
                self.grow(1, 0);
                self.now.single = false;
            }
            Node::Back { .. } => self.now.bounded = false,
            Node::Group { body, .. } => self.add(body),
            Node::Atomic(body) => self.alone(body),
            Node::Sequence(parts) => {
                for part in parts {
                    self.add(part);
                }
            }
            Node::Branch(ways) => self.branch(ways),
            Node::Repeat(repeat) => self.repeated(repeat),
        }
    }

    fn grow(&mut self, least: i32, most: i32) {
        self.now.least = self.now.least.wrapping_add(least);
        self.now.most = self.now.most.wrapping_add(most);
    }

    /// Adds what is tried on its own.
    fn alone(&mut self, body: &Node) {
        let mut sum = Sum::from(self.now);
        sum.add(body);
        self.now = sum.total();
    }

    fn branch<'n>(&mut self, ways: impl IntoIterator<Item = &'n Node>) {
        let (mut least, mut most) = (i32::MAX, -1);
        for way in ways {
            let way = span(way);
            least = least.min(way.least);
            most = most.max(way.most);
            self.now.bounded &= way.bounded;
        }
        self.grow(least, most);
        self.now.single = false;
        self.before = self.total();
        self.now = NOTHING;
    }

    fn repeated(&mut self, repeat: &Repeat) {
        let (min, max) = (repeat.min.cast_signed(), repeat.max.cast_signed());
        let body = &*repeat.body;
        let now = self.now;
        if repeat.is_choice() {
            self.branch([body, &Node::Empty]);
        } else if repeat.shape == Shape::Rounds {
            self.now.bounded = false;
            self.now.single = false;
            self.ended = true;
        } else if (min, max) == (0, 1) {
            self.alone(body);
            self.now.least = now.least;
            self.now.single = false;
        } else if let (Node::Set(_), Greed::Greedy, true) =
            (body, repeat.greed, repeat.is_unlimited())
        {
            self.grow(min, if now.bounded { max } else { 0 });
            self.now.single = false;
        } else {
            let one = span(body);
            let least = one.least.wrapping_mul(min).wrapping_add(now.least);
            self.now.least = if least < now.least { LARGE } else { least };
            self.now.bounded &= one.bounded;
            if self.now.bounded {
                self.now.most = one.most.wrapping_mul(max).wrapping_add(now.most);
                self.now.bounded = self.now.most >= now.most;
            }
            self.now.single &= one.single && min == max;
        }
    }
}

impl Repeat {
    /// A group that is there once or not at all: Java makes two ways of it.
    pub(crate) fn is_choice(&self) -> bool {
        self.shape == Shape::Rounds && self.min == 0 && self.max == 1
    }

    pub(crate) fn is_unlimited(&self) -> bool {
        self.max == crate::tree::UNLIMITED
    }
}

/// How many ranges of characters the classes of a part have.
pub(crate) fn ranges(node: &Node) -> usize {
    match node {
        Node::Set(set) => set.ranges().len(),
        Node::Group { body, .. } | Node::Atomic(body) => ranges(body),
        Node::Look(look) => ranges(&look.body),
        Node::Sequence(parts) | Node::Branch(parts) => parts.iter().map(ranges).sum(),
        Node::Repeat(repeat) => ranges(&repeat.body),
        Node::Empty
        | Node::Text(_)
        | Node::Anchor(_)
        | Node::LineBreak
        | Node::Grapheme
        | Node::Back { .. } => 0,
    }
}

/// Whether a part may match nothing.
pub(crate) fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::Set(_) | Node::LineBreak | Node::Grapheme => false,
        Node::Text(text) => text.is_empty(),
        Node::Empty | Node::Anchor(_) | Node::Look(_) | Node::Back { .. } => true,
        Node::Group { body, .. } | Node::Atomic(body) => may_be_empty(body),
        Node::Sequence(parts) => parts.iter().all(may_be_empty),
        Node::Branch(ways) => ways.iter().any(may_be_empty),
        Node::Repeat(repeat) => repeat.min == 0 || may_be_empty(&repeat.body),
    }
}

/// Whether a part that may match nothing tries all else before.
pub(crate) fn is_empty_last(node: &Node) -> bool {
    if !may_be_empty(node) {
        return true;
    }
    match node {
        Node::Group { body, .. } => is_empty_last(body),
        Node::Sequence(parts) => parts.iter().all(is_empty_last),
        Node::Branch(ways) => match ways.split_last() {
            Some((last, others)) => is_empty_last(last) && !others.iter().any(may_be_empty),
            None => true,
        },
        Node::Repeat(repeat) => repeat.greed == Greed::Greedy && is_empty_last(&repeat.body),
        _ => true,
    }
}
