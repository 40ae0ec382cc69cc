//! The registry of limits: the one place outside the engine that knows what a limit allows.
//!
//! **What is known of a limit.** Its *definition*, by the configuration file or by a stored integration; the
//! *operator's number*, which stands in the definition's place for as long as the definition says what it said
//! when that number was set; and where the engine *holds* it. What is in force and what is used is the engine's
//! alone, and asked of it ([`Driver::snapshot`]): a copy would be another truth; so is this node's part of a limit that
//! several share. The organisation, of which a service has one today, would be a further part of a limit's address.
//!
//! **An administrator's change** has three effects, in this order, each finished before the next begins:
//! 1. *The audit log*, in a transaction of the store, where there is a store. If it fails, nothing has changed,
//!    and so says the answer. No change holds, not even for a moment, of which the log doesn't tell; an entry
//!    without its change is possible, and its author has been told of the failure.
//! 2. *The engine*, which acknowledges. It can only fail by having ended, and then there is no limit left.
//! 3. *The disk*, for the next process. If it fails, the change holds, and the answer says that it ends with this
//!    process. The other order would let a full disk keep an operator from closing a limit.
//!
//! *Other nodes* of a cluster are told after that ([`LimitRegistry::untold`]), and take the number over
//! ([`LimitRegistry::take_over`]) as their own: the engine, and the disk. The audit log is the first node's.
//!
//! A caller that hangs up doesn't break this off. Administrators' changes take one turn after another. Nothing else waits
//! for the audit log of a change, which a store that is away would hold up.

mod error;
mod of_file;
mod registered;

pub use error::LimitError;
pub(crate) use registered::Held;

use crate::operator::{LimitChange, Of, OperatorNumbers};
use registered::Registered;
use std::io;
use std::sync::Arc;
use tokio::sync::Mutex;
use tollgate_driver::{ChangeError, Driver};
use tollgate_engine::{Config, Leave, LimitSpec};
use tollgate_model::LimitId;
use tollgate_store::{AuditEvent, Store, StoreError};

/// Every limit that is configured or stored, and what an operator has set of it.
pub struct LimitRegistry {
    driver: Driver,
    store: Option<Arc<Store>>,
    /// Held by the administrator's change that is being made.
    turn: Mutex<()>,
    state: Mutex<State>,
}

struct State {
    limits: Vec<Registered>,
    numbers: OperatorNumbers,
}

impl LimitRegistry {
    /// The configuration file's limits, as `driver` was started with them, with the numbers that an operator has
    /// set of them.
    ///
    /// # Errors
    /// The engine has ended.
    pub async fn start(
        numbers: OperatorNumbers,
        driver: Driver,
        store: Option<Arc<Store>>,
        configured: &Config,
    ) -> Result<Self, ChangeError> {
        let state = State {
            limits: Vec::new(),
            numbers,
        };
        let registry = Self {
            driver,
            store,
            turn: Mutex::new(()),
            state: Mutex::new(state),
        };
        let limits = configured.limits.with_ids();
        let clients = configured.clients.with_ids();
        registry.define_file(limits, clients).await?;
        Ok(registry)
    }

    /// Changes every limit of that name, until its definition says another number. A raise holds at once; what a
    /// lower number finds in use drains.
    ///
    /// # Errors
    /// [`LimitError`] says what has happened nevertheless.
    pub async fn change(
        self: &Arc<Self>,
        change: LimitChange,
        audit: AuditEvent,
    ) -> Result<(), LimitError> {
        let registry = Arc::clone(self);
        let work = async move { registry.carry_out(&change, audit).await };
        // In a task, which a caller that hangs up doesn't end.
        let done = tokio::spawn(work).await;
        done.unwrap_or_else(|died| Err(io::Error::other(died).into()))
    }

    async fn carry_out(&self, change: &LimitChange, audit: AuditEvent) -> Result<(), LimitError> {
        let _turn = self.turn.lock().await;
        // Of what isn't there the log is to tell nothing. What the change is of is found again after that.
        self.state.lock().await.named(change)?;
        self.audit(audit).await?;
        let mut state = self.state.lock().await;
        let named = state.named(change)?;
        for (held, ..) in &named {
            self.tell(*held, change.allowed, change.leave).await?;
        }
        let named = named
            .into_iter()
            .map(|(_, of, defined)| (of, defined))
            .collect();
        state.numbers.set(change, named);
        Ok(state.numbers.keep().await?)
    }

    /// Other nodes are to be told from now on what operators change here. Gives what is set already: keys and texts.
    pub async fn share(&self) -> Vec<(String, String)> {
        self.state.lock().await.numbers.share()
    }

    /// What operators have changed here since this was last asked; texts are none of what isn't set any more.
    pub async fn untold(&self) -> Vec<(String, Option<String>)> {
        self.state.lock().await.numbers.untold()
    }

