//! The pieces that a page is made of.

use super::super::escape;
use std::fmt::Write as _;

/// Text as the page shows it; what stands between backticks is code.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in escape(text).split('`').enumerate() {
        let _ = if at % 2 == 1 {
            write!(html, "<code>{part}</code>")
        } else {
            write!(html, "{part}")
        };
    }
    html
}

pub(super) fn section(
    page: &mut String,
    title: &str,
    about: &str,
    content: impl FnOnce(&mut String),
) {
    let _ = write!(page, "<section>\n<h2>{title}</h2>\n");
    if !about.is_empty() {
        let _ = writeln!(page, "<p class=\"note\">{about}</p>");
    }
    content(page);
    page.push_str("</section>\n");
}

pub(super) fn panels(page: &mut String, plots: Vec<(String, String)>) {
    page.push_str("<div class=\"panels\">\n");
    for (name, plot) in plots {
        let _ = writeln!(
            page,
            "<figure><figcaption>{}</figcaption>{plot}</figure>",
            escape(&name)
        );
    }
    page.push_str("</div>\n");
}

pub(super) fn table(
    page: &mut String,
    first: &str,
    heading: &[&str],
    left: usize,
    rows: impl FnOnce(&mut String),
) {
    page.push_str("<div class=\"scroll\"><table><thead><tr>");
    for (at, name) in std::iter::once(&first).chain(heading).enumerate() {
        let class = if at < left { " class=\"l\"" } else { "" };
        let _ = write!(page, "<th scope=\"col\"{class}>{}</th>", escape(name));
    }
    page.push_str("</tr></thead><tbody>\n");
    rows(page);
    page.push_str("</tbody></table></div>\n");
}

pub(super) fn row(page: &mut String, first: bool, left: usize, cells: &[String]) {
    page.push_str(if first {
        "<tr class=\"first\">"
    } else {
        "<tr>"
    });
    for (at, cell) in cells.iter().enumerate() {
        let class = if at < left { " class=\"l\"" } else { "" };
        let _ = write!(page, "<td{class}>{}</td>", escape(cell));
    }
    page.push_str("</tr>\n");
}
