//! Paths from the grammar, and documents they may lead into.
//!
//! The names are single letters in the order Java's hash tables hold them; ours keep the document's.

use super::ask::Dice;
use serde_json::{Map, Value as Json, json};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

pub(crate) fn cases(seed: u64, count: usize) -> Vec<(String, Json)> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|_| {
            let document = if dice.roll(8) == 0 {
                array(&mut dice, 3)
            } else {
                object(&mut dice, 4)
            };
            let path = path(&mut dice);
            (path, document)
        })
        .collect()
}

fn object(dice: &mut Dice, depth: usize) -> Json {
    let mut members = Map::new();
    for name in NAMES {
        if dice.roll(4) > 0 {
            members.insert(name.to_owned(), value(dice, depth));
        }
    }
    Json::Object(members)
}

fn array(dice: &mut Dice, depth: usize) -> Json {
    let alike = dice.roll(2) == 0;
    let count = dice.roll(5);
    Json::Array(
        (0..count)
            .map(|_| {
                if alike && depth > 0 {
                    object(dice, depth - 1)
                } else {
                    value(dice, depth)
                }
            })
            .collect(),
    )
}

fn value(dice: &mut Dice, depth: usize) -> Json {
    match dice.roll(if depth == 0 { 8 } else { 14 }) {
        0 => json!(dice.roll(4)),
        1 => dice
            .pick(&[
                json!(1.5),
                json!(-2),
                json!(10_000_000_000_i64),
                json!(0.0),
                json!(1e20),
            ])
            .clone(),
        2..=4 => json!(dice.word(&["x", "y", "", "xyz", "X", "1", "é", "it's", "null", "true"])),
        5 => json!(dice.roll(2) == 0),
        6 => Json::Null,
        7 => json!([]),
        8..=10 => array(dice, depth - 1),
        _ => object(dice, depth - 1),
    }
}

fn path(dice: &mut Dice) -> String {
    let mut path = (dice.word(&["$", "$", "$", "$", "", "@"])).to_owned();
    if path.is_empty() {
        path.push_str(dice.word(&NAMES));
    }
    for _ in 0..dice.roll(5) {
        step(dice, &mut path);
    }
    if dice.roll(40) == 0 {
        path.push_str(dice.word(&[
            " ", "..", ".", "[", "]", "[x]", "[?]", "[]", "['a", " x", "[a]",
        ]));
    }
    path
}

fn step(dice: &mut Dice, path: &mut String) {
    match dice.roll(20) {
        0..=6 => {
            path.push('.');
            path.push_str(dice.word(&NAMES));
        }
        7 => path.push_str(&format!("['{}']", dice.word(&NAMES))),
        8 => path.push_str(dice.word(&["['a','b']", "['a', 'q']", "[ 'c' ]", "['q']"])),
        9 => path.push_str(dice.word(&[".*", "[*]", "[*]"])),
        10..=12 => path.push_str(&format!("[{}]", dice.roll(4))),
        13 => path.push_str(dice.word(&["[0,1]", "[1,0]", "[0, 2]", "[9]", "[-1]", "[5,0]"])),
        14 => path.push_str(dice.word(&[
            "[1:]", "[:2]", "[0:2]", "[-2:]", "[:-1]", "[1:-1]", "[-2:-1]", "[2:9]", "[5:]",
            "[-9:]", "[0:0]",
        ])),
        15 | 16 => {
            path.push_str("..");
            path.push_str(dice.word(&NAMES));
        }
        _ => {
            path.push_str("[?(");
            filter(dice, path);
            path.push_str(")]");
        }
    }
}

fn filter(dice: &mut Dice, path: &mut String) {
    for place in 0..=dice.roll(3).saturating_sub(1) {
        if place > 0 {
            path.push_str(dice.word(&[" && ", "&&", " || "]));
        }
        if dice.roll(4) == 0 {
            path.push_str(dice.word(&["", "", "!"]));
            operand(dice, path);
            continue;
        }
        operand(dice, path);
        path.push_str(dice.word(&[" == ", "==", " != ", " < ", " <= ", " > ", " >= ", ">"]));
        path.push_str(dice.word(&[
            "'x'",
            "'xyz'",
            "1",
            "1.5",
            "0",
            "-2",
            "true",
            "false",
            "null",
            "''",
            "'1'",
            "10000000000",
            "@.b",
            "$.a",
            "'X'",
            "@.c",
        ]));
        if dice.roll(12) == 0 {
            path.push_str(" && @.a =~ /x.*/i");
        }
    }
}

fn operand(dice: &mut Dice, path: &mut String) {
    path.push('@');
    for _ in 0..=dice.roll(5) / 4 {
        path.push('.');
        path.push_str(dice.word(&NAMES));
    }
    if dice.roll(10) == 0 {
        path.push_str("[0]");
    }
}
