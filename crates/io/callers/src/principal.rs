//! Who calls, and what they may do where.
//!
//! Four roles, of which none includes another: *execute* runs and tests actions, *author* writes
//! actions, drafts and data tables, *administer* changes integrations, credentials and OAuth clients,
//! and reads the audit log; *view* sees how the service stands, changes nothing and reads no definition.
//! Each holds everywhere, in some integrations, or for some actions. Whoever
//! holds any other role than *view* over a thing may read its definition; what nobody may read are secrets.
//!
//! A caller without good credentials is answered 401, one without the role 403, before anything is looked
//! up beyond what the decision needs.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use tollgate_config::CallerBounds;
use tollgate_definitions::{CatalogAction, OwnLanes};
use tollgate_store::{Actor, EntityId, Grant, Reach, Role};
use tollgate_upstream::{Endpoint, Network, RequestPath};

/// A caller whose credentials were good.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Its client id.
    pub id: Arc<str>,
    /// What it may do.
    grants: Arc<BTreeSet<Grant>>,
    /// Its id in the store; none for a caller of the configuration file.
    pub stored: Option<EntityId>,
    /// The flows that it may name.
    pub lanes: OwnLanes,
    /// The networks that it may call from; none listed means everywhere.
    networks: Arc<[Network]>,
    /// How much it may ask for, where that is not what every caller may.
    pub(crate) bounds: CallerBounds,
    /// The requests that it may pass through gateways.
    pass_through: Arc<[Endpoint]>,
}

/// The caller of this id, as the audit log names it.
#[must_use]
pub fn actor_of(id: &str) -> Actor {
    // An id of the file may have characters that no id of the store has.
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let id: String = id.chars().take(128).collect();
    let id = EntityId::parse(id.replace(|c| !allowed(c), "_"));
    id.map_or_else(|_| Actor::system(), |id| Actor::client(&id))
}

/// What a caller's roles don't allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("The caller is not allowed to do this; it takes: {needed}.")]
pub struct Forbidden {
    /// The role that would.
    pub needed: &'static str,
}

/// What a role must hold over.
#[derive(Clone, Copy, Debug)]
pub enum Over<'a> {
    /// All there is.
    Everything,
    /// An integration and its actions.
    Integration(&'a str),
    /// One action of an integration.
    Action {
        /// Its id.
        id: &'a str,
        /// Its integration's id.
        integration: &'a str,
    },
}

impl<'a> Over<'a> {
    /// An action of the catalogue.
    #[must_use]
    pub fn of(entry: &'a CatalogAction) -> Self {
        Self::Action {
            id: &entry.id,
            integration: &entry.integration,
        }
    }
}

impl Principal {
    pub(crate) fn new(
        id: &str,
        grants: BTreeSet<Grant>,
        stored: Option<EntityId>,
        lanes: OwnLanes,
    ) -> Self {
        Self {
            id: id.into(),
            grants: Arc::new(grants),
            stored,
            lanes,
            networks: Arc::default(),
            bounds: CallerBounds::default(),
            pass_through: Arc::default(),
        }
    }

    /// The same caller, which may ask for so much.
    pub(crate) fn within(self, bounds: CallerBounds) -> Self {
        Self { bounds, ..self }
    }

    /// The same caller, which may call from these networks alone; none listed means everywhere.
    pub(crate) fn bound_to(self, networks: &[Network]) -> Self {
        Self {
            networks: networks.into(),
            ..self
        }
    }

    /// The same caller, who may pass these requests through gateways.
    pub(crate) fn with_pass_through(self, pass_through: &[Endpoint]) -> Self {
        Self {
            pass_through: pass_through.into(),
            ..self
        }
    }

