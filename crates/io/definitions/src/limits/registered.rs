//! One limit of the registry.

use crate::operator::Of;
use tollgate_engine::LimitSpec;
use tollgate_model::{ClientId, LimitId};

/// What is known of a limit.
pub(super) struct Registered {
    pub(super) held: Held,
    /// What operators' numbers of it go by.
    pub(super) of: Of,
    /// What the client is called whose tokens' limit it is; none for a shared one.
    pub(super) client: Option<String>,
    pub(super) definition: LimitSpec,
}

/// Where the engine holds a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Held {
    /// Once, for all who share it.
    Shared(LimitId),
    /// Once for each token of the client: at this place of the client's token limits.
    ByToken(ClientId, usize),
}

impl Registered {
    /// Whether a stored integration brings it.
    pub(super) fn is_stored(&self) -> bool {
        !self.of.is_by_name()
    }

    /// What operators' numbers of it went by in earlier versions.
    pub(super) fn by_name(&self) -> Of {
        Of::named(self.client.as_deref(), &self.definition.name)
    }

    pub(super) fn is(&self, client: Option<&str>, name: &str) -> bool {
        self.client.as_deref() == client && self.definition.name == name
    }
}
