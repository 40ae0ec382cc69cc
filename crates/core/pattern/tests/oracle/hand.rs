//! The patterns of `pieces.rs`, each with all texts.

use super::Case;
use super::pieces::{PATTERNS, TEXTS};
use serde_json::json;

const REPLACEMENTS: &[&str] = &[
    "",
    "x",
    "<$0>",
    "[$1]",
    "\\$",
    "$",
    "\\",
    "${n}",
    "$9",
    "$10",
    "$1$2",
    "${1}",
    "${a",
    "\\a$0",
    "${year}/$2",
    "${}",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (at, pattern) in PATTERNS.iter().enumerate() {
        for (place, text) in TEXTS.iter().enumerate() {
            let mut case = |method, with| {
                cases.push((method, (*pattern).to_owned(), (*text).to_owned(), with));
            };
            case("find", json!(null));
            match (at + place) % 4 {
                0 => case("matches", json!(null)),
                1 => case("split", json!([0, -1, 1, 2, 3][(at * 7 + place) % 5])),
                turn => {
                    let with = REPLACEMENTS[(at + 3 * place) % REPLACEMENTS.len()];
                    let method = if turn == 2 {
                        "replaceAll"
                    } else {
                        "replaceFirst"
                    };
                    case(method, json!(with));
                }
            }
        }
    }
    cases
}
