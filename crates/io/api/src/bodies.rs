//! The bodies of requests, within bounds of size, time and rate.

use crate::error::ApiError;
use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRef, FromRequest, Request};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::StatusCode;
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::io::Read as _;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tollgate_json::Doc;

/// The bounds.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// Bytes of one body.
    pub max_bytes: usize,
    /// For the whole body.
    pub within: Duration,
    /// A body may be slower than the rate for so long in all.
    pub patience: Duration,
    /// The rate that a body must come with after that.
    pub bytes_per_second: u32,
}

/// A request's body that nobody has read yet, with the bounds of reading it.
pub(crate) struct SentBody {
    bodies: Bodies,
    body: Body,
}

impl<S> FromRequest<S> for SentBody
where
    Bodies: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            bodies: Bodies::from_ref(state),
            body: request.into_body(),
        })
    }
}

impl SentBody {
    /// Its JSON object.
    pub(crate) async fn doc(self) -> Result<Doc, ApiError> {
        Ok(Doc::parse(&self.text().await?)?)
    }

    /// Its text.
    pub(crate) async fn text(self) -> Result<String, ApiError> {
        self.bodies.text(self.body).await
    }
}

impl Bodies {
    /// A body's text, without the mark that some programs begin UTF-8 with.
    pub(crate) async fn text(&self, body: Body) -> Result<String, ApiError> {
        let text = String::from_utf8(self.bytes(body).await?)
            .map_err(|_| ApiError::bad_request("The request body is not UTF-8."))?;
        Ok(match text.strip_prefix('\u{feff}') {
            Some(unmarked) => unmarked.to_owned(),
            None => text,
        })
    }

    /// A body's bytes.
    pub(crate) async fn bytes(&self, mut body: Body) -> Result<Vec<u8>, ApiError> {
        let (begun, mut bytes) = (Instant::now(), Vec::new());
        if body.size_hint().lower() > self.max_bytes as u64 {
            return Err(self.too_long());
        }
        while let Some(data) = next(&mut body, begun + self.allowed(bytes.len())).await? {
            if bytes.len() + data.len() > self.max_bytes {
                return Err(self.too_long());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }

    /// What is packed in those bytes with gzip, which may be as long as a body that isn't packed.
    pub(crate) fn gunzip(&self, packed: &[u8]) -> Result<Vec<u8>, ApiError> {
        let (mut unpacked, most) = (Vec::new(), self.max_bytes as u64);
        let mut reader = MultiGzDecoder::new(packed).take(most + 1);
        reader.read_to_end(&mut unpacked).map_err(|_| {
            ApiError::bad_request("The request body is not gzip, as its Content-Encoding says.")
        })?;
        if unpacked.len() > self.max_bytes {
            return Err(self.too_long());
        }
        Ok(unpacked)
    }

    fn too_long(&self) -> ApiError {
        let message = format!("The request body is longer than {} bytes.", self.max_bytes);
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        ApiError::new(status, "request.entity.too.large", message)
    }

    /// How long a body of whatever length may take until more than so many bytes of it are there.
    pub(crate) fn at_the_rate(&self, bytes: usize) -> Duration {
        let at_the_rate = bytes as f64 / f64::from(self.bytes_per_second.max(1));
        let at_the_rate = Duration::from_secs_f64(at_the_rate);
        self.patience.saturating_add(at_the_rate)
    }

    /// How long a body may take until more than so many bytes of it are there.
    #[must_use]
    pub fn allowed(&self, bytes: usize) -> Duration {
        self.within.min(self.at_the_rate(bytes))
    }
}

/// The next of a body's bytes, which have to come by that time; none at the end.
pub(crate) async fn next(body: &mut Body, by: Instant) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = match timeout_at(by, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => {
                return Err(ApiError::bad_request("The request body broke off."));
            }
            Ok(None) => return Ok(None),
            Err(_) => {
                let status = StatusCode::REQUEST_TIMEOUT;
                let message = "The request body took too long to arrive.";
                return Err(ApiError::new(status, "request.timeout", message));
            }
        };
        // Trailers say nothing here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_to_come_with_a_rate() {
        let bodies = Bodies {
            max_bytes: 1 << 20,
            within: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            bytes_per_second: 1000,
        };
        assert_eq!(bodies.allowed(0), Duration::from_secs(10));
        assert_eq!(bodies.allowed(5_000), Duration::from_secs(15));
        assert_eq!(bodies.allowed(1 << 20), Duration::from_secs(30));
    }
}
