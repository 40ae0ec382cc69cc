//! `[[client]]` and `[[integration]]`, and the engine's tables that come of them.

mod kinds;
mod login;
mod routes;
mod url;

use super::limits::{self, SharedLimit};
use super::{Reading, access, gateways, resolve, secrets, unique_name};
use crate::{Integration, SharedLimits};
use std::collections::BTreeMap;
use tollgate_action::{Callee, TypeFacts};
use tollgate_engine::{Client, LimitSpec, Pool, Route};
use tollgate_model::{LimitId, PoolId, Scope};
use tollgate_secret::Secret;
use tollgate_settings::Section;
use tollgate_upstream::ClientCredentials;
use url::url;

/// Tokens of one client at once, unless somebody says another number.
///
/// *Ours*: 1,200 calls a minute at the vendor's usual rate, four times what one token carries. The vendor spreads its
/// own data actions over tokens, and warns against many of them for one application: a pool that reaches the
/// organisation's ceiling is for its operator to ask for.
pub const DEFAULT_TOKENS: u32 = 4;
/// Tokens of one client at once, at the most.
const MOST_TOKENS: u64 = 1000;

/// What has been read of the engine's side.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) engine: tollgate_engine::Config,
    pub(super) clients: Vec<ClientCredentials>,
    pub(super) integrations: Vec<Integration>,
    pub(super) shared: SharedLimits,
    /// By the limits' ids; see [`crate::Config::limit_owners`].
    pub(super) limit_owners: Vec<String>,
}

impl Tables {
    /// Adds limits that belong to this, a table of the file or what one gives a route of its own.
    pub(super) fn add_limits(&mut self, owner: &str, limits: Vec<LimitSpec>) -> Vec<LimitId> {
        let add = |limit| {
            self.limit_owners.push(owner.to_owned());
            self.engine.limits.add(limit)
        };
        limits.into_iter().map(add).collect()
    }
}

/// `stored`: integrations may come from the store, so the file needs none.
pub(super) fn read(
    root: &Section<'_, '_>,
    source: &Reading<'_>,
    shared: Vec<SharedLimit>,
    stored: bool,
) -> Tables {
    let mut tables = Tables::default();
    let add = |SharedLimit { limit, counts }| {
        tables.limit_owners.push(String::new());
        (tables.engine.limits.add(limit), counts)
    };
    let shared: Vec<_> = shared.into_iter().map(add).collect();
    let client_names = read_clients(root, source, &mut tables);
    let (names, own) = read_integrations(root, source, &client_names, &mut tables, stored);
    for (limit, counts) in &shared {
        routes::pass(root, &mut tables, *limit, counts, &names);
    }
    routes::route_actions(&mut tables, own.actions);
    routes::route_endpoints(&mut tables, own.endpoints);
    tables
}

fn read_clients(root: &Section<'_, '_>, source: &Reading<'_>, tables: &mut Tables) -> Vec<String> {
    let mut names = Vec::new();
    for section in root.sections("client") {
        let name = unique_name(&section, "name", &mut names);
        let own = limits::read_own(&section, "limit", &[Scope::Client]);
        let limits = tables.add_limits(&format!("client {name}"), own);
        let mut token_limits = vec![limits::read_token_rate(&section)];
        token_limits.extend(limits::read_tokens(&section));
        let max_tokens = section.whole("max_tokens", 1..=MOST_TOKENS);
        let max_tokens = max_tokens
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(DEFAULT_TOKENS);
        tables.engine.clients.add(Client {
            name,
            limits,
            token_limits,
            max_tokens,
            shared_as: None,
        });

        let client_id = section.needed("client_id", "\"…\"");
        let token_url = url(&section, "token_url", "\"https://login…/oauth/token\"");
        let client_secret = secrets::read(&section, source, secrets::CLIENT_SECRET);
        if let (Some(id), Some(token_url), Some(client_secret)) =
            (client_id, token_url, client_secret)
        {
            tables.clients.push(ClientCredentials {
                token_url,
                client_id: id.value,
                client_secret,
            });
        }
        section.finish();
    }
    names
}

