//! What one expression, and what it builds, may be at most.

/// Characters of one expression.
pub(crate) const MAX_CHARACTERS: usize = 65_536;
/// Operations one within the other, as in a long chain of `+`.
pub(crate) const MAX_LINKS: usize = 200;
/// Nesting of one expression.
pub(crate) const MAX_DEPTH: usize = 100;
/// Bytes of a text that a function builds.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;
/// Items of a collection that a function builds.
pub(crate) const MAX_ITEMS: usize = 10_000;

/// Bytes of a collection or of JSON that a function builds, as they lie in memory: twice what the JSON of the
/// longest text takes.
pub(crate) const MAX_VALUE: usize = 32 * 1024 * 1024;
