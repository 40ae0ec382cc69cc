//! `…/datatables/{id}/import/jobs` and `…/export/jobs`: a data table's rows out of a file, and into one.
//!
//! A job is a transfer (`tollgate_transfers`): kept in the store, carried out by any node, shown by any. Whoever may
//! change rows may begin an import and sees where its file is to be brought; whoever may read rows may have them
//! exported.

mod shapes;

use super::{PATH, parse_id};
use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::changes::by;
use crate::error::ApiError;
use crate::json::Json;
use crate::links::Address;
use crate::page::{Listing, Page};
use crate::query::Query;
use crate::state::Api;
use axum::Extension;
use axum::extract::{Path, RawQuery, State};
use http::request::Parts;
use shapes::{ExportJob, ImportJob, ImportRequest};
use std::sync::Arc;
use tollgate_callers::{Over, Principal};
use tollgate_definitions::{Live, NoStore};
use tollgate_store::{
    EntityId, JsonText, Role, StoreError, Table, Transfer, TransferKind, TransferQuery,
};
use tollgate_transfers::{ImportTerms, Link, Transfers, Wanted};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations on import and export jobs.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(export))
        .routes(routes!(export_job))
        .routes(routes!(import, import_jobs))
        .routes(routes!(import_csv))
        .routes(routes!(import_job))
}

type OfTable = Path<(String, String)>;

/// Begins to write all rows of a data table into a CSV file.
#[utoipa::path(
    post, path = "/api/v2/flows/datatables/{datatableId}/export/jobs",
    operation_id = "postFlowsDatatableExportJobs",
    responses((status = 200, description = "The answer.", body = ExportJob), ChangeErrors),
)]
async fn export(
    State(live): State<Arc<Live>>,
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Json<ExportJob>, ApiError> {
    caller.needs_any()?;
    let transfers = transfers.ok_or(NoStore)?;
    let of = (TransferKind::TableExport, JsonText::default());
    let (transfer, _) = begin((&live, &transfers), &caller, &id, of).await?;
    let address = Address::of(&parts)?;
    Ok(Json(ExportJob::of(&transfer, None, &address)))
}

/// How far an export is, and where its file can be fetched.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/export/jobs/{exportJobId}",
    operation_id = "getFlowsDatatableExportJob",
    responses((status = 200, description = "The answer.", body = ExportJob), ChangeErrors),
)]
async fn export_job(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path((table, id)): OfTable,
    parts: Parts,
) -> Result<Json<ExportJob>, ApiError> {
    caller.needs_any()?;
    let (transfer, link) = find(transfers, TransferKind::TableExport, (&table, &id)).await?;
    let address = Address::of(&parts)?;
    Ok(Json(ExportJob::of(&transfer, link.as_ref(), &address)))
}

/// Begins to take rows for a data table out of a file, in CSV or JSON, which is to be brought to the URI in the answer.
#[utoipa::path(
    post, path = "/api/v2/flows/datatables/{datatableId}/import/jobs",
    operation_id = "postFlowsDatatableImportJobs", request_body = ImportRequest,
    responses((status = 200, description = "The answer.", body = ImportJob), ChangeErrors),
)]
async fn import(
    State(live): State<Arc<Live>>,
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    parts: Parts,
    body: SentBody,
) -> Result<Json<ImportJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let request = ImportRequest::read(&body.doc().await?)?;
    begin_import(
        (&live, transfers),
        &caller,
        &id,
        request.terms(true)?,
        &parts,
    )
    .await
}

/// Begins to take rows for a data table out of a CSV file, which is to be brought to the URI in the answer by PUT.
#[utoipa::path(
    post, path = "/api/v2/flows/datatables/{datatableId}/import/csv/jobs",
    operation_id = "postFlowsDatatableImportCsvJobs", request_body = ImportRequest,
    responses((status = 200, description = "The answer.", body = ImportJob), ChangeErrors),
)]
async fn import_csv(
    State(live): State<Arc<Live>>,
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    parts: Parts,
    body: SentBody,
) -> Result<Json<ImportJob>, ApiError> {
    caller.needs(Role::Author, Over::Everything)?;
    let request = ImportRequest::read(&body.doc().await?)?;
    begin_import(
        (&live, transfers),
        &caller,
        &id,
        request.terms(false)?,
        &parts,
    )
    .await
}

