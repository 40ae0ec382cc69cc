//! Finds the spellings of some secrets in a reading of a text, whole and cut.

use super::forms::Form;
use super::reading::Reading;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Bytes of the shortest value that is struck.
pub(super) const SHORTEST: usize = 4;
/// Bytes of a spelling that are looked for; what follows is compared.
const HEAD: usize = 32;
/// Bytes of an escape, at the most: as much of one may stand at a cut.
const ESCAPE: usize = 12;

/// The spellings of some secrets.
pub(super) struct Finder {
    forms: Vec<Form>,
    heads: AhoCorasick,
    /// Whether they are struck from an action's own output too.
    pub(super) in_output: bool,
}

impl Finder {
    pub(super) fn new(forms: Vec<Form>, in_output: bool) -> Option<Self> {
        let heads = forms
            .iter()
            .map(|form| &form.bytes[..form.bytes.len().min(HEAD)]);
        let heads = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(heads)
            .ok()?;
        (!forms.is_empty()).then_some(Self {
            forms,
            heads,
            in_output,
        })
    }

    pub(super) fn find(&self, read: &Reading, parts: &mut Vec<(usize, usize)>) {
        for found in self.heads.find_overlapping_iter(&read.bytes) {
            let Some(form) = self.forms.get(found.pattern().as_usize()) else {
                continue;
            };
            let more = form.bytes.get(HEAD..).unwrap_or_default();
            let rest = read.bytes.get(found.end()..).unwrap_or_default();
            let more = more.iter().zip(rest).take_while(|(a, b)| a == b).count();
            let (mut from, mut to) = (found.start(), found.end() + more);
            if form.base64 {
                // Up to two letters on either side hold bits of the secret.
                let letter = |at: usize| read.bytes.get(at).is_some_and(|byte| is_base64(*byte));
                for _ in 0..2 {
                    from -= usize::from(from > 0 && letter(from - 1));
                    to += usize::from(letter(to));
                }
            }
            parts.push(read.part(from, to));
        }
    }

    /// The begin of a secret at the end of the text before a cut, which may have fallen into an escape.
    pub(super) fn begin_at_end(
        &self,
        read: &Reading,
        cut: usize,
        parts: &mut Vec<(usize, usize)>,
        text: &str,
    ) {
        let offset = cut - around(text, cut, true).len();
        let whole = read.bytes.len();
        let last = read
            .bytes
            .get(whole.saturating_sub(ESCAPE)..)
            .unwrap_or_default();
        let escape = last.iter().position(|byte| b"\\%&".contains(byte));
        let escape = escape.filter(|at| last[at + 1..].iter().all(is_of_escape));
        let escape = escape.map(|at| whole - last.len() + at);
        for end in [Some(whole), escape].into_iter().flatten() {
            let before = &read.bytes[..end];
            for form in &self.forms {
                let most = form.bytes.len().min(end);
                let begins = |len: &usize| before.ends_with(&form.bytes[..*len]);
                if let Some(len) = (SHORTEST..=most).rev().find(begins) {
                    parts.push((read.part(end - len, end).0 + offset, cut));
                }
            }
        }
    }

    /// The end of a secret at the begin of the text behind a cut, which may have fallen into an escape.
    pub(super) fn end_at_begin(&self, read: &Reading, cut: usize, parts: &mut Vec<(usize, usize)>) {
        for skipped in 0..ESCAPE.min(read.bytes.len()) {
            let (rest, behind) = read.bytes.split_at(skipped);
            if !rest.iter().all(is_of_escape) {
                break;
            }
            for form in &self.forms {
                let most = form.bytes.len().min(behind.len());
                let ends = |len: &usize| behind.starts_with(&form.bytes[form.bytes.len() - len..]);
                if let Some(len) = (SHORTEST..=most).rev().find(ends) {
                    parts.push((cut, read.part(skipped, skipped + len).1 + cut));
                }
            }
        }
    }
}

/// Whether an escape may have the byte behind its first one.
fn is_of_escape(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"\\#;%&".contains(byte)
}

/// Whether a folded byte is a letter of base64.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// The text before or behind a place, as far as a secret may reach.
pub(super) fn around(text: &str, at: usize, before: bool) -> &str {
    /// Bytes on either side of a cut: more than quotes in errors hold.
    const REACH: usize = 4096;
    let mut edge = if before {
        at.saturating_sub(REACH)
    } else {
        text.len().min(at + REACH)
    };
    while !text.is_char_boundary(edge) {
        edge += 1;
    }
    if before {
        &text[edge..at]
    } else {
        &text[at..edge]
    }
}
