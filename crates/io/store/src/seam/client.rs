//! OAuth clients that call tollgate.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tollgate_secret::Secret;

/// What a caller may do. No role includes another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Run and test actions.
    Execute,
    /// Write actions, drafts, data tables and workflows.
    Author,
    /// Write integrations, credentials and OAuth clients, and read the audit log.
    Administer,
}

/// Where a role holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "to", content = "ids")]
pub enum Reach {
    /// For all integrations and actions.
    Everything,
    /// For the integrations with these ids and for their actions.
    Integrations(BTreeSet<String>),
    /// For the actions with these ids.
    Actions(BTreeSet<String>),
}

/// A role, and where it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// What the client may do.
    pub role: Role,
    /// Where it may do so.
    pub reach: Reach,
}

/// Whether a client may get tokens and use them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientState {
    /// It gets tokens, and they count.
    Active,
    /// It gets no token, and those it has don't count.
    Inactive,
}

/// What an update of a client replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientBody {
    /// The name. Not unique: the platform's aren't.
    pub name: String,
    /// Notes of the administrator's.
    pub description: String,
    /// What the client may do, at most [`crate::limits::GRANTS`] roles.
    pub grants: BTreeSet<Grant>,
    /// Seconds for which a token of the client is good: 300 to 172800, as on the platform.
    pub access_token_validity_seconds: u32,
    /// Whether the client may get tokens and use them.
    pub state: ClientState,
    /// Names of the flows that it may call as beside its default flow, at most
    /// [`crate::limits::CLIENT_FLOWS`]; `*` means every flow.
    pub flows: BTreeSet<String>,
    /// The flow of its calls that name none; `None` means that of the service.
    pub default_flow: Option<String>,
}

/// A stored client. Its secret is in no field: only a hash of it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OAuthClient {
    /// The id: the `client_id` of the token request.
    pub id: EntityId,
    /// What an update replaces.
    pub body: ClientBody,
    /// How often the client was written, its secret included.
    pub version: Version,
    /// When the client was made.
    pub created: WallTime,
    /// When the client or its secret was last changed.
    pub modified: WallTime,
    /// Who made the client, as the audit log names actors.
    pub created_by: String,
    /// Who changed the client last, as the audit log names actors.
    pub modified_by: String,
}

/// A client and its secret, which can be read here and never again.
#[derive(Clone, Debug)]
pub struct MadeClient {
    /// The client as it is stored.
    pub client: OAuthClient,
    /// The secret: 256 random bits in URL-safe base64.
    pub secret: Secret,
}

/// What a list of clients is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Modified,
}

/// Which clients a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct ClientQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// Whether the clients may get tokens.
    pub state: Option<ClientState>,
    /// The order of the list.
    pub sort: Sort<ClientSort>,
    /// Which page of the list.
    pub page: PageRequest,
}

/// Tells a client's id and secret to whoever asked for them.
pub type Handover<'a> = dyn Fn(&EntityId, &Secret) -> std::io::Result<()> + Send + Sync + 'a;
