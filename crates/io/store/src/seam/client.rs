//! OAuth clients that call tollgate.

use super::{NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use tollgate_secret::Secret;

/// What a caller may do. None includes another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Run and test actions.
    Execute,
    /// Write actions, drafts, data tables and flows.
    Author,
    /// Integrations, credentials, OAuth clients, audit.
    Administer,
}

/// Where a role holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "to", content = "ids")]
pub enum Reach {
    /// Everywhere.
    Everything,
    /// In these integrations and their actions.
    Integrations(BTreeSet<String>),
    /// For these actions.
    Actions(BTreeSet<String>),
}

/// A role, and where it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// What.
    pub role: Role,
    /// Where.
    pub reach: Reach,
}

/// Whether a client may get tokens and use them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientState {
    /// It may.
    Active,
    /// It may not; its tokens stop counting at once.
    Inactive,
}

/// What is written of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientBody {
    /// Name. Not unique: the platform's aren't.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What it may do, at most [`crate::limits::GRANTS`].
    pub grants: BTreeSet<Grant>,
    /// Life of its tokens: 300 to 172800 s, as the platform's.
    pub access_token_validity_seconds: u32,
    /// Whether it may.
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
    /// Its id: the `client_id` of the token request.
    pub id: EntityId,
    /// What was written.
    pub body: ClientBody,
    /// Its version.
    pub version: Version,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
    /// Who made it.
    pub created_by: String,
    /// Who changed it last.
    pub modified_by: String,
}

/// A client and its secret, which can be read here and never again.
#[derive(Clone, Debug)]
pub struct MadeClient {
    /// The client.
    pub client: OAuthClient,
    /// 256 random bits in URL-safe base64.
    pub secret: Secret,
}

/// Order of a list of clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By time of creation.
    Created,
    /// By time of the last change.
    Modified,
}

/// Which clients.
#[derive(Clone, Debug, Default)]
pub struct ClientQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// By state.
    pub state: Option<ClientState>,
    /// Order.
    pub sort: Sort<ClientSort>,
    /// Part.
    pub page: PageRequest,
}

/// Tells a client's id and secret to whoever asked for them.
pub type Tell<'a> = dyn Fn(&EntityId, &Secret) -> std::io::Result<()> + Send + Sync + 'a;
