//! Filters from the grammar.

use super::ask::Dice;
use super::generate::NAMES;

pub(crate) fn filter(dice: &mut Dice, path: &mut String, depth: usize) {
    for place in 0..=dice.roll(3).saturating_sub(1) {
        if place > 0 {
            path.push_str(dice.word(&[" && ", "&&", " || ", "  &&", " ||"]));
        }
        match dice.roll(16) {
            0 if depth < 2 => {
                path.push_str(dice.word(&["(", "!(", "! (", "( ", "!!("]));
                filter(dice, path, depth + 1);
                path.push(')');
            }
            1..=3 => {
                path.push_str(dice.word(&["", "", "!", "! ", "!!"]));
                operand(dice, path, depth);
            }
            _ => relation(dice, path, depth),
        }
    }
}

fn relation(dice: &mut Dice, path: &mut String, depth: usize) {
    if dice.roll(5) == 0 {
        literal(dice, path);
    } else {
        operand(dice, path, depth);
    }
    match dice.roll(8) {
        0..=4 => {
            path.push_str(dice.word(&[
                " == ", "==", " != ", " < ", " <= ", " > ", " >= ", ">", " === ", " !== ", "!=",
                " =~ ", " = ", " <> ", "  ==  ",
            ]));
        }
        _ => {
            path.push_str(dice.word(&[
                " in ",
                " IN ",
                " nin ",
                " Nin ",
                " subsetof ",
                " anyof ",
                " noneof ",
                " contains ",
                " CONTAINS ",
                " size ",
                " empty ",
                " exists ",
                " type ",
                " matches ",
                " all ",
                "  in  ",
                " in",
                " NONEOF ",
                " like ",
            ]));
        }
    }
    match dice.roll(3) {
        0 => operand(dice, path, depth),
        _ => literal(dice, path),
    }
}

fn literal(dice: &mut Dice, path: &mut String) {
    match dice.roll(5) {
        0 => path.push_str(dice.word(&[
            "['x','y']",
            "[1, 2]",
            "[]",
            "['x', 1, null, true]",
            "[\"x\"]",
            "[x, y]",
            "{}",
            "{\"a\":1}",
            "[[1]]",
            "['x' 'y']",
            "[1.0]",
            "[\"1\"]",
            "['it\\'s']",
            "[01, -2]",
            "[1,,2,]",
            "['x'",
        ])),
        1 => path.push_str(dice.word(&[
            "/x.*/i", "/x/", "/.*/", "/[xy]+/", "/\\d+/", "/(/", "/x\\/y/", "/X/ims", "/1.*/z",
        ])),
        2 => path.push_str(dice.word(&["true", "false", "null", "True", "nul", "yes"])),
        3 => path.push_str(dice.word(&[
            "1",
            "1.5",
            "0",
            "-2",
            "10000000000",
            "1e1",
            "1.",
            ".5",
            "-",
            "1.50",
            "12345678901234567890",
            "01",
            "2",
        ])),
        _ => {
            let quote = dice.word(&["'", "'", "\""]);
            path.push_str(quote);
            path.push_str(dice.word(&[
                "x", "y", "xyz", "", "1", "X", "1.0", "é", "\\u0078", "\\u00zz", "a\\nb", ")", "]",
                "/", "1e1", "null", "a b", "01", "0.0", "1.1",
            ]));
            path.push_str(quote);
        }
    }
}

fn operand(dice: &mut Dice, path: &mut String, depth: usize) {
    path.push_str(dice.word(&["@", "@", "@", "@", "$"]));
    if dice.roll(10) == 0 {
        return;
    }
    for _ in 0..=dice.roll(5) / 3 {
        match dice.roll(14) {
            0..=9 => {
                path.push('.');
                path.push_str(dice.word(&NAMES));
            }
            10 => path.push_str(dice.word(&["[0]", "[-1]", "[*]", ".*", "[0,1]", "[1:]"])),
            11 => path.push_str(dice.word(&["..a", "..id", "['a']", "['a b']", "[*].id", "..[0]"])),
            12 if depth < 2 => {
                path.push_str("[?(");
                filter(dice, path, depth + 1);
                path.push_str(")]");
            }
            _ => path.push_str(dice.word(&[
                ".length()",
                ".size()",
                ".sum()",
                ".first()",
                ".keys()",
                ".concat(\"x\")",
            ])),
        }
    }
}
