//! What `/test` shows of an execution: what was rendered, sent, answered, found and printed.
//!
//! **No secret.** What templates print is shown as it was printed with stand-ins in the place of the credentials
//! and of the login's answer ([`Credentials::stand_ins`]), which are struck then: so nothing that is shown was made
//! of a secret, whatever a template does to it. A note says where something else went out than what is shown.
//! Values of headers that carry secrets are not shown at all. What an upstream answered is struck, and what is
//! made of it is shown as it was made of the struck body.
//!
//! **Bounded.** A text is kept to [`KEPT`] bytes, all of one trace to [`KEPT_IN_ALL`], and shown to [`SHOWN`]
//! characters; where one is cut, it says so. Texts are struck before they are cut, by the workers.

use super::is_sensitive;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::io::{self, Write};
use tollgate_action::{Credentials, Found, Request, Watch};
use tollgate_driver::{Redactor, Secret};

/// Bytes of one text that are kept until they are struck.
const KEPT: usize = 48 * 1024;
/// Bytes of all texts of one trace that are kept.
const KEPT_IN_ALL: usize = 1024 * 1024;
/// Characters of one text that are shown.
const SHOWN: usize = 16 * 1024;

/// The text that stands in the place of a secret.
const STRUCK: &str = "[redacted]";
const WITHHELD: &str = "[withheld: the action is secure]";
const UNSHOWABLE: &str = "[withheld: a secret that the upstream repeated is in it]";
/// Schemes of `Authorization` that are no secret.
const SCHEMES: [&str; 3] = ["Basic", "Bearer", "Digest"];
const DIFFERS: &str = "credentials are shown as [redacted], and what the template makes of them goes out \
                       otherwise than it is shown";

/// A text as it came, or its begin. It isn't shown before it is struck.
#[derive(Clone, PartialEq, Eq)]
struct Kept {
    text: String,
    /// Bytes of the whole text, where they are known.
    bytes: Option<usize>,
    whole: bool,
}

impl Kept {
    fn new(text: &str, room: &mut usize) -> Self {
        let mut end = text.len().min(KEPT).min(*room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        *room -= end;
        let whole = end == text.len();
        // The redactor knows by the mark that a secret may have been cut here.
        let mark = if whole { "" } else { "…" };
        Self {
            text: format!("{}{mark}", &text[..end]),
            bytes: Some(text.len()),
            whole,
        }
    }

    fn of_json(value: &Value, room: &mut usize) -> Self {
        let mut begin = Begin(Vec::new());
        let whole = serde_json::to_writer(&mut begin, value).is_ok();
        let text = String::from_utf8_lossy(&begin.0);
        let kept = Self::new(&text, room);
        Self {
            bytes: kept.bytes.filter(|_| whole),
            whole: kept.whole && whole,
            ..kept
        }
    }

    fn show(&self, redactor: &Redactor) -> String {
        let struck = redactor.strike(&self.text);
        let begin = match struck.char_indices().nth(SHOWN) {
            None if self.whole => return struck.into_owned(),
            None => &*struck,
            Some((end, _)) => &struck[..end],
        };
        let begin = begin.trim_end_matches('…');
        match self.bytes {
            Some(bytes) => format!("{begin}… [cut: {bytes} bytes in all]"),
            None => format!("{begin}… [cut]"),
        }
    }

    /// The value that the text says, where it is whole; else the text.
    fn show_json(&self, redactor: &Redactor) -> Value {
        let shown = self.show(redactor);
        tollgate_json::read(&shown).unwrap_or(Value::String(shown))
    }
}

/// Takes the begin of what is written.
struct Begin(Vec<u8>);

impl Write for Begin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = KEPT + 1 - self.0.len();
        let taken = bytes.len().min(room);
        self.0.extend_from_slice(&bytes[..taken]);
        if taken < bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the request's templates printed.
#[derive(Clone)]
pub(crate) struct Rendered {
    room: usize,
    url: Option<Kept>,
    headers: Vec<(String, Kept)>,
    body: Option<Kept>,
    /// The field at which it failed.
    pub(super) failed: Option<String>,
}

impl Default for Rendered {
    fn default() -> Self {
        Self {
            room: KEPT_IN_ALL,
            url: None,
            headers: Vec::new(),
            body: None,
            failed: None,
        }
    }
}

impl Watch for Rendered {
    fn url(&mut self, printed: &str) {
        self.url = Some(Kept::new(printed, &mut self.room));
    }

    fn header(&mut self, name: &str, printed: &str) {
        let kept = Kept::new(printed, &mut self.room);
        self.headers.push((name.to_owned(), kept));
    }