    /// Takes over what an operator has set at another node.
    ///
    /// # Errors
    /// It is not understood, the engine has ended, or it holds but will not be after a restart.
    pub async fn take_over(&self, key: &str, text: Option<&str>) -> Result<(), LimitError> {
        let mut state = self.state.lock().await;
        let taken = state.numbers.take_over(key, text);
        let Some((mut of, defined)) = taken.map_err(io::Error::other)? else {
            return Ok(());
        };
        // An earlier version has told it by the name of what is known by an id here.
        let mut limits = state.limits.iter();
        let by_id = limits.find(|it| it.is_stored() && it.by_name() == of);
        if let Some(by_id) = by_id.map(|it| it.of.clone())
            && state.adopt(&by_id, &of)
        {
            of = by_id;
        }
        let (number, leave) = state.numbers.of(&of, defined);
        let (mut called, mut client) = (of.to_string(), None);
        let is_its = |it: &&Registered| it.of == of && it.definition.rule.allowed() == defined;
        for limit in state.limits.iter().filter(is_its) {
            let leave = leave.or(limit.definition.leave).unwrap_or(Leave::Calls(0));
            let allowed = number.unwrap_or(defined);
            self.tell(limit.held, Some(allowed), Some(leave)).await?;
            called.clone_from(&limit.definition.name);
            client.clone_from(&limit.client);
        }
        tracing::info!(
            limit = called,
            client,
            allowed = number.unwrap_or(defined),
            "an operator has set this number at another node"
        );
        Ok(state.numbers.keep().await?)
    }

    /// Notes in the store what an administrator is about to do; without a store nothing is noted.
    ///
    /// # Errors
    /// The store didn't take it. It is not to be done then.
    pub async fn audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        match &self.store {
            Some(store) => store.record(&[event]).await,
            None => Ok(()),
        }
    }

    /// Takes a definition over: of a limit that the engine has just got, or other words for one it has. A number
    /// that is the definition's as before stays as an operator may have set it.
    pub(crate) async fn define(
        &self,
        held: Held,
        of: Of,
        client: Option<String>,
        definition: LimitSpec,
    ) -> Result<(), ChangeError> {
        let mut state = self.state.lock().await;
        let defined = definition.rule.allowed();
        let registered = Registered {
            held,
            of,
            client,
            definition,
        };
        if registered.is_stored()
            && state.adopt(&registered.of, &registered.by_name())
            && let Err(error) = state.numbers.keep().await
        {
            tracing::warn!(%error, "limits that were set will not be after a restart");
        }
        let State { limits, numbers } = &mut *state;
        let (number, leave) = numbers.of(&registered.of, defined);
        let definition = &registered.definition;
        let place = limits.iter().position(|limit| limit.held == held);
        match place.map(|place| &limits[place].definition) {
            None => self.tell(held, number, leave).await?,
            Some(before) => {
                if (before.rule, before.leave) != (definition.rule, definition.leave) {
                    let leave = leave.or(definition.leave).unwrap_or(Leave::Calls(0));
                    let allowed = number.unwrap_or(defined);
                    self.tell(held, Some(allowed), Some(leave)).await?;
                }
                if let Held::Shared(id) = held
                    && before.name != definition.name
                {
                    let name = definition.name.clone();
                    self.driver.rename_limit(id, name).await?;
                }
            }
        }
        match place {
            Some(place) => limits[place] = registered,
            None => limits.push(registered),
        }
        Ok(())
    }

    /// Calls a shared limit otherwise, whose definition stays.
    pub(crate) async fn rename_limit(&self, id: LimitId, name: String) -> Result<(), ChangeError> {
        let mut state = self.state.lock().await;
        let mut limits = state.limits.iter_mut();
        if let Some(limit) = limits.find(|limit| limit.held == Held::Shared(id))
            && limit.definition.name != name
        {
            self.driver.rename_limit(id, name.clone()).await?;
            limit.definition.name = name;
        }
        Ok(())
    }

    /// Forgets a limit that nothing defines any more. The engine keeps its use.
    pub(crate) async fn forget(&self, gone: Held) {
        let mut state = self.state.lock().await;
        state.limits.retain(|limit| limit.held != gone);
    }

    /// The shared limits and what their definitions allow, in words for the log.
    pub async fn shown(&self) -> String {
        let state = self.state.lock().await;
        let shared = state.limits.iter().filter(|limit| limit.client.is_none());
        let shown = shared.map(|Registered { definition, .. }| {
            format!("{}={}", definition.name, definition.rule.allowed())
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    async fn tell(
        &self,
        held: Held,
        allowed: Option<u32>,
        leave: Option<Leave>,
    ) -> Result<(), ChangeError> {
        match (held, allowed) {
            (Held::Shared(id), Some(allowed)) => self.driver.set_limit(id, allowed).await?,
            (Held::ByToken(client, place), Some(allowed)) => {
                self.driver.set_token_limit(client, place, allowed).await?;
            }
            (_, None) => {}
        }
        if let (Held::Shared(id), Some(leave)) = (held, leave) {
            self.driver.set_leave(id, leave).await?;
        }
        Ok(())
    }
}

impl State {
    /// The limits that a change is of, and what their definitions allow.
    fn named(&self, change: &LimitChange) -> Result<Vec<(Held, Of, u32)>, LimitError> {
        let (client, name) = (change.client.as_deref(), change.name.as_str());
        let named = self.limits.iter().filter(|limit| limit.is(client, name));
        let named = named.map(|it| (it.held, it.of.clone(), it.definition.rule.allowed()));
        let named: Vec<_> = named.collect();
        let missing = || LimitError::NoSuchLimit(change.name.clone());
        (!named.is_empty()).then_some(named).ok_or_else(missing)
    }

    /// What is set by this name is of those limits, unless the configuration file has some of the name. Whether there was
    /// any.
    fn adopt(&mut self, of: &Of, by_name: &Of) -> bool {
        let is_taken = self.limits.iter().any(|it| it.of == *by_name);
        !is_taken && self.numbers.adopt(by_name, of)
    }
}
