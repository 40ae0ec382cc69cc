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
    /// A number that grows with every change of an integration, a credential or an action, whoever makes it.
    ///
    /// Numbers are given in the order in which changes are committed. So what is read after a number was
    /// read has every change up to it; who has read all that has seen the number, and not before.
    async fn revision(&self) -> StoreResult<i64>;
    /// Ends when the database tells that the revision may have grown. Where it tells nothing (SQLite), or
    /// can't be reached, this doesn't end: look at [`Meta::revision`] now and then, too. For one waiter.
    async fn revised(&self);
    /// A small value by key.
    async fn meta(&self, key: &str) -> StoreResult<Option<String>>;
    /// Writes a small value. Keys that start with `tollgate.` are the store's own and refused.
    async fn set_meta(&self, key: &str, value: &str) -> StoreResult<()>;
}