async fn begin_import(
    (live, transfers): (&Live, Option<Arc<Transfers>>),
    caller: &Principal,
    id: &str,
    terms: ImportTerms,
    parts: &Parts,
) -> Result<Json<ImportJob>, ApiError> {
    let transfers = transfers.ok_or(NoStore)?;
    let address = Address::of(parts)?;
    let of = (TransferKind::TableImport, terms.write());
    let (transfer, link) = begin((live, &transfers), caller, id, of).await?;
    Ok(Json(ImportJob::of(&transfer, Some(&link), &address)))
}

/// Begins a job of a data table that is there.
async fn begin(
    (live, transfers): (&Live, &Transfers),
    caller: &Principal,
    table: &str,
    (kind, terms): (TransferKind, JsonText),
) -> Result<(Transfer, Link), ApiError> {
    let table = live.store()?.get::<Table>(&parse_id(table)?).await?;
    let wanted = Wanted {
        kind,
        caller: caller.id.to_string(),
        subject: table.id.to_string(),
        terms,
    };
    Ok(transfers.begin(wanted, &by(caller)).await?)
}

/// How far an import is; while its file is awaited, where that is to be brought.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/import/jobs/{importJobId}",
    operation_id = "getFlowsDatatableImportJob",
    responses((status = 200, description = "The answer.", body = ImportJob), ChangeErrors),
)]
async fn import_job(
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path((table, id)): OfTable,
    parts: Parts,
) -> Result<Json<ImportJob>, ApiError> {
    caller.needs_any()?;
    let (transfer, link) = find(transfers, TransferKind::TableImport, (&table, &id)).await?;
    // Who has the link can write rows.
    let link = link.filter(|_| caller.may(Role::Author, Over::Everything));
    let address = Address::of(&parts)?;
    Ok(Json(ImportJob::of(&transfer, link.as_ref(), &address)))
}

/// Lists the imports of a data table that are kept, the latest first; without where their files are to be brought.
#[utoipa::path(
    get, path = "/api/v2/flows/datatables/{datatableId}/import/jobs",
    operation_id = "getFlowsDatatableImportJobs", params(Page),
    responses((status = 200, description = "A page.", body = Listing<ImportJob>), ChangeErrors),
)]
async fn import_jobs(
    State(live): State<Arc<Live>>,
    State(transfers): State<Option<Arc<Transfers>>>,
    Extension(caller): Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Result<Json<Listing<ImportJob>>, ApiError> {
    caller.needs_any()?;
    let query = Query::parse(query.as_deref());
    let page = Page::of(&query)?;
    let transfers = transfers.ok_or(NoStore)?;
    let table = live.store()?.get::<Table>(&parse_id(&id)?).await?;
    let wanted = TransferQuery {
        kind: TransferKind::TableImport,
        subject: Some(table.id.to_string()),
        page: page.request()?,
    };
    let found = transfers.list(&wanted).await?;
    let address = Address::of(&parts)?;
    let shown = found.items.iter();
    let shown = shown.map(|it| ImportJob::of(it, None, &address)).collect();
    let path = format!("{PATH}/{}/import/jobs", table.id);
    Ok(Json(page.answer(&path, &query, shown, found.total)))
}

/// A job of this table.
async fn find(
    transfers: Option<Arc<Transfers>>,
    kind: TransferKind,
    (table, id): (&str, &str),
) -> Result<(Transfer, Option<Link>), ApiError> {
    let missing = || {
        let message = format!("The data table has no such job as {id:?}, or it ended long ago.");
        ApiError::not_found(message)
    };
    let known: EntityId = parse_id(id)?;
    let found = transfers.ok_or(NoStore)?.get(&[kind], &known).await;
    match found {
        Ok((transfer, link)) if transfer.subject == table => Ok((transfer, link)),
        Ok(_) | Err(StoreError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}
