//! Where a node keeps the numbers that operators set.

use async_trait::async_trait;

/// Numbers of limits that operators set at this node.
#[async_trait]
pub trait Numbers: Send + Sync {
    /// What is set already, each with a key that is the same on every node; changes are told from then on.
    async fn share(&self) -> Vec<(String, String)>;

    /// What has changed here since this was last asked; the text is none of what isn't set any more.
    async fn changed(&self) -> Vec<(String, Option<String>)>;

    /// Takes over what was set at another node.
    async fn take_over(&self, key: &str, text: Option<&str>);
}
