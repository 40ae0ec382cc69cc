//! The way to the collector: that of the service's own messages, so that there is one HTTP client, with the same certificate
//! authorities. It leaves directly: the proxy of `[upstream]` is the way to the platform.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use opentelemetry_http::{HttpClient, HttpError};
use std::time::Duration;
use tollgate_driver::{Messenger, Url};

/// Sends what the exporter makes.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) messenger: Messenger,
    /// Longest wait for an answer.
    pub(super) within: Duration,
}

#[async_trait]
impl HttpClient for Client {
    /// The answer's body is not read: it may say that some spans were not taken, which nothing here could mend.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let url: Url = head.uri.to_string().parse()?;
        let message = tollgate_driver::Request::new(head.method, url, head.headers, body);
        let status = self.messenger.send(&message, self.within).await?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status)?;
        Ok(response)
    }
}
