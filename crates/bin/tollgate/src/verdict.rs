//! The last words of a command that judges something: what its figures mean, and what to do next.

use crate::colour;
use crate::console::{self, wrapped};
use std::fmt::Write as _;

/// How it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    Good,
    /// Nothing is broken, but somebody should look.
    Doubtful,
    Bad,
}

/// What the figures mean, and what to do next.
pub(crate) struct Verdict {
    standing: Standing,
    means: String,
    next: String,
}

impl Verdict {
    /// `means` and `next` are whole sentences; `next` names a command.
    pub(crate) fn new(
        standing: Standing,
        means: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            standing,
            means: means.into(),
            next: next.into(),
        }
    }

    /// Prints it to stdout, as the end of the results.
    pub(crate) fn print(&self) {
        console::print(format_args!("{}", self.text(colour::is_on_stdout())));
    }

    /// Two paragraphs in lines of 80 columns.
    pub(crate) fn text(&self, is_coloured: bool) -> String {
        let style = match self.standing {
            Standing::Good => colour::GOOD,
            Standing::Doubtful => colour::DOUBTFUL,
            Standing::Bad => colour::BAD,
        };
        let mut text = String::new();
        let parts = [
            ("Verdict:", style, &self.means),
            ("Next:", colour::HINT, &self.next),
        ];
        for (name, style, words) in parts {
            let lines = wrapped(&format!("{name} {words}"), "  ");
            let lines = lines.strip_prefix(name).unwrap_or(&lines);
            let name = colour::painted(name, style, is_coloured);
            let _ = writeln!(text, "{name}{lines}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_two_paragraphs_of_80_columns() {
        let long = "it carries more than is asked for, and so on, ".repeat(4);
        let verdict = Verdict::new(Standing::Good, long, "`tollgate plan` says more.");
        let plain = verdict.text(false);
        assert!(
            plain.lines().all(|line| line.chars().count() <= 80),
            "{plain}"
        );
        assert!(plain.starts_with("Verdict: it carries"), "{plain}");
        assert!(
            plain.ends_with("\nNext: `tollgate plan` says more.\n"),
            "{plain}"
        );
        let coloured = verdict.text(true);
        assert!(coloured.contains("\u{1b}["), "{coloured:?}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