    /// Whether it may call from this address.
    pub(crate) fn may_call_from(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|it| it.contains(address))
    }

    /// The entry of its list by which it may pass such a request through a gateway.
    #[must_use]
    pub fn passes(&self, method: &str, path: RequestPath<'_>) -> Option<&Endpoint> {
        let mut listed = self.pass_through.iter();
        listed.find(|it| it.names(method, path))
    }

    /// As the audit log names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        actor_of(&self.id)
    }

    /// Whether it holds the role over the thing.
    #[must_use]
    pub fn may(&self, role: Role, over: Over<'_>) -> bool {
        self.grants
            .iter()
            .any(|grant| grant.role == role && reaches(&grant.reach, over))
    }

    /// Whether it may read the thing's definition.
    #[must_use]
    pub fn sees(&self, over: Over<'_>) -> bool {
        self.working().any(|grant| reaches(&grant.reach, over))
    }

    /// Whether it holds the role over anything.
    #[must_use]
    pub fn holds(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// Whether all that it may is to look.
    #[must_use]
    pub fn only_looks(&self) -> bool {
        self.working().next().is_none() && self.holds(Role::View)
    }

    /// Whether it may see how all of the service stands: whose calls wait, were refused and have failed.
    #[must_use]
    pub fn may_watch(&self) -> bool {
        let roles = [Role::View, Role::Administer];
        roles.iter().any(|role| self.may(*role, Over::Everything))
    }

    /// Whether it may see how all of the service stands.
    ///
    /// # Errors
    /// It may not.
    pub fn needs_watch(&self) -> Result<(), Forbidden> {
        match self.may_watch() {
            true => Ok(()),
            false => Err(Forbidden {
                needed: "view or administer, over everything",
            }),
        }
    }

    /// Whether it may see figures that name no other caller: it has any role, be it that of who only looks.
    ///
    /// # Errors
    /// It holds no role.
    pub fn needs_role(&self) -> Result<(), Forbidden> {
        match self.grants.is_empty() {
            true => Err(Forbidden { needed: "any role" }),
            false => Ok(()),
        }
    }

    /// What it has roles for to do: all that it may but look.
    fn working(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|it| it.role != Role::View)
    }

    /// Whether it may read what belongs to no integration, such as data tables.
    ///
    /// # Errors
    /// It holds no role but that of who only looks.
    pub fn needs_any(&self) -> Result<(), Forbidden> {
        match self.working().next() {
            Some(_) => Ok(()),
            None => Err(Forbidden {
                needed: "any role but view",
            }),
        }
    }

    /// Whether it holds the role over the thing.
    ///
    /// # Errors
    /// It doesn't.
    pub fn needs(&self, role: Role, over: Over<'_>) -> Result<(), Forbidden> {
        if self.may(role, over) {
            return Ok(());
        }
        Err(Forbidden {
            needed: role.word(),
        })
    }

    /// Whether it may read the thing's definition.
    ///
    /// # Errors
    /// It holds no role over it.
    pub fn needs_sight(&self, over: Over<'_>) -> Result<(), Forbidden> {
        if self.sees(over) {
            Ok(())
        } else {
            Err(Forbidden {
                needed: "any role over it",
            })
        }
    }
}

fn reaches(reach: &Reach, over: Over<'_>) -> bool {
    match (reach, over) {
        (Reach::Everything, _) => true,
        (
            Reach::Integrations(ids),
            Over::Integration(id)
            | Over::Action {
                integration: id, ..
            },
        ) => ids.contains(id),
        (Reach::Actions(ids), Over::Action { id, .. }) => ids.contains(id),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes() -> OwnLanes {
        let mut flows = tollgate_model::Table::default();
        let default = flows.add(tollgate_engine::Flow {
            name: "default".to_owned(),
            ..tollgate_engine::Flow::default()
        });
        tollgate_definitions::Lanes::new(&flows, default).own([], None)
    }

    fn principal(role: Role, reach: Reach) -> Principal {
        Principal::new("one", [Grant { role, reach }].into(), None, lanes())
    }

    #[test]
    fn no_role_includes_another_and_none_reaches_beyond_its_place() {
        let action = Over::Action {
            id: "a",
            integration: "i",
        };
        let all = [action, Over::Integration("i"), Over::Everything];
        for (reach, reached) in [
            (Reach::Everything, [true, true, true]),
            (
                Reach::Integrations(["i".to_owned()].into()),
                [true, true, false],
            ),
            (Reach::Integrations(["j".to_owned()].into()), [false; 3]),
            (
                Reach::Actions(["a".to_owned()].into()),
                [true, false, false],
            ),
            (Reach::Actions(["b".to_owned()].into()), [false; 3]),
        ] {
            let caller = principal(Role::Author, reach);
            assert_eq!(all.map(|over| caller.may(Role::Author, over)), reached);
            assert_eq!(all.map(|over| caller.sees(over)), reached);
            for other in [Role::Execute, Role::Administer] {
                assert!(all.iter().all(|over| !caller.may(other, *over)));
            }
        }
    }

    #[test]
    fn who_only_looks_sees_no_definition() {
        let viewer = principal(Role::View, Reach::Everything);
        assert!(viewer.may_watch() && viewer.needs_role().is_ok());
        assert!(!viewer.sees(Over::Everything) && viewer.needs_any().is_err());
        let elsewhere = principal(Role::View, Reach::Integrations(["i".to_owned()].into()));
        assert!(!elsewhere.may_watch() && !elsewhere.sees(Over::Integration("i")));
        assert!(!principal(Role::Execute, Reach::Everything).may_watch());
        assert!(principal(Role::Administer, Reach::Everything).may_watch());
    }

    #[test]
    fn an_id_of_the_file_becomes_an_actor() {
        let caller = Principal::new("flows of Ä", BTreeSet::new(), None, lanes());
        assert_eq!(caller.actor().as_str(), "client:flows_of__");
    }
}
