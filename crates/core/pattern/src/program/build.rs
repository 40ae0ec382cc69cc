//! From a tree to instructions.

use super::{At, Chars, Op, Program, Rounds, Steps, Sub};
use crate::set::Table;
use crate::tree::{Greed, Look, Node, Repeat, Shape, Side, UNLIMITED};

/// One of several ways to go on.
#[derive(Clone, Copy)]
enum Way<'n> {
    Plain(&'n Node),
    /// A part to which nothing goes back once it has matched.
    Atomic(&'n Node),
}

const EMPTY: Way<'static> = Way::Plain(&Node::Empty);

pub(super) struct Builder {
    pub(super) program: Program,
}

impl Builder {
    fn here(&self) -> At {
        // A pattern has some thousand characters at most, and each makes a few instructions.
        self.program.ops.len() as At
    }

    fn push(&mut self, op: Op) -> usize {
        self.program.ops.push(op);
        self.program.ops.len() - 1
    }

    fn local(&mut self) -> u32 {
        self.program.locals += 1;
        self.program.locals - 1
    }

    /// Adds a part; `outer` says whether loops in it are outermost, and may remember failed places.
    pub(super) fn add(&mut self, node: &Node, outer: bool) {
        match node {
            Node::Empty => {}
            Node::Set(set) => {
                self.push(Op::Set(Table::new(set)));
            }
            Node::Text(text) => {
                self.push(Op::Text(text.as_str().into()));
            }
            Node::Anchor(anchor) => {
                self.push(Op::Anchor(*anchor));
            }
            Node::LineBreak => {
                self.push(Op::LineBreak);
            }
            Node::Grapheme => {
                self.push(Op::Grapheme);
            }
            Node::Back { group, case } => {
                self.push(Op::Back {
                    group: *group,
                    case: *case,
                });
            }
            Node::Group { number: None, body } => self.add(body, outer),
            Node::Group {
                number: Some(group),
                body,
            } => {
                let slot = self.local();
                self.push(Op::Mark { slot });
                self.add(body, outer);
                self.push(Op::Capture {
                    group: *group,
                    slot,
                });
            }
            Node::Atomic(body) => self.sub(Sub::Atomic, body, outer),
            Node::Look(look) => self.look(look, outer),
            Node::Sequence(parts) => {
                for part in parts {
                    self.add(part, outer);
                }
            }
            Node::Branch(ways) => self.branch(ways.iter().map(Way::Plain), outer),
            Node::Repeat(repeat) => self.repeat(repeat, outer),
        }
    }

    fn branch<'n>(&mut self, ways: impl ExactSizeIterator<Item = Way<'n>>, outer: bool) {
        let last = ways.len() - 1;
        let mut jumps = Vec::new();
        for (at, way) in ways.enumerate() {
            if at == last {
                self.way(way, outer);
                break;
            }
            let split = self.push(Op::Leave);
            self.way(way, outer);
            jumps.push(self.push(Op::Leave));
            self.program.ops[split] = Op::Split {
                first: split as At + 1,
                second: self.here(),
            };
        }
        let end = self.here();
        for jump in jumps {
            self.program.ops[jump] = Op::Jump(end);
        }
    }

    fn way(&mut self, way: Way<'_>, outer: bool) {
        match way {
            Way::Plain(node) => self.add(node, outer),
            Way::Atomic(node) => self.sub(Sub::Atomic, node, outer),
        }
    }

    fn sub(&mut self, kind: Sub, body: &Node, outer: bool) {
        let sub = self.push(Op::Leave);
        self.add(body, outer);
        if let Sub::Behind { .. } = kind {
            self.push(Op::EndsHere);
        }
        self.push(Op::Leave);
        let next = self.here();
        self.program.ops[sub] = Op::Sub { kind, next };
    }

    fn look(&mut self, look: &Look, outer: bool) {
        let negated = look.negated;
        match look.side {
            Side::Ahead => self.sub(Sub::Ahead { negated }, &look.body, outer),
            Side::Behind { least, most } => {
                let kind = Sub::Behind {
                    negated,
                    least,
                    most,
                };
                self.sub(kind, &look.body, false);
            }
        }
    }

    fn repeat(&mut self, repeat: &Repeat, outer: bool) {
        let body = &*repeat.body;
        // Loops within a repeated group aren't outermost.
        let within = outer && !matches!(body, Node::Group { .. });
        match (body, repeat.shape) {
            _ if repeat.is_choice() => match repeat.greed {
                Greed::Lazy => self.branch([EMPTY, Way::Plain(body)].into_iter(), within),
                _ => self.branch([Way::Plain(body), EMPTY].into_iter(), within),
            },
            (Node::Set(set), _) => {
                self.push(Op::Chars(Chars {
                    set: Table::new(set),
                    min: repeat.min,
                    max: repeat.max,
                    greed: repeat.greed,
                }));
            }
            (_, Shape::Rounds) => self.rounds(repeat, within, outer),
            _ if (repeat.min, repeat.max) == (0, 1) => match repeat.greed {
                Greed::Greedy => self.branch([Way::Atomic(body), EMPTY].into_iter(), within),
                Greed::Lazy => self.branch([EMPTY, Way::Atomic(body)].into_iter(), within),
                Greed::Possessive => self.sub(Sub::Maybe, body, within),
            },
            _ => self.steps(repeat, within),
        }
    }

    fn steps(&mut self, repeat: &Repeat, outer: bool) {
        let steps = self.push(Op::Leave);
        let mut group = None;
        match &*repeat.body {
            Node::Group { number, body } if repeat.greed != Greed::Possessive => {
                group = *number;
                self.add(body, outer);
            }
            body => self.add(body, outer),
        }
        self.push(Op::Leave);
        self.program.ops[steps] = Op::Steps {
            repeat: Steps {
                min: repeat.min,
                max: repeat.max,
                greed: repeat.greed,
                group,
            },
            next: self.here(),
        };
    }

    fn rounds(&mut self, repeat: &Repeat, inner: bool, outer: bool) {
        let rounds = self.program.rounds.len() as u32;
        let (count, begun) = (self.local(), self.local());
        let lazy = repeat.greed == Greed::Lazy;
        let memo = (outer && !lazy && repeat.max == UNLIMITED).then(|| {
            self.program.memos += 1;
            self.program.memos - 1
        });
        self.push(Op::Begin { rounds });
        self.program.rounds.push(Rounds {
            min: repeat.min,
            max: repeat.max,
            lazy,
            count,
            begun,
            body: self.here(),
            next: 0,
            memo,
        });
        self.push(Op::Mark { slot: begun });
        match &*repeat.body {
            Node::Group {
                number: Some(group),
                body,
            } => {
                self.add(body, inner);
                self.push(Op::Capture {
                    group: *group,
                    slot: begun,
                });
            }
            body => self.add(body, inner),
        }
        self.push(Op::Again { rounds });
        self.push(Op::Enter { rounds });
        let next = self.here();
        self.program.rounds[rounds as usize].next = next;
    }
}
