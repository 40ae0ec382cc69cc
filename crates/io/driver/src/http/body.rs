//! An answer as it is read.

use super::{Loss, coding};
use crate::BodyError;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body, or why there is none.
    pub(crate) body: Result<Bytes, BodyError>,
    is_unpacked: bool,
}

impl Answer {
    pub(crate) fn new((status, headers): (u16, HeaderMap), body: Result<Bytes, BodyError>) -> Self {
        Self {
            status,
            headers,
            body,
            is_unpacked: false,
        }
    }

    /// The body, unpacked if it isn't yet.
    pub(crate) async fn readable(&self, most: usize) -> Result<Bytes, BodyError> {
        let body = self.body.clone()?;
        if self.is_unpacked {
            return Ok(body);
        }
        coding::unpack(&self.headers, body, most).await
    }

    /// The same, with what the server packed its body into taken off.
    pub(super) async fn unpacked(mut self, most: usize) -> Self {
        if let Ok(sent) = self.body {
            self.body = coding::unpack(&self.headers, sent, most).await;
            self.is_unpacked = true;
        }
        self
    }
}

/// The part of an answer's body that has been read, and its bound in bytes.
pub(super) struct Body {
    most: usize,
    read: BytesMut,
}

impl Body {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            read: BytesMut::new(),
        }
    }

    pub(super) fn push(&mut self, data: &[u8]) -> Result<(), BodyError> {
        if data.len() > self.most - self.read.len() {
            return Err(BodyError::TooLong { most: self.most });
        }
        self.read.extend_from_slice(data);
        Ok(())
    }

    pub(super) fn end(self) -> Bytes {
        self.read.freeze()
    }
}

/// The loss of an answer that more than `most` interim answers came before.
pub(super) fn too_many_interim(most: u32) -> Loss {
    Loss::no_answer(format!(
        "more than {most} interim answers (1xx) came before the answer"
    ))
}

/// Bytes of all names and values of the headers.
pub(super) fn size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    sizes.sum()
}
