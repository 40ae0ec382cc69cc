//! How often the definitions have changed, so that a node knows whether it has seen all of them.

use crate::backend::corrupt;
use crate::error::StoreResult;
use crate::store::Store;

impl Store {
    /// A number that grows with every change of an integration, a credential or an action, whoever makes it.
    ///
    /// Numbers are given in the order in which changes are committed. So what is read after a number was
    /// read has every change up to it; who has read all that has seen the number, and not before.
    pub async fn revision(&self) -> StoreResult<i64> {
        let sql = "SELECT number FROM revision WHERE scope = 'definitions'";
        match self.first(sql, vec![]).await? {
            Some(mut row) => row.int(),
            None => Err(corrupt("revision", "has no row for the definitions")),
        }
    }

    /// Ends when the database tells that the revision may have grown. Where it tells nothing (SQLite), or
    /// can't be reached, this doesn't end: look at [`Self::revision`] now and then, too. For one waiter.
    pub async fn revised(&self) {
        self.changed().await;
    }
}
