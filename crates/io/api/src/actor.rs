//! Who did something and to what, as answers tell it.

use serde::Serialize;
use tollgate_config::Guid;
use utoipa::ToSchema;

/// Something that is told of by its id.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DomainEntityRef)]
pub(crate) struct EntityRef {
    /// Of who did something: the id of an OAuth client or of a caller of the configuration file; `cli` for the command
    /// line, `system` for the service itself.
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Where it is, if it has a path of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) self_uri: Option<String>,
}

/// Who began something.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AddressableEntityRef)]
pub(crate) struct ClientRef {
    id: String,
    /// Where the caller is; none of a caller of the configuration file, which is nowhere to be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    self_uri: Option<String>,
}

impl EntityRef {
    /// From an actor as the store names it: `client:ID`, `cli` or `system`.
    pub(crate) fn of_actor(actor: &str) -> Self {
        let (id, self_uri) = match ClientRef::of_actor(actor) {
            Some(ClientRef { id, self_uri }) => (id, self_uri),
            None => (actor.to_owned(), None),
        };
        Self {
            id,
            name: None,
            self_uri,
        }
    }
}

impl ClientRef {
    /// The client that an actor is; none for the command line and the service itself.
    pub(crate) fn of_actor(actor: &str) -> Option<Self> {
        actor.strip_prefix("client:").map(Self::of)
    }

    /// The client with this id: an OAuth client, or a caller of the configuration file.
    pub(crate) fn of(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            self_uri: client_uri(id),
        }
    }
}

/// Where the OAuth client with this id is; none of a caller of the configuration file, which is nowhere to be seen.
pub(crate) fn client_uri(id: &str) -> Option<String> {
    // The store's own ids are GUIDs; a caller of the file may be called anything.
    Guid::parse(id).map(|_| format!("/api/v2/oauth/clients/{id}"))
}
