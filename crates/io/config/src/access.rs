//! Who may do what, where calls may go, and where changes are kept.

use std::path::PathBuf;
use std::time::Duration;
use tollgate_driver::Secret;
use tollgate_model::LimitId;

/// What a caller may do. None includes another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Run and test actions.
    Execute,
    /// Write actions, drafts and data tables.
    Author,
    /// Integrations, credentials, OAuth clients, audit.
    Administer,
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Execute, Self::Author, Self::Administer]
            .into_iter()
            .find(|role| role.as_str() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Author => "author",
            Self::Administer => "administer",
        }
    }
}

/// Where an integration's calls may go, and how they are secured. Its text forms are the guard's.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The only hosts that may be called; empty means any public one.
    pub hosts: Vec<String>,
    /// Schemes; empty means `https`.
    pub schemes: Vec<String>,
    /// Ports; empty means each scheme's own.
    pub ports: Vec<String>,
    /// Networks that may be called although they aren't public.
    pub networks: Vec<String>,
    /// Certificate authorities trusted beside the public ones, each as PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
    /// Certificate chain and private key of ours, as PEM text.
    pub identity_pem: Option<Secret>,
}

impl Access {
    /// Whether its connections are secured in a way of their own.
    #[must_use]
    pub fn secures(&self) -> bool {
        !self.extra_roots_pem.is_empty() || self.identity_pem.is_some()
    }
}

/// Where what is changed through the API lives.
#[derive(Clone, Debug)]
pub struct Store {
    /// `sqlite:PATH` or `postgres://…`, which may hold a password.
    pub url: Secret,
    /// The ring of sealing keys.
    pub keys: KeySource,
    /// Longest time for a read, a lock, or a statement; a whole change takes at most twice as long.
    pub timeout: Duration,
    /// Longest time in which a connection to one host of PostgreSQL is made.
    pub connect_timeout: Duration,
    /// How long entries are kept.
    pub keep: Keep,
}

/// How long the store keeps what grows with time; none: for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Changes, in the audit log.
    pub changes: Option<Duration>,
    /// Executions, logins and refused logins, in the audit log.
    pub executions: Option<Duration>,
    /// Usage counters.
    pub usage: Option<Duration>,
}

/// Where the sealing keys are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Env(String),
}

/// Shared limits that integrations made later pass too.
#[derive(Clone, Debug, Default)]
pub struct SharedLimits {
    /// By every call.
    pub all: Vec<LimitId>,
    /// By calls that take a token.
    pub with_token: Vec<LimitId>,
}
