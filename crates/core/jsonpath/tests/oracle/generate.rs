//! Paths from the grammar, sound and damaged, and documents that they may lead into.

use super::ask::Dice;
use super::generate_filter::filter;
use serde_json::{Map, Value as Json, json};

pub(crate) const NAMES: [&str; 8] = ["c", "a", "b", "f", "e", "d", "id", "part"];
/// Names that are found less often, or never.
const ODD: [&str; 8] = ["a b", "0", ")", "é", "gone", "a.b", "it's", "length"];
const TEXTS: [&str; 24] = [
    "x",
    "y",
    "",
    "xyz",
    "X",
    "1",
    "é",
    "it's",
    "null",
    "true",
    "1.0",
    "1e1",
    "01",
    "-2",
    "$.a",
    "@",
    "$",
    "['x']",
    "{\"a\":1}",
    "'x'",
    "a\\nb",
    "[x",
    "/",
    "\"q\"",
];

pub(crate) fn cases(seed: u64, count: usize) -> Vec<(String, Json)> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|_| {
            let document = match dice.roll(12) {
                0 => array(&mut dice, 3),
                1 => value(&mut dice, 1),
                _ => object(&mut dice, 3),
            };
            let mut path = path(&mut dice);
            if dice.roll(8) == 0 {
                damage(&mut dice, &mut path);
            }
            (path, document)
        })
        .collect()
}

fn object(dice: &mut Dice, depth: usize) -> Json {
    let mut members = Map::new();
    for name in NAMES {
        if dice.roll(8) > 0 {
            members.insert(name.to_owned(), value(dice, depth));
        }
    }
    if dice.roll(6) == 0 {
        let name = dice.word(&ODD).to_owned();
        members.insert(name, value(dice, depth));
    }
    Json::Object(members)
}

fn array(dice: &mut Dice, depth: usize) -> Json {
    let kind = dice.roll(5);
    let count = dice.roll(6);
    let item = |dice: &mut Dice| match kind {
        0 | 4 if depth > 0 => object(dice, depth - 1),
        1 => number(dice),
        2 => text(dice),
        _ => value(dice, depth),
    };
    Json::Array((0..count).map(|_| item(dice)).collect())
}

fn number(dice: &mut Dice) -> Json {
    let odd = [
        "1.5",
        "-2",
        "10000000000",
        "0.0",
        "1e20",
        "1.10",
        "-0.0",
        "0.001",
        "1.0E-5",
        "12345678901234567890",
        "123456789012345678.5",
        "100",
        "2.0",
    ];
    if dice.roll(2) == 0 {
        return json!(dice.roll(4));
    }
    serde_json::from_str(dice.word(&odd)).unwrap()
}

fn text(dice: &mut Dice) -> Json {
    match dice.roll(3) {
        0 => json!(dice.word(&TEXTS)),
        _ => json!(dice.word(&["x", "y", "xyz", "X", "1"])),
    }
}

fn value(dice: &mut Dice, depth: usize) -> Json {
    match dice.roll(if depth == 0 { 8 } else { 15 }) {
        0 | 1 => number(dice),
        2..=4 => text(dice),
        5 => json!(dice.roll(2) == 0),
        6 => Json::Null,
        7 => json!([]),
        8..=10 => array(dice, depth - 1),
        _ => object(dice, depth - 1),
    }
}

fn path(dice: &mut Dice) -> String {
    let mut path = dice
        .word(&["$", "$", "$", "$", "$", "$", "", ".", "@", "@", " $"])
        .to_owned();
    if path.is_empty() || path == "." {
        path.push_str(dice.word(&NAMES));
    }
    for _ in 0..dice.roll(4) {
        step(dice, &mut path);
    }
    if dice.roll(5) == 0 {
        function(dice, &mut path);
    }
    if dice.roll(40) == 0 {
        path.push_str(dice.word(&[
            " ", "..", ".", "[", "]", "[x]", "[?]", "[]", "['a", " x", "[a]", "x", "é", "😀", ")",
        ]));
    }
    path
}

fn name<'a>(dice: &mut Dice) -> &'a str {
    if dice.roll(12) == 0 {
        dice.word(&ODD)
    } else {
        dice.word(&NAMES)
    }
}

