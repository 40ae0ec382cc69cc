//! An entry of the audit log as the platform shows one.

use super::services::Kind;
use crate::actor::{ClientRef, EntityRef};
use crate::request::capital;
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_config::Organization;
use tollgate_store::{Actor, AuditEntry};
use utoipa::ToSchema;

words! {
    /// Who did it: a caller or the command line, or the service by itself.
    Level { User = "USER", System = "SYSTEM", }
}
words! {
    /// How it ended: executions that ended in an error and refused logins have failed.
    Status { Success = "SUCCESS", Failure = "FAILURE", }
}

/// Who did what.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditLogMessage)]
pub(super) struct Audit {
    id: String,
    user_home_org_id: String,
    /// The caller that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<ClientRef>,
    #[schema(value_type = String)]
    service_name: &'static str,
    level: Level,
    #[schema(format = DateTime)]
    event_date: String,
    action: String,
    entity: EntityRef,
    entity_type: String,
    status: Status,
    /// Who did it.
    application: String,
    /// What more is known of it.
    context: BTreeMap<String, String>,
}

pub(super) fn show(entry: &AuditEntry, organization: &Organization) -> Audit {
    let detail = entry.detail.value();
    let text = |field: &str| detail.get(field).and_then(Value::as_str);
    let fields = detail.as_object().into_iter().flatten();
    let context = fields.map(|(name, value)| match value {
        Value::String(text) => (name.clone(), text.clone()),
        other => (name.clone(), other.to_string()),
    });
    let (service_name, entity_type) = Kind::shown(&entry.entity_type);
    let failed = entry.action == "deny" || text("end").is_some_and(|end| end != "ok");
    let by_itself = entry.actor == Actor::system().as_str();
    Audit {
        id: entry.seq.to_string(),
        user_home_org_id: organization.id.to_string(),
        client: ClientRef::of_actor(&entry.actor),
        service_name,
        level: if by_itself {
            Level::System
        } else {
            Level::User
        },
        event_date: show_time(entry.at),
        action: capital(&entry.action),
        entity: EntityRef {
            id: entry.entity_id.clone(),
            name: text("name").map(str::to_owned),
            self_uri: Kind::uri(&entry.entity_type, &entry.entity_id),
        },
        entity_type,
        status: if failed {
            Status::Failure
        } else {
            Status::Success
        },
        application: entry.actor.clone(),
        context: context.collect(),
    }
}
