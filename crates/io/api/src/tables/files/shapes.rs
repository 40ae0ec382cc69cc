//! Import and export jobs as answers and requests have them (*documented*: `DataTableImportJob` and
//! `DataTableExportJob` of the platform's SDKs).

use super::PATH;
use crate::actor::ClientRef;
use crate::error::{ApiError, ErrorBody};
use crate::links::{Address, DOWNLOADS, UPLOADS};
use crate::request::request;
use crate::wire::show_time;
use crate::words::words;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_definitions::wall_time;
use tollgate_store::{Transfer, TransferState};
use tollgate_transfers::{ImportMode, ImportTerms, Link, RowCounts, is_too_late};
use utoipa::ToSchema;

words! {
    /// How far an export is.
    ExportStatus {
        Processing = "Processing",
        Failed = "Failed",
        Succeeded = "Succeeded",
    }
}
words! {
    /// How far an import is.
    ImportStatus {
        WaitingForUpload = "WaitingForUpload",
        Processing = "Processing",
        Failed = "Failed",
        Succeeded = "Succeeded",
    }
}
words! {
    /// What becomes of rows that the file doesn't have: they are removed, or stay.
    ImportModeWord {
        ReplaceAll = "ReplaceAll",
        Append = "Append",
    }
}

request! {
    /// An import as it is to be.
    ImportRequest {
        /// Whether rows that the file doesn't have are removed. Rows with keys that are there are written anew in
        /// either mode.
        import_mode: Option<ImportModeWord>,
    }
    shown {
        id: String,
        name: String,
        owner: ClientRef,
        status: ImportStatus,
        #[schema(format = DateTime)]
        date_created: String,
        #[schema(format = DateTime)]
        date_completed: String,
        upload_u_r_i: String,
        error_information: ErrorBody,
        count_records_updated: u64,
        count_records_deleted: u64,
        count_records_failed: u64,
        upload_headers: BTreeMap<String, String>,
        self_uri: String,
    }
}

impl ImportRequest {
    /// The same for the transfer.
    pub(super) fn terms(self, takes_json: bool) -> Result<ImportTerms, ApiError> {
        let mode = match self.import_mode {
            Some(ImportModeWord::ReplaceAll) => ImportMode::ReplaceAll,
            Some(ImportModeWord::Append) => ImportMode::Append,
            None => {
                let message = "importMode: missing; give ReplaceAll or Append.";
                return Err(ApiError::bad_request(message));
            }
        };
        Ok(ImportTerms { mode, takes_json })
    }
}

/// An export of a data table's rows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DataTableExportJob)]
pub(super) struct ExportJob {
    id: String,
    owner: ClientRef,
    status: ExportStatus,
    #[schema(format = DateTime)]
    date_created: String,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    date_completed: Option<String>,
    /// Where the file can be fetched, without a token, while the link is good: for an hour.
    #[serde(rename = "downloadURI", skip_serializing_if = "Option::is_none")]
    download_uri: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_information: Option<ErrorBody>,
    #[schema(minimum = 0)]
    count_records_processed: u64,
    self_uri: String,
}

impl ExportJob {
    pub(super) fn of(transfer: &Transfer, link: Option<&Link>, address: &Address) -> Self {
        Self {
            id: transfer.id.to_string(),
            owner: ClientRef::of(&transfer.caller),
            status: match transfer.state {
                TransferState::Awaiting | TransferState::Ready => ExportStatus::Processing,
                TransferState::Succeeded => ExportStatus::Succeeded,
                TransferState::Failed => ExportStatus::Failed,
            },
            date_created: show_time(transfer.created),
            date_completed: transfer.ended.map(show_time),
            download_uri: link.map(|link| address.url(DOWNLOADS, link)),
            error_information: fault(transfer),
            count_records_processed: RowCounts::read(&transfer.report).processed,
            self_uri: format!("{PATH}/{}/export/jobs/{}", transfer.subject, transfer.id),
        }
    }
}

/// An import of rows into a data table.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DataTableImportJob)]
pub(super) struct ImportJob {
    id: String,
    owner: ClientRef,
    status: ImportStatus,
    #[schema(format = DateTime)]
    date_created: String,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    date_completed: Option<String>,
    /// Where the file is to be brought, without a token, while the link is good: for an hour.
    #[serde(rename = "uploadURI", skip_serializing_if = "Option::is_none")]
    upload_uri: Option<String>,
    import_mode: ImportModeWord,
    /// Why it failed; each wrong row is an error of its own, up to twenty.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_information: Option<ErrorBody>,
    /// Rows that were added or written anew.
    #[schema(minimum = 0)]
    count_records_updated: u64,
    /// Rows that were removed.
    #[schema(minimum = 0)]
    count_records_deleted: u64,
    /// Rows of the file that are wrong.
    #[schema(minimum = 0)]
    count_records_failed: u64,
    /// What the request that brings the file has for headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_headers: Option<BTreeMap<&'static str, &'static str>>,
    self_uri: String,
}

impl ImportJob {
    pub(super) fn of(transfer: &Transfer, link: Option<&Link>, address: &Address) -> Self {
        let counts = RowCounts::read(&transfer.report);
        let headers = || BTreeMap::from([("Content-Type", "text/csv")]);
        Self {
            id: transfer.id.to_string(),
            owner: ClientRef::of(&transfer.caller),
            status: match transfer.state {
                TransferState::Awaiting if is_too_late(transfer, wall_time()) => {
                    ImportStatus::Failed
                }
                TransferState::Awaiting => ImportStatus::WaitingForUpload,
                TransferState::Ready => ImportStatus::Processing,
                TransferState::Succeeded => ImportStatus::Succeeded,
                TransferState::Failed => ImportStatus::Failed,
            },
            date_created: show_time(transfer.created),
            date_completed: transfer.ended.map(show_time),
            upload_uri: link.map(|link| address.url(UPLOADS, link)),
            import_mode: match ImportTerms::read(&transfer.terms).mode {
                ImportMode::Append => ImportModeWord::Append,
                ImportMode::ReplaceAll => ImportModeWord::ReplaceAll,
            },
            error_information: fault(transfer),
            count_records_updated: counts.updated,
            count_records_deleted: counts.deleted,
            count_records_failed: counts.failed,
            upload_headers: link.map(|_| headers()),
            self_uri: format!("{PATH}/{}/import/jobs/{}", transfer.subject, transfer.id),
        }
    }
}

/// Why it failed.
fn fault(transfer: &Transfer) -> Option<ErrorBody> {
    if is_too_late(transfer, wall_time()) {
        let message = "No file was brought while the link was good; begin again.";
        let error = ApiError::new(StatusCode::BAD_REQUEST, "upload.expired", message);
        return Some(error.body_of(transfer.id.as_str()));
    }
    let report = transfer.report.value();
    let error = report.get("error")?;
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let (status, code) = match text("code").as_str() {
        "file.invalid" => (StatusCode::BAD_REQUEST, "file.invalid"),
        "limit.reached" => (StatusCode::CONFLICT, "limit.reached"),
        "not.found" => (StatusCode::NOT_FOUND, "not.found"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal.server.error"),
    };
    let errors = error["errors"].as_array().into_iter().flatten();
    let errors = errors.filter_map(Value::as_str).map(str::to_owned);
    let fault = ApiError::new(status, code, text("message")).because(errors.collect());
    Some(fault.body_of(transfer.id.as_str()))
}
