//! The store about itself.

use super::{SqlStore, check};
use crate::backend::{corrupt, values};
use crate::error::{Invalid, StoreResult};
use crate::limits;
use crate::seam::Meta;
use async_trait::async_trait;

/// Keys with this prefix are the store's own.
pub(super) const OWN: &str = "tollgate.";

#[async_trait]
impl Meta for SqlStore {
    fn backend(&self) -> &'static str {
        self.db.name()
    }

    async fn schema_version(&self) -> StoreResult<i64> {
        let row = self
            .first("SELECT MAX(number) FROM schema_migration", vec![])
            .await?;
        Ok(match row {
            Some(mut row) => row.maybe_int()?.unwrap_or(0),
            None => 0,
        })
    }

    async fn ping(&self) -> StoreResult<()> {
        self.first("SELECT 1 FROM meta LIMIT 1", vec![]).await?;
        Ok(())
    }

    async fn revision(&self) -> StoreResult<i64> {
        let sql = "SELECT number FROM revision WHERE scope = 'definitions'";
        match self.first(sql, vec![]).await? {
            Some(mut row) => row.int(),
            None => Err(corrupt("revision", "has no row for the definitions")),
        }
    }

    async fn revised(&self) {
        self.db.changed().await;
    }

    async fn meta(&self, key: &str) -> StoreResult<Option<String>> {
        let row = self
            .first("SELECT value FROM meta WHERE name = $1", values![key])
            .await?;
        row.map(|mut row| row.text()).transpose()
    }

    async fn set_meta(&self, key: &str, value: &str) -> StoreResult<()> {
        check::name("key", key)?;
        check::text("value", value)?;
        if key.starts_with(OWN) {
            return Err(
                Invalid::new("key", "starts with tollgate., which is the store's own").into(),
            );
        }
        if value.len() > limits::META_BYTES {
            return Err(Invalid::new("value", "is larger than 4 KiB").into());
        }
        let mut tx = self.write().await?;
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let outcome = tx.execute(sql, values![key, value]).await.map(drop);
        tx.finish(outcome).await
    }
}
