//! `/api/v2/audits/query…`: who changed or executed what.
//!
//! A question is answered at once (`realtime`), or given an id with which its answers are fetched part by part. The id
//! *is* the question ([`crate::wire::query_id`]).
//!
//! Who asks sees what this node has noted and not yet written too; what other nodes have noted comes within half a
//! second.

mod asked;
mod later;
mod services;
mod shown;

use crate::answers::ChangeErrors;
use crate::bodies::SentBody;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::query::parameter;
use crate::request::{Whole, request};
use crate::state::Api;
use asked::{Asked, AuditFilter, AuditSort, oldest_first};
use axum::Extension;
use axum::extract::State;
use serde::Serialize;
use services::ServiceMapping;
use shown::{Audit, show};
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_config::Organization;
use tollgate_definitions::Live;
use tollgate_store::{
    AuditEntry, AuditQuery, Entity, Page, PageRequest, Role, Store, WallTime, limits,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operations that tell who did what.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(query))
        .routes(routes!(related))
        .routes(routes!(mapping))
        .routes(routes!(realtime_mapping))
        .merge(later::routes())
}

/// The number of a page.
type PageNumber = Whole<1, 1_000_000>;
/// Entries on a page.
type PageSize = Whole<1, 500>;

parameter! {
    /// Of no effect: no entry is of a user who could be told of further.
    AuditExpand("expand"): Vec<String>
}

request! {
    /// What is asked for.
    AuditRealtimeQueryRequest {
        /// Two times with a slash between them.
        interval: String,
        /// The service, whatever its case; all of them without it.
        service_name: Option<String>,
        #[schema(value_type = Option<Vec<AuditFilter>>)]
        filters: Vec<AuditFilter>,
        #[schema(value_type = Option<Vec<AuditSort>>)]
        sort: Option<AuditSort>,
        #[schema(inline)]
        page_number: Option<PageNumber>,
        #[schema(inline)]
        page_size: Option<PageSize>,
    }
}
request! {
    /// An entry, of which others are related to.
    AuditRealtimeRelatedRequest {
        audit_id: String,
        /// Only this organisation's own id: there is no other here.
        trustor_org_id: Option<String>,
        #[schema(value_type = Option<Vec<AuditSort>>)]
        sort: Option<AuditSort>,
    }
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditRealtimeQueryResultsResponse)]
struct Audits {
    entities: Vec<Audit>,
    page_size: u32,
    page_number: u32,
    total: u64,
    page_count: u64,
}

/// Entries that are related to one.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRealtimeRelatedResultsResponse)]
struct RelatedAudits {
    entities: Vec<Audit>,
}

/// Who changed or executed what.
#[utoipa::path(
    post, path = "/api/v2/audits/query/realtime", operation_id = "postAuditsQueryRealtime",
    request_body = AuditRealtimeQueryRequest, params(AuditExpand),
    responses((status = 200, description = "The answer.", body = Audits), ChangeErrors),
)]
async fn query(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<Audits>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = AuditRealtimeQueryRequest::read(&body.doc().await?)?;
    let size = request.page_size.map_or(25, |Whole(size)| size);
    let number = request.page_number.map_or(1, |Whole(number)| number);
    let page = PageRequest::new(size, number)?;
    let asked = Asked {
        interval: request.interval,
        service: request.service_name,
        filters: request.filters,
        sort: request.sort,
    };
    let found = ask(live.store()?, &journal, asked.query(page)?, page).await?;
    Ok(Json(Audits {
        entities: found
            .items
            .iter()
            .map(|it| show(it, &organization))
            .collect(),
        page_size: size,
        page_number: number,
        total: found.total,
        page_count: found.total.div_ceil(size.into()).max(1),
    }))
}

/// What the store finds, what this node has noted and not yet written among it; nothing where nothing can fit.
async fn ask(
    store: &Store,
    journal: &Journal,
    wanted: Option<AuditQuery>,
    page: PageRequest,
) -> Result<Page<AuditEntry>, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(Page {
            items: Vec::new(),
            total: 0,
            request: page,
        });
    };
    journal.write(store).await;
    Ok(store.audit(&wanted).await?)
}

/// What else the request changed that the entry tells of: entries of the same caller and the same instant.
/// Executions and logins have none.
#[utoipa::path(
    post, path = "/api/v2/audits/query/realtime/related", operation_id = "postAuditsQueryRealtimeRelated",
    request_body = AuditRealtimeRelatedRequest, params(AuditExpand),
    responses((status = 200, description = "The answer.", body = RelatedAudits), ChangeErrors),
)]
async fn related(
    State(live): State<Arc<Live>>,
    State(organization): State<Arc<Organization>>,
    Extension(caller): Caller,
    body: SentBody,
) -> Result<Json<RelatedAudits>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let request = AuditRealtimeRelatedRequest::read(&body.doc().await?)?;
    let own = organization.id.as_str();
    if request
        .trustor_org_id
        .is_some_and(|it| !it.eq_ignore_ascii_case(own))
    {
        let message = format!("trustorOrgId: there is one organisation here, {own}.");
        return Err(ApiError::bad_request(message));
    }
    let store = live.store()?;
    let missing = || ApiError::not_found(format!("There is no audit {:?}.", request.audit_id));
    let seq: i64 = request.audit_id.parse().map_err(|_| missing())?;
    let one = AuditQuery {
        seq: Some(seq),
        ..AuditQuery::default()
    };
    let found = store.audit(&one).await?.items.pop().ok_or_else(missing)?;
    let is_change = ![Entity::Token.word(), "execution"].contains(&found.entity_type.as_str());
    let others = AuditQuery {
        from: Some(found.at),
        until: Some(WallTime(found.at.0 + 1)),
        actors: vec![found.actor],
        oldest_first: oldest_first(request.sort),
        page: PageRequest::new(limits::PAGE, 1)?,
        ..AuditQuery::default()
    };
    let others = match is_change {
        true => store.audit(&others).await?.items,
        false => Vec::new(),
    };
    let others = others.iter().filter(|it| it.seq != seq);
    Ok(Json(RelatedAudits {
        entities: others.map(|it| show(it, &organization)).collect(),
    }))
}

/// Which services can be asked of, and what they tell.
#[utoipa::path(
    get, path = "/api/v2/audits/query/servicemapping", operation_id = "getAuditsQueryServicemapping",
    responses((status = 200, description = "The answer.", body = ServiceMapping)),
)]
async fn mapping(Extension(caller): Caller) -> Result<Json<ServiceMapping>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    Ok(Json(ServiceMapping::all()))
}

/// Which services can be asked of for an answer at once: all of them.
#[utoipa::path(
    get, path = "/api/v2/audits/query/realtime/servicemapping", operation_id = "getAuditsQueryRealtimeServicemapping",
    responses((status = 200, description = "The answer.", body = ServiceMapping)),
)]
async fn realtime_mapping(Extension(caller): Caller) -> Result<Json<ServiceMapping>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    Ok(Json(ServiceMapping::all()))
}
