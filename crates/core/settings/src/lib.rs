//! Reads TOML settings with a place for every fault.
//!
//! *Decides* how a file is walked: typed fields with their ranges, tables, lists, time spans, and what
//! a problem looks like. *Doesn't decide* what a file means: that is for whoever asks for its fields
//! (the service's configuration, the simulator's scenarios).
//!
//! Invariants:
//! - **All problems at once, each with its place**: line, column, field, what was expected, what was
//!   found. The reader walks the parsed document itself instead of deserialising it, which would stop
//!   at the first problem.
//! - **Nothing is passed over.** A field nobody asked for is a problem that lists the known ones.
//!
//! [`read`] is the way in. Tested here and by the files of those who use it.

mod findings;
mod names;
mod problem;
mod reader;
mod span;

pub use findings::{Findings, Placed};
pub use names::{resolve, unique_name};
pub use problem::{Listing, Problem};
pub use reader::Section;
pub use span::{parse_span, show_span};

use toml::de::DeTable;

/// Reads a text with `read`, which is given its root. What could not be read has its default there:
/// the result is thrown away if there was a problem.
///
/// # Errors
/// The text isn't TOML, or something in it is wrong: all that was found, in the order of the text.
pub fn read<T>(text: &str, read: impl FnOnce(&Section<'_, '_>) -> T) -> Result<T, Vec<Problem>> {
    let findings = Findings::new(text);
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        for error in broken {
            let at = error.span().map_or(0, |span| span.start);
            findings.add(at, String::new(), error.message().to_owned());
        }
        return Err(findings.into_problems());
    }
    let root = Section::new(&findings, document.get_ref(), String::new(), 0);
    let result = read(&root);
    root.finish();
    let problems = findings.into_problems();
    if problems.is_empty() {
        Ok(result)
    } else {
        Err(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_place() {
        let text = "rate = 1.5\nmany = [1, \"x\"]\nspan = \"soon\"\nodd = 1\n";
        let problems = read(text, |root| {
            assert_eq!(root.number("rate", 0.0..=2.0), Some(1.5));
            root.numbers("many", 0.0..=9.0);
            root.span("span", std::time::Duration::ZERO..=std::time::Duration::MAX);
        })
        .unwrap_err();
        let places: Vec<_> = problems.iter().map(|it| (it.line, it.column)).collect();
        assert_eq!(places, [(2, 12), (3, 8), (4, 1)]);
        let shown = Listing {
            file: "a.toml",
            problems: &problems,
        }
        .to_string();
        assert!(
            shown.starts_with("a.toml:2:12: many: expected a number from 0 to 9, found \"x\"\n"),
            "{shown}"
        );
        assert!(shown.ends_with("odd: no such field; known here: rate, many, span"));
    }

    #[test]
    fn a_number_may_be_whole() {
        let value = read("a = 3\nb = 1_000.5", |root| {
            (root.number("a", 0.0..=9.0), root.number("b", 0.0..=2e3))
        });
        assert_eq!(value, Ok((Some(3.0), Some(1_000.5))));
        assert!(read("a = nan", |root| root.number("a", 0.0..=9.0)).is_err());
    }
}
