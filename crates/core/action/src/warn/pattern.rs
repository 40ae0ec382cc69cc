//! Patterns that may take more steps than an execution has, or that can't be compiled: those written out in
//! a call of a template, and those of a path's `=~`.

use super::scan::identifier;
use super::{Parts, Report, Site};
use tollgate_pattern::{Flags, nonlinear};

/// The methods whose first argument is a pattern.
const METHODS: [&str; 4] = ["replaceAll", "replaceFirst", "matches", "split"];

pub(super) fn check(site: &Site<'_>, report: &mut Report<'_>) {
    for used in &site.uses.references {
        for (at, text) in patterns(&site.text[used.offset..]) {
            if let Some(message) = judge(text, Flags::default()) {
                report.add(site, used.offset + at, message);
            }
        }
    }
}

pub(super) fn check_paths(parts: &Parts<'_>, report: &mut Report<'_>) {
    for entry in &parts.mapping.entries {
        let map = ["config", "response", "translationMap", &entry.key];
        for (text, flags) in compared(entry.path.as_str()) {
            if let Some(message) = judge(text, flags) {
                report.add_field(&map, message);
            }
        }
    }
}

fn judge(text: &str, flags: Flags) -> Option<String> {
    match nonlinear(text, flags) {
        Ok(None) => None,
        Ok(Some(reason)) => Some(format!(
            "`{text}` can't be matched in linear time ({reason}): on a long text it may need more steps than \
             an execution has, and the call fails"
        )),
        Err(error) => Some(format!("every call that comes to `{text}` fails: {error}")),
    }
}

/// The patterns that a reference's own calls are given as constants, each with its byte.
fn patterns(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 1;
    for sign in ["!", "{"] {
        at += usize::from(text[at..].starts_with(sign));
    }
    at += identifier(&text[at..]);
    loop {
        let rest = &text[at..];
        let (name, open) = match rest.as_bytes().first() {
            Some(b'.') => {
                let length = identifier(&rest[1..]);
                (&rest[1..1 + length], 1 + length)
            }
            Some(b'[') => ("", 0),
            _ => return found,
        };
        if name.is_empty() && open > 0 {
            return found;
        }
        at += open;
        if !text[at..].starts_with(['(', '[']) {
            continue;
        }
        let Some(length) = closed(&text[at..]) else {
            return found;
        };
        if METHODS.contains(&name)
            && let Some(constant) = constant(&text[at + 1..at + length - 1])
        {
            found.push((at, constant));
        }
        at += length;
    }
}

/// Bytes up to the bracket that closes the first, which may stand in no text.
fn closed(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (byte, Some(open)) => quote = (byte != open).then_some(open),
            (b'\'' | b'"', None) => quote = Some(byte),
            (b'(' | b'[', None) => depth += 1,
            (b')' | b']', None) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The first argument, if it is a text that stays as it is written.
fn constant(arguments: &str) -> Option<&str> {
    let arguments = arguments.trim_start();
    let quote = arguments
        .chars()
        .next()
        .filter(|c| ['\'', '"'].contains(c))?;
    let (text, after) = arguments[1..].split_once(quote)?;
    // A doubled quote goes on, and in double quotes references print.
    let plain = quote == '\'' || !text.contains(['#', '$']) || !prints(text);
    (plain && !after.starts_with(quote)).then_some(text)
}

/// Whether something in a text in double quotes may be a reference or a directive.
fn prints(text: &str) -> bool {
    let mut signs = text.match_indices(['$', '#']);
    signs.any(|(at, _)| {
        let next = text[at + 1..].chars().next();
        next.is_some_and(|next| next.is_ascii_alphabetic() || "{!#*[".contains(next))
    })
}

/// The patterns of a path's `=~`, each with its flags.
fn compared(path: &str) -> Vec<(&str, Flags)> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some((_, after)) = rest.split_once("=~") {
        rest = after;
        let Some(body) = after.trim_start().strip_prefix('/') else {
            continue;
        };
        let Some(end) = slash(body) else {
            return found;
        };
        let (text, after) = (&body[..end], &body[end + 1..]);
        let mut flags = Flags::default();
        for letter in after.chars() {
            match Flags::of_letter(letter) {
                Some(flag) => flags.set(flag),
                None => break,
            }
        }
        found.push((text, flags));
        rest = after;
    }
    found
}

/// The first slash that no backslash stands before.
fn slash(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'/' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use super::{compared, patterns};

    #[test]
    fn patterns_are_found_where_they_are_constant() {
        for (text, expected) in [
            ("$input.a.replaceAll(\"(?=x)\", '')", vec!["(?=x)"]),
            (
                "$!{input.a.trim().split( 'a(b)' ).get(0)} (x)",
                vec!["a(b)"],
            ),
            ("${a.matches(\"a$\")} $b", vec!["a$"]),
            (
                "$a[0].b.replaceFirst('[)]', $c).matches('x')",
                vec!["[)]", "x"],
            ),
            ("$a.replaceAll($b, 'x')", vec![]),
            ("$a.replaceAll(\"a${b}\", 'x')", vec![]),
            ("$a.replaceAll('it''s', 'x')", vec![]),
            ("$a.replace('(?=x)', 'x')", vec![]),
            ("$a and .matches('x')", vec![]),
            ("$a.matches('x", vec![]),
            ("$a.", vec![]),
            ("$", vec![]),
        ] {
            let found: Vec<&str> = patterns(text).into_iter().map(|(_, text)| text).collect();
            assert_eq!(found, expected, "{text}");
        }
        let found = compared("$.a[?(@.b =~ /a\\/(?=b)/i && @.c =~ /x/)].d");
        let texts: Vec<&str> = found.into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["a\\/(?=b)", "x"]);
    }
}
