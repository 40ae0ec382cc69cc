//! Templates from a grammar of Velocity, and from pieces thrown together.
//!
//! The keys of maps are single letters in the order Java's hash tables hold them; ours keep the document's.

use super::ask::Dice;
use super::parsed;
use super::pieces::{
    BINARY, ESC, LIST_METHODS, MAP_METHODS, MATH, NAMES, NUMBER_METHODS, PIECES, TEXT_METHODS,
};
use serde_json::Value as Json;

/// Values at the edges; the last have every name that templates are made with, so that strict references
/// get further.
pub(crate) fn contexts() -> Vec<Json> {
    let mut contexts: Vec<Json> = [
        "{}",
        r#"{"x": "text", "y": "O'Brien \"q\" <&> é漢😀 /\\ $x #if", "i": 3, "j": -7, "z": 0,
            "big": 3000000000, "max": 2147483647, "long": 9223372036854775807, "huge": 123456789012345678901234567890,
            "d": 2.5, "e": 1e10, "f": 0.1, "p": 123456789.123456789123456789, "tiny": 2.2250738585072014E-308,
            "t": true, "no": false, "n": null, "s": "12", "blank": " a b ", "csv": "a,b,,c,,", "none": "",
            "l": ["a", "b", "c"], "nums": [3, 1, 2.5, null, 10000000000], "el": [], "m": {"a": 1, "b": "v", "c": {"d": [1, 2]}},
            "em": {}, "in": {"a": "q-1", "b": 7, "c": null, "d": ["u", "v"], "e": {"f": 1.5}}}"#,
        r#"{"x": "", "y": "$d.add(1) \\$x \n\t end", "i": 0, "j": 2147483648, "z": -1, "max": -2147483648,
            "long": -9223372036854775808, "huge": -18446744073709551616, "d": 1e23, "e": 5e-324, "f": -0.0001,
            "p": 0.30000000000000004441, "t": false, "s": "-1.5E3", "l": ["x"], "nums": [0], "m": {"a": null}, "n": [null],
            "in": {"a": "", "b": -1.0, "d": [], "e": {}}}"#,
    ]
    .into_iter()
    .map(parsed)
    .collect();
    let set = parsed(
        r#"{"nope": null, "v": "V", "w": [2], "x_1": null, "x-y": 1, "foo": {}, "foreach": "f"}"#,
    );
    let with = |context: &Json| {
        let mut context = context.clone();
        let fields = context.as_object_mut().unwrap();
        fields.extend(set.as_object().unwrap().clone());
        context
    };
    contexts.extend([with(&contexts[1]), with(&contexts[2])]);
    contexts
}

pub(crate) fn cases(seed: u64, count: usize) -> Vec<(String, Json)> {
    let contexts = contexts();
    let mut dice = Dice(seed);
    let mut cases = Vec::with_capacity(count);
    for _ in 0..count {
        let mut writer = Writer {
            dice: &mut dice,
            out: String::new(),
        };
        match writer.dice.roll(10) {
            0 | 1 => writer.soup(),
            2 => writer.damaged(),
            _ => writer.block(3),
        }
        let template = writer.out;
        cases.push((template, dice.pick(&contexts).clone()));
    }
    cases
}

/// Doubles of every size, printed, and whole numbers calculated with.
pub(crate) fn numbers(seed: u64, count: usize) -> Vec<(String, Json)> {
    let mut dice = Dice(seed);
    let whole = |dice: &mut Dice| {
        let bits = dice.roll(70) as u32;
        let value = (dice.roll(usize::MAX) as i128 * 3) & ((1_i128 << bits) - 1);
        if dice.roll(2) == 0 { value } else { -value }
    };
    (0..count)
        .map(|place| {
            let template = if place % 2 == 0 {
                // Some written by people, most any 64 bits.
                let double = match dice.roll(4) {
                    0 => format!("{}.{}", dice.roll(100_000), dice.roll(1000)),
                    1 => format!("{}.0E{}", 1 + dice.roll(99), dice.roll(620) as i32 - 310),
                    _ => {
                        let bits = (dice.roll(usize::MAX) as u64) & !(1 << 63);
                        let double = f64::from_bits(bits);
                        if double.is_finite() {
                            format!("{double:e}")
                        } else {
                            "0.5".to_owned()
                        }
                    }
                };
                let double = if double.contains('.') {
                    double
                } else {
                    double.replace('e', ".0e")
                };
                format!("#set($d = {double})$d")
            } else {
                let (a, b) = (whole(&mut dice), whole(&mut dice));
                let sign = dice.word(&["+", "*", "/", "-", "%", "<", "=="]);
                format!("#set($a = {a})#set($b = {b})#set($c = $a {sign} $b)$c $a.equals($c)")
            };
            (template, parsed("{}"))
        })
        .collect()
}

