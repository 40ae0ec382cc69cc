//! `\p{…}`: classes by name.
//!
//! The names are Java's; what they hold is Unicode's, in the version of the tables at hand, which is newer
//! than that of Java 17.

use super::block::BLOCKS;
use super::escape::word;
use super::{LOOKUP, Parser};
use crate::set::{self, Set};
use crate::{Error, Flags};

impl Parser<'_> {
    /// Reads a name, in braces or of one letter, which stands after the next character.
    pub(super) fn property(&mut self, in_braces: bool) -> Result<Set, Error> {
        self.pay(LOOKUP)?;
        self.next();
        let name = if in_braces {
            self.name_in_braces()?
        } else {
            let letter = char::from_u32(self.char_at(self.at));
            self.read();
            letter.map(String::from).unwrap_or_default()
        };
        if let Some((kind, value)) = name.split_once('=') {
            let found = match kind.to_lowercase().as_str() {
                "sc" | "script" => script(value),
                "blk" | "block" => block(value),
                "gc" | "general_category" => self.java_property(value),
                _ => None,
            };
            return found.ok_or_else(|| {
                self.error(&format!(
                    "Unknown Unicode property {{name=<{}>, value=<{value}>}}",
                    kind.to_lowercase()
                ))
            });
        }
        let found = if let Some(name) = name.strip_prefix("In") {
            block(name)
        } else if let Some(name) = name.strip_prefix("Is") {
            self.unicode_property(name)
                .or_else(|| self.posix(name))
                .or_else(|| self.java_property(name))
                .or_else(|| script(name))
        } else {
            let posix = self.flags.has(Flags::CLASSES).then(|| self.posix(&name));
            posix.flatten().or_else(|| self.java_property(&name))
        };
        found.ok_or_else(|| self.error(&format!("Unknown character property name {{{name}}}")))
    }

    fn name_in_braces(&mut self) -> Result<String, Error> {
        let start = self.at;
        let mut end = start;
        while end < self.length && self.char_at(end) != u32::from('}') {
            end += 1;
        }
        self.at = end + 1;
        if end >= self.length {
            return Err(self.error("Unclosed character family"));
        }
        if start == end {
            return Err(self.error("Empty character family"));
        }
        let name = self.text[start..end].iter();
        Ok(name.filter_map(|c| char::from_u32(*c)).collect())
    }

    /// Lower, upper and title case are one where the case doesn't count.
    fn cased(&self, names: &str) -> Set {
        match self.any_case() {
            true => set::properties("Lowercase Uppercase Lt"),
            false => set::properties(names),
        }
    }

    /// A property of `\p{Is…}`.
    fn unicode_property(&self, name: &str) -> Option<Set> {
        Some(match name.to_uppercase().as_str() {
            "ALPHABETIC" => set::properties("Alphabetic"),
            "ASSIGNED" => assigned(),
            "CONTROL" => set::properties("Cc"),
            "HEXDIGIT" | "HEX_DIGIT" => set::properties("Nd Hex_Digit"),
            "IDEOGRAPHIC" => set::properties("Ideographic"),
            "JOINCONTROL" | "JOIN_CONTROL" => set::properties("Join_Control"),
            "LETTER" => set::properties("L"),
            "LOWERCASE" => self.cased("Lowercase"),
            "NONCHARACTERCODEPOINT" | "NONCHARACTER_CODE_POINT" => {
                set::properties("Noncharacter_Code_Point")
            }
            "TITLECASE" => self.cased("Lt"),
            "PUNCTUATION" => set::properties("P"),
            "UPPERCASE" => self.cased("Uppercase"),
            "WHITESPACE" | "WHITE_SPACE" => set::properties("White_Space"),
            "WORD" => word(),
            _ => return None,
        })
    }

    /// A class of POSIX, of all of Unicode.
    fn posix(&self, name: &str) -> Option<Set> {
        Some(match name.to_uppercase().as_str() {
            "ALPHA" => set::properties("Alphabetic"),
            "LOWER" => self.cased("Lowercase"),
            "UPPER" => self.cased("Uppercase"),
            "SPACE" => set::properties("White_Space"),
            "PUNCT" => set::properties("P"),
            "XDIGIT" => set::properties("Nd Hex_Digit"),
            "ALNUM" => set::properties("Alphabetic Nd"),
            "CNTRL" => set::properties("Cc"),
            "DIGIT" => set::properties("Nd"),
            "BLANK" => with(set::properties("Zs"), &[(0x09, 0x09)]),
            "GRAPH" => graph(),
            "PRINT" => {
                let mut print = graph();
                print.union(&set::properties("Zs"));
                print.difference(&set::properties("Cc"));
                print
            }
            _ => return None,
        })
    }

    /// A category, a class of POSIX of ASCII alone, or a method of Java's `Character`.
    fn java_property(&self, name: &str) -> Option<Set> {
        const LETTERS: (u32, u32) = (0x61, 0x7A);
        const CAPITALS: (u32, u32) = (0x41, 0x5A);
        const DIGITS: (u32, u32) = (0x30, 0x39);
        const SIGNS: [(u32, u32); 4] = [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)];
        Some(match name {
            "Lu" | "Ll" | "Lt" if self.any_case() => set::properties("LC"),
            "Cs" => Set::empty(),
            "Cn" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "Mn" | "Me" | "Mc" | "Nd" | "Nl" | "No"
            | "Zs" | "Zl" | "Zp" | "Cc" | "Cf" | "Co" | "Pd" | "Ps" | "Pe" | "Pc" | "Po" | "Sm"
            | "Sc" | "Sk" | "So" | "Pi" | "Pf" | "L" | "M" | "N" | "Z" | "C" | "P" | "S" | "LC" => {
                set::properties(name)
            }
            "LD" | "javaLetterOrDigit" => set::properties("L Nd"),
            "L1" => set::range(0, 0xFF),
            "all" => set::all(),
            "ASCII" => set::range(0, 0x7F),
            "Alnum" => set::of(&[LETTERS, CAPITALS, DIGITS]),
            "Alpha" => set::of(&[LETTERS, CAPITALS]),
            "Blank" => set::of(&[(0x09, 0x09), (0x20, 0x20)]),
            "Cntrl" => set::of(&[(0, 0x1F), (0x7F, 0x7F)]),
            "Digit" => set::of(&[DIGITS]),
            "Graph" => set::range(0x21, 0x7E),
            "Lower" | "Upper" if self.any_case() => set::of(&[LETTERS, CAPITALS]),
            "Lower" => set::of(&[LETTERS]),
            "Upper" => set::of(&[CAPITALS]),
            "Print" => set::range(0x20, 0x7E),
            "Punct" => set::of(&SIGNS),
            "Space" => set::of(&[(0x09, 0x0D), (0x20, 0x20)]),
            "XDigit" => set::of(&[(0x61, 0x66), (0x41, 0x46), DIGITS]),
            _ => return self.character_method(name),
        })
    }

    /// A method of Java's `Character`.
    fn character_method(&self, name: &str) -> Option<Set> {
        Some(match name {
            "javaLowerCase" => self.cased("Lowercase"),
            "javaUpperCase" => self.cased("Uppercase"),
            "javaTitleCase" => self.cased("Lt"),
            "javaAlphabetic" => set::properties("Alphabetic"),
            "javaIdeographic" => set::properties("Ideographic"),
            "javaDigit" => set::properties("Nd"),
            "javaDefined" => assigned(),
            "javaLetter" => set::properties("L"),
            "javaJavaIdentifierStart" => set::properties("L Nl Sc Pc"),
            "javaJavaIdentifierPart" => {
                let mut part = set::properties("L Nl Sc Pc Nd Mc Mn");
                part.union(&ignorable());
                part
            }
            "javaUnicodeIdentifierStart" => set::properties("L Nl Other_ID_Start"),
            "javaUnicodeIdentifierPart" => {
                let letters = "L Nl Pc Nd Mc Mn Other_ID_Start Other_ID_Continue";
                let mut part = set::properties(letters);
                part.union(&ignorable());
                part
            }
            "javaIdentifierIgnorable" => ignorable(),
            "javaSpaceChar" => set::properties("Z"),
            "javaWhitespace" => {
                let mut space = with(set::properties("Z"), &[(0x09, 0x0D), (0x1C, 0x1F)]);
                // Those that don't break a line.
                space.difference(&set::chars(&['\u{A0}', '\u{2007}', '\u{202F}']));
                space
            }
            "javaISOControl" => set::of(&[(0, 0x1F), (0x7F, 0x9F)]),
            "javaMirrored" => set::properties("Bidi_Mirrored"),
            _ => return None,
        })
    }
}

