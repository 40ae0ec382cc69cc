//! What requests and answers on callers hold.
use super::{PATH, flow};
use crate::error::ApiError;
use crate::request::{Field, Whole, request};
use crate::wire::show_time;
use crate::words::words;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_definitions::Lanes;
use tollgate_driver::Secret;
use tollgate_json::Doc;
use tollgate_store::{ClientBody, ClientState, Expected, Grant, OAuthClient, Reach, Role};
use utoipa::ToSchema;

pub(super) const DAY: u32 = 86_400;

/// How long a caller's tokens may live, in seconds.
pub(super) type Validity = Whole<300, { 2 * DAY }>;

words! {
    /// How a caller logs in.
    GrantType { ClientCredentials = "CLIENT-CREDENTIALS", }
}
words! {
    /// Whether a caller may log in.
    OAuthClientState { Active = "active", Inactive = "inactive" | "disabled", }
}
words! {
    /// A role, by its id.
    RoleId { Execute = "execute", Author = "author", Administer = "administer", }
}

/// Who may call, and what it may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OAuthClient)]
pub(super) struct Client {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) authorized_grant_type: GrantType,
    pub(super) access_token_validity_seconds: u32,
    /// Roles that it has everywhere.
    pub(super) role_ids: Vec<RoleId>,
    pub(super) role_divisions: Vec<RoleDivision>,
    /// Flows that it may call as beside its default flow; * means every flow.
    pub(super) tollgate_flows: BTreeSet<String>,
    /// The flow of its calls that name none; empty: the service's.
    pub(super) tollgate_default_flow: String,
    pub(super) state: OAuthClientState,
    #[schema(format = DateTime)]
    pub(super) date_created: String,
    #[schema(format = DateTime)]
    pub(super) date_modified: String,
    pub(super) created_by: Actor,
    pub(super) modified_by: Actor,
    #[schema(minimum = 0)]
    pub(super) version: i64,
    pub(super) self_uri: String,
    /// Its secret, shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

/// A role, and where it holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleDivision {
    pub(super) role_id: RoleId,
    /// `*`, or the id of an integration or of an action.
    pub(super) division_id: String,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
pub(super) struct Actor {
    pub(super) id: String,
}

request! {
    /// A caller as it is to be.
    OAuthClientRequest {
        #[schema(min_length = 1, max_length = 256)]
        name: String,
        description: Option<String>,
        #[expect(dead_code, reason = "there is one; others are refused when it is read")]
        authorized_grant_type: Option<GrantType>,
        #[schema(inline)]
        access_token_validity_seconds: Option<Validity>,
        /// Roles that it has everywhere.
        #[schema(value_type = Option<Vec<RoleId>>)]
        role_ids: Option<Vec<String>>,
        /// Flows that it may call as beside its default flow; * means every flow.
        tollgate_flows: Option<Vec<String>>,
        /// The flow of its calls that name none; empty: the service's.
        tollgate_default_flow: Option<String>,
        #[schema(value_type = Option<Vec<RoleDivision>>)]
        role_divisions: RoleDivisions,
        state: Option<OAuthClientState>,
        /// The version that was read; what was changed since then isn't overwritten.
        #[schema(value_type = Option<i64>, minimum = 0)]
        version: Expected,
    }
    shown {
        id: String,
        date_created: String,
        date_modified: String,
        created_by: Object,
        modified_by: Object,
        secret: String,
        self_uri: String,
    }
}

impl OAuthClientRequest {
    /// What the store keeps. `before`: fields of ours stay as they are where a body doesn't have them, since
    /// the vendor's SDKs know nothing of them.
    pub(super) fn body(
        self,
        lanes: &Lanes,
        before: Option<&ClientBody>,
    ) -> Result<ClientBody, ApiError> {
        let known = |field, name| flow(lanes, field, name);
        Ok(ClientBody {
            grants: grants(self.role_ids.unwrap_or_default(), self.role_divisions)?,
            name: self.name,
            description: self.description.unwrap_or_default(),
            access_token_validity_seconds: match self.access_token_validity_seconds {
                Some(Whole(seconds)) => seconds,
                None => DAY,
            },
            state: match self.state {
                None | Some(OAuthClientState::Active) => ClientState::Active,
                Some(OAuthClientState::Inactive) => ClientState::Inactive,
            },
            flows: match self.tollgate_flows {
                Some(names) => names
                    .into_iter()
                    .map(|name| known("tollgateFlows", name))
                    .collect::<Result<_, _>>()?,
                None => before
                    .map(|before| before.flows.clone())
                    .unwrap_or_default(),
            },
            default_flow: match self.tollgate_default_flow {
                Some(name) if name.is_empty() => None,
                Some(name) => Some(known("tollgateDefaultFlow", name)?),
                None => before.and_then(|before| before.default_flow.clone()),
            },
        })
    }
}

