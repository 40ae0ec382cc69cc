//! What there is to execute, as one picture that never changes.
//!
//! Integrations and actions come from two places: the configuration file with its folders ([`files`]) and
//! the store ([`stored`]). A request looks at one picture from its begin to its end; a change makes the
//! next one, in which what didn't change is shared ([`crate::live`]).
//!
//! An action of a file has an id made from its integration's and its own name, so it is the same on every
//! start and on every machine that has the files. Its category is its integration's name, as on the
//! platform. What comes from files is read-only: the files are its definition.

mod files;
mod named;
mod stored;

pub use files::{CatalogError, FileProblem};
pub(crate) use named::problems as unknown_names;
pub(crate) use stored::{Plan, Stamp, Wanted, export, want};

use crate::auth::Auth;
use crate::ends::Cause;
use crate::error::ApiError;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_action::{Action, Credentials, IntegrationType};
use tollgate_config::{Access, Config};
use tollgate_driver::{Redactor, Secret, Url};
use tollgate_guard::Guard;
use tollgate_model::RouteId;
use uuid::Uuid;

/// The name space of our ids (RFC 9562, version 5).
pub(crate) const IDS: Uuid = Uuid::from_u128(0x6f0c_6a5e_8f7b_4f0e_9d0a_7c1e_5b6d_3a21);
/// What the id of an integration's own login starts with; the integration's id follows.
const AUTH: &str = "customAuth_-_";

/// Actions that are set aside, of one integration, that are told with the reason.
const MAX_TOLD: usize = 5;

/// Fields of credentials that others may know: they are struck from errors, and not from outputs.
const PUBLIC_FIELDS: [&str; 5] = ["userName", "clientId", "loginUrl", "userEmail", "baseUrl"];

/// Strikes the values of these credential fields.
pub(crate) fn redactor_of(fields: &BTreeMap<String, Secret>) -> Redactor {
    let is_public = |name: &str| PUBLIC_FIELDS.contains(&name);
    let of = |public| {
        let fields = fields.iter();
        let fields = fields.filter(move |(name, _)| is_public(name) == public);
        fields.map(|(_, secret)| secret)
    };
    Redactor::new(of(false), of(true))
}

/// `Authorization` of the Basic credentials in these fields.
pub(crate) fn basic_of(fields: &BTreeMap<String, Secret>) -> Secret {
    use base64::Engine as _;
    let part = |name| fields.get(name).map_or("", Secret::expose);
    let pair = Secret::new(format!("{}:{}", part("userName"), part("password")));
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair.expose());
    Secret::new(format!("Basic {encoded}"))
}

/// All integrations and actions, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    integrations: BTreeMap<String, Arc<Target>>,
    actions: BTreeMap<String, Arc<Entry>>,
    /// Actions that are set aside, by integration: what their names are, and why.
    set_aside: BTreeMap<String, Vec<String>>,
}

/// An integration.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) name: String,
    /// One that is served.
    pub(crate) kind: IntegrationType,
    /// As stored; none if it is the file's.
    pub(crate) stored: Option<tollgate_store::Integration>,
    /// What its calls need, or why there can't be any.
    pub(crate) ready: Result<Ready, String>,
    /// What it was made from.
    pub(crate) stamp: Stamp,
}

/// What the calls of an integration need.
pub(crate) struct Ready {
    pub(crate) route: RouteId,
    /// Routes of actions that have limits or a cost of their own, by name.
    pub(crate) action_routes: BTreeMap<String, RouteId>,
    pub(crate) base_url: Option<Url>,
    /// What its templates may read.
    pub(crate) credentials: Credentials,
    /// `Authorization` of calls that have none of their own.
    pub(crate) basic: Option<Secret>,
    /// Strikes what no answer may show.
    pub(crate) redactor: Redactor,
    pub(crate) access: Access,
    /// Checks its calls; none where the operator wrote the address himself.
    pub(crate) guard: Option<Guard>,
    /// Its own login, where it has one.
    pub(crate) auth: Option<Auth>,
}

/// One action.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) secure: bool,
    pub(crate) version: i64,
    pub(crate) integration: String,
    /// From the store, not from a file.
    pub(crate) stored: bool,
    /// Compiled, or why it can't be.
    pub(crate) action: Result<Action, String>,
}