fn with(mut set: Set, ranges: &[(u32, u32)]) -> Set {
    set.union(&set::of(ranges));
    set
}

fn assigned() -> Set {
    set::negated(set::properties("Cn"))
}

fn graph() -> Set {
    set::negated(set::properties("Z Cc Cn"))
}

fn ignorable() -> Set {
    with(
        set::properties("Cf"),
        &[(0, 0x08), (0x0E, 0x1B), (0x7F, 0x9F)],
    )
}

fn script(name: &str) -> Option<Set> {
    set::property(&format!("sc={name}"))
}

/// A block by its name, with or without spaces, and in either case.
fn block(name: &str) -> Option<Set> {
    let plain = |name: &str| -> String {
        let kept = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
        kept.map(|c| c.to_ascii_uppercase()).collect()
    };
    let wanted = match plain(name).as_str() {
        "GREEKANDCOPTIC" => "GREEK".to_owned(),
        "COMBININGDIACRITICALMARKSFORSYMBOLS" => "COMBININGMARKSFORSYMBOLS".to_owned(),
        "CYRILLICSUPPLEMENT" => "CYRILLICSUPPLEMENTARY".to_owned(),
        other => other.to_owned(),
    };
    let found = BLOCKS.iter().find(|(name, ..)| plain(name) == wanted)?;
    Some(set::range(found.1, found.2))
}