struct Writer<'a> {
    dice: &'a mut Dice,
    out: String,
}

impl Writer<'_> {
    fn pick(&mut self, from: &[&str]) {
        let piece = *self.dice.pick(from);
        self.out.push_str(piece);
    }

    /// Pieces thrown together.
    fn soup(&mut self) {
        for _ in 0..=self.dice.roll(8) {
            self.pick(&PIECES);
        }
    }

    /// A template with a piece dropped into it, or taken out.
    fn damaged(&mut self) {
        self.block(2);
        let chars: Vec<char> = self.out.chars().collect();
        let at = self.dice.roll(chars.len() + 1);
        let (head, tail) = chars.split_at(at);
        self.out = head.iter().collect();
        if self.dice.roll(2) == 0 {
            self.pick(&PIECES);
        }
        self.out.extend(tail.iter().skip(self.dice.roll(2)));
    }

    fn block(&mut self, depth: usize) {
        for _ in 0..=self.dice.roll(3) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        let most = if depth == 0 { 8 } else { 14 };
        match self.dice.roll(most) {
            0 => self.pick(&[
                "text ",
                "\n",
                "  ",
                " \n  ",
                "a.b",
                "{\"k\": \"",
                "\"}",
                "100% ",
                "é漢😀",
                "\r\n",
                "\t",
            ]),
            1 => self.pick(&[
                "## c $x\n",
                "#* c #if *#",
                "#** d *#",
                "#[[ $x #if ]]#",
                "##\n",
                "\\#if",
                "\\\\#foreach",
                "#foo",
                "\\#foo ",
            ]),
            2..=5 => self.reference(depth),
            6 => {
                self.pick(&["\\", "\\\\", "$", "#", "\\\\\\"]);
                self.reference(depth);
            }
            7 | 8 => {
                self.pick(&[
                    "#set($", "#set( $", "#{set}($", " #set ($", "#set($", "#set($",
                ]);
                self.pick(&["v", "v", "w", "x", "m.a", "l[0]", "m['o']", "w", "v"]);
                self.pick(&[" = ", "=", " =\n"]);
                self.expression(depth);
                self.pick(&[")", " )", ")\n", ") \n", ")  "]);
            }
            9 | 10 => {
                self.pick(&["#if(", "#if (", "#{if}( "]);
                self.expression(depth - 1);
                self.pick(&[")", ")\n", " )  \n "]);
                self.block(depth - 1);
                if self.dice.roll(3) == 0 {
                    self.out.push_str("#elseif(");
                    self.expression(depth - 1);
                    self.pick(&[")", ") \n"]);
                    self.block(depth - 1);
                }
                if self.dice.roll(2) == 0 {
                    self.pick(&["#else ", "#{else}", "#else\n", "#else  \n "]);
                    self.block(depth - 1);
                }
                self.pick(&["#end", "#end\n", "#{end}", "#end "]);
            }
            11 | 12 => {
                self.pick(&["#foreach($v in ", "#foreach( $v in ", "#foreach($w in "]);
                self.list(depth - 1);
                self.pick(&[")", " )\n", ")  \n"]);
                self.pick(&[
                    "",
                    "$foreach.count",
                    "$velocityCount",
                    "$foreach.index,",
                    "#if($foreach.hasNext),#end",
                    "$v",
                    "$!v",
                    "$foreach.parent.index",
                    "$velocityHasNext",
                    "$foreach.topmost.count",
                    "#set($foreach.a = $v)$foreach.a$!foreach.parent.a",
                    "$foreach",
                    "#set($v = $foreach)$v.index",
                ]);
                self.block(depth - 1);
                self.pick(&[
                    "",
                    "",
                    "#break",
                    "#if($v == 2)#break#end",
                    "#break($foreach)",
                    "#if($foreach.parent)#break($foreach.parent)#end",
                    "#set($t = 'b#break')",
                    "#stop('x')",
                    "$foreach.first$foreach.last",
                    "#if($v)#stop#end",
                ]);
                self.pick(&["#end", "#end\n", "#{end}"]);
            }
            _ => {
                self.out.push_str("#foo(");
                self.simple(depth - 1);
                self.pick(&[")", " $x)", ", 'b')", ")\n"]);
            }
        }
    }

    fn reference(&mut self, depth: usize) {
        let sign = self.dice.roll(5);
        let formal = sign >= 3;
        self.out.push_str(["$", "$", "$!", "${", "$!{"][sign]);
        self.named(depth);
        if formal {
            self.out.push('}');
        }
    }

    /// What follows the sign of a reference.
    fn named(&mut self, depth: usize) {
        match self.dice.roll(8) {
            0 => self.pick(&NAMES),
            1 | 2 => {
                self.pick(&["x", "y", "s", "blank", "csv", "none", "in.a"]);
                for _ in 0..=self.dice.roll(2) {
                    self.out.push('.');
                    self.pick(&TEXT_METHODS);
                }
            }
            3 => {
                self.pick(&["l", "nums", "el", "in.d", "v"]);
                self.pick(&[".", ".", "[0].", "[1].", "[-1]."]);
                self.pick(&LIST_METHODS);
            }
            4 => {
                self.pick(&["m", "in", "em", "v"]);
                self.out.push('.');
                self.pick(&MAP_METHODS);
            }
            5 => {
                self.pick(&["i", "j", "d", "big", "long", "e", "t"]);
                self.out.push('.');
                self.pick(&NUMBER_METHODS);
            }
            6 if depth > 0 => {
                self.out.push_str("esc.");
                self.pick(&ESC);
                self.out.push('(');
                self.simple(depth - 1);
                self.out.push(')');
            }
            7 if depth > 0 => {
                let (name, count) = *self.dice.pick(&MATH);
                self.out.push_str("math.");
                self.out.push_str(name);
                self.out.push('(');
                for place in 0..count {
                    if place > 0 {
                        self.out.push_str(", ");
                    }
                    self.simple(depth - 1);
                }
                self.out.push(')');
            }
            _ => self.pick(&[
                "esc.d",
                "esc.q",
                "m.a",
                "in.e.f",
                "l[0]",
                "m['a']",
                "nums[3]",
                "in.d[1]",
                "nope.a.b()",
                "x-y",
                "x_1",
            ]),
        }
    }

    fn expression(&mut self, depth: usize) {
        match self.dice.roll(if depth == 0 { 3 } else { 9 }) {
            0..=3 => self.simple(depth),
            4 => {
                self.pick(&["!", "not ", "! "]);
                self.expression(depth - 1);
            }
            5 => {
                self.out.push('(');
                self.expression(depth - 1);
                self.out.push(')');
            }
            _ => {
                self.expression(depth - 1);
                self.out.push(' ');
                self.pick(&BINARY);
                self.out.push(' ');
                self.expression(depth - 1);
            }
        }
    }

    fn simple(&mut self, depth: usize) {
        match self.dice.roll(if depth == 0 { 6 } else { 9 }) {
            0 | 1 => self.pick(&[
                "0",
                "1",
                "-5",
                "2147483647",
                "2147483648",
                "9223372036854775807",
                "99999999999999999999",
                "1.5",
                "-0.5",
                "1e3",
                "1.0E10",
                ".5",
                "3.",
                "0.1",
                "7",
            ]),
            2 => self.pick(&[
                "'a'",
                "''",
                "'it''s'",
                "'a$x'",
                "\"\"",
                "\"b\"",
                "\"say \"\"hi\"\"\"",
                "'12'",
                "'1,234.5x'",
                "\"\\u0041b\"",
                "'a/b\\'",
            ]),
            3 => self.pick(&["true", "false"]),
            4 | 5 => self.reference(depth.saturating_sub(1)),
            6 => {
                self.out.push('"');
                let start = self.out.len();
                self.block(depth - 1);
                let inner = self.out.split_off(start).replace('"', "'");
                self.out.push_str(&inner);
                self.out.push('"');
            }
            7 => self.list(depth - 1),
            _ => {
                self.out.push('{');
                for place in 0..self.dice.roll(3) {
                    if place > 0 {
                        self.out.push_str(", ");
                    }
                    self.pick(&["'a'", "\"b\"", "1", "$x"]);
                    self.out.push_str(": ");
                    self.simple(depth - 1);
                }
                self.out.push('}');
            }
        }
    }

    fn list(&mut self, depth: usize) {
        match self.dice.roll(4) {
            0 => self.pick(&[
                "$l",
                "$nums",
                "$m",
                "$el",
                "$x",
                "$nope",
                "$in.d",
                "$csv.split(',')",
                "$m.entrySet()",
                "$m.keySet()",
            ]),
            1 => self.pick(&[
                "[1..3]",
                "[3..1]",
                "[$i..1]",
                "[-1..1]",
                "[0..$nope]",
                "[ 1 .. 2 ]",
            ]),
            _ => {
                self.out.push('[');
                for place in 0..self.dice.roll(4) {
                    if place > 0 {
                        self.out.push_str(", ");
                    }
                    self.simple(depth.saturating_sub(1));
                }
                self.out.push(']');
            }
        }
    }
}
