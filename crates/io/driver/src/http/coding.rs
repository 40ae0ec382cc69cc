//! What a server packs its answers into (`Content-Encoding`), and how they are unpacked.
//!
//! **What is asked for**: [`ACCEPTED`], unless the request names codings of its own. Whatever was asked for,
//! an answer is unpacked from what its headers say: some servers pack without being asked. Codings that were
//! applied one after the other are taken off in the opposite order.
//!
//! **What is read leniently**, because servers differ: `deflate` with the wrapper of zlib, as it should be, and
//! without; what follows the end of the data, which Java, gzip(1) and browsers ignore too. (Of gzip and zstd
//! further data may follow, and is read.) A body of no bytes is empty, whatever the headers say: so are the
//! answers to HEAD, and 204 and 304.
//!
//! **Bounds.** The unpacked body has at most `most` bytes, and is cut off with the first byte beyond. Whatever
//! is unpacked from, be it the body as sent or what one of several codings left, has at most [`most_sent`]: a
//! coding lengthens what can't be packed by an eighth at the most. A coding's own memory is bounded too: its
//! window has at most 8 MiB with zstd (RFC 9659 allows no more), 16 MiB with brotli (RFC 7932), 32 KiB with the
//! others, of which a page is taken once it is written to.
//!
//! **Where.** In the attempt's own task, so that the attempt's end is also the end of unpacking, and an answer
//! needs no further thread. One [`STEP`] takes about a millisecond at the most; other tasks get their turn after
//! each.
//!
//! `flate2`, `zstd` (the reference implementation) and `brotli-decompressor` do the work. A crate that puts
//! them behind one asynchronous interface has no bound between two codings, and takes brotli windows of 1 GiB.

mod bounded;

use crate::BodyError;
use bounded::{Fault, Input, Output};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};
use std::io::ErrorKind;

/// What a request asks for (`Accept-Encoding`).
pub(super) const ACCEPTED: &str = "gzip, deflate, br, zstd";
/// Codings that one answer may have. Two happen, where a proxy packs what was packed.
const MOST_CODINGS: usize = 5;
/// Bytes that are read, and bytes that are written, before other tasks get their turn.
const STEP: usize = 64 * 1024;
/// Members that data of gzip may have: one that holds nothing takes 20 bytes and 8 µs. Tools that make many
/// put some 64 KiB into each.
const MOST_MEMBERS: usize = 10_000;
/// Largest window of zstd, as a power of two of bytes.
const ZSTD_WINDOW: u32 = 23;
/// How long a coding's name is quoted, in characters.
const MAX_QUOTED: usize = 40;
/// What data of gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// Bytes that a body of at most `most` bytes, once unpacked, may have before.
pub(super) fn most_sent(headers: &HeaderMap, most: usize) -> usize {
    if headers.contains_key(CONTENT_ENCODING) {
        most.saturating_add(most / 4).saturating_add(1024)
    } else {
        most
    }
}

/// The body without its codings, of at most `most` bytes.
pub(super) async fn unpack(
    headers: &HeaderMap,
    sent: Bytes,
    most: usize,
) -> Result<Bytes, BodyError> {
    if sent.is_empty() {
        return Ok(sent);
    }
    let mut codings = codings(headers)?;
    let mut body = sent;
    while let Some(coding) = codings.pop() {
        let most = match codings.as_slice() {
            [] => most,
            _ => most_sent(headers, most),
        };
        body = coding.unpack(&body, most).await?.into();
        if body.is_empty() {
            break;
        }
    }
    Ok(body)
}

/// The codings that the headers name, in the order in which they were applied.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, BodyError> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            codings.extend(coding(name.trim_ascii())?);
            if codings.len() > MOST_CODINGS {
                return Err(BodyError::TooManyCodings { most: MOST_CODINGS });
            }
        }
    }
    Ok(codings)
}

