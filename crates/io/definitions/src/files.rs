//! Integrations and actions of the configuration file.
//!
//! Integrations may share a folder: each takes the files of its own type. A file that none takes is a
//! problem, so nothing is left out silently.

use crate::action::{IDS, auth_id, file_integration_id};
use crate::credential::{basic_of, redactor_of};
use crate::guard;
use crate::{Catalog, CatalogAction, CatalogIntegration, Fault, Login, Wiring};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_action::{Action, Callee, Credentials, IntegrationType};
use tollgate_config::{Config, Integration, Login as LoginConfig};
use tollgate_driver::{Redactor, Secret};
use tollgate_guard::Guard;
use uuid::Uuid;

/// Action files of one integration, at the most.
const MAX_FILES: usize = 10_000;
/// Longest action file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// What the integrations' folders hold.
pub(crate) struct FilesRead {
    pub(crate) catalog: Catalog,
    /// Integrations whose files couldn't all be read.
    pub(crate) incomplete: BTreeSet<String>,
}

/// Reads every `*.json` of the integrations' folders. Adds each folder that can't be read and each file that is
/// no action of its integration's type to `faults`; nothing is left out silently.
pub(crate) fn load(config: &Config, faults: &mut Vec<Fault>) -> FilesRead {
    let mut catalog = Catalog::default();
    let mut incomplete = BTreeSet::new();
    // By file: its type, and whether an integration of that type took it.
    let mut taken: BTreeMap<PathBuf, (IntegrationType, bool)> = BTreeMap::new();
    for (index, integration) in config.integrations.iter().enumerate() {
        let mut folder = Folder::default();
        let files = integration.folder.as_ref().map(|folder| {
            files(folder).unwrap_or_else(|why| {
                let field = format!("integration[{}].actions.folder", index + 1);
                let message = format!("{}: {why}", folder.display());
                faults.push(Fault::of(config, &field, message));
                incomplete.insert(integration.name.clone());
                Vec::new()
            })
        });
        for path in files.into_iter().flatten() {
            match folder.add(integration, &path) {
                Ok((of_type, took)) => {
                    taken.entry(path).or_insert((of_type, false)).1 |= took;
                }
                Err(why) => {
                    let fault = Fault::in_file(path.display(), why);
                    // Integrations that share a folder have its faults in common.
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                    incomplete.insert(integration.name.clone());
                }
            }
        }
        let login = auth_id(&file_integration_id(&integration.name));
        let login = folder.actions.get(&login);
        match target(config, integration, login) {
            Ok(target) => catalog.add_integration(Arc::new(target)),
            Err(why) => {
                let field = format!("integration[{}]", index + 1);
                faults.push(Fault::of(config, &field, why));
                incomplete.insert(integration.name.clone());
            }
        }
        for (entry, _) in folder.actions.into_values() {
            catalog.add_action(entry);
        }
    }
    for (path, (of_type, _)) in taken.into_iter().filter(|(_, (_, took))| !took) {
        let message = of_type.advised(&format!(
            "integrationType: no integration with this folder is of the type {:?}",
            of_type.as_str()
        ));
        faults.push(Fault::in_file(path.display(), message));
    }
    FilesRead {
        catalog,
        incomplete,
    }
}

/// Strikes the integration's credentials, and those of the clients whose tokens its calls take.
fn redactor(config: &Config, integration: &Integration) -> Redactor {
    let pool = config
        .engine
        .routes
        .get(integration.routes.route.index())
        .and_then(|it| it.pool);
    let pool = pool.and_then(|pool| config.engine.pools.get(pool.index()));
    let clients = pool.into_iter().flat_map(|pool| &pool.clients);
    let clients = clients.filter_map(|client| config.clients.get(client.index()));
    let clients: Vec<_> = clients
        .map(|it| (&it.client_secret, Secret::new(it.client_id.clone())))
        .collect();
    let of_clients = Redactor::new(
        clients.iter().map(|(secret, _)| *secret),
        clients.iter().map(|(_, id)| id),
    );
    redactor_of(&integration.credentials).and(&of_clients)
}

fn target(
    config: &Config,
    integration: &Integration,
    auth: Option<&(Arc<CatalogAction>, PathBuf)>,
) -> Result<CatalogIntegration, String> {
    let (id, name) = (file_integration_id(&integration.name), &integration.name);
    let secrets = integration.credentials.iter();
    let fields = secrets.map(|(name, secret)| (name.clone(), secret.expose().to_owned()));
    let credentials = Credentials::from_fields(fields);
    let identified = identification(integration, auth, &credentials)?;
    Ok(CatalogIntegration {
        id,
        name: name.clone(),
        kind: IntegrationType::Known(integration.kind),
        stored: None,
        credentials: [].into(),
        wiring: Ok(Wiring {
            routes: integration.routes.clone(),
            base_url: integration.base_url.clone(),
            credentials,
            basic: identified.basic,
            redactor: redactor(config, integration).and(&identified.redactor),
            access: integration.access.clone(),
            guard: guard(integration)?,
            login: identified.login.map(Arc::new),
        }),
    })
}