    fn body(&mut self, printed: &str) {
        self.body = Some(Kept::new(printed, &mut self.room));
    }
}

/// A request's parts, in the order in which they are rendered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Part {
    Url,
    Headers,
    Body,
}

/// What is shown of a rendering.
pub(crate) struct ShownRequest {
    /// By part.
    pub(crate) parts: [Value; 3],
    /// The URL alone, as its template printed it.
    pub(crate) url: String,
    /// Names and values of the headers.
    pub(crate) headers: Map<String, Value>,
}

impl Rendered {
    /// Names and values of the headers, as far as they are kept.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter();
        headers.map(|(name, kept)| (name.as_str(), kept.text.as_str()))
    }

    /// The part at which it failed, if it did.
    pub(crate) fn failed_at(&self) -> Part {
        match self.failed.as_deref() {
            Some("config.request.requestTemplate") => Part::Body,
            Some(field) if field.starts_with("config.request.headers.") => Part::Headers,
            None if self.url.is_some() => Part::Headers,
            _ => Part::Url,
        }
    }

    /// What may be shown of it. `stand_in` is the same rendering with stand-ins; without one there are no
    /// credentials. Of a secure action only names and lengths are.
    pub(crate) fn show(
        &self,
        stand_in: Option<&Rendered>,
        redactor: &Redactor,
        secure: bool,
    ) -> ShownRequest {
        let shows = Shows {
            redactor: redactor.clone(),
            stands: Redactor::new([&Secret::new(Credentials::STAND_IN.to_owned())], [])
                .and(redactor),
            secure,
        };
        let mut differs = [false; 3];
        let mut show = |part: Part, real: &Kept, other: Option<Option<&Kept>>| {
            let (text, differ) = shows.text(real, other);
            differs[part as usize] |= differ;
            text
        };
        let other = |pick: fn(&Rendered) -> Option<&Kept>| stand_in.map(pick);
        let url = self.url.as_ref().map_or(String::new(), |url| {
            show(Part::Url, url, other(|it| it.url.as_ref()))
        });
        let body = self
            .body
            .as_ref()
            .map(|body| show(Part::Body, body, other(|it| it.body.as_ref())));
        let mut headers = Map::new();
        for (index, (name, value)) in self.headers.iter().enumerate() {
            let other = stand_in.map(|it| it.headers.get(index).map(|(_, kept)| kept));
            let shown = if is_sensitive(name) && !secure {
                hidden(&value.text)
            } else {
                show(Part::Headers, value, other)
            };
            headers.insert(name.clone(), shown.into());
        }
        let mut parts = [
            json!({"url": url}),
            json!({"headers": headers}),
            json!({"body": body}),
        ];
        for (part, differs) in parts.iter_mut().zip(differs) {
            if differs {
                part["note"] = DIFFERS.into();
            }
        }
        ShownRequest {
            parts,
            url,
            headers,
        }
    }
}

/// How the texts of a rendering are shown.
struct Shows {
    redactor: Redactor,
    /// Strikes the stand-ins too.
    stands: Redactor,
    secure: bool,
}

impl Shows {
    /// The text, and whether it differs from what went out in more than what was struck.
    fn text(&self, real: &Kept, stand_in: Option<Option<&Kept>>) -> (String, bool) {
        if self.secure {
            let bytes = real.bytes.unwrap_or_default();
            return (
                format!("[withheld: the action is secure; {bytes} bytes]"),
                false,
            );
        }
        match stand_in {
            None => (real.show(&self.redactor), false),
            Some(None) => {
                let why = "[withheld: it is made of credentials in a way that can't be shown]";
                (why.to_owned(), false)
            }
            Some(Some(other)) => {
                let shown = other.show(&self.stands);
                let whole = real.whole && other.whole;
                let differs = whole && real.show(&self.redactor) != shown;
                (shown, differs)
            }
        }
    }
}

/// The value of a header that carries a secret, but for its scheme.
fn hidden(value: &str) -> String {
    let scheme = value.split_once(' ').map(|(scheme, _)| scheme);
    let known = |scheme: &&str| SCHEMES.iter().any(|it| it.eq_ignore_ascii_case(scheme));
    match scheme.filter(known) {
        Some(scheme) => format!("{scheme} {STRUCK}"),
        None => STRUCK.to_owned(),
    }
}

