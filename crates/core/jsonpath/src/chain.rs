//! A compiled path: a root and the steps from it.

mod filter;
mod function;
mod pattern;

pub(crate) use filter::{Filter, Literal, Operand, Operator, Relation};
pub(crate) use function::Function;
pub(crate) use pattern::Pattern;

use serde_json::Value;
use std::sync::Arc;

/// A root and the steps from it.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Placed>,
    /// Whether the path yields one value rather than a list.
    pub(crate) definite: bool,
    /// Names and single indices only.
    pub(crate) single: bool,
    /// Whether a function is the last step.
    pub(crate) is_call: bool,
    pub(crate) latch: Option<Latch>,
}

/// What a path starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// `$`
    Document,
    /// `@`, which outside of filters is the document as well.
    Candidate,
}

/// A step at its place in a path.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) step: Step,
    /// Whether all steps before this one lead to one place: what doesn't fit here is an error, then.
    pub(crate) certain: bool,
}

/// One step from a value to values inside of it. A copy of a step shares what is nested in it: a function's
/// parameter is kept in several forms ([`PathParameter::counted`]), and a copy of all that lies below for each of them
/// would double the path with every level.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// `.name` or `['name']`.
    Name(String),
    /// `['a','b']`: as the last step a new object of those that exist, else each in turn.
    Names(Vec<String>),
    /// `.*` or `[*]`.
    Wildcard,
    /// `[n]`; negative from the end.
    Index(i32),
    /// `[a,b]`.
    Indices(Vec<i32>),
    /// `[a:b]`, one of both may be open.
    Slice(Option<i32>, Option<i32>),
    /// `[?(…)]`.
    Filter(Arc<Filter>),
    /// `..`: what follows is tried in every container, parents first.
    Scan,
    /// `.name(…)`.
    Call(Arc<Call>),
}

/// The application of a function.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// None where there is no such function, which is an error once it is called.
    pub(crate) function: Option<Function>,
    pub(crate) parameters: Vec<Parameter>,
    /// Where the number of calls is counted.
    pub(crate) count: usize,
}

/// What a function is given.
#[derive(Debug, Clone)]
pub(crate) enum Parameter {
    /// A literal; none if the text is no JSON, which is an error once the value is used.
    Json(Option<Value>),
    Path(PathParameter),
}

/// A path that a function is given, read from the root of the document.
#[derive(Debug, Clone)]
pub(crate) struct PathParameter {
    pub(crate) chain: Chain,
    /// Where its value is kept.
    pub(crate) kept: usize,
    /// What `length` counts at its first, second, … call: the path with a wildcard more. The reference takes
    /// the first wildcard out of the path after each call.
    pub(crate) counted: Vec<Chain>,
}

/// A rule for the last step behind what a scan looks for, as `.name` in `$..[0].name`: where the scan went
/// through an array, the members of its items count only if the item's place is the wanted index.
#[derive(Debug, Clone)]
pub(crate) struct Latch {
    /// Where the place of the item is noted; below nought before the first array.
    pub(crate) slot: usize,
    pub(crate) wanted: Option<i32>,
}

/// Counts what readings of a path note down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    pub(crate) latches: usize,
    pub(crate) kept: usize,
    pub(crate) counts: usize,
}

impl Chain {
    pub(crate) fn new(root: Root, steps: Vec<Step>, slots: &mut Slots) -> Chain {
        let is_call = matches!(steps.last(), Some(Step::Call(_)));
        if let (true, Some(Step::Scan)) = (is_call, steps.first()) {
            return Chain::inverted(root, steps, slots);
        }
        let wanted = match steps.iter().nth_back(1) {
            Some(Step::Index(index)) => Some(*index),
            _ => None,
        };
        Chain::build(root, steps, wanted, slots)
    }

    fn build(root: Root, steps: Vec<Step>, wanted: Option<i32>, slots: &mut Slots) -> Chain {
        let count = steps.len();
        let latch = match steps.iter().nth_back(2) {
            Some(Step::Scan) => {
                slots.latches += 1;
                Some(Latch {
                    slot: slots.latches - 1,
                    wanted,
                })
            }
            _ => None,
        };
        let single = |step: &Step| matches!(step, Step::Name(_) | Step::Index(_));
        let mut chain = Chain {
            root,
            single: steps.iter().all(single),
            is_call: matches!(steps.last(), Some(Step::Call(_))),
            definite: true,
            steps: Vec::with_capacity(count),
            latch,
        };
        for (at, step) in steps.into_iter().enumerate() {
            let certain = chain.definite;
            chain.definite &= step.is_definite(at + 1 == count);
            chain.steps.push(Placed { step, certain });
        }
        chain
    }

    /// A function behind a scan is applied once, to the list of all that the scan finds, with the document in
    /// the place of its model.
    fn inverted(root: Root, mut steps: Vec<Step>, slots: &mut Slots) -> Chain {
        let call = steps.iter().position(|step| matches!(step, Step::Call(_)));
        let mut rest = steps.split_off(call.unwrap_or_default());
        let inner = Chain::new(root, steps, slots);
        if let Some(Step::Call(call)) = rest.first_mut() {
            Arc::make_mut(call).parameters = vec![Parameter::path(inner, slots)];
        }
        let mut chain = Chain::build(Root::Document, rest, None, slots);
        chain.root = root;
        chain.latch = None;
        for placed in &mut chain.steps {
            placed.certain = false;
        }
        chain
    }

    /// The path with a wildcard more, and without so many of its own.
    fn counted(&self, removed: usize, slots: &mut Slots) -> Chain {
        let mut left = removed;
        let mut steps = Vec::new();
        for (at, placed) in self.steps.iter().enumerate() {
            if left > 0 && at > 0 && matches!(placed.step, Step::Wildcard) {
                left -= 1;
            } else {
                steps.push(placed.step.clone());
            }
        }
        steps.extend(std::iter::repeat_n(Step::Wildcard, removed + 1));
        let mut chain = Chain::build(self.root, steps, None, slots);
        chain.definite = self.definite;
        chain
    }
}

impl Parameter {
    pub(crate) fn path(chain: Chain, slots: &mut Slots) -> Parameter {
        let own = chain.steps.iter().skip(1);
        let own = own.filter(|placed| matches!(placed.step, Step::Wildcard));
        let counted = match chain.is_call || chain.steps.is_empty() {
            true => vec![chain.clone()],
            false => (0..=own.count())
                .map(|removed| chain.counted(removed, slots))
                .collect(),
        };
        slots.kept += 1;
        Parameter::Path(PathParameter {
            chain,
            kept: slots.kept - 1,
            counted,
        })
    }
}

impl Step {
    /// Whether the step leads to one place at most.
    fn is_definite(&self, last: bool) -> bool {
        match self {
            Step::Name(_) | Step::Index(_) | Step::Call(_) => true,
            Step::Names(_) => last,
            _ => false,
        }
    }
}
