//! Requests by method and path: which ones a rule speaks of.
//!
//! Two kinds of rules are written so: what a caller may pass through, and which requests a limit counts. They
//! compare differently, each in the direction that is safe. What a caller *may* do is compared letter by letter
//! with the path as it came ([`Endpoint::names`]): a path that is written in another way is none of those listed.
//! What a limit *counts* is compared as a lenient server would read it, without regard to the case of letters
//! and to percent signs ([`Endpoint::counts`]): no way of writing a path leads round the limit.
//!
//! A path is checked before it is compared ([`RequestPath`]), and is sent on as it came. So that no server on
//! the way can read it as another path than the one that was compared, it has no empty segment, none that is `.`
//! or `..` or could become one, and no slash, backslash, percent sign, semicolon or control character in disguise.

use crate::path::{RequestPath, decoded, is_of_path};
use std::fmt;
use std::str::FromStr;

/// The methods that a rule may name, and so those that requests passed through may have.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What stands for one or more segments at a path's end.
const REST: &str = "**";

/// A method and a path with placeholders, such as `GET /api/v2/users/{id}`. The method may be `*`, which means
/// every one of them; a segment in braces means any one segment; `**` as the last one means one or more.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Endpoint {
    method: Option<&'static str>,
    segments: Vec<Segment>,
    has_rest: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Segment {
    Literal(String),
    /// The name between the braces.
    Any(String),
}

/// Why a text is no [`Endpoint`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadEndpoint {
    /// It has no method, or no path behind one space.
    #[error("expected a method and a path, as in \"GET /api/v2/users/{{id}}\"")]
    Shape,
    /// The method is none that can be named.
    #[error(
        "{0:?} is no method; name GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, or * for all of them"
    )]
    Method(String),
    /// The path has a query.
    #[error("leave the query out: a rule speaks of the path alone")]
    Query,
    /// A segment can't be in a path, or has a part in braces.
    #[error(
        "{0:?} is no segment: write a whole segment in braces, ** only at the end, and no percent sign"
    )]
    Segment(String),
}

impl Endpoint {
    /// Whether the endpoint names the request: letter by letter, for what somebody may do.
    #[must_use]
    pub fn names(&self, method: &str, path: RequestPath<'_>) -> bool {
        self.matches(method, path, |literal, segment| literal == segment)
    }

    /// Whether the endpoint counts the request: as a lenient server reads the path, for what is limited.
    #[must_use]
    pub fn counts(&self, method: &str, path: RequestPath<'_>) -> bool {
        let path = match path.0.strip_suffix('/') {
            Some(path) if !path.is_empty() => RequestPath(path),
            _ => path,
        };
        self.matches(method, path, |literal, segment| {
            decoded(segment).eq_ignore_ascii_case(literal.as_bytes())
        })
    }

    fn matches(
        &self,
        method: &str,
        path: RequestPath<'_>,
        is_same: impl Fn(&str, &str) -> bool,
    ) -> bool {
        if self.method.is_some_and(|own| own != method) {
            return false;
        }
        let mut given = path.segments();
        let all = self.segments.iter().all(|own| match (own, given.next()) {
            (Segment::Any(_), Some(segment)) => !segment.is_empty(),
            (Segment::Literal(literal), Some(segment)) => is_same(literal, segment),
            (_, None) => false,
        });
        let is_more = given.next().is_some_and(|it| !it.is_empty());
        all && is_more == self.has_rest
            && (self.has_rest || !path.0.ends_with('/') || path.0 == "/")
    }

    /// Whether there is a request that both count.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let methods = match (self.method, other.method) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let meet = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Literal(one), Segment::Literal(other)) => one.eq_ignore_ascii_case(other),
            _ => true,
        };
        let lengths = match (self.has_rest, other.has_rest) {
            (false, false) => self.segments.len() == other.segments.len(),
            (true, false) => self.segments.len() < other.segments.len(),
            (false, true) => other.segments.len() < self.segments.len(),
            (true, true) => true,
        };
        methods && lengths && self.segments.iter().zip(&other.segments).all(meet)
    }

    /// Whether the other one counts all requests that this one names.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let methods = other.method.is_none() || self.method == other.method;
        let covered = |(own, other): (&Segment, &Segment)| match (own, other) {
            (_, Segment::Any(_)) => true,
            (Segment::Literal(own), Segment::Literal(other)) => own.eq_ignore_ascii_case(other),
            (Segment::Any(_), Segment::Literal(_)) => false,
        };
        let (own, others) = (self.segments.len(), other.segments.len());
        let lengths = match (self.has_rest, other.has_rest) {
            (false, false) => own == others,
            (true, false) => false,
            (false, true) => own > others,
            (true, true) => own >= others,
        };
        methods && lengths && self.segments.iter().zip(&other.segments).all(covered)
    }

    /// The path with its placeholders, without the method.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            match segment {
                Segment::Literal(literal) => path.push_str(literal),
                Segment::Any(name) => path.push_str(&format!("{{{name}}}")),
            }
        }
        if self.has_rest {
            path.push_str("/**");
        }
        if path.is_empty() {
            path.push('/');
        }
        path
    }

    /// Whether the path ends with any number of segments.
    #[must_use]
    pub fn has_rest(&self) -> bool {
        self.has_rest
    }
}

impl FromStr for Endpoint {
    type Err = BadEndpoint;

