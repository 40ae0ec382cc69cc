//! JSON to and from a service, as its client.

use anyhow::Context as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, Url, header};
use serde_json::Value;
use std::time::Duration;

/// The largest answer that is read: a page of the store's largest answer, as JSON.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;

/// The variable that names a file of certificate authorities, as OpenSSL and curl have it.
const AUTHORITIES: &str = "SSL_CERT_FILE";

/// A client for what is at `url`, as [`builder`] has it.
pub(crate) fn client(url: &str, longest: Duration) -> anyhow::Result<Client> {
    builder(url, longest)?
        .build()
        .context("TLS can't be set up")
}

/// What makes a client for what is at `url`; each answer may take so long. Beside the public authorities those of the
/// file that `SSL_CERT_FILE` names are trusted.
pub(crate) fn builder(url: &str, longest: Duration) -> anyhow::Result<ClientBuilder> {
    let mut builder = Client::builder().timeout(longest);
    let file = std::env::var_os(AUTHORITIES).filter(|file| !file.is_empty());
    if let (Some(file), true) = (file, url.starts_with("https:")) {
        let place = || format!("{AUTHORITIES}: {}", file.display());
        let pem = std::fs::read(&file).with_context(place)?;
        for authority in Certificate::from_pem_bundle(&pem).with_context(place)? {
            builder = builder.add_root_certificate(authority);
        }
    }
    Ok(builder)
}

/// Checks the address of an API that an option gives: paths can be appended to it, and it has no slash at its end. No
/// error shows it before it is known to have no password in it.
pub(crate) fn checked_url(option: &str, given: &str, example: &str) -> Result<String, String> {
    let example = format!("give one such as {example}");
    let url = Url::parse(given).map_err(|error| format!("{option}: {error}; {example}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "{option}: it has a user or a password in it; the login has its own"
        ));
    }
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!(
            "{option} {given}: neither https nor http; {example}"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "{option} {given}: it has a `?` or a `#`; {example}"
        ));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A text as a segment of a path, or as a value of a query; RFC 3986's unreserved characters stay as they are.
pub(crate) fn encode(text: &str) -> String {
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, &ENCODED).to_string()
}

/// A request with this as its body.
pub(crate) fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_string())
}

/// An answer's JSON.
pub(crate) async fn json(answer: Response) -> anyhow::Result<Value> {
    tollgate_json::read_bytes(&bytes(answer).await?).context("the answer is not JSON")
}

/// An answer's body.
pub(crate) async fn bytes(mut answer: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        anyhow::ensure!(
            body.len() + chunk.len() <= MAX_ANSWER_BYTES,
            "the answer is longer than {MAX_ANSWER_BYTES} bytes"
        );
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
