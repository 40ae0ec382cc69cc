//! JSON to and from a service, as its client.

use anyhow::Context as _;
use reqwest::{Certificate, Client, ClientBuilder, RequestBuilder, Response, header};
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

/// A text as a segment of a path, or as a value of a query.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
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
