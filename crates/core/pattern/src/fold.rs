//! Upper and lower case as Java's `Character` has them: of one character, to one character.

use crate::set::{self, Set};
use std::sync::OnceLock;

/// The upper case, or the character itself where that would be several characters.
pub(crate) fn upper(c: char) -> char {
    let mut found = c.to_uppercase();
    match (found.next(), found.next()) {
        (Some(upper), None) => upper,
        // The Greek letters with an iota below, which as a title have a character of their own.
        _ => match u32::from(c) {
            code @ (0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => {
                char::from_u32(code + 8).unwrap_or(c)
            }
            code @ (0x1FB3 | 0x1FC3 | 0x1FF3) => char::from_u32(code + 9).unwrap_or(c),
            _ => c,
        },
    }
}

/// The lower case, or the character itself where that would be several characters.
pub(crate) fn lower(c: char) -> char {
    if c == '\u{130}' {
        return 'i';
    }
    let mut found = c.to_lowercase();
    match (found.next(), found.next()) {
        (Some(lower), None) => lower,
        _ => c,
    }
}

/// What two characters of different cases have in common.
pub(crate) fn fold(c: char) -> char {
    lower(upper(c))
}

/// All characters that have another case, with their upper case and the lower case of that.
pub(crate) fn cased() -> &'static [(char, char, char)] {
    static CASED: OnceLock<Vec<(char, char, char)>> = OnceLock::new();
    CASED.get_or_init(|| {
        let changed = set::properties("Changes_When_Casemapped");
        let all = changed.iter().flat_map(|range| range.start()..=range.end());
        all.map(|c| (c, upper(c), fold(c)))
            .filter(|(c, upper, lower)| c != upper || c != lower)
            .collect()
    })
}

/// A character, and those of another case that are the same to `fold`.
pub(crate) fn folded(c: u32, unicode: bool) -> Set {
    folded_range(c, c, unicode)
}

/// A range, and those of another case that belong to it.
pub(crate) fn folded_range(first: u32, last: u32, unicode: bool) -> Set {
    let within = |c: char| (first..=last).contains(&u32::from(c));
    let mut ranges = vec![(first, last)];
    let mut add = |c: char| ranges.push((u32::from(c), u32::from(c)));
    if unicode {
        let cased = cased().iter();
        cased
            .filter(|(_, upper, lower)| within(*upper) || within(*lower))
            .for_each(|(c, ..)| add(*c));
    } else {
        (0..128_u8)
            .map(char::from)
            .filter(|c| within(c.to_ascii_uppercase()) || within(c.to_ascii_lowercase()))
            .for_each(add);
    }
    set::of(&ranges)
}
