//! What an emulated platform says, as it comes over the wire.

use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue};
use std::time::SystemTime;
use tollgate_platform::Header;

/// The headers of an answer that leaves at `now`.
pub(super) fn headers(said: Vec<Header>, now: SystemTime) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in said {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        headers.insert(DATE, date);
    }
    headers
}