/// Roles, and where each holds.
pub(crate) struct RoleDivisions(Vec<RoleDivision>);

impl Field for RoleDivisions {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let entries = doc.get(name).and_then(Value::as_array);
        let read = |entry: &Value| {
            let text = |field: &str| {
                let missing = || ApiError::bad_request(format!("{name}: {field} is missing."));
                entry.get(field).and_then(Value::as_str).ok_or_else(missing)
            };
            Ok(RoleDivision {
                role_id: RoleId::parse(name, text("roleId")?)?,
                division_id: text("divisionId")?.to_owned(),
            })
        };
        let read = entries.into_iter().flatten().map(read);
        read.collect::<Result<_, _>>().map(Self)
    }
}

pub(super) fn grants(
    everywhere: Vec<String>,
    divisions: RoleDivisions,
) -> Result<BTreeSet<Grant>, ApiError> {
    let of_all = |role: RoleId| Grant {
        role: role.into(),
        reach: Reach::Everything,
    };
    let mut grants = BTreeSet::new();
    for id in everywhere {
        grants.insert(of_all(RoleId::parse("roleIds", &id)?));
    }
    // One grant for each role and kind of place, however many places there are.
    let mut places: BTreeMap<(Role, bool), BTreeSet<String>> = BTreeMap::new();
    for RoleDivision {
        role_id,
        division_id,
    } in divisions.0
    {
        if division_id == "*" {
            grants.insert(of_all(role_id));
        } else {
            let kind = (role_id.into(), division_id.contains("_-_"));
            places.entry(kind).or_default().insert(division_id);
        }
    }
    grants.extend(places.into_iter().map(|((role, action), ids)| Grant {
        role,
        reach: if action {
            Reach::Actions(ids)
        } else {
            Reach::Integrations(ids)
        },
    }));
    Ok(grants)
}

pub(super) fn show(client: &OAuthClient, secret: Option<&Secret>) -> Client {
    let mut role_ids = Vec::new();
    let mut role_divisions = Vec::new();
    for grant in &client.body.grants {
        let role_id = grant.role.into();
        let division = |id: &str| RoleDivision {
            role_id,
            division_id: id.to_owned(),
        };
        match &grant.reach {
            Reach::Everything => {
                role_ids.push(role_id);
                role_divisions.push(division("*"));
            }
            Reach::Integrations(ids) | Reach::Actions(ids) => {
                role_divisions.extend(ids.iter().map(|id| division(id)));
            }
        }
    }
    Client {
        id: client.id.to_string(),
        name: client.body.name.clone(),
        description: client.body.description.clone(),
        authorized_grant_type: GrantType::ClientCredentials,
        access_token_validity_seconds: client.body.access_token_validity_seconds,
        role_ids,
        role_divisions,
        tollgate_flows: client.body.flows.clone(),
        tollgate_default_flow: client.body.default_flow.clone().unwrap_or_default(),
        state: match client.body.state {
            ClientState::Active => OAuthClientState::Active,
            ClientState::Inactive => OAuthClientState::Inactive,
        },
        date_created: show_time(client.created),
        date_modified: show_time(client.modified),
        created_by: Actor {
            id: client.created_by.clone(),
        },
        modified_by: Actor {
            id: client.modified_by.clone(),
        },
        version: client.version.0,
        self_uri: format!("{PATH}/{}", client.id),
        secret: secret.map(|secret| secret.expose().to_owned()),
    }
}

impl From<RoleId> for Role {
    fn from(id: RoleId) -> Self {
        match id {
            RoleId::Execute => Self::Execute,
            RoleId::Author => Self::Author,
            RoleId::Administer => Self::Administer,
        }
    }
}

impl From<tollgate_config::Role> for RoleId {
    fn from(role: tollgate_config::Role) -> Self {
        tollgate_callers::granted(role).into()
    }
}

impl From<Role> for RoleId {
    fn from(role: Role) -> Self {
        match role {
            Role::Execute => Self::Execute,
            Role::Author => Self::Author,
            Role::Administer => Self::Administer,
        }
    }
}