fn step(dice: &mut Dice, path: &mut String) {
    match dice.roll(24) {
        0..=6 => {
            path.push('.');
            path.push_str(dice.word(&NAMES));
        }
        7 => {
            let name = name(dice);
            let quote = dice.word(&["'", "'", "\""]);
            path.push_str(&format!("[{quote}{name}{quote}]"));
        }
        8 | 9 => path.push_str(dice.word(&[
            "['a','b']",
            "['a', 'q']",
            "[ 'c' ]",
            "['q']",
            "[\"a\",\"c\"]",
            "['a','a']",
            "['d' , 'id']",
            "['a',\"b\"]",
            "['a\\'b']",
            "['\\u0061']",
            "['a' 'b']",
        ])),
        10 | 11 => path.push_str(dice.word(&[".*", "[*]", "[*]", "[ * ]", "*"])),
        12..=13 => path.push_str(&format!("[{}]", dice.roll(4))),
        14 => path.push_str(dice.word(&[
            "[0,1]",
            "[1,0]",
            "[0, 2]",
            "[9]",
            "[-1]",
            "[5,0]",
            "[-2,-9,1]",
            "[ 1 ]",
            "[0 , 1]",
            "[0,]",
            "[1 2]",
            "[-0]",
            "[٣]",
            "[0,0]",
        ])),
        15 => path.push_str(dice.word(&[
            "[1:]", "[:2]", "[0:2]", "[-2:]", "[:-1]", "[1:-1]", "[-2:-1]", "[2:9]", "[5:]",
            "[-9:]", "[0:0]", "[-2:3]", "[-9:2]", "[0:4:2]", "[::2]", "[1::2]", "[:]", "[:2:1]",
            "[1 : 2]", "[:9]",
        ])),
        16..=18 => {
            path.push_str("..");
            match dice.roll(8) {
                0 => path.push_str(dice.word(&["*", "[*]", "[0]", "[1:]", "[0,1]", "['a','b']"])),
                1 => {
                    path.push_str("[?(");
                    filter(dice, path, 0);
                    path.push_str(")]");
                }
                _ => path.push_str(dice.word(&NAMES)),
            }
        }
        19 if dice.roll(3) == 0 => function(dice, path),
        _ => {
            path.push_str(dice.word(&["[?(", "[?(", "[ ?(", "[?( "]));
            filter(dice, path, 0);
            path.push_str(dice.word(&[")]", ")]", " )]", ") ]"]));
        }
    }
}

fn function(dice: &mut Dice, path: &mut String) {
    path.push('.');
    path.push_str(dice.word(&[
        "length", "size", "min", "max", "avg", "sum", "stddev", "concat", "keys", "first", "last",
        "index", "append", "length", "sum", "Max", "shout",
    ]));
    path.push('(');
    if dice.roll(3) == 0 {
        for place in 0..=dice.roll(4) / 2 {
            if place > 0 {
                path.push_str(dice.word(&[",", ", ", " ,"]));
            }
            match dice.roll(6) {
                0..=2 => path.push_str(dice.word(&[
                    "1",
                    "0",
                    "-1",
                    "2.5",
                    "\"x\"",
                    "\"-\"",
                    "{\"a\":[1,2]}",
                    "\"a,b\"",
                    "\"(\"",
                    "'x'",
                    "true",
                    "[1,2]",
                    "1e3",
                    "\"\\\"\"",
                    "5x",
                    "{a:1}",
                    "0.0001",
                ])),
                3 => path.push_str(dice.word(&[
                    "$.a.length()",
                    "$..id",
                    "$",
                    "@.a",
                    "$.c.first()",
                    "$.id.concat(1)",
                ])),
                _ => {
                    path.push('$');
                    for _ in 0..dice.roll(3) {
                        step(dice, path);
                    }
                }
            }
        }
    }
    path.push(')');
    if dice.roll(8) == 0 {
        step(dice, path);
    }
}

/// Takes out, doubles or puts in a piece.
fn damage(dice: &mut Dice, path: &mut String) {
    for _ in 0..=dice.roll(2) {
        let mut letters: Vec<char> = path.chars().collect();
        let at = dice.roll(letters.len() + 1);
        match dice.roll(3) {
            0 if at < letters.len() => {
                letters.remove(at);
            }
            1 if at < letters.len() => letters.insert(at, letters[at]),
            _ => {
                let piece = dice.word(&[
                    "(", ")", "[", "]", "'", "\"", ".", " ", "\\", "/", "!", "&", "|", "=", "@",
                    "$", "*", ",", ":", "-", "\t", "x", "?", "é",
                ]);
                for (place, letter) in piece.chars().enumerate() {
                    letters.insert(at + place, letter);
                }
            }
        }
        *path = letters.into_iter().collect();
    }
}
