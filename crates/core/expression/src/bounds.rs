//! What one expression, and what it builds, may be at most. Bounds of texts, collections, numbers, dates and
//! durations are the vendor's, as its scripting package has them; those of nesting, bytes and work are ours.

use std::ops::RangeInclusive;

/// Characters of one expression.
pub(crate) const MAX_CHARACTERS: usize = 32_000;
/// Operations one within the other, as in a long chain of `+`.
pub(crate) const MAX_LINKS: usize = 200;
/// Nesting of one expression.
pub(crate) const MAX_DEPTH: usize = 100;
/// Characters of a text that an expression builds.
pub(crate) const MAX_TEXT: usize = 32_000;
/// Items of a collection that an expression builds.
pub(crate) const MAX_ITEMS: usize = 2_000;
/// Whole numbers.
pub(crate) const INTEGERS: RangeInclusive<i64> = -999_999_999_999_999..=999_999_999_999_999;
/// Milliseconds of a duration.
pub(crate) const DURATIONS: RangeInclusive<i64> = INTEGERS;
/// Bytes of a collection or of JSON that a function builds, as they lie in memory: twice what the JSON of the
/// longest text takes.
pub(crate) const MAX_VALUE: usize = 32 * 1024 * 1024;
