//! JSON as RFC 8259 has it, in the plainest way: characters in, a tree out. Of a name that an object has
//! more than once, the last value counts, at the first one's place.

use serde_json::Value;
use std::fmt::Write as _;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn of(value: &Value) -> Tree {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(flag) => Tree::Bool(*flag),
            Value::Number(number) => Tree::Number(number.to_string()),
            Value::String(text) => Tree::Text(text.clone()),
            Value::Array(items) => Tree::List(items.iter().map(Tree::of).collect()),
            Value::Object(fields) => Tree::Object(
                fields
                    .iter()
                    .map(|(key, value)| (key.clone(), Tree::of(value)))
                    .collect(),
            ),
        }
    }

    /// Lists, objects, or both by turns.
    pub(crate) fn nested(levels: usize, shape: u8) -> Tree {
        (0..levels).fold(Tree::Null, |inner, level| {
            if shape == 0 || (shape > 1 && level % 2 == 0) {
                Tree::List(vec![inner, Tree::Number("1".to_owned())])
            } else if shape == 3 {
                Tree::Object(vec![("$serde_json::private::RawValue".to_owned(), inner)])
            } else {
                Tree::Object(vec![("a".to_owned(), inner)])
            }
        })
    }

    pub(crate) fn without_doubles(&self) -> Tree {
        match self {
            Tree::List(items) => Tree::List(items.iter().map(Tree::without_doubles).collect()),
            Tree::Object(fields) => {
                let mut kept = Vec::new();
                for (key, value) in fields {
                    put(&mut kept, key.clone(), value.without_doubles());
                }
                Tree::Object(kept)
            }
            other => other.clone(),
        }
    }

    /// A text for the tree: which spaces and escapes it has is drawn from the seed.
    pub(crate) fn spell(&self, mut seed: u64) -> String {
        let mut out = String::new();
        self.write(&mut seed, &mut out);
        out
    }

    fn write(&self, seed: &mut u64, out: &mut String) {
        let blanks = ["", "", "", " ", "\n", "\t \r\n"];
        let mut blank = |out: &mut String| out.push_str(blanks[draw(seed) as usize % blanks.len()]);
        blank(out);
        match self {
            Tree::Null => out.push_str("null"),
            Tree::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Tree::Number(text) => out.push_str(text),
            Tree::Text(text) => quote(text, seed, out),
            Tree::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    item.write(seed, out);
                }
                out.push(']');
            }
            Tree::Object(fields) => {
                out.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    out.push_str(blanks[draw(seed) as usize % blanks.len()]);
                    quote(key, seed, out);
                    out.push_str(blanks[draw(seed) as usize % blanks.len()]);
                    out.push(':');
                    value.write(seed, out);
                }
                out.push('}');
            }
        }
        out.push_str(blanks[draw(seed) as usize % blanks.len()]);
    }
}

fn draw(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn quote(text: &str, seed: &mut u64, out: &mut String) {
    // Some texts without an escape that they can do without.
    let often = if draw(seed).is_multiple_of(2) {
        3
    } else {
        u64::MAX
    };
    out.push('"');
    for c in text.chars() {
        if c < ' ' || c == '"' || c == '\\' || draw(seed) % often == 1 {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push('"');
}

fn put(fields: &mut Vec<(String, Tree)>, key: String, value: Tree) {
    match fields.iter_mut().find(|(name, _)| *name == key) {
        Some(field) => field.1 = value,
        None => fields.push((key, value)),
    }
}

/// A number with its exponent's sign, as `serde_json` keeps it.
fn exponent(text: &str) -> String {
    let text = text.replace('E', "e");
    match text.split_once('e') {
        Some((digits, power)) if !power.starts_with(['+', '-']) => format!("{digits}e+{power}"),
        _ => text,
    }
}

pub(crate) fn parse(text: &str) -> Option<Tree> {
    let mut rest = Rest(text.chars().collect(), 0);
    let tree = rest.value()?;
    rest.blank();
    (rest.1 == rest.0.len()).then_some(tree)
}

/// The characters, and how many are read.
struct Rest(Vec<char>, usize);

impl Rest {
    fn peek(&self) -> Option<char> {
        self.0.get(self.1).copied()
    }

    fn next(&mut self) -> Option<char> {
        self.1 += 1;
        self.0.get(self.1 - 1).copied()
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.1 += usize::from(found);
        found
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.1 += 1;
        }
    }

    fn word(&mut self, word: &str, tree: Tree) -> Option<Tree> {
        word.chars()
            .all(|letter| self.takes(letter))
            .then_some(tree)
    }

    fn value(&mut self) -> Option<Tree> {
        self.blank();
        match self.peek()? {
            'n' => self.word("null", Tree::Null),
            't' => self.word("true", Tree::Bool(true)),
            'f' => self.word("false", Tree::Bool(false)),
            '"' => self.text().map(Tree::Text),
            '[' => self.list(),
            '{' => self.object(),
            _ => self.number(),
        }
    }

    fn list(&mut self) -> Option<Tree> {
        let mut items = Vec::new();
        self.next();
        self.blank();
        if self.takes(']') {
            return Some(Tree::List(items));
        }
        loop {
            items.push(self.value()?);
            self.blank();
            match self.next()? {
                ',' => {}
                ']' => return Some(Tree::List(items)),
                _ => return None,
            }
        }
    }

    fn object(&mut self) -> Option<Tree> {
        let mut fields = Vec::new();
        self.next();
        self.blank();
        if self.takes('}') {
            return Some(Tree::Object(fields));
        }
        loop {
            self.blank();
            let key = (self.peek()? == '"').then(|| self.text())??;
            self.blank();
            if !self.takes(':') {
                return None;
            }
            let value = self.value()?;
            put(&mut fields, key, value);
            self.blank();
            match self.next()? {
                ',' => {}
                '}' => return Some(Tree::Object(fields)),
                _ => return None,
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let mut units: Vec<u16> = Vec::new();
        self.next();
        loop {
            let letter = self.next()?;
            let letter = match letter {
                '"' => return String::from_utf16(&units).ok(),
                '\\' => match self.next()? {
                    'u' => {
                        units.push(self.unit()?);
                        continue;
                    }
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    same @ ('"' | '\\' | '/') => same,
                    _ => return None,
                },
                control if control < ' ' => return None,
                plain => plain,
            };
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        }
    }

    fn unit(&mut self) -> Option<u16> {
        (0..4).try_fold(0, |unit, _| {
            Some(unit * 16 + u16::try_from(self.next()?.to_digit(16)?).ok()?)
        })
    }

    fn number(&mut self) -> Option<Tree> {
        let start = self.1;
        self.takes('-');
        if !self.takes('0') {
            self.digits()?;
        }
        if self.takes('.') {
            self.digits()?;
        }
        if self.takes('e') || self.takes('E') {
            let _ = self.takes('+') || self.takes('-');
            self.digits()?;
        }
        let text: String = self.0[start..self.1].iter().collect();
        Some(Tree::Number(exponent(&text)))
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.1;
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.1 += 1;
        }
        (self.1 > start).then_some(())
    }
}
