//! Strikes secrets out of texts that leave.
//!
//! Some upstreams repeat what they were sent, in their errors above all: as it was, inside JSON, in a
//! URL, in HTML, as base64 alone or of `user:password`. A [`Redactor`] knows the secrets that were in
//! play and writes `[redacted]` in their place, however they are spelled.
//!
//! **Spellings.** Three layers of escapes (percent signs, backslashes, character references, in any
//! mixture) are taken out of the text, and each reading is searched for the secret as it is, as base64
//! of either alphabet at any place inside of a longer encoded text, as base64 of that, and as
//! hexadecimal digits. Letters are compared whatever their case, and line ends are passed over. Other
//! encodings (compression, encryption, base32, a secret reversed or taken apart) are not recognised.
//!
//! **Short secrets.** A value of fewer than 4 bytes is struck nowhere: it would strike out innocent text
//! and is no secret worth the name. [`Redactor::strike`], for errors and tests, strikes all others;
//! [`Redactor::strike_output`], for what an action returns on purpose, only private values of 8 bytes
//! and more: an answer that is right must not be changed because a user name or a PIN occurs in it.
//!
//! **Cuts.** A text is cut after it was struck, never before ([`Redactor::shown`]). Where somebody else
//! has cut it already and marked the place (`…` or `...`), a begin or an end of a secret that touches the
//! mark is struck too, from 4 bytes on, also where the cut went through an escape.
//!
//! **Cost.** One pass of an Aho-Corasick automaton for each reading. The automaton holds the first
//! 32 bytes of each spelling, so it is small and quick to make however long the secrets are; what
//! follows is compared.

mod finder;
mod forms;
mod reading;

use crate::Secret;
use finder::{Finder, SHORTEST, around};
use forms::{Form, LAYERS};
use reading::Reading;
use std::borrow::Cow;
use std::sync::Arc;

/// What stands in the place of a secret.
const STRUCK: &str = "[redacted]";
/// Bytes of the shortest private value that is struck from an action's own output.
const SHORTEST_IN_OUTPUT: usize = 8;
/// Bytes that are searched at once where only the finding counts.
const PIECE: usize = 64 * 1024;
/// Bytes that two pieces have in common: a spelling's head, each byte of it escaped in every layer.
const PIECES_SHARE: usize = 2 * 1024;
/// Marks of a cut that are looked at; a text with more of them ends there.
const MAX_CUTS: usize = 128;
/// Bytes of a text that is shown in part; the rest is left out before it is struck.
const MAX_SHOWN_BYTES: usize = 64 * 1024;

/// Knows secrets, and strikes them out of texts. Cheap to clone and to join; shows none of them.
#[derive(Clone, Default)]
pub struct Redactor(Vec<Arc<Finder>>);

impl Redactor {
    /// Strikes these values: `private` ones wherever they occur, `public` ones (user names, client ids,
    /// addresses of logins) from errors and tests only.
    #[must_use]
    pub fn new<'a>(
        private: impl IntoIterator<Item = &'a Secret>,
        public: impl IntoIterator<Item = &'a Secret>,
    ) -> Self {
        let (mut long, mut other) = (Vec::new(), Vec::new());
        for secret in private {
            let text = secret.expose();
            let to = if text.len() < SHORTEST_IN_OUTPUT {
                &mut other
            } else {
                &mut long
            };
            to.extend(spellings(text));
        }
        other.extend(
            public
                .into_iter()
                .flat_map(|secret| spellings(secret.expose())),
        );
        let finders = [Finder::new(long, true), Finder::new(other, false)];
        Self(finders.into_iter().flatten().map(Arc::new).collect())
    }

    /// Strikes what the other strikes, too.
    #[must_use]
    pub fn and(mut self, other: &Redactor) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// The text without any secret, for errors and tests.
    #[must_use]
    pub fn strike<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut parts = self.parts(text, false);
        let end = self.cuts(text, &mut parts);
        without(&text[..end], parts)
    }

    /// The text's first characters without any secret.
    #[must_use]
    pub fn shown(&self, text: &str, most_chars: usize) -> String {
        let mut end = text.len().min(MAX_SHOWN_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let part = if end < text.len() {
            Cow::Owned(format!("{}…", &text[..end]))
        } else {
            Cow::Borrowed(text)
        };
        self.strike(&part).chars().take(most_chars).collect()
    }

    /// Whether [`Redactor::strike_output`] would change the text.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        let mut from = 0;
        loop {
            let mut to = text.len().min(from + PIECE);
            while !text.is_char_boundary(to) {
                to += 1;
            }
            if !self.parts(&text[from..to], true).is_empty() {
                return true;
            }
            if to == text.len() {
                return false;
            }
            from = to - PIECES_SHARE;
            while !text.is_char_boundary(from) {
                from -= 1;
            }
        }
    }

    /// The text without private secrets, for what an action returns on purpose.
    #[must_use]
    pub fn strike_output<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.parts(text, true))
    }

    /// The parts of the text that spell a secret, in no order.
    fn parts(&self, text: &str, output: bool) -> Vec<(usize, usize)> {
        let finders: Vec<_> = self
            .0
            .iter()
            .filter(|finder| !output || finder.in_output)
            .collect();
        let mut parts = Vec::new();
        if finders.is_empty() {
            return parts;
        }
        each_reading(text, |folded| {
            for finder in &finders {
                finder.find(folded, &mut parts);
            }
        });
        parts
    }

    /// Adds begins and ends of secrets that touch the mark of a cut; gives the end of what was looked at.
    fn cuts(&self, text: &str, parts: &mut Vec<(usize, usize)>) -> usize {
        let (mut marks, mut end) = (Vec::new(), text.len());
        for (at, mark) in text.match_indices('…').chain(text.match_indices("...")) {
            marks.push((at, at + mark.len()));
        }
        marks.sort_unstable();
        if let Some((at, _)) = marks.get(MAX_CUTS) {
            end = *at;
            marks.truncate(MAX_CUTS);
        }
        for (before, behind) in marks {
            for finder in &self.0 {
                each_reading(around(text, before, true), |read| {
                    finder.begin_at_end(read, before, parts, text);
                });
                let rest = around(text, behind, false);
                each_reading(rest, |read| finder.end_at_begin(read, behind, parts));
            }
        }
        end
    }
}

fn spellings(secret: &str) -> Vec<Form> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    forms::of(secret, SHORTEST)
}

/// Shows each reading of the text, folded.
fn each_reading(text: &str, mut show: impl FnMut(&Reading)) {
    let mut reading = Some(Reading::plain(text.as_bytes()));
    for _ in 0..=LAYERS {
        let Some(read) = reading else { return };
        reading = read.unescaped();
        show(&read.folded());
    }
}

/// The text with a mark in place of the parts; those that touch have one mark together.
fn without(text: &str, mut parts: Vec<(usize, usize)>) -> Cow<'_, str> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    parts.sort_unstable();
    let mut struck = String::with_capacity(text.len());
    let mut done: Option<usize> = None;
    for (mut from, mut to) in parts {
        (from, to) = (from.min(text.len()), to.min(text.len()));
        // An escape may be of a character's single byte.
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        while !text.is_char_boundary(to) {
            to += 1;
        }
        match done {
            Some(end) if from <= end => done = Some(end.max(to)),
            _ => {
                struck.push_str(&text[done.unwrap_or(0)..from]);
                struck.push_str(STRUCK);
                done = Some(to);
            }
        }
    }
    struck.push_str(&text[done.unwrap_or(0)..]);
    Cow::Owned(struck)
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}
