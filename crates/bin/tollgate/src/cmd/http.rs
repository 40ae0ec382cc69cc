//! JSON to and from a service, as its client.

use anyhow::Context as _;
use reqwest::{RequestBuilder, Response, header};
use serde_json::Value;

/// The largest answer that is read: a page of the store's largest answer, as JSON.
const MAX_ANSWER_BYTES: usize = 128 * 1024 * 1024;

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