    fn from_str(text: &str) -> Result<Self, BadEndpoint> {
        let (method, path) = text.split_once(' ').ok_or(BadEndpoint::Shape)?;
        let Some(path) = path.strip_prefix('/') else {
            return Err(BadEndpoint::Shape);
        };
        if path.contains(['?', '#']) {
            return Err(BadEndpoint::Query);
        }
        let known = METHODS.iter().find(|known| **known == method).copied();
        if known.is_none() && method != "*" {
            return Err(BadEndpoint::Method(method.to_owned()));
        }
        let mut segments: Vec<_> = match path {
            "" => Vec::new(),
            path => path.split('/').collect(),
        };
        let has_rest = segments.pop_if(|last| *last == REST).is_some();
        let segments = segments.into_iter().map(Segment::read);
        Ok(Self {
            method: known,
            segments: segments.collect::<Result<_, _>>()?,
            has_rest,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.unwrap_or("*"), self.path())
    }
}

impl Segment {
    fn read(text: &str) -> Result<Self, BadEndpoint> {
        let name = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        let is_plain = |text: &str| {
            let mut letters = text.bytes();
            !matches!(text, "" | "." | "..")
                && letters.all(|byte| is_of_path(byte) && !b"%*".contains(&byte))
        };
        match name {
            Some(name) if is_plain(name) => Ok(Self::Any(name.to_owned())),
            None if is_plain(text) => Ok(Self::Literal(text.to_owned())),
            _ => Err(BadEndpoint::Segment(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    fn names(endpoint: &str, method: &str, path: &str) -> bool {
        let path = RequestPath::new(path).unwrap();
        super::Endpoint::from_str(endpoint)
            .unwrap()
            .names(method, path)
    }

    #[test]
    fn an_endpoint_names_the_requests_of_its_shape() {
        let of_one = "GET /api/v2/users/{id}";
        assert!(names(of_one, "GET", "/api/v2/users/7"));
        assert!(names(of_one, "GET", "/api/v2/users/a%20b"));
        for (method, path) in [
            ("HEAD", "/api/v2/users/7"),
            ("GET", "/api/v2/users"),
            ("GET", "/api/v2/users/"),
            ("GET", "/api/v2/users/7/"),
            ("GET", "/api/v2/users/7/roles"),
            ("GET", "/api/v2/Users/7"),
            ("GET", "/api/v2/%75sers/7"),
            ("GET", "/"),
        ] {
            assert!(!names(of_one, method, path), "{method} {path}");
        }
        assert!(names("* /**", "PURGE", "/x"));
        assert!(names("* /a/**", "PUT", "/a/b/c"));
        assert!(names("* /a/**", "PUT", "/a/b/"));
        assert!(!names("* /a/**", "PUT", "/a"));
        assert!(!names("* /a/**", "PUT", "/a/"));
        assert!(names("GET /", "GET", "/"));
        assert!(!names("GET /**", "GET", "/"));
    }

    #[test]
    fn an_endpoint_counts_however_the_path_is_written() {
        let limited = endpoint("PUT /api/v2/architect/ivrs/{id}");
        for path in [
            "/api/v2/architect/ivrs/7",
            "/API/v2/Architect/IVRS/7",
            "/api/v2/architect/%69vrs/7",
            "/api/v2/architect/ivrs/7/",
        ] {
            assert!(
                limited.counts("PUT", RequestPath::new(path).unwrap()),
                "{path}"
            );
        }
    }

    #[test]
    fn what_is_no_endpoint_says_why() {
        for (text, why) in [
            ("/api", BadEndpoint::Shape),
            ("GET api", BadEndpoint::Shape),
            ("GET  /api", BadEndpoint::Shape),
            ("get /api", BadEndpoint::Method("get".to_owned())),
            ("CONNECT /", BadEndpoint::Method("CONNECT".to_owned())),
            ("GET /a?b=c", BadEndpoint::Query),
            ("GET /a//b", BadEndpoint::Segment(String::new())),
            ("GET /a/", BadEndpoint::Segment(String::new())),
            ("GET /**/a", BadEndpoint::Segment("**".to_owned())),
            ("GET /a/x{id}", BadEndpoint::Segment("x{id}".to_owned())),
            ("GET /a/{}", BadEndpoint::Segment("{}".to_owned())),
            ("GET /a/..", BadEndpoint::Segment("..".to_owned())),
            ("GET /a/%2f", BadEndpoint::Segment("%2f".to_owned())),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err(), why, "{text}");
        }
        for text in [
            "GET /",
            "* /**",
            "PUT /api/v2/architect/ivrs/{id}",
            "GET /a/**",
        ] {
            assert_eq!(endpoint(text).to_string(), text);
        }
    }

    #[test]
    fn endpoints_overlap_if_a_request_is_of_both() {
        for (one, other, overlap) in [
            ("GET /a/{x}", "GET /a/{y}", true),
            ("GET /a/{x}", "GET /A/b", true),
            ("GET /a/{x}", "* /a/b", true),
            ("GET /a/{x}", "PUT /a/b", false),
            ("GET /a/{x}", "GET /b/{x}", false),
            ("GET /a/{x}", "GET /a/{x}/c", false),
            ("GET /a/**", "GET /a/{x}/c", true),
            ("GET /a/**", "GET /a", false),
            ("GET /a/**", "GET /{x}/**", true),
            ("GET /**", "GET /", false),
        ] {
            let (one, other) = (endpoint(one), endpoint(other));
            assert_eq!(one.overlaps(&other), overlap, "{one} {other}");
            assert_eq!(other.overlaps(&one), overlap, "{other} {one}");
        }
    }
}