/// The coding of a name; none where nothing was packed.
fn coding(name: &[u8]) -> Result<Option<Coding>, BodyError> {
    Ok(Some(match name.to_ascii_lowercase().as_slice() {
        b"" | b"identity" => return Ok(None),
        b"gzip" | b"x-gzip" => Coding::Gzip,
        b"deflate" => Coding::Deflate,
        b"br" => Coding::Brotli,
        b"zstd" => Coding::Zstd,
        _ => {
            let name = String::from_utf8_lossy(name);
            let coding = name.chars().take(MAX_QUOTED).collect();
            return Err(BodyError::UnknownCoding { coding });
        }
    }))
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    async fn unpack(self, packed: &[u8], most: usize) -> Result<Vec<u8>, BodyError> {
        let coding = self.name();
        let mut output = Output::new(packed, most);
        let unpacked = match self {
            Self::Gzip => gzip(packed, &mut output).await,
            Self::Deflate if is_zlib(packed) => {
                output.fill(ZlibDecoder::new(Input::new(packed))).await
            }
            Self::Deflate => output.fill(DeflateDecoder::new(Input::new(packed))).await,
            Self::Brotli => brotli(packed, &mut output).await,
            Self::Zstd => zstd(packed, &mut output).await,
        };
        match unpacked {
            Ok(()) => Ok(output.bytes),
            Err(Fault::TooLong) => Err(BodyError::UnpacksTooLong { coding, most }),
            Err(Fault::Broken(error)) => {
                let reason = match error.kind() {
                    ErrorKind::UnexpectedEof => "the data is cut short".to_owned(),
                    _ => error.to_string(),
                };
                Err(BodyError::Broken { coding, reason })
            }
        }
    }
}

/// Members that follow each other are one body (RFC 1952, 2.2).
async fn gzip(packed: &[u8], output: &mut Output) -> Result<(), Fault> {
    let mut input = Input::new(packed);
    for _ in 0..MOST_MEMBERS {
        let mut member = GzDecoder::new(input);
        output.fill(&mut member).await?;
        input = member.into_inner();
        if !input.rest.starts_with(&GZIP) {
            return Ok(());
        }
        // A new member takes no notice of the input's pauses.
        tokio::task::yield_now().await;
    }
    let reason = format!("it has more than {MOST_MEMBERS} members");
    Err(std::io::Error::other(reason).into())
}

async fn brotli(packed: &[u8], output: &mut Output) -> Result<(), Fault> {
    let [bytes, words, codes] = [(); 3].map(|()| StandardAlloc::default());
    // Strict: no windows beyond those of RFC 7932. The state is some kilobytes large.
    let mut state = Box::new(BrotliState::new_strict(bytes, words, codes));
    let (mut rest, mut part, mut total) = (packed, vec![0; STEP], 0);
    loop {
        let input = &rest[..rest.len().min(STEP)];
        let (mut unread, mut read) = (input.len(), 0);
        let (mut room, mut written) = (part.len(), 0);
        let result = BrotliDecompressStream(
            &mut unread,
            &mut read,
            input,
            &mut room,
            &mut written,
            &mut part,
            &mut total,
            &mut state,
        );
        rest = &rest[read..];
        output.push(&part[..written])?;
        match result {
            BrotliResult::ResultSuccess => return Ok(()),
            BrotliResult::ResultFailure => {
                return Err(std::io::Error::other("corrupt brotli stream").into());
            }
            BrotliResult::NeedsMoreInput if rest.is_empty() => {
                return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into());
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        tokio::task::yield_now().await;
    }
}

async fn zstd(packed: &[u8], output: &mut Output) -> Result<(), Fault> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(Input::new(packed))?;
    decoder.window_log_max(ZSTD_WINDOW)?;
    output.fill(decoder).await
}

/// Whether the data begins as zlib's (RFC 1950, 2.2), which that of bare deflate never does: it would have to
/// begin with a block that isn't packed and whose padding isn't zero.
fn is_zlib(packed: &[u8]) -> bool {
    match packed {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
