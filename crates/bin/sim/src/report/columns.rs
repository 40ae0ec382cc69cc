//! Columns for a terminal.
//!
//! No line is longer than [`WIDTH`] where words allow it: headings, and the cells of columns that may, go on in the
//! next line. So a table is one in a terminal as most have it, and in whatever the text is pasted into.

use std::fmt::Write as _;
use textwrap::core::Word;
use textwrap::{Options, WordSeparator};

/// Columns of a line.
const WIDTH: usize = 80;
/// Blanks between two columns.
const GAP: usize = 2;

/// A table with a heading.
pub(crate) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Columns whose cells may take several lines.
    wrapping: Vec<usize>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self {
            heading: heading.iter().map(|cell| (*cell).to_owned()).collect(),
            rows: Vec::new(),
            wrapping: Vec::new(),
        }
    }

    /// Lets the cells of these columns take several lines where the table is too wide.
    pub(crate) fn wrapping(mut self, columns: &[usize]) -> Self {
        self.wrapping = columns.to_vec();
        self
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// `left` columns are set to the left, the others to the right.
    pub(crate) fn write(&self, to: &mut String, left: usize) {
        let widths = self.widths();
        lines(to, &self.heading, &widths, left);
        let all: usize = widths.iter().sum();
        let gaps = GAP * widths.len().saturating_sub(1);
        let _ = writeln!(to, "{}", "─".repeat(all + gaps));
        for row in &self.rows {
            lines(to, row, &widths, left);
        }
    }

    /// As wide as the widest cell; where that is too much, the widest of those that can be narrower gives way.
    fn widths(&self) -> Vec<usize> {
        let columns = 0..self.heading.len();
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widest = |column: usize| cells(column).map(|cell| count(cell)).max().unwrap_or(0);
        let mut widths: Vec<usize> = columns
            .clone()
            .map(|column| widest(column).max(count(&self.heading[column])))
            .collect();
        let least: Vec<usize> = columns
            .map(|column| {
                let least = if self.wrapping.contains(&column) {
                    cells(column).map(|cell| longest_word(cell)).max()
                } else {
                    Some(widest(column))
                };
                least.unwrap_or(0).max(longest_word(&self.heading[column]))
            })
            .collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > WIDTH {
            let wide = (0..widths.len()).filter(|column| widths[*column] > least[*column]);
            let Some(widest) = wide.max_by_key(|column| widths[*column]) else {
                break;
            };
            widths[widest] -= 1;
        }
        widths
    }
}

/// One row, in as many lines as its cells need.
fn lines(to: &mut String, row: &[String], widths: &[usize], left: usize) {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| within(cell, *width))
        .collect();
    let high = cells.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..high {
        let line = cells.iter().zip(widths).enumerate();
        let line = line.map(|(column, (cell, &width))| {
            let part = cell.get(at).map_or("", String::as_str);
            if column < left {
                format!("{part:<width$}")
            } else {
                format!("{part:>width$}")
            }
        });
        let line = line.collect::<Vec<_>>().join(&" ".repeat(GAP));
        let _ = writeln!(to, "{}", line.trim_end());
    }
}

/// A cell in lines of that width; all but the first have its indent, and two blanks more where the text has one.
fn within(cell: &str, width: usize) -> Vec<String> {
    let indent = &cell[..cell.len() - cell.trim_start().len()];
    let options = Options::new(width)
        .break_words(false)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_separator(WordSeparator::Custom(words));
    let lines = textwrap::wrap(cell.trim_start(), options);
    lines
        .into_iter()
        .map(std::borrow::Cow::into_owned)
        .collect()
}

/// A text in lines of at most [`WIDTH`] columns, all but the first behind an indent.
pub(crate) fn filled(text: &str, indent: &str) -> String {
    let options = Options::new(WIDTH)
        .break_words(false)
        .subsequent_indent(indent)
        .word_separator(WordSeparator::AsciiSpace);
    textwrap::fill(text, options)
}

/// Where a cell may be broken: at blanks, but not behind a number's sign or before its unit; behind a hyphen, and behind
/// the dots of a word such as `deadline.cannot.be.met`.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let letters: Vec<(usize, char)> = line.char_indices().collect();
    let mut ends: Vec<usize> = Vec::new();
    for pair in letters.windows(2) {
        let [(at, letter), (next, follows)] = *pair else {
            continue;
        };
        let inside = matches!(letter, '.' | '-') && follows.is_alphabetic();
        let rest = &line[next..];
        let glued = line[..at].ends_with('±') || rest.starts_with('%') || is_unit(rest);
        let blank = letter == ' ' && follows != ' ' && !glued;
        if inside || blank {
            ends.push(next);
        }
    }
    ends.push(line.len());
    let mut start = 0;
    Box::new(ends.into_iter().map(move |end| {
        let word = Word::from(&line[start..end]);
        start = end;
        word
    }))
}

/// Whether a text begins with a unit.
fn is_unit(text: &str) -> bool {
    let first = text.split(' ').next().unwrap_or_default();
    matches!(first, "ms" | "s" | "min")
}

fn longest_word(cell: &str) -> usize {
    let indent = cell.len() - cell.trim_start().len();
    let longest = words(cell.trim_start()).map(|word| count(&word)).max();
    indent + longest.unwrap_or(0)
}

fn count(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_wide_goes_on_in_the_next_line() {
        let mut table =
            Table::new(&["change", "interactions a minute", "then binds"]).wrapping(&[0]);
        let long = "answers of routing-decision cached for a minute, if half of its inputs repeat";
        table.row(vec![
            long.into(),
            "2,319 ± 1.50".into(),
            "executions".into(),
        ]);
        let mut text = String::new();
        table.write(&mut text, 1);
        assert!(text.lines().all(|line| count(line) <= WIDTH), "{text}");
        assert!(text.contains("2,319 ± 1.50  executions\n"), "{text}");
        let mut narrow = String::new();
        let mut table = Table::new(&["a", "b"]);
        table.row(vec!["x".into(), "12".into()]);
        table.write(&mut narrow, 1);
        assert_eq!(narrow, "a   b\n─────\nx  12\n");
    }

    #[test]
    fn a_cell_is_broken_between_its_words() {
        let broken = within("0.424 % deadline.cannot.be.met, 0.1 % 429", 16);
        assert_eq!(
            broken,
            ["0.424 %", "deadline.cannot.", "be.met, 0.1 %", "429"]
        );
        assert_eq!(within("189 ± 9.53", 7), ["189", "± 9.53"]);
        assert_eq!(within("  a flow", 6), ["  a", "  flow"]);
    }
}
