//! `GET /api/v2/integrations/credentials/listing`: all credentials, by cursor.
//!
//! A cursor is a credential's id: Terraform's provider takes that of the last entity for the next one. So a list that
//! changes while it is read repeats nothing and leaves nothing out that is there all the time.

use super::{CredentialInfo, PATH};
use crate::answers::ReadErrors;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::json::Json;
use crate::query::{Query, parameter};
use crate::request::Whole;
use crate::state::Api;
use axum::Extension;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use std::sync::Arc;
use tollgate_callers::Over;
use tollgate_definitions::Live;
use tollgate_store::{Credential, CredentialCursor, EntityId, Role};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Credentials in one answer, where no number is given.
const DEFAULT_SIZE: u32 = 25;

parameter! {
    /// The id behind which the wanted credentials begin.
    After("after"): String
}
parameter! {
    /// The id before which the wanted credentials end.
    Before("before"): String
}
parameter! {
    /// Credentials in the answer, at the most; 25 where none is given.
    Size("pageSize"): Whole<1, 200>
}

/// The operation that lists by cursor.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(list))
}

/// A part of all credentials, in the order of their ids.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CredentialInfoCursorListing {
    entities: Vec<CredentialInfo>,
    /// Where the credentials after these are, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    self_uri: String,
    /// Where the credentials before these are, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
}

fn read(cursor: &str) -> Result<EntityId, ApiError> {
    let told =
        |_| ApiError::bad_request(format!("{cursor:?} is no cursor: give a credential's id."));
    EntityId::parse(cursor).map_err(told)
}

/// Lists credentials by cursor, without their fields.
#[utoipa::path(
    get, path = "/api/v2/integrations/credentials/listing", operation_id = "getIntegrationsCredentialsListing",
    params(Before, After, Size),
    responses((status = 200, description = "The answer.", body = CredentialInfoCursorListing), ReadErrors),
)]
async fn list(
    State(live): State<Arc<Live>>,
    Extension(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<CredentialInfoCursorListing>, ApiError> {
    caller.needs(Role::Administer, Over::Everything)?;
    let query = Query::parse(query.as_deref());
    let size = Size::of(&query)?.map_or(DEFAULT_SIZE, |Whole(size)| size);
    let (cursor, name) = match (After::of(&query)?, Before::of(&query)?) {
        (None, None) => (CredentialCursor::Start, None),
        (Some(id), None) => (CredentialCursor::After(read(&id)?), Some((After::NAME, id))),
        (None, Some(id)) => (
            CredentialCursor::Before(read(&id)?),
            Some((Before::NAME, id)),
        ),
        (Some(_), Some(_)) => {
            return Err(ApiError::bad_request("Give after or before, not both."));
        }
    };
    let mut found = match live.store() {
        // One more tells whether there are more.
        Ok(store) => store.credentials_at(&cursor, size + 1).await?,
        Err(_) => Vec::new(),
    };
    let is_cut = found.len() > size as usize;
    if is_cut {
        match cursor {
            CredentialCursor::Before(_) => drop(found.remove(0)),
            CredentialCursor::Start | CredentialCursor::After(_) => drop(found.pop()),
        }
    }
    let (follows, precedes) = match cursor {
        CredentialCursor::Start => (is_cut, false),
        CredentialCursor::After(_) => (is_cut, true),
        CredentialCursor::Before(_) => (true, is_cut),
    };
    let uri = |name: &str, id: &str| format!("{PATH}/listing?pageSize={size}&{name}={id}");
    let to = |name: &str, it: Option<&Credential>| it.map(|it| uri(name, it.id.as_str()));
    Ok(Json(CredentialInfoCursorListing {
        next_uri: to(After::NAME, found.last()).filter(|_| follows),
        previous_uri: to(Before::NAME, found.first()).filter(|_| precedes),
        self_uri: name.map_or_else(
            || format!("{PATH}/listing?pageSize={size}"),
            |(name, id)| uri(name, &id),
        ),
        entities: found.iter().map(CredentialInfo::of).collect(),
    }))
}
