//! A text as it is read once its escapes are taken out.
//!
//! Which characters an encoder escapes, and in which of several ways, is its own choice; so instead of
//! guessing the outcome, the text is decoded: percent signs, backslashes and character references, each
//! wherever it stands. A reading keeps for each of its bytes where in the text the byte came from.

/// Bytes, and the part of the text that each of them stands for.
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    /// First byte and end of that part.
    parts: Vec<(u32, u32)>,
}

/// Named character references of ASCII punctuation.
const NAMED: [(&str, u8); 36] = [
    ("amp", b'&'),
    ("lt", b'<'),
    ("gt", b'>'),
    ("quot", b'"'),
    ("apos", b'\''),
    ("nbsp", b' '),
    ("sol", b'/'),
    ("bsol", b'\\'),
    ("plus", b'+'),
    ("equals", b'='),
    ("colon", b':'),
    ("semi", b';'),
    ("num", b'#'),
    ("excl", b'!'),
    ("dollar", b'$'),
    ("percnt", b'%'),
    ("ast", b'*'),
    ("lpar", b'('),
    ("rpar", b')'),
    ("comma", b','),
    ("period", b'.'),
    ("quest", b'?'),
    ("commat", b'@'),
    ("lsqb", b'['),
    ("rsqb", b']'),
    ("lbrack", b'['),
    ("rbrack", b']'),
    ("hat", b'^'),
    ("lowbar", b'_'),
    ("grave", b'`'),
    ("lcub", b'{'),
    ("rcub", b'}'),
    ("lbrace", b'{'),
    ("rbrace", b'}'),
    ("verbar", b'|'),
    ("hyphen", b'-'),
];

impl Reading {
    /// The text as it stands.
    pub(super) fn plain(text: &[u8]) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            bytes: text.to_vec(),
            parts: (0..text.len())
                .map(|at| (place(at), place(at + 1)))
                .collect(),
        }
    }

    /// The reading with one layer of escapes taken out; none if there was no escape.
    pub(super) fn unescaped(&self) -> Option<Self> {
        if !self.bytes.iter().any(|byte| b"%\\&".contains(byte)) {
            return None;
        }
        let mut read = Self {
            bytes: Vec::with_capacity(self.bytes.len()),
            parts: Vec::with_capacity(self.bytes.len()),
        };
        let (mut at, mut changed) = (0, false);
        while let Some(byte) = self.bytes.get(at) {
            let rest = &self.bytes[at..];
            let escape = match byte {
                b'%' => percent(rest),
                b'\\' => backslash(rest),
                b'&' => reference(rest),
                _ => None,
            };
            let (found, len) = match escape {
                Some(escape) => {
                    changed = true;
                    escape
                }
                None => (Found::Byte(*byte), 1),
            };
            let part = (self.parts[at].0, self.parts[at + len - 1].1);
            match found {
                Found::Byte(byte) => read.push(&[byte], part),
                Found::Char(letter) => {
                    read.push(letter.encode_utf8(&mut [0; 4]).as_bytes(), part);
                }
            }
            at += len;
        }
        changed.then_some(read)
    }

    /// The bytes as they are compared, without line ends; see [`folded`].
    pub(super) fn folded(mut self) -> Self {
        let mut kept = 0;
        for at in 0..self.bytes.len() {
            if let Some(byte) = folded(self.bytes[at]) {
                self.bytes[kept] = byte;
                self.parts[kept] = self.parts[at];
                kept += 1;
            }
        }
        self.bytes.truncate(kept);
        self.parts.truncate(kept);
        self
    }

    /// The part of the text that these bytes stand for; they are not none.
    pub(super) fn part(&self, from: usize, to: usize) -> (usize, usize) {
        (self.parts[from].0 as usize, self.parts[to - 1].1 as usize)
    }

    fn push(&mut self, bytes: &[u8], part: (u32, u32)) {
        self.bytes.extend_from_slice(bytes);
        self.parts.extend(bytes.iter().map(|_| part));
    }
}

/// The byte that stands for all that are compared as one: letters whatever their case, base64's two
/// alphabets, a form's space. None for a line end, which stands anywhere in wrapped base64.
pub(super) fn folded(byte: u8) -> Option<u8> {
    match byte {
        b'\r' | b'\n' => None,
        b' ' | b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        other => Some(other.to_ascii_lowercase()),
    }
}

enum Found {
    Byte(u8),
    Char(char),
}

/// `%2F`, and `%u002F` as old scripts write it.
fn percent(rest: &[u8]) -> Option<(Found, usize)> {
    if rest.get(1).is_some_and(|byte| b"uU".contains(byte)) {
        return unit(rest, 2, 6);
    }
    let byte = hex(rest.get(1..3)?)?;
    Some((Found::Byte(u8::try_from(byte).ok()?), 3))
}

/// What JSON and programming languages write.
fn backslash(rest: &[u8]) -> Option<(Found, usize)> {
    let byte = match rest.get(1)? {
        b'u' | b'U' if rest.get(2) == Some(&b'{') => {
            let end = rest.iter().take(12).position(|byte| *byte == b'}')?;
            let letter = char::from_u32(hex(rest.get(3..end)?)?)?;
            return Some((Found::Char(letter), end + 1));
        }
        b'u' | b'U' => return pair(rest).or_else(|| unit(rest, 2, 6)),
        b'x' | b'X' => {
            let byte = hex(rest.get(2..4)?)?;
            return Some((Found::Byte(u8::try_from(byte).ok()?), 4));
        }
        b'n' | b'N' => b'\n',
        b'r' | b'R' => b'\r',
        b't' | b'T' => b'\t',
        b'b' | b'B' => 8,
        b'f' | b'F' => 12,
        // A space too: a form writes it as `+`, so the two are read alike.
        other if other.is_ascii_punctuation() || *other == b' ' => *other,
        _ => return None,
    };
    Some((Found::Byte(byte), 2))
}

/// A character of two UTF-16 units.
fn pair(rest: &[u8]) -> Option<(Found, usize)> {
    let high = hex(rest.get(2..6)?)?.checked_sub(0xD800)?;
    let second = rest.get(6..8)?;
    let low = hex(rest.get(8..12)?)?.checked_sub(0xDC00)?;
    if !second.eq_ignore_ascii_case(b"\\u") || high >= 0x400 || low >= 0x400 {
        return None;
    }
    let letter = char::from_u32(0x10000 + (high << 10) + low)?;
    Some((Found::Char(letter), 12))
}

fn unit(rest: &[u8], from: usize, to: usize) -> Option<(Found, usize)> {
    Some((Found::Char(char::from_u32(hex(rest.get(from..to)?)?)?), to))
}

/// `&amp;`, `&#38;` or `&#x26;`.
fn reference(rest: &[u8]) -> Option<(Found, usize)> {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..end)?).ok()?;
    let number = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => Some(hex(digits.as_bytes())?),
            None => Some(digits.parse().ok()?),
        },
        None => None,
    };
    let letter = match number {
        Some(number) => char::from_u32(number)?,
        None => {
            let same = |(known, _): &&(&str, u8)| known.eq_ignore_ascii_case(name);
            char::from(NAMED.iter().find(same)?.1)
        }
    };
    Some((Found::Char(letter), end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    // `from_str_radix` would take a sign.
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| all)?;
    u32::from_str_radix(text, 16).ok()
}
