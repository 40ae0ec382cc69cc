//! The file's limits as the service's API changes them while it runs.

use crate::numbers::Numbers;
use tollgate_config::Config;
use tollgate_driver::Driver;
use tollgate_engine::Leave;
use tollgate_model::{ClientId, LimitId};

/// What is set of a shared limit; what is none stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Calls that it allows.
    pub allowed: Option<u32>,
    /// What of it is left free.
    pub leave: Option<Leave>,
}

impl Set {
    /// Tells the engine.
    pub(crate) fn of(self, driver: &Driver, limit: LimitId) {
        if let Some(allowed) = self.allowed {
            driver.set_limit(limit, allowed);
        }
        if let Some(leave) = self.leave {
            driver.set_leave(limit, leave);
        }
    }
}

/// The file's limits and what it says they allow, in the engine's order.
#[derive(Clone, Debug)]
pub struct Told {
    /// Those that are shared.
    limits: Vec<(String, u32)>,
    /// Its OAuth clients and the limits of their tokens.
    token_limits: Vec<(String, Vec<(String, u32)>)>,
}

impl Told {
    /// What the file says.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let pairs = |limits: &[tollgate_model::Limit]| {
            let pair = |it: &tollgate_model::Limit| (it.name.clone(), it.rule.allowed());
            limits.iter().map(pair).collect()
        };
        let clients = config.engine.clients.iter();
        Self {
            limits: pairs(&config.engine.limits),
            token_limits: clients
                .map(|client| (client.name.clone(), pairs(&client.token_limits)))
                .collect(),
        }
    }

    /// The shared limits in words, for the log.
    #[must_use]
    pub fn shown(&self) -> String {
        let limits = self.limits.iter();
        let limits = limits.map(|(name, allowed)| format!("{name}={allowed}"));
        limits.collect::<Vec<_>>().join(" ")
    }

    /// Sets what an earlier process was told.
    pub fn set_as(&self, numbers: &Numbers, driver: &Driver) {
        for (place, (name, told)) in self.limits.iter().enumerate() {
            let allowed = numbers.of(None, name, *told);
            if allowed != *told {
                driver.set_limit(LimitId(place as u32), allowed);
            }
            if let Some(leave) = numbers.leave_of(name, *told) {
                driver.set_leave(LimitId(place as u32), leave);
            }
        }
        for (of, (client, limits)) in self.token_limits.iter().enumerate() {
            for (place, (name, told)) in limits.iter().enumerate() {
                let allowed = numbers.of(Some(client), name, *told);
                if allowed != *told {
                    driver.set_token_limit(ClientId(of as u32), place, allowed);
                }
            }
        }
    }

    /// Sets the limits of that name; gives what the file says of them.
    pub fn set_limit(&self, driver: &Driver, name: &str, set: Set) -> Vec<u32> {
        let limits = self.limits.iter().enumerate();
        let named = limits.filter(|(_, it)| it.0 == name);
        named
            .inspect(|(place, _)| set.of(driver, LimitId(*place as u32)))
            .map(|(_, it)| it.1)
            .collect()
    }

    /// Sets that limit of the tokens of that client; gives what the file says of it.
    pub fn set_token_limit(
        &self,
        driver: &Driver,
        client: &str,
        name: &str,
        allowed: u32,
    ) -> Vec<u32> {
        let clients = self.token_limits.iter().enumerate();
        let named = clients
            .filter(|(_, it)| it.0 == client)
            .flat_map(|(of, it)| {
                let limits = it.1.iter().enumerate().filter(|(_, it)| it.0 == name);
                limits.map(move |(place, it)| (ClientId(of as u32), place, it.1))
            });
        named
            .inspect(|(of, place, _)| driver.set_token_limit(*of, *place, allowed))
            .map(|(.., told)| told)
            .collect()
    }
}
