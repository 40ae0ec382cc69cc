//! No count is printed before a noun that is always in the plural: `1 flows` reads as a slip, and makes a reader doubt
//! the figure. The sources of what prints are looked through; `plural` (in the simulator: `counted`) is the way.

use std::path::Path;

/// What is counted somewhere. A noun that is missing here isn't looked for.
const NOUNS: [&str; 30] = [
    "actions",
    "branches",
    "bytes",
    "calls",
    "cases",
    "clients",
    "entries",
    "errors",
    "executions",
    "faults",
    "files",
    "flows",
    "interactions",
    "limits",
    "lines",
    "members",
    "nodes",
    "notes",
    "records",
    "replications",
    "rows",
    "runs",
    "scripts",
    "steps",
    "threads",
    "times",
    "tokens",
    "tries",
    "values",
    "warnings",
];

/// Counts that are never 1, each with its reason.
const MANY: [&str; 11] = [
    // Rates, which have decimals where they are small.
    " a minute",
    " a second",
    " upstream",
    // Bounds.
    "more than {",
    "longer than {",
    "within {most",
    "{TRIES} times",
    // The demo's load is what it is, and so is its pace.
    "interactions call them {} times",
    "{} times as long as measured here",
    // Two clients at least have so many.
    "{tokens} tokens of ",
    "{refused} times with 429",
];

fn look(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for (number, line) in text.lines().enumerate() {
            if is_always_plural(line) {
                found.push(format!(
                    "{}:{}: {}",
                    path.display(),
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
}

/// Whether a line has a placeholder, and directly behind it a noun in the plural.
fn is_always_plural(line: &str) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    let is_known = MANY.iter().any(|many| line.contains(many));
    let mut placeholders = line.split("} ").skip(1);
    let is_plural = placeholders.any(|rest| {
        let word: String = rest
            .chars()
            .take_while(|c| c.is_ascii_lowercase())
            .collect();
        NOUNS.contains(&&*word)
    });
    is_plural && !is_comment && !is_known
}

#[test]
fn one_thing_is_not_several() {
    assert!(is_always_plural(
        "outln!(\"{} flows, {failed} failed\", flows.len());"
    ));
    assert!(!is_always_plural(
        "outln!(\"{} failed\", plural(1, \"flow\"));"
    ));
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    look(&own.join("src"), &mut found);
    look(&own.join("../sim/src"), &mut found);
    assert!(found.is_empty(), "use plural: {found:#?}");
}
