//! The roles that a request gives a client, and those that an answer shows.

use crate::error::ApiError;
use crate::organization::{unknown_division, unknown_role};
use crate::request::{Field, entries, only_entry};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_callers::{EVERYWHERE, is_action, own_role};
use tollgate_config::Organization;
use tollgate_definitions::Live;
use tollgate_json::Doc;
use tollgate_store::{ClientBody, EntityId, Grant, HeldRole, Integration, Reach, Role, StoreError};
use utoipa::ToSchema;

/// What a client may do: what is its own to say, and what the configuration explains.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) grants: BTreeSet<Grant>,
    pub(super) held: BTreeSet<HeldRole>,
}

/// A role, and where it holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleDivision {
    /// `execute`, `author`, `administer`, or the GUID of a role of the organisation's.
    pub(super) role_id: String,
    /// `*`, a division of the organisation's, or the id of an integration or of an action.
    pub(super) division_id: String,
}

/// Roles, and where each holds.
pub(crate) struct RoleDivisions(Vec<RoleDivision>);

impl Field for RoleDivisions {
    fn read(doc: &Doc, name: &str) -> Result<Self, ApiError> {
        let read = |entry: &Value| {
            let text = |field: &str| {
                let missing = || ApiError::bad_request(format!("{name}: {field} is missing."));
                let found = entry.get(field).and_then(Value::as_str);
                found.map(str::to_owned).ok_or_else(missing)
            };
            only_entry(name, entry, &["roleId", "divisionId"])?;
            Ok(RoleDivision {
                role_id: text("roleId")?,
                division_id: text("divisionId")?,
            })
        };
        let entries = entries(doc, name)?.iter();
        entries.map(read).collect::<Result<_, _>>().map(Self)
    }
}

/// What a request's roles are checked against.
pub(super) struct Known<'a> {
    pub(super) organization: &'a Organization,
    pub(super) live: &'a Live,
    /// The client as it was: what it has already may stay, whatever has gone meanwhile.
    pub(super) before: Option<&'a ClientBody>,
}

impl Known<'_> {
    /// The roles that a request gives: some everywhere, some in divisions.
    pub(super) async fn read(
        &self,
        everywhere: Vec<String>,
        RoleDivisions(divisions): RoleDivisions,
    ) -> Result<Roles, ApiError> {
        let (mut grants, mut held) = (BTreeSet::new(), BTreeSet::new());
        // One grant for each role and kind of place, however many places there are.
        let mut places: BTreeMap<(Role, bool), BTreeSet<String>> = BTreeMap::new();
        let everywhere = everywhere.into_iter().map(|role_id| {
            let division_id = EVERYWHERE.to_owned();
            (
                "roleIds",
                RoleDivision {
                    role_id,
                    division_id,
                },
            )
        });
        let divisions = divisions.into_iter().map(|it| ("roleDivisions", it));
        for (field, given) in everywhere.chain(divisions) {
            self.check(field, &given).await?;
            let RoleDivision {
                role_id,
                division_id,
            } = given;
            match own_role(&role_id) {
                Some(role) if division_id == EVERYWHERE => {
                    grants.insert(Grant {
                        role,
                        reach: Reach::Everything,
                    });
                }
                Some(role) if self.organization.division(&division_id).is_none() => {
                    let kind = (role, is_action(&division_id));
                    places.entry(kind).or_default().insert(division_id);
                }
                _ => {
                    held.insert(HeldRole {
                        role_id,
                        division_id,
                    });
                }
            }
        }
        grants.extend(places.into_iter().map(|((role, action), ids)| Grant {
            role,
            reach: if action {
                Reach::Actions(ids)
            } else {
                Reach::Integrations(ids)
            },
        }));
        Ok(Roles { grants, held })
    }

    /// Refuses a role or a place that isn't known here, so that nobody takes it for one that holds.
    async fn check(&self, field: &str, given: &RoleDivision) -> Result<(), ApiError> {
        let RoleDivision {
            role_id,
            division_id,
        } = given;
        let had = || self.before.into_iter().flat_map(|it| &it.roles);
        let is_role = own_role(role_id).is_some()
            || self.organization.role(role_id).is_some()
            || had().any(|it| it.role_id == *role_id);
        if !is_role {
            return Err(ApiError::bad_request(unknown_role(field, role_id)));
        }
        let is_place = division_id == EVERYWHERE
            || is_action(division_id)
            || self.organization.division(division_id).is_some()
            || self.live.catalog().integration(division_id).is_some()
            || had().any(|it| it.division_id == *division_id)
            || self.had_integration(division_id)
            || self.is_stored(division_id).await?;
        if is_place {
            return Ok(());
        }
        let message = unknown_division(field, division_id);
        Err(ApiError::bad_request(format!(
            "{message} Nor is there an integration of this id."
        )))
    }

    fn had_integration(&self, id: &str) -> bool {
        let grants = self.before.into_iter().flat_map(|it| &it.grants);
        grants.into_iter().any(|grant| match &grant.reach {
            Reach::Integrations(ids) => ids.contains(id),
            Reach::Everything | Reach::Actions(_) => false,
        })
    }

    /// Whether the store has such an integration, which this node may not have heard of yet.
    async fn is_stored(&self, id: &str) -> Result<bool, ApiError> {
        let Ok(id) = EntityId::parse(id) else {
            return Ok(false);
        };
        match self.live.store()?.get::<Integration>(&id).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// All roles of a client with their places, as they were written.
pub(crate) fn role_divisions(body: &ClientBody) -> Vec<RoleDivision> {
    let own = body.grants.iter().flat_map(|grant| {
        let places: Vec<_> = match &grant.reach {
            Reach::Everything => vec![EVERYWHERE.to_owned()],
            Reach::Integrations(ids) | Reach::Actions(ids) => ids.iter().cloned().collect(),
        };
        let role = grant.role.word();
        places.into_iter().map(move |division_id| RoleDivision {
            role_id: role.to_owned(),
            division_id,
        })
    });
    let held = body.roles.iter().map(|it| RoleDivision {
        role_id: it.role_id.clone(),
        division_id: it.division_id.clone(),
    });
    own.chain(held).collect()
}

/// The roles among them that were written as holding everywhere.
pub(super) fn role_ids(divisions: &[RoleDivision]) -> Vec<String> {
    let everywhere = divisions.iter().filter(|it| it.division_id == EVERYWHERE);
    everywhere.map(|it| it.role_id.clone()).collect()
}