/// What goes out with a request beside what its templates made.
pub(crate) fn added(
    request: &Request,
    shown: &mut Map<String, Value>,
    authorization: Option<&str>,
) {
    for (name, value) in &request.headers {
        if !shown.contains_key(name) {
            // Not of a template: the type of a body that has none of its own.
            shown.insert(name.clone(), value.as_str().into());
        }
    }
    let own = shown
        .keys()
        .any(|name| name.eq_ignore_ascii_case("authorization"));
    if let Some(whose) = authorization
        && !own
    {
        shown.insert(
            "Authorization".to_owned(),
            format!("{STRUCK} ({whose})").into(),
        );
    }
}

/// Headers of an answer.
pub(super) fn headers(headers: &http::HeaderMap, redactor: &Redactor) -> Value {
    let mut room = KEPT;
    let mut shown = Map::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = if is_sensitive(name.as_str()) && !is_challenge(name) {
            Cow::Borrowed(STRUCK)
        } else {
            Kept::new(&text, &mut room).show(redactor).into()
        };
        match shown.get_mut(name.as_str()) {
            Some(Value::String(before)) => before.push_str(&format!(", {text}")),
            _ => {
                shown.insert(name.as_str().to_owned(), text.into_owned().into());
            }
        }
    }
    Value::Object(shown)
}

/// Whether a header says how to log in, which is no secret.
fn is_challenge(name: &http::HeaderName) -> bool {
    *name == http::header::WWW_AUTHENTICATE || *name == http::header::PROXY_AUTHENTICATE
}

/// A long text, struck and cut.
pub(super) fn text(text: &str, redactor: &Redactor) -> String {
    Kept::new(text, &mut KEPT.clone()).show(redactor)
}

/// An output, cut if it is long.
pub(crate) fn output(output: &Value) -> Value {
    Kept::of_json(output, &mut KEPT.clone()).show_json(&Redactor::default())
}

enum What {
    Value(Kept),
    Default(Kept),
    Nothing(Kept),
}

/// What the mapping of an answer found and printed.
pub(crate) struct Mapped {
    room: usize,
    found: Vec<(String, String, What)>,
    printed: Option<Kept>,
    output: Option<Kept>,
}

impl Default for Mapped {
    fn default() -> Self {
        Self {
            room: KEPT_IN_ALL,
            found: Vec::new(),
            printed: None,
            output: None,
        }
    }
}

impl Watch for Mapped {
    fn found(&mut self, key: &str, path: &str, found: Found<'_>) {
        let mut keep = |text| Kept::new(text, &mut self.room);
        let what = match found {
            Found::Value(text) => What::Value(keep(text)),
            Found::Default(text) => What::Default(keep(text)),
            Found::Nothing(why) => What::Nothing(keep(why)),
        };
        self.found.push((key.to_owned(), path.to_owned(), what));
    }

    fn printed(&mut self, result: &str) {
        self.printed = Some(Kept::new(result, &mut self.room));
    }

    fn output(&mut self, output: &Value) {
        self.output = Some(Kept::of_json(output, &mut self.room));
    }
}

/// How far a mapping came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Reached {
    /// Not all paths were read.
    Paths,
    /// They were; the success template printed nothing.
    Template,
    /// It did; the result is no JSON.
    Result,
    /// It is, and may break the contract.
    Output,
}

/// What is shown of a mapping.
pub(crate) struct ShownMapping {
    pub(crate) found: Value,
    pub(crate) printed: Value,
    pub(crate) output: Value,
}

impl Mapped {
    /// How far it came; `keys` are those of the translation map.
    pub(crate) fn reached(&self, keys: usize) -> Reached {
        if self.output.is_some() {
            Reached::Output
        } else if self.printed.is_some() {
            Reached::Result
        } else if self.found.len() == keys {
            Reached::Template
        } else {
            Reached::Paths
        }
    }

    pub(crate) fn show(&self, redactor: &Redactor, secure: bool) -> ShownMapping {
        let one = |(key, path, what): &(String, String, What)| {
            let (word, kept) = match what {
                What::Value(kept) => ("value", kept),
                What::Default(kept) => ("default", kept),
                What::Nothing(kept) => ("nothing", kept),
            };
            let shown = match what {
                _ if secure => WITHHELD.into(),
                What::Value(_) => kept.show_json(redactor),
                What::Default(_) | What::Nothing(_) => kept.show(redactor).into(),
            };
            (key.clone(), json!({"path": path, word: shown}))
        };
        let printed = self.printed.as_ref().filter(|_| !secure);
        let output = self.output.as_ref().filter(|_| !secure);
        let why = if secure { WITHHELD } else { UNSHOWABLE };
        ShownMapping {
            found: Value::Object(self.found.iter().map(one).collect()),
            printed: printed
                .map_or(why.to_owned(), |kept| kept.show(redactor))
                .into(),
            output: output.map_or(why.into(), |kept| kept.show_json(redactor)),
        }
    }
}
