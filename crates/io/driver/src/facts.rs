//! What a response's headers say about limits.
//!
//! Headers are a stranger's word: what is missing, not a number or absurd is taken as not said.

use http::{HeaderMap, header::RETRY_AFTER};
use std::time::{Duration, SystemTime};
use tollgate_engine::{Facts, WindowFact};

/// Longest span believed. Windows last a minute, a closed limit some minutes; a header that shuts a
/// limit for longer than a day is a mistake, and believing it would shut it for good.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the facts from the headers of a response that arrived at `now`.
pub(crate) fn from_headers(headers: &HeaderMap, now: SystemTime) -> Facts {
    Facts {
        retry_after: retry_after(headers, now),
        window: window(headers),
    }
}

/// `Retry-After` in either of its forms, seconds or an HTTP date; a date already past is no wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let span = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    (span <= LONGEST).then_some(span)
}

/// The vendor's three headers, believed together or not at all.
fn window(headers: &HeaderMap) -> Option<WindowFact> {
    let number =
        |name: &str| -> Option<u32> { headers.get(name)?.to_str().ok()?.trim().parse().ok() };
    let fact = WindowFact {
        count: number("inin-ratelimit-count")?,
        allowed: number("inin-ratelimit-allowed")?,
        reset: Duration::from_secs(number("inin-ratelimit-reset")?.into()),
    };
    (fact.allowed > 0 && fact.reset <= LONGEST).then_some(fact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    fn noon() -> SystemTime {
        httpdate::parse_http_date("Tue, 02 Jun 2026 12:00:00 GMT").unwrap()
    }

    #[test]
    fn a_window_needs_all_three() {
        let all = [
            ("inin-ratelimit-count", "1"),
            ("inin-ratelimit-allowed", "300"),
            ("inin-ratelimit-reset", "61"),
        ];
        let fact = WindowFact {
            count: 1,
            allowed: 300,
            reset: Duration::from_secs(61),
        };
        assert_eq!(from_headers(&headers(&all), noon()).window, Some(fact));
        for missing in 0..3 {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(from_headers(&headers(&some), noon()), Facts::default());
        }
    }

    #[test]
    fn absurd_windows_are_not_believed() {
        for (allowed, reset) in [
            ("0", "60"),
            ("-3", "60"),
            ("300", "1e9"),
            ("300", "4294967295"),
            ("", "60"),
        ] {
            let said = headers(&[
                ("inin-ratelimit-count", "1"),
                ("inin-ratelimit-allowed", allowed),
                ("inin-ratelimit-reset", reset),
            ]);
            assert_eq!(
                from_headers(&said, noon()).window,
                None,
                "{allowed} {reset}"
            );
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let cases = [
            ("42", Some(42)),
            (" 0 ", Some(0)),
            ("Tue, 02 Jun 2026 12:00:30 GMT", Some(30)),
            ("Tue, 02 Jun 2026 11:59:00 GMT", Some(0)),
            ("Tue, 02 Jun 2036 12:00:00 GMT", None),
            ("99999999", None),
            ("18446744073709551616", None),
            ("-1", None),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            let found = retry_after(&headers(&[("retry-after", text)]), noon());
            assert_eq!(found, seconds.map(Duration::from_secs), "{text}");
        }
    }
}
