//! `POST /api/v2/audits/query/realtime`: who changed or executed what.

use crate::bodies::Bodies;
use crate::caller::Caller;
use crate::doc::show_time;
use crate::error::ApiError;
use crate::journal::Journal;
use crate::json::Json;
use crate::principal::Over;
use crate::usage::interval;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{AuditEntry, AuditQuery, PageRequest, Role};

pub(crate) async fn query(
    State(live): State<Arc<Live>>,
    State(bodies): State<Bodies>,
    State(journal): State<Arc<Journal>>,
    Extension(caller): Caller,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let doc = bodies.doc(body).await?;
    let wanted = read(&doc)?;
    let store = live.store()?;
    // What this node has noted and not yet written.
    journal.write(store).await;
    let found = store.audit(&wanted).await?;
    let size = u64::from(found.request.size());
    Ok(Json(json!({
        "entities": found.items.iter().map(show).collect::<Vec<_>>(),
        "pageSize": size,
        "pageNumber": found.request.number(),
        "total": found.total,
        "pageCount": found.total.div_ceil(size).max(1),
    })))
}

fn read(doc: &Doc) -> Result<AuditQuery, ApiError> {
    let (from, until) = interval(&doc.required("interval")?)?;
    let number = |name, high, default| {
        let found = doc.whole(name, 1, high)?;
        Ok::<_, ApiError>(
            found
                .and_then(|it| u32::try_from(it).ok())
                .unwrap_or(default),
        )
    };
    let mut wanted = AuditQuery {
        from: Some(from),
        until: Some(until),
        page: PageRequest::new(
            number("pageSize", 500, 25)?,
            number("pageNumber", 1_000_000, 1)?,
        )?,
        ..AuditQuery::default()
    };
    let filters = doc.get("filters").and_then(Value::as_array);
    for filter in filters.into_iter().flatten() {
        let text = |name: &str| {
            let found = filter.get(name).and_then(Value::as_str);
            let found = found.filter(|text| !text.contains('\0'));
            found.ok_or_else(|| {
                ApiError::bad_request(format!("filters: {name} is missing or holds a NUL."))
            })
        };
        let value = Some(text("value")?.to_owned());
        match text("property")?.to_lowercase().as_str() {
            "action" => wanted.action = value,
            "entitytype" => wanted.entity_type = value,
            "entityid" => wanted.entity_id = value,
            "clientid" => wanted.actor = value.map(|id| format!("client:{id}")),
            other => {
                return Err(ApiError::bad_request(format!(
                    "filters: property must be Action, EntityType, EntityId or ClientId, found {other:?}."
                )));
            }
        }
    }
    let sort = doc.get("sort").and_then(Value::as_array);
    let first = sort.and_then(|sort| sort.first()?.get("sortOrder")?.as_str());
    wanted.oldest_first = first.is_some_and(|order| order.to_lowercase().starts_with("asc"));
    Ok(wanted)
}

fn show(entry: &AuditEntry) -> Value {
    let detail = entry.detail.value();
    let fields = detail.as_object().into_iter().flatten();
    let context = fields.map(|(name, value)| match value {
        Value::String(text) => (name.clone(), text.clone()),
        other => (name.clone(), other.to_string()),
    });
    let context: std::collections::BTreeMap<_, _> = context.collect();
    let mut shown = json!({
        "id": entry.seq.to_string(),
        "eventDate": show_time(entry.at),
        "serviceName": "Tollgate",
        "level": "USER",
        "action": entry.action,
        "entityType": entry.entity_type,
        "entity": {"id": entry.entity_id},
        "status": "SUCCESS",
        "application": entry.actor,
        "context": context,
    });
    if let Some(id) = entry.actor.strip_prefix("client:") {
        shown["client"] = json!({"id": id});
    }
    shown
}
