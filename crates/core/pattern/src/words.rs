//! Where words and graphemes end.

use crate::set::{self, Table};
use std::sync::OnceLock;

/// Letters and digits.
fn letters() -> &'static Table {
    static LETTERS: OnceLock<Table> = OnceLock::new();
    LETTERS.get_or_init(|| Table::new(&set::properties("L Nd")))
}

/// Marks that take no place of their own.
fn marks() -> &'static Table {
    static MARKS: OnceLock<Table> = OnceLock::new();
    MARKS.get_or_init(|| Table::new(&set::properties("Mn")))
}

/// What Unicode takes for a part of a word.
fn unicode() -> &'static Table {
    static WORD: OnceLock<Table> = OnceLock::new();
    WORD.get_or_init(|| Table::new(&set::properties("Alphabetic M Nd Pc Join_Control")))
}

/// Whether the last character of a text is a part of a word, and how many were looked at.
pub(crate) fn ends_in_word(text: &str, by_unicode: bool) -> (bool, u32) {
    let mut looked = 1;
    let mut chars = text.chars().rev();
    let Some(last) = chars.next() else {
        return (false, looked);
    };
    if by_unicode {
        if unicode().holds(last) {
            return (true, looked);
        }
    } else if last == '_' || letters().holds(last) {
        return (true, looked);
    }
    if !marks().holds(last) {
        return (false, looked);
    }
    for c in chars {
        looked += 1;
        if letters().holds(c) {
            return (true, looked);
        }
        if !marks().holds(c) {
            break;
        }
    }
    (false, looked)
}

/// What a character is to the rules of graphemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Cr,
    Lf,
    Control,
    Extend,
    Joiner,
    Regional,
    Prepend,
    Spacing,
    L,
    V,
    T,
    Lv,
    Lvt,
}

fn kinds() -> &'static [(Kind, Table)] {
    static KINDS: OnceLock<Vec<(Kind, Table)>> = OnceLock::new();
    const NAMES: [(Kind, &str); 13] = [
        (Kind::Cr, "gcb=CR"),
        (Kind::Lf, "gcb=LF"),
        (Kind::Control, "gcb=Control"),
        (Kind::Extend, "gcb=Extend"),
        (Kind::Joiner, "gcb=ZWJ"),
        (Kind::Regional, "gcb=Regional_Indicator"),
        (Kind::Prepend, "gcb=Prepend"),
        (Kind::Spacing, "gcb=SpacingMark"),
        (Kind::L, "gcb=L"),
        (Kind::V, "gcb=V"),
        (Kind::T, "gcb=T"),
        (Kind::Lv, "gcb=LV"),
        (Kind::Lvt, "gcb=LVT"),
    ];
    KINDS.get_or_init(|| {
        let all = NAMES.iter();
        all.map(|(kind, name)| (*kind, Table::new(&set::properties(name))))
            .collect()
    })
}

fn pictures() -> &'static Table {
    static PICTURES: OnceLock<Table> = OnceLock::new();
    PICTURES.get_or_init(|| Table::new(&set::properties("Extended_Pictographic")))
}

fn kind(c: char) -> Kind {
    if (' '..='~').contains(&c) {
        return Kind::Other;
    }
    let found = kinds().iter().find(|(_, table)| table.holds(c));
    found.map_or(Kind::Other, |(kind, _)| *kind)
}

/// Bytes of the first grapheme of a text, which isn't empty.
pub(crate) fn grapheme(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    let mut before = kind(first);
    let mut regional = u32::from(before == Kind::Regional);
    // Whether a picture, perhaps with marks, stands before a joiner.
    let mut picture = pictures().holds(first);
    for (at, c) in chars {
        let next = kind(c);
        let joins = match (before, next) {
            (Kind::Cr, Kind::Lf) => true,
            (Kind::Cr | Kind::Lf | Kind::Control, _) | (_, Kind::Cr | Kind::Lf | Kind::Control) => {
                false
            }
            (Kind::L, Kind::L | Kind::V | Kind::Lv | Kind::Lvt)
            | (Kind::Lv | Kind::V, Kind::V | Kind::T)
            | (Kind::Lvt | Kind::T, Kind::T)
            | (_, Kind::Extend | Kind::Joiner | Kind::Spacing)
            | (Kind::Prepend, _) => true,
            (Kind::Joiner, _) if picture && pictures().holds(c) => true,
            (Kind::Regional, Kind::Regional) => regional % 2 == 1,
            _ => false,
        };
        if !joins {
            return at;
        }
        regional = if next == Kind::Regional {
            regional + 1
        } else {
            0
        };
        picture = pictures().holds(c) || (picture && matches!(next, Kind::Extend | Kind::Joiner));
        before = next;
    }
    text.len()
}
