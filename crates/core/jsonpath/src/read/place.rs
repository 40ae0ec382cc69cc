//! Places in an array: of an index, and of a slice.

use std::ops::Range;

/// The place in an array that a possibly negative index means.
pub(super) fn place(index: i32, length: usize) -> Option<usize> {
    let count = isize::try_from(length).ok()?;
    let index = isize::try_from(index).ok()?;
    let place = if index < 0 { index + count } else { index };
    usize::try_from(place).ok().filter(|place| *place < length)
}

/// The places that a slice covers, of which those below nought count from the end. As in the reference, only
/// an end that stands alone is moved by the length: `[-2:]` and `[:-1]` are, `[-2:3]` runs from -2 to 2.
pub(super) fn slice(from: Option<i32>, to: Option<i32>, length: usize) -> Range<isize> {
    let count = length.cast_signed();
    let wide = |end: i32| isize::try_from(end).unwrap_or_default();
    match (from.map(wide), to.map(wide)) {
        (Some(from), Some(to)) => from.max(-count)..to.min(count),
        (Some(from), None) if from < 0 => (from + count).max(0)..count,
        (Some(from), None) => from..count,
        (None, Some(to)) if to < 0 => 0..to + count,
        (None, to) => 0..to.unwrap_or(count).min(count),
    }
}
