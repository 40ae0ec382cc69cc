//! `docs/metrics.md` has the table of all metrics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use tollgate_telemetry::metrics::table;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/metrics.md");
const BEGIN: &str = "<!-- This table is made of crates/io/telemetry/src/metrics/table.rs. -->\n";
const END: &str = "<!-- Here the table ends. -->\n";

/// Writes the table where `TOLLGATE_WRITE` is set.
#[test]
fn the_documentation_has_all_metrics() {
    let mut wanted = String::from("| name | kind | labels | what it says |\n|---|---|---|---|\n");
    for metric in table::ALL {
        let labels: Vec<_> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        wanted.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.kind.as_str(),
            labels.join(", "),
            metric.help
        ));
    }
    let text = std::fs::read_to_string(FILE).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, behind) = rest.split_once(END).unwrap();
    if std::env::var_os("TOLLGATE_WRITE").is_some() {
        std::fs::write(FILE, [before, BEGIN, &wanted, END, behind].concat()).unwrap();
    } else {
        assert!(
            found == wanted,
            "docs/metrics.md has another table: TOLLGATE_WRITE=1 cargo test -p tollgate-telemetry --test documentation"
        );
    }
}
