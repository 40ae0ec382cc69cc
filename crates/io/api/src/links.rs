//! Links: where what clients bring and take in their own time comes in and goes out. They need no token: who has a
//! link was given it (`tollgate_transfers`).
//!
//! The platform's own links lead to a store of files elsewhere. The SDKs' scripts bring a file by `PUT` of its bytes,
//! or, after older examples, by `POST` of a form with a field `file` (*observed*); both are taken. They fetch one by a
//! plain `GET`, or ask the platform's downloads for the link first (*documented*: `getDownload`), which is the same
//! link here.

mod address;
mod body;

use crate::answers::ReadErrors;
use crate::bodies::Bodies;
use crate::error::{ApiError, ErrorBody};
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::state::Api;
pub(crate) use address::Address;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, stream};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tollgate_store::{StoreError, TransferKind};
use tollgate_transfers::{Download, Link, LinkError, Transfers};
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) const UPLOADS: &str = "/api/v2/tollgate/uploads";
pub(crate) const DOWNLOADS: &str = "/api/v2/downloads";
/// When it is worth trying again where too many links are in use.
const BUSY: Duration = Duration::from_secs(2);

/// The operations that links lead to; they take no token.
pub(crate) fn open_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(upload, upload_form))
        .routes(routes!(download))
}

parameter! {
    /// What the answer's header Content-Disposition says; without it, that this is a file, and its name.
    Disposition("contentDisposition"): String
}
parameter! {
    /// False: the answer is the link as JSON, and not what it leads to.
    IssueRedirect("issueRedirect"): bool
}
parameter! {
    /// Of no effect: a link takes no login.
    RedirectToAuth("redirectToAuth"): bool
}

/// What an upload may be answered.
#[derive(IntoResponses)]
#[expect(
    dead_code,
    reason = "it describes answers; errors are answered as `ApiError`"
)]
enum UploadErrors {
    /// The link leads nowhere.
    #[response(status = 404)]
    Nowhere(#[to_schema] ErrorBody),
    /// The file has been uploaded, or another upload of it has begun since.
    #[response(status = 409)]
    Brought(#[to_schema] ErrorBody),
    /// The body is compressed.
    #[response(status = 415)]
    Packed(#[to_schema] ErrorBody),
}

/// Where something is.
#[derive(Serialize, ToSchema)]
struct UrlResponse {
    /// Where it is.
    url: String,
}

/// Brings what was asked for, as it is. A second upload replaces a first one that hasn't come to its end.
#[utoipa::path(
    put, path = "/api/v2/tollgate/uploads/{link}", operation_id = "putTollgateUpload",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "All of it is here."), UploadErrors),
    security(()),
)]
async fn upload(
    State(transfers): State<Option<Arc<Transfers>>>,
    State(bodies): State<Bodies>,
    Path(link): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let (transfers, link) = there(transfers, &link)?;
    let mut part = body::Part::of(&headers, body, bodies)?;
    let mut upload = transfers.upload(&link).await?;
    while let Some(bytes) = part.next().await? {
        upload.add(&bytes).await?;
    }
    upload.end().await?;
    Ok(StatusCode::OK)
}

/// Brings what was asked for, in the field `file` of a form, or as it is.
#[utoipa::path(
    post, path = "/api/v2/tollgate/uploads/{link}", operation_id = "postTollgateUpload",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "All of it is here."), UploadErrors),
    security(()),
)]
async fn upload_form(
    transfers: State<Option<Arc<Transfers>>>,
    bodies: State<Bodies>,
    link: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    upload(transfers, bodies, link, headers, body).await
}

/// Fetches what was made.
#[utoipa::path(
    get, path = "/api/v2/downloads/{downloadId}", operation_id = "getDownload",
    params(Disposition, IssueRedirect, RedirectToAuth),
    responses(
        (status = 200, description = "The file; with issueRedirect=false where it is.", content(
            (UrlResponse = "application/json"), (Vec<u8> = "application/octet-stream"),
        )),
        ReadErrors,
    ),
    security(()),
)]
async fn download(
    State(transfers): State<Option<Arc<Transfers>>>,
    Path(link): Path<String>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Result<Response, ApiError> {
    let query = Query::parse(query.as_deref());
    RedirectToAuth::of(&query)?;
    let is_wanted = IssueRedirect::of(&query)?.unwrap_or(true);
    let disposition = Disposition::of(&query)?;
    let disposition = disposition.map(|text| {
        let wrong = |_| ApiError::bad_request("contentDisposition: no header can say this.");
        HeaderValue::from_str(&text).map_err(wrong)
    });
    let disposition = disposition.transpose()?;
    let (transfers, link) = there(transfers, &link)?;
    let download = transfers.download(&link).await?;
    if !is_wanted {
        let url = Address::of(&parts)?.url(DOWNLOADS, &link);
        return Ok(Json(UrlResponse { url }).into_response());
    }
    let (media, end) = media(download.transfer().kind);
    let id = &download.transfer().id;
    let disposition = disposition.or_else(|| {
        let text = format!("attachment; filename=\"{id}.{end}\"");
        HeaderValue::from_str(&text).ok()
    });
    let length = download.transfer().bytes;
    let mut response = Body::from_stream(bytes(download)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// The bytes as they come from the store. One piece is read when the one before it has gone out.
fn bytes(download: Download) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + Send {
    stream::try_unfold(download, |mut download| async {
        let piece = download.next().await?;
        Ok(piece.map(|piece| (piece, download)))
    })
}

/// What a file of a kind is: its type, and how its name ends.
fn media(kind: TransferKind) -> (&'static str, &'static str) {
    match kind {
        TransferKind::TableImport | TransferKind::TableExport => ("text/csv; charset=utf-8", "csv"),
        TransferKind::WorkflowPublish
        | TransferKind::WorkflowValidate
        | TransferKind::WorkflowExport => ("application/yaml", "yaml"),
    }
}

fn there(
    transfers: Option<Arc<Transfers>>,
    link: &str,
) -> Result<(Arc<Transfers>, Link), ApiError> {
    let nowhere = || ApiError::from(LinkError::Nowhere);
    let link = Link::parse(link).ok_or_else(nowhere)?;
    Ok((transfers.ok_or_else(nowhere)?, link))
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        let message = error.to_string();
        match error {
            LinkError::Nowhere => Self::not_found(message),
            LinkError::Brought => Self::conflict("already.uploaded", message),
            LinkError::Overtaken => Self::conflict("upload.overtaken", message),
            LinkError::TooLong(_) => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                Self::new(status, "request.entity.too.large", message)
            }
            LinkError::Busy => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                Self::new(status, "too.many.requests", message).retry_after(BUSY)
            }
            LinkError::Store(error) => error.into(),
        }
    }
}
