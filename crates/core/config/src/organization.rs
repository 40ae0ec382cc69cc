//! The organisation that the service speaks for: who it is, its divisions, and what its roles mean here.
//!
//! Programs of the platform name divisions and roles by GUIDs that the platform has given. So the file says which
//! there are; what it doesn't name, there isn't. **Divisions separate nothing here**: they are kept with what is in
//! them and shown, so that who wrote one reads it again. **A role of the organisation grants what its `grants` say**,
//! everywhere or over one integration, and nothing unless the file says so: the rights that a role has at the
//! platform aren't known here.

use crate::Role;
use std::collections::BTreeSet;
use std::fmt;

/// The id of an organisation whose file gives none (*ours*).
const ORGANIZATION: &str = "70116a7e-0000-4000-8000-000000000001";
/// The id of the home division where the file has no division (*ours*).
const HOME: &str = "70116a7e-0000-4000-8000-000000000002";

/// An id as the platform gives them, in lower case: `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Guid(String);

impl Guid {
    /// Reads an id; none for a text that isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<_> = text.split('-').map(str::len).collect();
        let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        let is_guid = groups == [8, 4, 4, 4, 12] && text.bytes().all(is_digit);
        is_guid.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The organisation that the service speaks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organization {
    /// Its id at the platform, or one of ours.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// The country that programs take where none is named: two capital letters (ISO 3166-1).
    pub default_country_code: String,
    home: Division,
    others: Vec<Division>,
    /// Its roles, in the order of the file.
    pub roles: Vec<OrganizationRole>,
}

/// A division of the organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Division {
    /// Its id at the platform, or one of ours.
    pub id: Guid,
    /// Its name.
    pub name: String,
}

/// A role of the organisation, and what it grants here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganizationRole {
    /// Its id at the platform.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// What whoever has it may do here; nothing where this is empty.
    pub grants: BTreeSet<Role>,
}

impl Organization {
    /// An organisation with this home division and these others.
    pub(crate) fn new(home: Division, others: Vec<Division>) -> Self {
        Self {
            id: Guid(ORGANIZATION.to_owned()),
            name: "tollgate".to_owned(),
            default_country_code: "US".to_owned(),
            home,
            others,
            roles: Vec::new(),
        }
    }

    /// The division of what is made without one.
    #[must_use]
    pub fn home(&self) -> &Division {
        &self.home
    }

    /// Its divisions, the home division first.
    pub fn divisions(&self) -> impl Iterator<Item = &Division> {
        [&self.home].into_iter().chain(&self.others)
    }

    /// The division of this id, whatever its case.
    #[must_use]
    pub fn division(&self, id: &str) -> Option<&Division> {
        self.divisions().find(|it| it.id.0.eq_ignore_ascii_case(id))
    }

    /// The role of this id, whatever its case.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&OrganizationRole> {
        self.roles
            .iter()
            .find(|it| it.id.0.eq_ignore_ascii_case(id))
    }
}

impl Default for Organization {
    fn default() -> Self {
        let home = Division {
            id: Guid(HOME.to_owned()),
            name: "Home".to_owned(),
        };
        Self::new(home, Vec::new())
    }
}
