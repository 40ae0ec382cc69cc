//! The steps of a compiled path.

use crate::filter::Filter;

/// One step from a value to values inside it.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// `.name` or `['name']`.
    Name(String),
    /// `['a','b']`: a new object of those that exist. Always the last step.
    Names(Vec<String>),
    /// `.*` or `[*]`.
    Wildcard,
    /// `[n]`; negative from the end.
    Index(i64),
    /// `[a,b]`.
    Indices(Vec<i64>),
    /// `[a:b]`, either end may be open.
    Slice(Option<i64>, Option<i64>),
    /// `[?(…)]`.
    Filter(Filter),
    /// `..`: the next step is tried in every container, parents first. Never the last step.
    Scan,
}

impl Step {
    /// Whether the step leads to one place at most.
    pub(crate) fn is_definite(&self) -> bool {
        matches!(self, Step::Name(_) | Step::Names(_) | Step::Index(_))
    }
}

/// The place in an array that a possibly negative index means.
pub(crate) fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { index + length } else { index };
    if (0..length).contains(&at) {
        usize::try_from(at).ok()
    } else {
        None
    }
}

/// The places a slice covers. As in the reference, a start of nought or more never passes a negative end
/// that follows it: `[1:-1]` is empty, `[:-1]` is not.
pub(crate) fn slice(from: Option<i64>, to: Option<i64>, length: usize) -> std::ops::Range<usize> {
    let count = i64::try_from(length).unwrap_or(i64::MAX);
    let (start, end) = match (from, to) {
        (Some(from), Some(to)) if from >= 0 => (from, to),
        (from, to) => {
            let absolute = |n: i64| if n < 0 { n + count } else { n };
            (from.map_or(0, absolute), to.map_or(count, absolute))
        }
    };
    let bound = |n: i64| usize::try_from(n.clamp(0, count)).unwrap_or(length);
    bound(start)..bound(end).max(bound(start))
}
