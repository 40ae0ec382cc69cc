//! What a match can begin with, so that other places needn't be tried.

use crate::linear::{captures, has};
use crate::set::{self, Set};
use crate::study;
use crate::tree::{Anchor, Node, Shape};

/// What a part begins with.
pub(super) struct Lead {
    /// Anything, if absent.
    pub(super) set: Option<Set>,
    /// Whether the part may be empty, so that what follows it begins.
    pub(super) empty: bool,
}

pub(super) fn lead(node: &Node) -> Lead {
    let anything = Lead {
        set: None,
        empty: false,
    };
    match node {
        Node::Set(set) => Lead {
            set: Some(set.clone()),
            empty: false,
        },
        Node::Text(text) => Lead {
            set: text.chars().next().map(|c| set::chars(&[c])),
            empty: false,
        },
        Node::LineBreak => Lead {
            set: Some(set::of(&[(0x0A, 0x0D), (0x85, 0x85), (0x2028, 0x2029)])),
            empty: false,
        },
        Node::Empty | Node::Anchor(_) => nothing(),
        // A look that captures may leave what it captured even where the match fails.
        Node::Look(look) if !has(&look.body, &captures) => nothing(),
        Node::Group { body, .. } => lead(body),
        // So may what is tried on its own and takes nothing.
        Node::Atomic(body) if stays(body) => anything,
        Node::Repeat(repeat) if repeat.shape == Shape::Steps && stays(&repeat.body) => anything,
        Node::Atomic(body) => lead(body),
        Node::Repeat(repeat) => {
            let mut lead = lead(&repeat.body);
            lead.empty |= repeat.min == 0;
            lead
        }
        Node::Branch(ways) => {
            let mut all = Lead {
                set: Some(Set::empty()),
                empty: false,
            };
            for way in ways {
                let way = lead(way);
                all.empty |= way.empty;
                all.set = united(all.set, way.set);
            }
            all
        }
        Node::Sequence(parts) => {
            let mut all = nothing();
            for part in parts {
                let part = lead(part);
                all.set = united(all.set, part.set);
                if !part.empty {
                    all.empty = false;
                    break;
                }
            }
            all
        }
        Node::Look(_) | Node::Back { .. } | Node::Grapheme => anything,
    }
}

/// Whether a part may capture something and take nothing.
fn stays(node: &Node) -> bool {
    study::may_be_empty(node) && has(node, &captures)
}

fn nothing() -> Lead {
    Lead {
        set: Some(Set::empty()),
        empty: true,
    }
}

fn united(one: Option<Set>, other: Option<Set>) -> Option<Set> {
    let (mut one, other) = (one?, other?);
    one.union(&other);
    Some(one)
}

/// Whether a part matches at the text's start alone.
pub(super) fn starts(node: &Node) -> bool {
    match node {
        Node::Anchor(Anchor::Start) => true,
        Node::Group { body, .. } | Node::Atomic(body) => starts(body),
        Node::Sequence(parts) => parts.first().is_some_and(starts),
        Node::Branch(ways) => ways.iter().all(starts),
        _ => false,
    }
}
