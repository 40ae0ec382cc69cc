//! Of which limits an operator's number is: by what stays when they are renamed.

use serde::{Deserialize, Serialize};
use tollgate_engine::LimitSpec;

/// The limits that a number is of.
///
/// Those of a stored integration go by its id, whatever it and they are called. Those of the configuration file have
/// nothing but names; one that says under which name it is shared has the numbers of that name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) struct Of {
    /// The id of the stored integration that brings them; none of the configuration file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) integration: Option<String>,
    /// The client of the configuration file whose tokens' limit it is; none of all others.
    pub(super) client: Option<String>,
    /// The limit's name; of a stored integration's what it limits.
    pub(super) name: String,
}

impl Of {
    /// A limit of the configuration file: one that is shared, or one of the tokens of a client there.
    pub(crate) fn file(client: Option<&str>, limit: &LimitSpec) -> Self {
        let name = limit.shared_as.as_deref().and_then(|it| it.split_once(':'));
        Self::named(client, name.map_or(&limit.name, |(_, name)| name))
    }

    /// The limit on `what` of the stored integration with this id, or of its client's tokens.
    pub(crate) fn stored(id: &str, what: &str) -> Self {
        Self {
            integration: Some(id.to_owned()),
            client: None,
            name: what.to_owned(),
        }
    }

    /// What an earlier version said of any limit, and what is said of the configuration file's.
    pub(crate) fn named(client: Option<&str>, name: &str) -> Self {
        Self {
            integration: None,
            client: client.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// Whether only names say which limits these are.
    pub(crate) fn is_by_name(&self) -> bool {
        self.integration.is_none()
    }
}

/// For the log, where no limit tells what it is called.
impl std::fmt::Display for Of {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = self.integration.as_ref().or(self.client.as_ref());
        of.map_or(Ok(()), |of| write!(f, "{of}: "))?;
        f.write_str(&self.name)
    }
}
