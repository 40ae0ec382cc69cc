//! One pass over a text before it is parsed: how deep it is nested, and which keys are private.
//!
//! The pass knows strings and brackets, nothing else. Of a text that isn't JSON it finds out something or
//! other up to the place where the parser will stop, and no less than the parser will see.

use crate::fault::Fault;
use crate::private;

/// Where the private keys of a text stand: the bytes after their opening quotes.
pub(crate) type Found = Vec<usize>;

/// Looks through the whole text.
pub(crate) fn scan(text: &str, levels: usize) -> Result<Found, Fault> {
    pass(text, levels, false)
}

/// Looks through the first value of the text.
pub(crate) fn scan_first(text: &str, levels: usize) -> Result<Found, Fault> {
    let first = text.bytes().find(|byte| !is_blank(*byte));
    if matches!(first, Some(b'{' | b'[')) {
        pass(text, levels, true)
    } else {
        Ok(Found::new())
    }
}

fn pass(text: &str, levels: usize, only_first: bool) -> Result<Found, Fault> {
    let bytes = text.as_bytes();
    let mut found = Found::new();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at + 1);
                if private::is_private(&bytes[at + 1..end]) && is_key(bytes, end) {
                    found.push(at + 1);
                }
                at = end;
            }
            b'[' | b'{' => {
                depth += 1;
                if depth > levels {
                    return Err(Fault::too_deep(text, at, levels));
                }
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if only_first && depth == 0 {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    Ok(found)
}

/// The byte of the quote that ends a string, or the end of the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether the string whose closing quote stands there is an object's key: a colon follows it.
fn is_key(bytes: &[u8], quote: usize) -> bool {
    let mut after = bytes.iter().skip(quote + 1);
    after.find(|byte| !is_blank(**byte)) == Some(&b':')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
