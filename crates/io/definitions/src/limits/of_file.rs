//! The configuration file's limits, at the start and when the file is read anew.

use super::LimitRegistry;
use super::registered::Held;
use crate::operator::Of;
use tollgate_driver::ChangeError;
use tollgate_engine::{Client, LimitSpec};
use tollgate_model::{ClientId, LimitId};

impl LimitRegistry {
    /// Takes over what the configuration file defines: its limits, and those of its clients' tokens.
    ///
    /// # Errors
    /// The engine has ended.
    pub async fn define_file<'a>(
        &self,
        limits: impl Iterator<Item = (LimitId, &'a LimitSpec)>,
        clients: impl Iterator<Item = (ClientId, &'a Client)>,
    ) -> Result<(), ChangeError> {
        for (id, limit) in limits {
            let (held, of) = (Held::Shared(id), Of::file(None, limit));
            self.define(held, of, None, limit.clone()).await?;
        }
        for (id, client) in clients {
            for (place, limit) in client.token_limits.iter().enumerate() {
                let (held, name) = (Held::ByToken(id, place), client.name.clone());
                let of = Of::file(Some(&name), limit);
                self.define(held, of, Some(name), limit.clone()).await?;
            }
        }
        Ok(())
    }

    /// Forgets a limit that the configuration file has no more. It holds nobody back, and the engine keeps its use.
    ///
    /// # Errors
    /// The engine has ended.
    pub async fn lift(&self, gone: LimitId) -> Result<(), ChangeError> {
        self.forget(Held::Shared(gone)).await;
        self.driver.lift_limit(gone).await
    }

    /// Puts a limit in force again that was lifted; its definition follows.
    ///
    /// # Errors
    /// The engine has ended.
    pub async fn return_limit(&self, id: LimitId, allowed: u32) -> Result<(), ChangeError> {
        self.driver.set_limit(id, allowed).await
    }
}
