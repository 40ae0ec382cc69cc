//! Patterns and texts that follow from a seed.

use super::Case;
use super::ask::Dice;
use serde_json::json;

const CHARACTERS: &[&str] = &[
    "a", "a", "a", "b", "b", "c", "x", "A", "1", " ", "_", "-", "é", "\u{301}", "😀", "\n", "\r",
    "\\n", "\\r", "\u{85}", ",",
];
const TEXT: &[&str] = &[
    "a", "a", "a", "b", "b", "b", "c", "x", "A", "B", "1", "2", " ", "_", "-", ",", "é", "É",
    "e\u{301}", "\u{301}", "😀", "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "ß", "ſ", "K",
];
const CLASSES: &[&str] = &[
    ".",
    ".",
    "\\w",
    "\\W",
    "\\d",
    "\\D",
    "\\s",
    "\\S",
    "\\h",
    "\\H",
    "\\v",
    "\\V",
    "\\p{L}",
    "\\P{L}",
    "\\p{Lu}",
    "\\p{Punct}",
    "\\p{Alpha}",
    "\\pN",
    "\\p{IsLatin}",
    "[ab]",
    "[^a]",
    "[^ab\\n]",
    "[a-c&&[^b]]",
    "[\\w&&[^b]]",
    "[a[bc]]",
    "[^\\s\\S]",
    "[\\s\\S]",
];
const PLACES: &[&str] = &[
    "^",
    "$",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\Z",
    "\\G",
    "(?=a)",
    "(?!b)",
    "(?<=a)",
    "(?<!b)",
    "(?<=a|bc)",
    "(?=(b))",
];
const REPEATS: &[&str] = &["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "*", "+"];
const FLAGS: &[&str] = &[
    "(?i)", "(?m)", "(?s)", "(?d)", "(?x)", "(?iu)", "(?U)", "(?m)", "(?-m)",
];
const REPLACEMENTS: &[&str] = &["", "-", "<$0>", "[$1]", "$1$2", "\\$$0"];

struct Generator {
    dice: Dice,
    groups: usize,
}

impl Generator {
    fn alternatives(&mut self, depth: usize) -> String {
        let ways = [1, 1, 1, 2, 2, 3][self.dice.roll(6)];
        let ways: Vec<String> = (0..ways).map(|_| self.sequence(depth)).collect();
        ways.join("|")
    }

    fn sequence(&mut self, depth: usize) -> String {
        let parts = self.dice.roll(4);
        (0..parts).map(|_| self.part(depth)).collect()
    }

    fn part(&mut self, depth: usize) -> String {
        let mut part = self.atom(depth);
        if self.dice.roll(5) < 2 {
            part += self.dice.word(REPEATS);
            part += ["", "", "?", "+"][self.dice.roll(4)];
        }
        part
    }

    fn atom(&mut self, depth: usize) -> String {
        match self.dice.roll(if depth == 0 { 14 } else { 24 }) {
            0..=5 => self.dice.word(CHARACTERS).to_owned(),
            6..=8 => self.dice.word(CLASSES).to_owned(),
            9 => self.dice.word(PLACES).to_owned(),
            10 => format!("\\{}", 1 + self.dice.roll(self.groups + 1)),
            11 => ["\\R", "\\X", "\\Qa.\\E", "ab"][self.dice.roll(4)].to_owned(),
            12 => self.class(1),
            13 => self.dice.word(FLAGS).to_owned(),
            14..=17 => {
                self.groups += 1;
                format!("({})", self.alternatives(depth - 1))
            }
            18 | 19 => format!("(?:{})", self.alternatives(depth - 1)),
            20 => format!("(?>{})", self.alternatives(depth - 1)),
            21 => format!("(?={})", self.alternatives(depth - 1)),
            22 => format!("(?!{})", self.alternatives(depth - 1)),
            _ => {
                let sign = ["=", "!"][self.dice.roll(2)];
                format!("(?<{sign}{})", self.alternatives(depth - 1))
            }
        }
    }

    fn class(&mut self, depth: usize) -> String {
        let mut class = ["[", "[", "[^"][self.dice.roll(3)].to_owned();
        for _ in 0..=self.dice.roll(3) {
            class += &match self.dice.roll(8) {
                0..=3 => self.dice.word(CHARACTERS).to_owned(),
                4 => self
                    .dice
                    .word(&["a-c", "b-", "\\w", "\\D", "\\p{L}", "A-b", "]", "^"])
                    .to_owned(),
                5 | 6 if depth > 0 => self.class(depth - 1),
                7 if depth > 0 => {
                    format!("&&{}", self.dice.word(&["[^b]", "b", "[a-c]", "", "\\w"]))
                }
                _ => "b".to_owned(),
            };
        }
        class + "]"
    }

    /// One with a fault, now and then: a character is lost or doubled.
    fn pattern(&mut self) -> String {
        self.groups = 0;
        let pattern = self.alternatives(3);
        if self.dice.roll(12) > 0 || pattern.is_empty() {
            return pattern;
        }
        let chars: Vec<char> = pattern.chars().collect();
        let at = self.dice.roll(chars.len());
        let doubled = self.dice.roll(2);
        let (before, after) = chars.split_at(at);
        let repeated = std::iter::repeat_n(after[0], 2 * doubled);
        before
            .iter()
            .copied()
            .chain(repeated)
            .chain(after[1..].iter().copied())
            .collect()
    }

    fn text(&mut self) -> String {
        let length = self.dice.roll(10);
        (0..length).map(|_| self.dice.word(TEXT)).collect()
    }
}

pub(crate) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut generator = Generator {
        dice: Dice(seed),
        groups: 0,
    };
    let mut cases: Vec<Case> = Vec::new();
    while cases.len() < count {
        let pattern = generator.pattern();
        // The same pattern on several texts: what the first finds out, the others build on.
        for _ in 0..4 {
            let text = generator.text();
            let (method, with) = match generator.dice.roll(8) {
                0 => ("matches", json!(null)),
                1 => ("split", json!(generator.dice.roll(4) as i64 - 1)),
                2 => ("replaceFirst", json!(generator.dice.word(REPLACEMENTS))),
                3 => ("replaceAll", json!(generator.dice.word(REPLACEMENTS))),
                _ => ("find", json!(null)),
            };
            cases.push((method, pattern.clone(), text, with));
        }
    }
    cases.truncate(count);
    cases
}