impl Ready {
    /// The route of an action of its.
    pub(crate) fn route_of(&self, action: &str) -> RouteId {
        self.action_routes
            .get(action)
            .copied()
            .unwrap_or(self.route)
    }

    /// All its routes.
    pub(crate) fn routes(&self) -> impl Iterator<Item = RouteId> {
        std::iter::once(self.route).chain(self.action_routes.values().copied())
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// Whether it is an integration's own login: run when needed, never called.
    pub(crate) fn is_auth(&self) -> bool {
        self.id.starts_with(AUTH)
    }

    /// The compiled action.
    pub(crate) fn action(&self) -> Result<&Action, ApiError> {
        self.action.as_ref().map_err(|why| {
            let message = format!("The action can't be used as it is stored: {why}");
            ApiError::of(Cause::NotUsable, message)
        })
    }
}

impl Target {
    /// What its calls need, or the answer why there can't be any.
    pub(crate) fn ready(&self) -> Result<&Ready, ApiError> {
        self.ready.as_ref().map_err(|why| {
            let message = format!("The integration {:?} can't be called: {why}", self.name);
            ApiError::of(Cause::NotActive, message)
        })
    }
}

/// The id of an integration's own login.
pub(crate) fn auth_id(integration: &str) -> String {
    format!("{AUTH}{integration}")
}

/// The id of an integration of the file.
pub(crate) fn file_integration_id(name: &str) -> String {
    Uuid::new_v5(&IDS, name.as_bytes()).to_string()
}

impl Catalog {
    /// Reads every `*.json` of the integrations' folders.
    ///
    /// # Errors
    /// A folder that can't be read, or files that are no actions of their integration's type; nothing is
    /// left out silently.
    pub(crate) fn load(config: &Config) -> Result<Self, CatalogError> {
        files::load(config)
    }

    /// How many actions there are.
    pub(crate) fn len(&self) -> usize {
        self.actions.len()
    }

    /// Actions of which every call fails, a line for each.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.actions.values().filter_map(|entry| {
            let why = entry.action.as_ref().ok()?.certain_failure()?;
            let (of, name) = (&entry.category, &entry.name);
            Some(format!(
                "integration {of:?}: every call of {name:?} fails: {why}"
            ))
        })
    }

    pub(crate) fn add_target(&mut self, target: Arc<Target>) {
        self.integrations.insert(target.id.clone(), target);
    }

    pub(crate) fn add_entry(&mut self, entry: Arc<Entry>) {
        if let Err(why) = &entry.action {
            let of = self.set_aside.entry(entry.integration.clone());
            of.or_default().push(format!("{:?}: {why}", entry.name));
        }
        self.actions.insert(entry.id.clone(), entry);
    }

    pub(crate) fn action(&self, id: &str) -> Option<&Arc<Entry>> {
        self.actions.get(id)
    }

    pub(crate) fn actions(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.actions.values()
    }

    pub(crate) fn integration(&self, id: &str) -> Option<&Arc<Target>> {
        self.integrations.get(id)
    }

    pub(crate) fn integrations(&self) -> impl Iterator<Item = &Arc<Target>> {
        self.integrations.values()
    }

    /// The integration's actions that can't be used, and why; the first few of them in words.
    pub(crate) fn set_aside(&self, integration: &str) -> Option<String> {
        let all = self.set_aside.get(integration)?;
        let told = all.iter().take(MAX_TOLD).cloned().collect::<Vec<_>>();
        let more = match all.len() - told.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        Some(format!(
            "{} of its actions can't be used: {}{more}",
            all.len(),
            told.join("; ")
        ))
    }

    /// The action of that id, or the answer that there is none.
    pub(crate) fn find(&self, id: &str) -> Result<&Arc<Entry>, ApiError> {
        self.action(id).ok_or_else(|| {
            ApiError::not_found(format!(
                "There is no action with the id {id:?}; list them to see their ids."
            ))
        })
    }

    /// The integration of that id, or the answer that there is none.
    pub(crate) fn find_integration(&self, id: &str) -> Result<&Arc<Target>, ApiError> {
        self.integration(id).ok_or_else(|| {
            ApiError::not_found(format!(
                "There is no integration with the id {id:?}; list them to see their ids."
            ))
        })
    }
}
