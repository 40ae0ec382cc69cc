//! How Java writes its numbers.
//!
//! The references for templates and paths are Java libraries. What they print, and what they compare as text,
//! has Java's digits; so the crates that answer as they do share this one.

mod double;

pub use double::print_double;
