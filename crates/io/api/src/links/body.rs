//! The bytes of an upload: a request's body, or a part of a form.

use crate::bodies::{Bodies, next};
use crate::error::ApiError;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, StatusCode, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::time::Instant;

/// Bytes of what a form has beside the file.
const BESIDE: u64 = 64 * 1024;

/// The bytes that are brought.
pub(super) enum Part {
    /// The body itself.
    Whole(BoxStream<'static, Result<Bytes, ApiError>>),
    /// A form whose file wasn't found yet, and then the file.
    Form(Multipart<'static>, Box<Option<Field<'static>>>),
}

impl Part {
    /// Those of this request. They have to come with the rate that all bodies have, and may take as long as that
    /// allows.
    pub(super) fn of(headers: &HeaderMap, body: Body, bodies: Bodies) -> Result<Self, ApiError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let packed =
            text(header::CONTENT_ENCODING).filter(|it| !it.eq_ignore_ascii_case("identity"));
        if packed.is_some() {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let message = "Content-Encoding: files are taken as they are; send it unpacked.";
            return Err(ApiError::new(status, "unsupported.media.type", message));
        }
        let frames = frames(body, bodies);
        let media = text(header::CONTENT_TYPE).unwrap_or_default();
        if !media
            .to_ascii_lowercase()
            .starts_with("multipart/form-data")
        {
            return Ok(Self::Whole(frames));
        }
        let boundary = multer::parse_boundary(media)
            .map_err(|error| ApiError::bad_request(format!("Content-Type: {error}.")))?;
        let frames = frames.map_err(|error| Broken(Box::new(error)));
        // The file's own bound is the transfer's.
        let most = SizeLimit::new()
            .for_field("file", u64::MAX)
            .per_field(u64::MAX);
        let constraints = Constraints::new().size_limit(most);
        Ok(Self::Form(
            Multipart::with_constraints(frames, boundary, constraints),
            Box::new(None),
        ))
    }

    /// The next of the bytes; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        match self {
            Self::Whole(frames) => frames.next().await.transpose(),
            Self::Form(form, file) => {
                if file.is_none() {
                    **file = Some(find(form).await?);
                }
                match &mut **file {
                    Some(file) => file.chunk().await.map_err(|error| wrong(&error)),
                    None => Ok(None),
                }
            }
        }
    }
}

/// The form's file: its field `file`, or the first that has a file's name.
async fn find(form: &mut Multipart<'static>) -> Result<Field<'static>, ApiError> {
    let mut beside = 0;
    while let Some(mut field) = form.next_field().await.map_err(|error| wrong(&error))? {
        if field.name() == Some("file") || field.file_name().is_some() {
            return Ok(field);
        }
        while let Some(bytes) = field.chunk().await.map_err(|error| wrong(&error))? {
            beside += bytes.len() as u64;
            if beside > BESIDE {
                let message =
                    format!("The form has more than {BESIDE} bytes before its field \"file\".");
                return Err(ApiError::bad_request(message));
            }
        }
    }
    Err(ApiError::bad_request("The form has no field \"file\"."))
}

/// What ended a body, through the reader of forms.
#[derive(Debug, thiserror::Error)]
#[error("the body broke off")]
struct Broken(Box<ApiError>);

fn wrong(error: &multer::Error) -> ApiError {
    if let multer::Error::StreamReadFailed(inner) = error
        && let Some(Broken(error)) = inner.downcast_ref()
    {
        return error.as_ref().clone();
    }
    ApiError::bad_request(format!("The form can't be read: {error}."))
}

/// A body's frames, each of which has to come by its time.
fn frames(body: Body, bodies: Bodies) -> BoxStream<'static, Result<Bytes, ApiError>> {
    let state = (body, Instant::now(), 0_usize);
    stream::try_unfold(state, move |(mut body, begun, read)| async move {
        let data = next(&mut body, begun + bodies.at_the_rate(read)).await?;
        Ok(data.map(|data| {
            let read = read + data.len();
            (data, (body, begun, read))
        }))
    })
    .boxed()
}
