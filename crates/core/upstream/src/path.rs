//! Requests' paths that mean the same to every server.

use crate::Url;
use std::borrow::Cow;

/// Longest path, in bytes.
const LONGEST: usize = 8 * 1024;

/// A request's path, checked: it means the same to every server.
#[derive(Clone, Copy, Debug)]
pub struct RequestPath<'a>(pub(crate) &'a str);

/// Why a path is not passed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPath {
    /// It doesn't begin with a slash.
    #[error("it doesn't begin with a slash")]
    NoSlash,
    /// It is longer than 8 KiB.
    #[error("it is longer than 8192 bytes")]
    Long,
    /// Two slashes follow each other.
    #[error("it has an empty segment: two slashes in a row")]
    Empty,
    /// A segment is `.` or `..`, as it stands or once decoded.
    #[error("it has a segment that is . or ..")]
    Dots,
    /// A percent sign is followed by something else than two hexadecimal digits.
    #[error("it has a percent sign without two hexadecimal digits")]
    Percent,
    /// A character that no path has, or that some servers read as the end of a segment.
    #[error(
        "it has a backslash, a semicolon, a control character or one that must be percent-encoded"
    )]
    Character,
    /// A slash, a backslash, a percent sign or a control character is percent-encoded.
    #[error("it has a percent-encoded slash, backslash, percent sign or control character")]
    Hidden,
}

impl<'a> RequestPath<'a> {
    /// Checks a path, without the query, as it came.
    ///
    /// # Errors
    /// It could mean another path to some server.
    pub fn new(path: &'a str) -> Result<Self, BadPath> {
        let Some(below) = path.strip_prefix('/') else {
            return Err(BadPath::NoSlash);
        };
        if path.len() > LONGEST {
            return Err(BadPath::Long);
        }
        if !path.bytes().all(is_of_path) {
            return Err(BadPath::Character);
        }
        // One slash at the end is a path of its own, as is the root.
        let inner = below.strip_suffix('/').unwrap_or(below);
        if !below.is_empty() {
            inner.split('/').try_for_each(check_segment)?;
        }
        Ok(Self(path))
    }

    /// The path of a request that this service has made of an action, to know what counts it.
    #[must_use]
    pub fn of_action(url: &'a Url) -> Self {
        Self(url.path())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// The segments, an empty one behind a slash at the end.
    pub(crate) fn segments(self) -> impl Iterator<Item = &'a str> {
        let below = self.0.strip_prefix('/').filter(|it| !it.is_empty());
        below.into_iter().flat_map(|below| below.split('/'))
    }

    /// The path with what looks like an id in braces: all of digits, or with a digit and no shorter than 16
    /// letters. For a name that stands for many requests.
    #[must_use]
    pub fn without_ids(&self) -> String {
        let mut path = String::new();
        for segment in self.segments() {
            let has_digit = segment.bytes().any(|byte| byte.is_ascii_digit());
            let is_id = has_digit && (segment.len() >= 16 || segment.parse::<u64>().is_ok());
            path.push('/');
            path.push_str(if is_id { "{id}" } else { segment });
        }
        if path.is_empty() {
            path.push('/');
        }
        path
    }
}

/// Whether a path may have the byte (RFC 3986, `pchar`, without the semicolon, that some servers cut a segment
/// at), or is a slash.
pub(crate) fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@%/".contains(&byte)
}

fn check_segment(segment: &str) -> Result<(), BadPath> {
    if segment.is_empty() {
        return Err(BadPath::Empty);
    }
    let mut rest = segment.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let code = rest.get(at + 1..at + 3).and_then(byte_of);
        match code.ok_or(BadPath::Percent)? {
            b'/' | b'\\' | b'%' | 0..=0x1f | 0x7f => return Err(BadPath::Hidden),
            _ => rest = &rest[at + 3..],
        }
    }
    match &*decoded(segment) {
        b"." | b".." => Err(BadPath::Dots),
        // `..;x` is `..` to servers that take what follows a semicolon away.
        decoded if decoded.starts_with(b".;") || decoded.starts_with(b"..;") => Err(BadPath::Dots),
        _ => Ok(()),
    }
}

/// The byte that two hexadecimal digits stand for.
fn byte_of(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex
        .then(|| u8::from_str_radix(digits, 16).ok())
        .flatten()
}

/// The segment's bytes, once decoded.
pub(crate) fn decoded(segment: &str) -> Cow<'_, [u8]> {
    let bytes = segment.as_bytes();
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match code.and_then(byte_of) {
            Some(code) => {
                decoded.push(code);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_mean_another_is_refused() {
        for (path, why) in [
            ("api", BadPath::NoSlash),
            ("", BadPath::NoSlash),
            ("//api", BadPath::Empty),
            ("/api//v2", BadPath::Empty),
            ("/api/v2//", BadPath::Empty),
            ("/api/./v2", BadPath::Dots),
            ("/api/../v2", BadPath::Dots),
            ("/api/..", BadPath::Dots),
            ("/api/%2e%2E/v2", BadPath::Dots),
            ("/api/.%2e/", BadPath::Dots),
            ("/api/%2e", BadPath::Dots),
            ("/api/..%3bx/v2", BadPath::Dots),
            ("/api/..;x/v2", BadPath::Character),
            ("/api/v2;x=1", BadPath::Character),
            ("/api%2fv2", BadPath::Hidden),
            ("/api%2Fv2", BadPath::Hidden),
            ("/api%5cv2", BadPath::Hidden),
            ("/api\\v2", BadPath::Character),
            ("/api/%252e%252e/", BadPath::Hidden),
            ("/api/%00", BadPath::Hidden),
            ("/api/%0d%0aHost:x", BadPath::Hidden),
            ("/api/%7f", BadPath::Hidden),
            ("/api/%", BadPath::Percent),
            ("/api/%2", BadPath::Percent),
            ("/api/%+1", BadPath::Percent),
            ("/api/%zz", BadPath::Percent),
            ("/api/ü", BadPath::Character),
            ("/api/a b", BadPath::Character),
            ("/api/a\tb", BadPath::Character),
            ("/api/{id}", BadPath::Character),
        ] {
            assert_eq!(RequestPath::new(path).unwrap_err(), why, "{path}");
        }
        let long = format!("/{}", "x".repeat(LONGEST));
        assert_eq!(RequestPath::new(&long).unwrap_err(), BadPath::Long);
        for path in [
            "/",
            "/a",
            "/a/",
            "/a/%C3%BC/x%20y",
            "/a/...",
            "/a/a..b",
            "/~a/@:!$&'()*+,=",
        ] {
            assert_eq!(RequestPath::new(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn ids_are_left_out_of_names() {
        let path = "/api/v2/users/0b1d9a3e-4a6c-4f5e-9f3c-2d1e0f9a8b7c/x/17";
        let path = RequestPath::new(path).unwrap().without_ids();
        assert_eq!(path, "/api/v2/users/{id}/x/{id}");
    }
}
