//! `[trace]`.

use super::{Reading, secrets};
use crate::TraceConfig;
use std::collections::BTreeMap;
use tollgate_secret::Secret;
use tollgate_settings::Section;
use tollgate_upstream::Url;

pub(super) fn read(root: &Section<'_, '_>, source: &Reading<'_>) -> Option<TraceConfig> {
    let section = root.section("trace")?;
    let expected = "the collector's URL without a path, such as \"http://127.0.0.1:4318\"";
    let endpoint = section.parsed("endpoint", expected, collector);
    let headers = headers(&section, source);
    let sample_ratio = section.number("sample_ratio", 0.0..=1.0);
    let service_name = section.text("service_name");
    section.finish();
    Some(TraceConfig {
        endpoint: endpoint.map(|it| it.value),
        headers,
        sample_ratio,
        service_name: service_name.map(|it| it.value),
    })
}

fn collector(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

fn headers(section: &Section<'_, '_>, source: &Reading<'_>) -> BTreeMap<String, Secret> {
    let mut headers = BTreeMap::new();
    let Some(table) = section.section("headers") else {
        return headers;
    };
    for (name, entry) in table.named_sections() {
        if !is_header(&name) {
            let message = "expected the name of a header, such as x-api-key".to_owned();
            entry.reject(&entry.here(()), message);
        }
        if let Some(secret) = secrets::credential(&entry, source) {
            headers.insert(name, secret);
        }
        entry.finish();
    }
    table.finish();
    headers
}

fn is_header(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_has_a_host_and_no_credentials() {
        for good in [
            "http://127.0.0.1:4318",
            "https://otel.example/",
            "http://[::1]:4318/otlp",
        ] {
            assert!(collector(good).is_some(), "{good}");
        }
        for bad in [
            "127.0.0.1:4318",
            "grpc://h:4317",
            "http://a:b@h",
            "http://h/?key=1",
            "file:///x",
        ] {
            assert!(collector(bad).is_none(), "{bad}");
        }
    }
}
