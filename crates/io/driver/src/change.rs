//! What an operator, or whoever follows a definition, changes in a running engine.
//!
//! Each change is acknowledged: when the method returns, the engine holds to it, and what is submitted after
//! that is judged by it. The engine's task is never busy for long, so the wait has no bound of its own.

use crate::ClientCredentials;
use crate::driver::Driver;
use crate::pump::Pump;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_engine::{
    Closed, Event, GivenBack, Lease, Leave, LimitDemand, NoSuchEntry, TokenDemand,
};
use tollgate_model::{ClientId, Instant, LimitId};

/// Why nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such limit, token limit or client.
    #[error(transparent)]
    NoSuchEntry(#[from] NoSuchEntry),
    /// The engine's task is gone.
    #[error("the engine stopped")]
    Stopped,
}

/// What is asked for of all that processes may share.
#[derive(Clone, Debug)]
pub struct Demands {
    /// When it was looked at.
    pub now: Instant,
    /// Of limits: see [`tollgate_engine::Engine::demand`].
    pub limits: Vec<LimitDemand>,
    /// Of clients' tokens: see [`tollgate_engine::Engine::token_demand`].
    pub tokens: Vec<TokenDemand>,
}

impl Driver {
    /// A shared limit allows another number from now on; see [`Event::SetLimit`].
    ///
    /// # Errors
    /// [`ChangeError`], as for all changes.
    pub async fn set_limit(&self, limit: LimitId, allowed: u32) -> Result<(), ChangeError> {
        self.change(Event::SetLimit { limit, allowed }).await
    }

    /// Nothing defines a shared limit any more; see [`Event::LiftLimit`].
    pub async fn lift_limit(&self, limit: LimitId) -> Result<(), ChangeError> {
        self.change(Event::LiftLimit(limit)).await
    }

    /// Leaves so much of a limit free for other applications; see [`Event::SetLeave`].
    pub async fn set_leave(&self, limit: LimitId, leave: Leave) -> Result<(), ChangeError> {
        self.change(Event::SetLeave { limit, leave }).await
    }

    /// This process's part of a shared limit is another from now on, or lasts longer; see [`Event::SetLease`].
    pub async fn set_lease(
        &self,
        limit: LimitId,
        lease: Option<Lease>,
        held: Vec<(Instant, u32)>,
    ) -> Result<(), ChangeError> {
        let event = Event::SetLease { limit, lease, held };
        self.change(event).await
    }

    /// What the process before this one has used of a shared limit is used of this one's part; see [`Event::Inherit`].
    pub async fn inherit(&self, limit: LimitId) -> Result<(), ChangeError> {
        self.change(Event::Inherit { limit }).await
    }

    /// What flows are guaranteed of a shared limit is this in this process from now on; see [`Event::SetGuarantees`].
    pub async fn set_guarantees(
        &self,
        limit: LimitId,
        slots: BTreeMap<String, u32>,
    ) -> Result<(), ChangeError> {
        self.change(Event::SetGuarantees { limit, slots }).await
    }

    /// Gives back so many slots of this process's part of a shared limit, or as many as can be; see
    /// [`tollgate_engine::Engine::give_back`].
    pub async fn give_back(&self, limit: LimitId, slots: u32) -> Result<GivenBack, ChangeError> {
        let given_back = self.ask(move |pump| pump.give_back(limit, slots)).await;
        Ok(given_back.ok_or(ChangeError::Stopped)??)
    }

    /// What is asked for of all that processes may share.
    ///
    /// # Errors
    /// [`ChangeError::Stopped`].
    pub async fn demand(&self, soon: Duration) -> Result<Demands, ChangeError> {
        self.ask(move |pump| pump.demand(soon))
            .await
            .ok_or(ChangeError::Stopped)
    }

    /// Returns once calls wait for slots that other processes may have to spare: see
    /// [`tollgate_engine::Command::AskForSlots`]. One task waits for that.
    pub async fn asks_for_slots(&self) {
        self.shared().asks.notified().await;
    }

    /// The limit at `place` of each of the client's tokens allows another number from now on.
    pub async fn set_token_limit(
        &self,
        client: ClientId,
        place: usize,
        allowed: u32,
    ) -> Result<(), ChangeError> {
        let event = Event::SetTokenLimit {
            client,
            place,
            allowed,
        };
        self.change(event).await
    }

    /// Lets this client hold another number of tokens; with 0 none is fetched. See
    /// [`Event::SetMaxTokens`].
    pub async fn set_max_tokens(
        &self,
        client: ClientId,
        max_tokens: u32,
    ) -> Result<(), ChangeError> {
        let event = Event::SetMaxTokens { client, max_tokens };
        self.change(event).await
    }

    /// Lets this process use so many of the client's tokens, which other processes use as well. See
    /// [`Event::SetTokenPart`].
    pub async fn set_token_part(&self, client: ClientId, tokens: u32) -> Result<(), ChangeError> {
        self.change(Event::SetTokenPart { client, tokens }).await
    }

    /// Finds out from now on whether this client can have a token, whether or not a call asks for one; see
    /// [`Event::WatchClient`]. [`Driver::token_troubles`] has what came of it.
    pub async fn watch_client(&self, client: ClientId) -> Result<(), ChangeError> {
        self.change(Event::WatchClient(client)).await
    }

    /// Calls a shared limit otherwise from now on; what was used of it stays.
    pub async fn rename_limit(&self, limit: LimitId, name: String) -> Result<(), ChangeError> {
        self.change(Event::RenameLimit { limit, name }).await
    }

    /// Calls a client otherwise from now on.
    pub async fn rename_client(&self, client: ClientId, name: String) -> Result<(), ChangeError> {
        self.change(Event::RenameClient { client, name }).await
    }

    /// Drops this client's tokens once nothing waits for them; no route of its pool is to be called any
    /// more.
    pub async fn retire_client(&self, client: ClientId) -> Result<(), ChangeError> {
        self.change(Event::RetireClient(client)).await
    }

    /// Fetches this client's next tokens with other credentials. Tokens it has are used on.
    pub async fn set_credentials(
        &self,
        client: ClientId,
        credentials: ClientCredentials,
    ) -> Result<(), ChangeError> {
        self.acknowledged(move |pump| pump.set_credentials(client, credentials))
            .await
    }

    /// Holds the learned limit of that name no more. It is learned anew if the upstream still has it. No
    /// effect if there is none.
    pub async fn forget_learned(&self, name: String) -> Result<(), ChangeError> {
        self.change(Event::ForgetLearned { name }).await
    }

    /// Nothing starts under a shared window before then, as another process was told; see [`Event::Close`].
    pub async fn close_limit(&self, limit: LimitId, until: Instant) -> Result<(), ChangeError> {
        self.change(Event::Close { limit, until }).await
    }

    /// Opens what a 429 has closed; it closes with the next. No effect if it is open.
    pub async fn open(&self, closed: Closed) -> Result<(), ChangeError> {
        self.change(Event::Open(closed)).await
    }

    async fn change(&self, event: Event) -> Result<(), ChangeError> {
        self.acknowledged(|pump| pump.change(event)).await
    }

    async fn acknowledged(
        &self,
        change: impl FnOnce(&mut Pump) -> Result<(), NoSuchEntry> + Send + 'static,
    ) -> Result<(), ChangeError> {
        Ok(self.ask(change).await.ok_or(ChangeError::Stopped)??)
    }
}
