//! Sets of characters.
//!
//! A lone surrogate is no character here: a set never holds one, and what only one would match matches
//! nothing.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};
use regex_syntax::parse;

pub(crate) type Set = ClassUnicode;

/// The line ends that `.` stops at, and lines end with.
pub(crate) const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

pub(crate) fn all() -> Set {
    range(0, u32::from(char::MAX))
}

pub(crate) fn range(first: u32, last: u32) -> Set {
    of(&[(first, last)])
}

/// Of these ranges; what is no character of them is left out.
pub(crate) fn of(ranges: &[(u32, u32)]) -> Set {
    const SURROGATES: (u32, u32) = (0xD800, 0xDFFF);
    let mut found = Vec::new();
    for (first, last) in ranges {
        let below = (*first, (*last).min(SURROGATES.0 - 1));
        let above = ((*first).max(SURROGATES.1 + 1), *last);
        for (first, last) in [below, above] {
            if let (Some(first), Some(last)) = (char::from_u32(first), char::from_u32(last))
                && first <= last
            {
                found.push(ClassUnicodeRange::new(first, last));
            }
        }
    }
    Set::new(found)
}

pub(crate) fn chars(chars: &[char]) -> Set {
    Set::new(chars.iter().map(|c| ClassUnicodeRange::new(*c, *c)))
}

/// A property by the name that the Unicode standard gives it, such as `gc=Lu` or `Alphabetic`.
pub(crate) fn property(name: &str) -> Option<Set> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | '_' | ' ' | '-');
    if !name.chars().all(plain) {
        return None;
    }
    match parse(&format!("\\p{{{name}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        HirKind::Class(Class::Bytes(set)) => set.to_unicode_class(),
        // A property of one character.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(chars(&text.chars().collect::<Vec<_>>()))
        }
        _ => None,
    }
}

/// The union of properties, whose names are known to exist and have blanks between them.
pub(crate) fn properties(names: &str) -> Set {
    let found = names.split_whitespace().filter_map(property);
    let ranges: Vec<_> = found.flat_map(|set| set.ranges().to_vec()).collect();
    Set::new(ranges)
}

pub(crate) fn negated(mut set: Set) -> Set {
    set.negate();
    set
}

/// The only character of a set, if there is but one.
pub(crate) fn only(set: &Set) -> Option<char> {
    match set.ranges() {
        [range] if range.start() == range.end() => Some(range.start()),
        _ => None,
    }
}

/// A set that is asked often.
#[derive(Debug)]
pub(crate) struct Table {
    ascii: [bool; 128],
    ranges: Vec<(char, char)>,
}

impl Table {
    pub(crate) fn new(set: &Set) -> Table {
        let ranges = set.iter().map(|range| (range.start(), range.end()));
        let mut table = Table {
            ascii: [false; 128],
            ranges: ranges.collect(),
        };
        for byte in 0..128_u8 {
            table.ascii[usize::from(byte)] = table.search(char::from(byte));
        }
        table
    }

    #[inline]
    pub(crate) fn holds(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.holds_byte(c as u8);
        }
        self.search(c)
    }

    /// Whether it holds a character of ASCII.
    #[inline]
    pub(crate) fn holds_byte(&self, byte: u8) -> bool {
        self.ascii.get(usize::from(byte)) == Some(&true)
    }

    fn search(&self, c: char) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= c);
        after > 0 && c <= self.ranges[after - 1].1
    }
}
