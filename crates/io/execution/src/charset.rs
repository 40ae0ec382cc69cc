//! Which text the bytes of an answer are.
//!
//! The first that holds:
//! 1. **A byte order mark**: UTF-8, UTF-16 or UTF-32, whatever else is said (as browsers have it).
//! 2. **The charset of `Content-Type`**, by the names of the WHATWG Encoding Standard, and `utf-32`. There
//!    `iso-8859-1` and `us-ascii` are windows-1252, which has letters where these have control characters:
//!    servers that send `€` or `„` under one of these names mean the letters. `utf-16` without a byte order
//!    mark is big-endian (RFC 2781, 4.3; Java's too), unless its first character can only be little-endian.
//! 3. **Zeros** among the first bytes: UTF-16 or UTF-32, since no text begins with U+0000 and that of JSON and
//!    XML begins with a character of ASCII (RFC 4627, 3; the XML standard, appendix F).
//! 4. **The declaration of XML**: `<?xml version="1.0" encoding="…"?>`.
//! 5. **UTF-8**. What isn't UTF-8 is windows-1252 if its type isn't said at all or is `text/…`, other than JSON
//!    and XML: HTTP's own default once, and still that of Apache's HTTP client for Java.
//!
//! **Bytes that are no text there** are an error, and so is a charset that isn't known (of a body that isn't
//! empty). Java's decoders put U+FFFD in their place; but two names that differ would then be the same name,
//! and the action would answer as if all were well. Of an error's body, which people read, the rest is shown
//! with U+FFFD.
//!
//! **U+0000** within a text is an error too: neither JSON nor XML can hold one, and UTF-16 read as something else
//! is full of them. Between the letters of a secret they would hide the secret from the redactor, so they are
//! shown to nobody.

mod name;

use bytes::Bytes;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use name::{declared, named, parameter, unknown};

/// Bytes that are decoded before other tasks get their turn.
const STEP: usize = 64 * 1024;

