//! `POST /api/v2/audits/query/realtime`: who changed or executed what.

use crate::answers::ChangeErrors;
use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::request::{Field, Whole, request};
use crate::state::Api;
use crate::usage::interval;
use crate::wire::show_time;
use crate::words::words;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{AuditEntry, AuditQuery, PageRequest, Role};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The operation that tells who did what.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(query))
}

/// The number of a page.
type PageNumber = Whole<1, 1_000_000>;
/// Entries on a page.
type PageSize = Whole<1, 500>;

request! {
    /// What is asked for.
    AuditRequest {
        /// Two times with a slash between them.
        interval: String,
        /// The platform asks for it; there is one service here.
        #[expect(dead_code, reason = "there is one service")]
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

/// What entries must have.
#[derive(ToSchema)]
pub(crate) struct AuditFilter {
    property: Property,
    value: String,
}

words! {
    /// What entries can be told apart by.
    Property {
        Action = "Action",
        EntityType = "EntityType",
        EntityId = "EntityId",
        ClientId = "ClientId",
    }
}

/// Which way the entries go: by time, the newest first unless it says `ascending`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AuditSort {
    /// The field to sort by; whatever it is, the time counts.
    #[expect(dead_code, reason = "the time counts alone")]
    name: Option<String>,
    sort_order: Option<String>,
}

/// A page of entries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Audits {
    entities: Vec<Audit>,
    page_size: u32,
    page_number: u32,
    total: u64,
    page_count: u64,
}

/// Who did what.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Audit {
    id: String,
    #[schema(format = DateTime)]
    event_date: String,
    #[schema(value_type = String)]
    service_name: &'static str,
    #[schema(value_type = String)]
    level: &'static str,
    action: String,
    entity_type: String,
    entity: IdOnly,
    #[schema(value_type = String)]
    status: &'static str,
    /// Who did it.
    application: String,
    /// What more is known of it.
    context: BTreeMap<String, String>,
    /// The caller that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<IdOnly>,
}

/// Something that has an id.
#[derive(Serialize, ToSchema)]
struct IdOnly {
    id: String,
}

/// Who changed or executed what.
#[utoipa::path(
    post, path = "/api/v2/audits/query/realtime", operation_id = "postAuditsQueryRealtime",
    request_body = AuditRequest,
    responses((status = 200, description = "The answer.", body = Audits), ChangeErrors),
)]
async fn query(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Audits>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let wanted = AuditRequest::read(&bodies.doc(body).await?)?.wanted()?;
    let store = live.store()?;
    // What this node has noted and not yet written.
    journal.write(store).await;
    let found = store.audit(&wanted).await?;
    let size = found.request.size();
    Ok(Json(Audits {
        entities: found.items.iter().map(show).collect(),
        page_size: size,
        page_number: found.request.number(),
        total: found.total,
        page_count: found.total.div_ceil(size.into()).max(1),
    }))
}

impl AuditRequest {
    fn wanted(self) -> Result<AuditQuery, ApiError> {
        let (from, until) = interval(&self.interval)?;
        let size = self.page_size.map_or(25, |Whole(size)| size);
        let number = self.page_number.map_or(1, |Whole(number)| number);
        let order = self
            .sort
            .and_then(|sort| sort.sort_order)
            .unwrap_or_default();
        let mut wanted = AuditQuery {
            from: Some(from),
            until: Some(until),
            page: PageRequest::new(size, number)?,
            oldest_first: order.to_lowercase().starts_with("asc"),
            ..AuditQuery::default()
        };
        for AuditFilter { property, value } in self.filters {
            match property {
                Property::Action => wanted.action = Some(value),
                Property::EntityType => wanted.entity_type = Some(value),
                Property::EntityId => wanted.entity_id = Some(value),
                Property::ClientId => wanted.actor = Some(format!("client:{value}")),
            }
        }
        Ok(wanted)
    }
}

impl Field for Vec<AuditFilter> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let filters = doc.get(name).and_then(Value::as_array);
        let read = |filter: &Value| {
            let text = |field: &str| {
                let found = filter.get(field).and_then(Value::as_str);
                let found = found.filter(|text| !text.contains('\0'));
                found.ok_or_else(|| {
                    ApiError::bad_request(format!("{name}: {field} is missing or holds a NUL."))
                })
            };
            Ok(AuditFilter {
                value: text("value")?.to_owned(),
                property: Property::parse_any_case(name, text("property")?)?,
            })
        };
        filters.into_iter().flatten().map(read).collect()
    }
}

/// The first of a list; others don't count.
impl Field for Option<AuditSort> {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let first = doc.get(name).and_then(|sort| sort.as_array()?.first());
        Ok(first.map(|first| {
            let text = |field: &str| Some(first.get(field)?.as_str()?.to_owned());
            AuditSort {
                name: text("name"),
                sort_order: text("sortOrder"),
            }
        }))
    }
}

fn show(entry: &AuditEntry) -> Audit {
    let detail = entry.detail.value();
    let fields = detail.as_object().into_iter().flatten();
    let context = fields.map(|(name, value)| match value {
        Value::String(text) => (name.clone(), text.clone()),
        other => (name.clone(), other.to_string()),
    });
    let client = entry.actor.strip_prefix("client:");
    Audit {
        id: entry.seq.to_string(),
        event_date: show_time(entry.at),
        service_name: "Tollgate",
        level: "USER",
        action: entry.action.clone(),
        entity_type: entry.entity_type.clone(),
        entity: IdOnly {
            id: entry.entity_id.clone(),
        },
        status: "SUCCESS",
        application: entry.actor.clone(),
        context: context.collect(),
        client: client.map(|id| IdOnly { id: id.to_owned() }),
    }
}
