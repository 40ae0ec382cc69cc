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
//! - **Nothing is passed over.** A field nobody asked for is a problem that lists the known ones, and says
//!   which of them is most likely meant.
//! - **No problem only follows from another.** Where a field is misspelt, the right one isn't missing as well;
//!   where a table has no name that can be read, who names it isn't told that there is none.
//!
//! [`read`] is the way in. Tested here and by the files of those who use it.

mod count;
mod findings;
mod likeness;
mod names;
mod problem;
mod reader;
mod span;

pub use count::counted;
pub use findings::{Findings, Placed, Places};
pub use likeness::did_you_mean;
pub use names::{resolve, unique_name};
pub use problem::{Listing, Place, Problem};
pub use reader::Section;
pub use span::{parse_span, show_span};

use toml::de::DeTable;

/// Reads a text with `read`, which is given its root. What could not be read has its default there:
/// the result is thrown away if there was a problem.
///
/// # Errors
/// The text isn't TOML, or something in it is wrong: all that was found, in the order of the text.
pub fn read<T>(text: &str, read: impl FnOnce(&Section<'_, '_>) -> T) -> Result<T, Vec<Problem>> {
    read_with_places(text, read).map(|(result, _)| result)
}

/// Reads a text with `read`, as [`read`](fn@read) does, and says where its fields stand.
///
/// # Errors
/// The text isn't TOML, or something in it is wrong: all that was found, in the order of the text.
pub fn read_with_places<T>(
    text: &str,
    read: impl FnOnce(&Section<'_, '_>) -> T,
) -> Result<(T, Places), Vec<Problem>> {
    let findings = Findings::new(text);
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        for error in broken {
            let at = error.span().map_or(0, |span| span.start);
            findings.add(at, String::new(), broken_toml(text, &error));
        }
        return Err(findings.into_problems());
    }
    let root = Section::new(&findings, document.get_ref(), String::new(), 0);
    let result = read(&root);
    root.finish();
    let places = findings.places();
    let problems = findings.into_problems();
    if problems.is_empty() {
        Ok((result, places))
    } else {
        Err(problems)
    }
}

/// What is wrong with a text that isn't TOML. A key that is there twice is named.
fn broken_toml(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    let key = error.span().and_then(|span| text.get(span));
    match key {
        Some(key) if message == "duplicate key" => format!("{key}: the key is there a second time"),
        _ => message.to_owned(),
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
    fn no_problem_only_follows_from_another() {
        let told = |text: &str| -> Vec<String> {
            let problems = read(text, |root| {
                let mut names = Vec::new();
                for section in root.sections("client") {
                    unique_name(&section, "name", &mut names);
                    section.finish();
                }
                for wanted in root.texts("clients").unwrap_or_default() {
                    resolve(root, &wanted, "client", &names);
                }
                if !root.has("listen") {
                    root.missing("listen", "an address");
                }
            });
            let problems = problems.unwrap_err().into_iter();
            problems
                .map(|it| format!("{}: {}", it.field, it.message))
                .collect()
        };
        let [named, unnamed] = [
            "[[client]]\nname = \"one\"\n",
            "[[client]]\nnam = \"one\"\n",
        ];
        let clients = "clients = [\"oen\"]\n";
        assert_eq!(
            told(&format!("listen = 1\n{clients}{named}")),
            ["clients: no client is called \"oen\"; there are: one; did you mean \"one\"?"]
        );
        assert_eq!(
            told(&format!("listen = 1\n{clients}{unnamed}")),
            ["client[1].nam: no such field; known here: name; did you mean name?"]
        );
        let misspelt = told(&format!("lisen = 1\n{clients}[[cleint]]\nname = \"one\"\n"));
        assert_eq!(misspelt.len(), 2, "{misspelt:?}");
        assert!(
            misspelt[0].starts_with("lisen: ") && misspelt[0].ends_with("did you mean listen?")
        );
        assert!(
            misspelt[1].starts_with("cleint: ") && misspelt[1].ends_with("did you mean client?")
        );
        assert_eq!(
            told(&format!("listen = 1\n{clients}[client]\nname = \"one\"\n")).len(),
            1
        );
    }

    #[test]
    fn faults_that_are_found_later_have_their_places_too() {
        let text = "a = 1\n[[b]]\nc = [\"x\",\n  \"y\"]\n";
        let ((), places) = read_with_places(text, |root| {
            root.number("a", 0.0..=2.0);
            for section in root.sections("b") {
                section.texts("c");
            }
        })
        .unwrap();
        for (field, line, column) in [
            ("a", 1, 5),
            ("b[1]", 2, 1),
            ("b[1].c", 3, 5),
            ("b[1].c[2]", 4, 3),
            ("b[1].d", 2, 1),
            ("e", 1, 1),
        ] {
            let place = places.of(field);
            assert_eq!(
                (place.line, place.column, &*place.field),
                (line, column, field)
            );
        }
        assert!(places.has("b[1].c") && !places.has("b[1].d"));
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
