//! A text that a pattern matches, so that what is asked for by a pattern can be answered.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The most characters of such a text.
const MAX_LENGTH: usize = 200;

/// A short text that the pattern matches, if it is no longer than a person would write. Anchors and borders of words
/// are taken to hold.
pub(super) fn matching(pattern: &str) -> Option<String> {
    let mut text = String::new();
    write(&regex_syntax::parse(pattern).ok()?, &mut text)?;
    Some(text)
}

fn write(part: &Hir, text: &mut String) -> Option<()> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(character(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(group) => write(&group.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text))?,
        HirKind::Alternation(parts) => write(parts.first()?, text)?,
    }
    Some(())
}

/// A character of a class, one that people write if there is any.
fn character(class: &Class) -> Option<char> {
    match class {
        Class::Unicode(class) => {
            let within = |c: &char| {
                class
                    .ranges()
                    .iter()
                    .any(|r| (r.start()..=r.end()).contains(c))
            };
            let usual = "5a A-.".chars().find(within);
            usual.or_else(|| Some(class.ranges().first()?.start()))
        }
        Class::Bytes(class) => Some(char::from(class.ranges().first()?.start())),
    }
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn what_is_written_matches() {
        for (pattern, text) in [
            (r"^\(\d{3}\)\s?\d{3}-\d{4}$", "(555)555-5555"),
            (r"[A-F]{2}\b(x|y)+", "AAx"),
            (r"(?:a{0,3}|b)c", "c"),
        ] {
            assert_eq!(matching(pattern).as_deref(), Some(text), "{pattern}");
        }
        assert_eq!(matching("a{1000}{1000}"), None);
        assert_eq!(matching("("), None);
    }
}
