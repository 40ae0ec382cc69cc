//! Nodes that share limits.

use std::time::Duration;
use tollgate_secret::Secret;

/// How this node shares the limits with others: `[cluster]`.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// Where the coordination store is, which may hold a password: `postgres://…`, `redis://…`, `rediss://…`,
    /// `redis+sentinel://…`, `rediss+sentinel://…` or `memory://NAME`.
    pub url: Secret,
    /// How others call this node; `None` means by its host's name.
    pub node: Option<String>,
    /// How long a part of a limit is granted at a time.
    pub lease: Duration,
    /// The longest that this process or its machine may pause between the last look at a lease and the write of a
    /// request.
    pub longest_pause: Duration,
}

impl ClusterConfig {
    /// Longest name of a node, in bytes: as long as a host's name may be (*documented*: Linux).
    pub const LONGEST_NAME: usize = 64;
    /// How long a part is granted at a time, where the file doesn't say.
    pub const LEASE: Duration = Duration::from_secs(60);
    /// How long a call is kept while other nodes are asked for slots; *ours*: three exchanges with a store nearby take less.
    pub const ASK: Duration = Duration::from_millis(50);

    /// Whether a node can be called so.
    #[must_use]
    pub fn is_node_name(text: &str) -> bool {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        (1..=Self::LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_fit)
    }

    /// What kind of store the URL leads to: what stands before its `:`.
    #[must_use]
    pub fn kind(&self) -> &str {
        let url = self.url.expose();
        url.split_once(':').map_or("", |(kind, _)| kind)
    }
}
