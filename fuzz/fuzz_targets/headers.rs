//! A status, headers and a body, a line each: what they say of limits is read without end or panic, and no span
//! of it is absurd.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use std::time::{Duration, UNIX_EPOCH};
use tollgate_driver::facts_of;

/// No window and no pause that headers tell is longer: what is longer is not believed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let status = lines.next().map(String::from_utf8_lossy);
    let status = status
        .and_then(|status| status.trim().parse().ok())
        .unwrap_or(429);
    let mut headers = HeaderMap::new();
    let mut body = &b""[..];
    for line in lines {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            body = line;
            continue;
        };
        let name = HeaderName::from_bytes(name.trim_ascii());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_ascii())) {
            headers.append(name, value);
        }
    }
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let facts = facts_of(status, &headers, body, now);
    assert!(facts.retry_after.is_none_or(|span| span <= LONGEST));
    assert!(facts.window.is_none_or(|window| window.reset <= LONGEST));
});