fn read_integrations(
    root: &Section<'_, '_>,
    source: &Reading<'_>,
    client_names: &[String],
    tables: &mut Tables,
    stored: bool,
) -> (Vec<String>, routes::OwnRoutes) {
    let mut names = Vec::new();
    let passed_through = gateways::integrations(root);
    let mut own_routes = routes::OwnRoutes::default();
    for (index, section) in root.sections("integration").into_iter().enumerate() {
        let name = unique_name(&section, "name", &mut names);
        let kind = kinds::read(&section);
        let base_url = kinds::base_url(&section, kind);
        let access = access::read_access(&section, source);
        let login = login::read(&section, source, (kind, &access));
        if let (Some(url), Some(Callee::BelowBaseUrl)) = (&base_url, kind.map(|it| it.calls)) {
            access::check_written(&section, "base_url", url, &access);
        }
        let pool = pool(&section, &name, kind, client_names, tables);
        let own = limits::read_own(&section, "limit", &[Scope::Integration, Scope::Host]);
        own_routes
            .actions
            .extend(routes::read_action_routes(&section, index));
        own_routes
            .endpoints
            .extend(routes::read_endpoints(&section, index));
        let limits = tables.add_limits(&format!("integration {name}"), own);
        let route = tables.engine.routes.add(Route {
            name: name.clone(),
            limits,
            pool,
            ..Route::default()
        });
        let credentials = credentials(&section, source);
        let folder = folder(&section, passed_through.contains(&name));
        let folder = folder.map(|folder| source.folder.join(folder));
        tables.integrations.push(Integration {
            name,
            // Without one the findings say so, and nothing of this is used.
            kind: kind.unwrap_or(&TypeFacts::all()[0]),
            base_url,
            login,
            credentials,
            folder,
            access,
            routes: route.into(),
        });
        section.finish();
    }
    if !root.has("integration") && !stored {
        root.missing(
            "integration",
            "a table: without [[integration]] there is nothing to call",
        );
    }
    (names, own_routes)
}

/// The token pool of a platform integration.
fn pool(
    section: &Section<'_, '_>,
    name: &str,
    kind: Option<&TypeFacts>,
    client_names: &[String],
    tables: &mut Tables,
) -> Option<PoolId> {
    let listed = section.texts("clients").unwrap_or_default();
    // A type that isn't known says nothing of what belongs to it.
    let kind = kind?;
    if kind.calls != Callee::PlatformPath {
        if let Some(first) = listed.first() {
            let message =
                "only a platform integration's calls take tokens of clients; remove clients";
            section.reject(first, message.to_owned());
        }
        return None;
    }
    if listed.is_empty() {
        section.missing("clients", "[\"NAME of a [[client]]\"]");
        return None;
    }
    let clients = listed
        .iter()
        .filter_map(|client| resolve(section, client, "client", client_names));
    let ids: Vec<_> = tables.engine.clients.ids().collect();
    let clients = clients.filter_map(|index| ids.get(index as usize).copied());
    let pool = Pool {
        name: name.to_owned(),
        clients: clients.collect(),
    };
    Some(tables.engine.pools.add(pool))
}

fn credentials(section: &Section<'_, '_>, source: &Reading<'_>) -> BTreeMap<String, Secret> {
    let mut credentials = BTreeMap::new();
    let Some(table) = section.section("credentials") else {
        return credentials;
    };
    for (name, entry) in table.named_sections() {
        if let Some(secret) = secrets::credential(&entry, source) {
            credentials.insert(name, secret);
        }
        entry.finish();
    }
    table.finish();
    credentials
}

/// `actions = { folder = "…" }`. An integration that a gateway passes requests to may have none.
fn folder(section: &Section<'_, '_>, is_passed_through: bool) -> Option<String> {
    let Some(actions) = section.section("actions") else {
        if !section.has("actions") && !is_passed_through {
            section.missing("actions", "{ folder = \"actions\" }");
        }
        return None;
    };
    let folder = actions.needed("folder", "\"actions\"");
    actions.finish();
    folder.map(|folder| folder.value)
}
