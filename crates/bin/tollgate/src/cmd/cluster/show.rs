//! The value as tables.

use crate::console::{outln, plural};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::time::Duration;
use tollgate_config::show_span;
use tollgate_lease::{LimitView, Value};

/// Columns of a table.
const WIDTH: u16 = 80;

pub(super) fn print(value: &Value) {
    outln!(
        "{}, {}, {} so far",
        plural(value.members().count(), "member"),
        plural(value.views().count(), "limit"),
        plural(
            usize::try_from(value.doubts()).unwrap_or(usize::MAX),
            "doubt"
        )
    );
    if let Some(learning) = value.learning() {
        let why = learning.why.map(|it| format!(", since {}", it.reason()));
        let over_in = seconds(learning.over_in);
        outln!("learned anew{}", why.unwrap_or_default());
        outln!("all is known in {over_in}");
    }
    outln!("spans are from the last exchange of any member, whenever that was");
    let mut members = table(["member", "seen", "lease left"]);
    for it in value.members() {
        members.add_row([
            it.member.to_string(),
            format!("{} ago", seconds(it.since)),
            seconds(it.left),
        ]);
    }
    finish(&members);
    let mut limits = table(["limit", "of", "slots", "wants"]);
    for view in value.views() {
        for row in rows(value, &view) {
            limits.add_row(row);
        }
    }
    finish(&limits);
}

/// What a limit allows, and where that is.
fn rows(value: &Value, view: &LimitView<'_>) -> Vec<[String; 4]> {
    let row = |of: String, slots: u32, wants: String| [String::new(), of, slots.to_string(), wants];
    let mut rows = vec![row("allowed".to_owned(), view.allowed, String::new())];
    view.name.clone_into(&mut rows[0][0]);
    for part in value.parts(view.key) {
        rows.push(row(
            part.member.to_string(),
            part.slots,
            part.wants.to_string(),
        ));
    }
    rows.push(row("free".to_owned(), view.free, String::new()));
    if view.returning > 0 {
        let all_in = seconds(view.returned_in);
        rows.push(row(
            format!("returning, the last in {all_in}"),
            view.returning,
            String::new(),
        ));
    }
    if view.unknown > 0 {
        let known_in = seconds(view.known_in);
        rows.push(row(
            format!("unknown, for {known_in}"),
            view.unknown,
            String::new(),
        ));
    }
    rows
}

/// Whole seconds, the one that is under way counted.
fn seconds(span: Duration) -> String {
    show_span(Duration::from_secs(span.as_millis().div_ceil(1_000) as u64))
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(header);
    for column in table.column_iter_mut().rev().take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn finish(table: &Table) {
    if table.row_count() == 0 {
        return;
    }
    outln!("");
    // Blanks at the end of a line are of no use to anybody.
    for line in table.to_string().lines() {
        outln!("{}", line.trim_end());
    }
}