/// A body as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    Whole(String),
    /// Some of it is no text in its charset.
    Broken {
        /// With U+FFFD in the place of what isn't.
        shown: String,
        why: String,
    },
    /// Not to be read at all, such as what is in no charset that is known.
    Unreadable {
        why: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Charset {
    Known(&'static Encoding),
    Utf32 { big: bool },
}

impl Charset {
    /// Whether each of its characters takes several bytes.
    fn is_wide(self) -> bool {
        match self {
            Self::Known(encoding) => encoding == UTF_16BE || encoding == UTF_16LE,
            Self::Utf32 { .. } => true,
        }
    }
}

/// What a body is written in.
enum Found {
    Sure {
        charset: Charset,
        /// Length of the byte order mark.
        mark: usize,
        /// What says so.
        by: &'static str,
    },
    /// UTF-8, or windows-1252 if it isn't.
    Likely,
    /// With what to say of it.
    Unknown(String),
}

/// Reads a body whose `Content-Type` is this.
pub(crate) async fn read(body: Bytes, content_type: Option<&[u8]>) -> Text {
    if body.trim_ascii().is_empty() {
        return utf8(body, None).await;
    }
    let content_type = String::from_utf8_lossy(content_type.unwrap_or_default());
    let text = match find(&body, &content_type) {
        Found::Sure { charset, mark, by } => match charset {
            Charset::Known(encoding) if encoding == UTF_8 => {
                utf8(body.slice(mark..), Some(by)).await
            }
            Charset::Known(encoding) => decode(encoding, &body[mark..], by).await,
            Charset::Utf32 { big } => utf32(&body[mark..], big, by).await,
        },
        Found::Likely => utf8(body, None).await,
        Found::Unknown(why) => Text::Unreadable { why },
    };
    match text {
        Text::Whole(text) if text.trim_end_matches('\0').contains('\0') => Text::Broken {
            shown: text.replace('\0', ""),
            why:
                "it has zeros between its letters, as UTF-16 has that is read in another charset; \
                  have the upstream name its charset in Content-Type"
                    .to_owned(),
        },
        Text::Broken { shown, why } => Text::Broken {
            shown: shown.replace('\0', ""),
            why,
        },
        text => text,
    }
}

fn find(body: &[u8], content_type: &str) -> Found {
    let sure = |charset, by| Found::Sure {
        charset,
        mark: 0,
        by,
    };
    if let Some((charset, mark)) = marked(body) {
        let by = "by its byte order mark";
        return Found::Sure { charset, mark, by };
    }
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if let Some(label) = parameter(parameters, "charset").filter(|label| !label.is_empty()) {
        return match named(&label, body) {
            Some(charset) => sure(charset, "by its Content-Type"),
            None => Found::Unknown(unknown("Content-Type", &label)),
        };
    }
    if let Some(charset) = zeros(body) {
        return sure(charset, "by its first bytes");
    }
    if let Some(label) = declared(body) {
        return match named(&label, body) {
            // A declaration that could be read byte by byte is in no UTF-16, whatever it says.
            Some(charset) if charset.is_wide() => {
                sure(Charset::Known(UTF_8), "since its XML declaration is")
            }
            Some(charset) => sure(charset, "by its XML declaration"),
            None => Found::Unknown(unknown("XML declaration", &label)),
        };
    }
    let media_type = media_type.trim().to_ascii_lowercase();
    let (kind, of) = media_type.split_once('/').unwrap_or((&media_type, ""));
    let structured = |name: &str| of == name || of.ends_with(&format!("+{name}"));
    if matches!(kind, "" | "text") && !structured("xml") && !structured("json") {
        Found::Likely
    } else {
        let by = "since its Content-Type names no other charset";
        sure(Charset::Known(UTF_8), by)
    }
}

/// What a byte order mark says, and the mark's length.
fn marked(body: &[u8]) -> Option<(Charset, usize)> {
    // Before UTF-16, whose little-endian mark is the first half of this one.
    match body {
        [0, 0, 0xfe, 0xff, ..] => Some((Charset::Utf32 { big: true }, 4)),
        [0xff, 0xfe, 0, 0, ..] => Some((Charset::Utf32 { big: false }, 4)),
        _ => {
            let (encoding, length) = Encoding::for_bom(body)?;
            Some((Charset::Known(encoding), length))
        }
    }
}

/// What zeros among the first bytes say.
fn zeros(body: &[u8]) -> Option<Charset> {
    match body {
        [0, 0, 0, 1..=255, ..] => Some(Charset::Utf32 { big: true }),
        [1..=255, 0, 0, 0, ..] => Some(Charset::Utf32 { big: false }),
        [0, 1..=255, ..] => Some(Charset::Known(UTF_16BE)),
        [1..=255, 0, ..] => Some(Charset::Known(UTF_16LE)),
        _ => None,
    }
}

/// Without a copy where all is UTF-8, as nearly everything is. What isn't is windows-1252 where nothing says
/// that it should be UTF-8.
async fn utf8(body: Bytes, by: Option<&str>) -> Text {
    match (String::from_utf8(body.into()), by) {
        (Ok(text), _) => Text::Whole(text),
        (Err(error), None) => decode(WINDOWS_1252, error.as_bytes(), "").await,
        (Err(error), Some(by)) => Text::Broken {
            why: broken("UTF-8", by, error.utf8_error().valid_up_to()),
            shown: String::from_utf8_lossy(error.as_bytes()).into_owned(),
        },
    }
}

async fn decode(encoding: &'static Encoding, body: &[u8], by: &str) -> Text {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::new();
    let (mut read, mut first_bad) = (0, None);
    loop {
        let end = body.len().min(read + STEP);
        let last = end == body.len();
        loop {
            let part = &body[read..end];
            let room = decoder.max_utf8_buffer_length_without_replacement(part.len());
            text.reserve(room.unwrap_or(4 * STEP));
            let (result, length) =
                decoder.decode_to_string_without_replacement(part, &mut text, last);
            read += length;
            match result {
                DecoderResult::Malformed(bad, after) => {
                    let at = read.saturating_sub(usize::from(bad) + usize::from(after));
                    first_bad.get_or_insert(at);
                    text.push(char::REPLACEMENT_CHARACTER);
                }
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
            }
        }
        if last {
            return whole(text, encoding.name(), by, first_bad);
        }
        tokio::task::yield_now().await;
    }
}

/// The WHATWG Encoding Standard leaves UTF-32 out; JSON may be in it (RFC 4627, 3).
async fn utf32(body: &[u8], big: bool, by: &str) -> Text {
    let (mut text, mut first_bad) = (String::new(), None);
    for (place, step) in body.chunks(STEP).enumerate() {
        if place > 0 {
            tokio::task::yield_now().await;
        }
        for (index, unit) in step.chunks(4).enumerate() {
            let number = <[u8; 4]>::try_from(unit).map(|bytes| match big {
                true => u32::from_be_bytes(bytes),
                false => u32::from_le_bytes(bytes),
            });
            let letter = number.ok().and_then(char::from_u32);
            if letter.is_none() {
                first_bad.get_or_insert(place * STEP + index * 4);
            }
            text.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    let name = if big { "UTF-32BE" } else { "UTF-32LE" };
    whole(text, name, by, first_bad)
}

fn whole(text: String, charset: &str, by: &str, first_bad: Option<usize>) -> Text {
    match first_bad {
        None => Text::Whole(text),
        Some(at) => Text::Broken {
            why: broken(charset, by, at),
            shown: text,
        },
    }
}

fn broken(charset: &str, by: &str, at: usize) -> String {
    format!("it is not {charset}, which it should be {by}: byte {at} can't be read")
}

#[cfg(test)]
mod tests;
