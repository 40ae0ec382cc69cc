//! What the templates of a request printed.

use super::excerpt::{Excerpt, STRUCK, TRACE, WITHHELD};
use crate::sensitive::is_sensitive;
use serde_json::{Map, Value, json};
use tollgate_action::{Credentials, Request, Watch};
use tollgate_driver::{Redactor, Secret};

/// Schemes of `Authorization` that are no secret.
const SCHEMES: [&str; 3] = ["Basic", "Bearer", "Digest"];
const DIFFERS: &str = "credentials are shown as [redacted], and what the template makes of them goes out \
                       otherwise than it is shown";

/// What the request's templates printed.
#[derive(Clone)]
pub(crate) struct RequestTrace {
    room: usize,
    url: Option<Excerpt>,
    headers: Vec<(String, Excerpt)>,
    body: Option<Excerpt>,
    /// The field at which it failed.
    pub(crate) failed: Option<String>,
}

impl Default for RequestTrace {
    fn default() -> Self {
        Self {
            room: TRACE,
            url: None,
            headers: Vec::new(),
            body: None,
            failed: None,
        }
    }
}

impl Watch for RequestTrace {
    fn url(&mut self, printed: &str) {
        self.url = Some(Excerpt::new(printed, &mut self.room));
    }

    fn header(&mut self, name: &str, printed: &str) {
        let kept = Excerpt::new(printed, &mut self.room);
        self.headers.push((name.to_owned(), kept));
    }

    fn body(&mut self, printed: &str) {
        self.body = Some(Excerpt::new(printed, &mut self.room));
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

impl RequestTrace {
    /// Names and values of the headers, as far as they are kept.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
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
        stand_in: Option<&RequestTrace>,
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
        let mut show = |part: Part, real: &Excerpt, other: Option<Option<&Excerpt>>| {
            let (text, differ) = shows.text(real, other);
            differs[part as usize] |= differ;
            text
        };
        let other = |pick: fn(&RequestTrace) -> Option<&Excerpt>| stand_in.map(pick);
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
    fn text(&self, real: &Excerpt, stand_in: Option<Option<&Excerpt>>) -> (String, bool) {
        if self.secure {
            let bytes = real.bytes.unwrap_or_default();
            return (format!("{WITHHELD} ({bytes} bytes)"), false);
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
