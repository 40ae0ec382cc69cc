//! The store about itself.

use crate::error::StoreResult;
use async_trait::async_trait;

/// The store about itself.
#[async_trait]
pub trait Meta {
    /// `sqlite` or `postgres`.
    fn backend(&self) -> &'static str;
    /// Number of the schema's last migration.
    async fn schema_version(&self) -> StoreResult<i64>;
    /// Asks the database something small: whether it answers.
    async fn ping(&self) -> StoreResult<()>;
    /// A small value by key.
    async fn meta(&self, key: &str) -> StoreResult<Option<String>>;
    /// Writes a small value. Keys that start with `tollgate.` are the store's own and refused.
    async fn set_meta(&self, key: &str, value: &str) -> StoreResult<()>;
}
