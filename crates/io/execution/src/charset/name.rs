//! The names of charsets: what they mean, and where an answer says one.

use super::{Charset, zeros};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// How long the name of a charset is quoted, in characters.
const MAX_QUOTED: usize = 40;
/// In how many bytes an XML declaration is looked for.
const MAX_DECLARATION: usize = 256;

/// The charset of a name. Where the name leaves the order of bytes open, the body decides.
pub(super) fn named(label: &str, body: &[u8]) -> Option<Charset> {
    let label = label.trim_matches(['\'', ' ', '\t']);
    match label.to_ascii_lowercase().as_str() {
        "utf-32" | "utf32" => Some(match zeros(body) {
            Some(charset @ Charset::Utf32 { .. }) => charset,
            _ => Charset::Utf32 { big: true },
        }),
        "utf-32be" => Some(Charset::Utf32 { big: true }),
        "utf-32le" => Some(Charset::Utf32 { big: false }),
        "utf-16le" => Some(Charset::Known(UTF_16LE)),
        lower => {
            let encoding = Encoding::for_label_no_replacement(lower.as_bytes())?;
            if encoding == UTF_16LE {
                let little = zeros(body) == Some(Charset::Known(UTF_16LE));
                return Some(Charset::Known(if little { UTF_16LE } else { UTF_16BE }));
            }
            Some(Charset::Known(encoding))
        }
    }
}

pub(super) fn unknown(place: &str, label: &str) -> String {
    let label: String = label.chars().take(MAX_QUOTED).collect();
    format!(
        "its {place} names the charset `{}`, which isn't known; \
         known are the names of the WHATWG Encoding Standard, and utf-32",
        label.escape_debug()
    )
}

/// A parameter of a media type, such as `charset`, without its quotes.
pub(super) fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut letters = parameters.chars().peekable();
    while letters.peek().is_some() {
        let (mut name, mut value, mut is_name) = (String::new(), String::new(), true);
        while let Some(letter) = letters.next() {
            match letter {
                ';' => break,
                '=' if is_name => is_name = false,
                '"' if !is_name && value.trim().is_empty() => {
                    while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                        let escaped = if letter == '\\' { letters.next() } else { None };
                        value.push(escaped.unwrap_or(letter));
                    }
                }
                letter if is_name => name.push(letter),
                letter => value.push(letter),
            }
        }
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
    }
    None
}

/// The encoding that an XML declaration names.
pub(super) fn declared(body: &[u8]) -> Option<String> {
    let head = body.strip_prefix(b"<?xml")?;
    let head = &head[..head.len().min(MAX_DECLARATION)];
    let head = String::from_utf8_lossy(head);
    let (head, _) = head.split_once("?>")?;
    let (_, rest) = head.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest
        .chars()
        .next()
        .filter(|letter| "\"'".contains(*letter))?;
    let (label, _) = rest[1..].split_once(quote)?;
    Some(label.to_owned())
}