/// How an integration's calls show who they come from.
#[derive(Default)]
struct Identification {
    login: Option<Login>,
    basic: Option<Secret>,
    /// Strikes what the calls say of it.
    redactor: Redactor,
}

/// By a login of its own, by user name and password, or not at all.
fn identification(
    integration: &Integration,
    auth: Option<&(Arc<CatalogAction>, PathBuf)>,
    credentials: &Credentials,
) -> Result<Identification, String> {
    let login = integration.login.as_ref();
    if let (Some((_, file)), Some(_)) = (auth, login) {
        return Err(format!(
            "login: {} is its login already, an action of the type customAuth; remove one of the two",
            file.display()
        ));
    }
    let found = match login {
        Some(LoginConfig::Basic {
            user_name,
            password,
        }) => {
            let fields = [
                ("userName".to_owned(), Secret::new(user_name.clone())),
                ("password".to_owned(), password.clone()),
            ]
            .into();
            Identification {
                basic: Some(basic_of(&fields)),
                redactor: redactor_of(&fields),
                login: None,
            }
        }
        Some(LoginConfig::ClientCredentials {
            client,
            scope,
            in_body,
        }) => {
            let id = file_integration_id(&integration.name);
            let of = (id.as_str(), integration.name.as_str(), integration.kind);
            let login = Login::client_credentials(of, client, scope.as_deref(), *in_body)?;
            let known = Secret::new(client.client_id.clone());
            Identification {
                login: Some(login),
                redactor: Redactor::new([&client.client_secret], [&known]),
                basic: None,
            }
        }
        None => Identification {
            login: auth.map(|(entry, _)| Login::new(Arc::clone(entry), credentials.clone())),
            ..Identification::default()
        },
    };
    Ok(found)
}

/// What checks the integration's calls. A platform integration's go to the address in the file, whatever
/// the inputs are.
fn guard(integration: &Integration) -> Result<Option<Guard>, String> {
    if integration.kind.calls == Callee::PlatformPath {
        return Ok(None);
    }
    let mut written: Vec<_> = integration.base_url.iter().collect();
    if let Some(LoginConfig::ClientCredentials { client, .. }) = &integration.login {
        written.push(&client.token_url);
    }
    guard::guard(&integration.access, &written).map(Some)
}

/// The actions of one folder, each with its file.
#[derive(Default)]
struct Folder {
    actions: BTreeMap<String, (Arc<CatalogAction>, PathBuf)>,
}

impl Folder {
    /// Adds the file's action if it is of the integration's type; gives its type, and whether it is.
    fn add(
        &mut self,
        integration: &Integration,
        file: &Path,
    ) -> Result<(IntegrationType, bool), String> {
        let meta = std::fs::metadata(file).map_err(|error| error.to_string())?;
        if !meta.is_file() {
            return Err("is no regular file".to_owned());
        }
        if meta.len() > MAX_FILE_BYTES {
            return Err(format!("is longer than {MAX_FILE_BYTES} bytes"));
        }
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let action = Action::from_json(&text).map_err(|error| error.to_string())?;
        let of_type = action.integration_type().clone();
        if of_type.as_str() != integration.kind.id {
            return Ok((of_type, false));
        }
        let integration_id = file_integration_id(&integration.name);
        let auth = action
            .definition()
            .get("actionType")
            .and_then(|it| it.as_str())
            == Some("customAuth");
        let id = if auth {
            auth_id(&integration_id)
        } else {
            let name = format!("{}/{}", integration.name, action.name());
            format!("custom_-_{}", Uuid::new_v5(&IDS, name.as_bytes()))
        };
        if let Some((_, other)) = self.actions.get(&id) {
            let name = if auth { "customAuth" } else { action.name() };
            return Err(format!(
                "name: {} has an action {name:?} already, from {}; rename one of them",
                integration.name,
                other.display()
            ));
        }
        let entry = CatalogAction {
            id: id.clone(),
            name: action.name().to_owned(),
            category: integration.name.clone(),
            secure: action.secure(),
            version: 1,
            integration: integration_id,
            stored: false,
            action: Ok(action),
        };
        self.actions.insert(id, (Arc::new(entry), file.to_owned()));
        Ok((of_type, true))
    }
}

/// The folder's action files, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("expected a folder of action files: {error}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(format!("holds more than {MAX_FILES} action files"));
        }
    }
    files.sort();
    Ok(files)
}
