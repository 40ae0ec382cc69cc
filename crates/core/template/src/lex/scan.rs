//! How many bytes of a text a piece of a token takes.

pub(super) fn run(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| wanted(**byte)).count()
}

pub(super) fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// Blanks and a line end, if there is a line end.
pub(super) fn blank_line_end(bytes: &[u8]) -> usize {
    let blanks = run(bytes, |byte| matches!(byte, b' ' | b'\t'));
    match line_end(&bytes[blanks..]) {
        0 => 0,
        length => blanks + length,
    }
}

/// A quoted text; the quote twice stands for itself, unless no other ends the text after it.
pub(super) fn string(bytes: &[u8]) -> usize {
    let quote = bytes[0];
    if quote != b'"' && quote != b'\'' {
        return 0;
    }
    let (mut at, mut length) = (1, 0);
    while let Some(next) = bytes[at..].iter().position(|byte| *byte == quote) {
        length = at + next + 1;
        if bytes.get(length) != Some(&quote) {
            break;
        }
        at = length + 1;
    }
    length
}

/// Where an exponent that starts at `from` ends.
pub(super) fn exponent(bytes: &[u8], from: usize) -> Option<usize> {
    if !matches!(bytes.get(from), Some(b'e' | b'E')) {
        return None;
    }
    let sign = usize::from(matches!(bytes.get(from + 1), Some(b'+' | b'-')));
    let start = from + 1 + sign;
    let digits = run(bytes.get(start..)?, |byte| byte.is_ascii_digit());
    (digits > 0).then_some(start + digits)
}

pub(super) fn word(bytes: &[u8]) -> usize {
    let first = bytes.first();
    if !first.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@')) {
        return 0;
    }
    run(bytes, in_word)
}

pub(super) fn bracketed(bytes: &[u8]) -> usize {
    let first = bytes.get(1);
    let named = first.is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@'));
    if bytes.first() != Some(&b'{') || !named {
        return 0;
    }
    let length = 1 + run(&bytes[1..], in_word);
    if bytes.get(length) == Some(&b'}') {
        length + 1
    } else {
        0
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@')
}
