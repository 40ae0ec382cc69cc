//! Reports: a table for a terminal, JSON and CSV for programs, one HTML file for people.
//!
//! All are made from the same [`crate::Results`], and are text: nothing is written here.

mod charts;
pub(crate) mod columns;
mod csv;
mod html;
mod json;
mod svg;
pub(crate) mod table;
mod verdict;

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use table::table;
pub use verdict::{Meaning, Standing, meaning, plan_meaning};

use crate::stats::Estimate;

/// Text as HTML and SVG show it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

/// A number with as many places as it deserves.
pub(crate) fn number(value: f64) -> String {
    let places = match value.abs() {
        0.0 => 0,
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.places$}");
    if places == 0 { grouped(&text) } else { text }
}

/// A number on an axis, or a count: no more places than it needs.
pub(crate) fn tick(value: f64) -> String {
    if value.fract().abs() < 1e-9 {
        return grouped(&format!("{value:.0}"));
    }
    let text = format!("{value:.3}");
    text.trim_end_matches('0').to_owned()
}

/// Thousands set apart by commas.
fn grouped(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12.3 ± 0.4`.
pub(crate) fn estimate(value: Option<Estimate>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    match value.half {
        Some(half) if half > 0.0 => format!("{} ± {}", number(value.mean), number(half)),
        _ => number(value.mean),
    }
}

/// Milliseconds as a person says them.
pub(crate) fn span(millis: f64) -> String {
    match millis {
        millis if millis < 1.0 => "0 ms".to_owned(),
        millis if millis < 1_000.0 => format!("{millis:.0} ms"),
        millis if millis < 10_000.0 => format!("{:.2} s", millis / 1e3),
        millis if millis < 120_000.0 => format!("{:.1} s", millis / 1e3),
        millis => format!("{:.1} min", millis / 6e4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 0.1234, 1.234, 12.34, 123.4, 1_234_567.0, -1_500.0].map(number);
        assert_eq!(
            shown,
            ["0", "0.123", "1.23", "12.3", "123", "1,234,567", "-1,500"]
        );
        assert_eq!(span(0.4), "0 ms");
        assert_eq!(span(61_000.0), "61.0 s");
    }
}
