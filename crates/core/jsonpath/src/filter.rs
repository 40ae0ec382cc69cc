//! Filters: `[?(@.a == 'x' && @.b)]`: how they are read from a path's text, and which candidates pass.
//!
//! `||` binds weaker than `&&`, `!` strongest; brackets group. Operands are paths from the candidate (`@`) or
//! the document (`$`), texts, numbers, `true`, `false`, `null`, JSON lists and objects, and patterns.

mod accept;
mod compile;
mod node;
mod relate;
