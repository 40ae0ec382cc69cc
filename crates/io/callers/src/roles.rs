//! What the roles of a stored client grant, as the configuration reads them.
//!
//! A role that is written as `execute`, `author` or `administer` over everything, an integration or an action means
//! that, and is kept as a grant. A role of the organisation's, or one in a division, is kept as it was written, and
//! read here anew whenever the client's token is checked: so what it grants is what the configuration says now.
//!
//! *The home division and `*` are everywhere. Another division is nowhere*: divisions separate nothing here, so there
//! is nothing in one of them that a role there could be kept to, and to let it hold everywhere would give rights that
//! nobody has given.

use std::collections::BTreeSet;
use tollgate_config::Organization;
use tollgate_store::{ClientBody, Grant, HeldRole, Reach, Role};

/// The id of everywhere among divisions.
pub const EVERYWHERE: &str = "*";

/// A role of the configuration as the store has it.
#[must_use]
pub fn granted(role: tollgate_config::Role) -> Role {
    match role {
        tollgate_config::Role::View => Role::View,
        tollgate_config::Role::Execute => Role::Execute,
        tollgate_config::Role::Author => Role::Author,
        tollgate_config::Role::Administer => Role::Administer,
    }
}

/// The role of this service's own that a word names.
#[must_use]
pub fn own_role(word: &str) -> Option<Role> {
    tollgate_config::Role::from_name(word).map(granted)
}

/// What a client may do.
pub(crate) fn grants_of(body: &ClientBody, organization: &Organization) -> BTreeSet<Grant> {
    let held = body.roles.iter();
    let held = held.flat_map(|held| meaning(held, organization).unwrap_or_default());
    body.grants.iter().cloned().chain(held).collect()
}

/// Whether a client may administer everything.
#[must_use]
pub fn administers(body: &ClientBody, organization: &Organization) -> bool {
    let everything = |it: &Grant| it.role == Role::Administer && it.reach == Reach::Everything;
    grants_of(body, organization).iter().any(everything)
}

/// Why a role that a client has grants nothing; none where it grants something.
#[must_use]
pub fn why_nothing(held: &HeldRole, organization: &Organization) -> Option<String> {
    meaning(held, organization).err()
}

/// What a role grants, or why it grants nothing.
fn meaning(held: &HeldRole, organization: &Organization) -> Result<Vec<Grant>, String> {
    let HeldRole {
        role_id,
        division_id,
    } = held;
    let roles: Vec<_> = match (own_role(role_id), organization.role(role_id)) {
        (Some(own), _) => vec![own],
        (None, Some(role)) => role.grants.iter().copied().map(granted).collect(),
        (None, None) => {
            return Err(format!(
                "The role {role_id} grants nothing: the configuration file has no [[organization.role]] of this id."
            ));
        }
    };
    if roles.is_empty() {
        return Err(format!(
            "The role {role_id} grants nothing: its [[organization.role]] in the configuration file has grants = []."
        ));
    }
    let reach = reach(division_id, organization).ok_or_else(|| {
        format!(
            "The role {role_id} grants nothing in the division {division_id}: divisions separate nothing here, so \
             roles hold in the home division, which is everywhere, and in no other."
        )
    })?;
    let grant = |role| Grant {
        role,
        reach: reach.clone(),
    };
    Ok(roles.into_iter().map(grant).collect())
}

/// Where a role in this division holds; none: nowhere.
fn reach(division: &str, organization: &Organization) -> Option<Reach> {
    let only = || [division.to_owned()].into();
    match organization.division(division) {
        Some(found) => (found == organization.home()).then_some(Reach::Everything),
        None if division == EVERYWHERE => Some(Reach::Everything),
        None if is_action(division) => Some(Reach::Actions(only())),
        None => Some(Reach::Integrations(only())),
    }
}

/// Whether an id is an action's: those of integrations and divisions don't look so.
#[must_use]
pub fn is_action(id: &str) -> bool {
    id.contains("_-_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(role: &str, division: &str) -> HeldRole {
        HeldRole {
            role_id: role.to_owned(),
            division_id: division.to_owned(),
        }
    }

    #[test]
    fn a_role_holds_in_the_home_division_and_nowhere_by_mistake() {
        let organization = Organization::default();
        let home = organization.home().id.to_string();
        let everywhere = Some(Reach::Everything);
        for (role, division, expected) in [
            ("execute", home.as_str(), everywhere.clone()),
            ("execute", &home.to_uppercase(), everywhere.clone()),
            ("execute", "*", everywhere),
            (
                "execute",
                "a_-_1",
                Some(Reach::Actions(["a_-_1".to_owned()].into())),
            ),
            (
                "execute",
                "i",
                Some(Reach::Integrations(["i".to_owned()].into())),
            ),
            ("Execute", "*", None),
            ("0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f", "*", None),
        ] {
            let held = held(role, division);
            let found = meaning(&held, &organization).ok();
            let found =
                found.map(|grants| grants.into_iter().map(|it| it.reach).collect::<Vec<_>>());
            assert_eq!(
                found,
                expected.map(|reach| vec![reach]),
                "{role} {division}"
            );
            let body = ClientBody {
                roles: [held].into(),
                ..ClientBody::default()
            };
            assert!(!administers(&body, &organization));
        }
        let chief = ClientBody {
            roles: [held("administer", &home)].into(),
            ..ClientBody::default()
        };
        assert!(administers(&chief, &organization));
    }
}
