//! The actions there are, read from the integrations' folders.
//!
//! Integrations may share a folder: each takes the files of its own type. A file that none takes is a
//! problem, so nothing is left out silently.
//!
//! An action's id is made from its integration's and its own name, so it is the same on every start and
//! on every machine that has the files. Its category is its integration's name, as on the platform.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use tollgate_action::{Action, Credentials, IntegrationType};
use tollgate_config::{Config, Integration, IntegrationKind};
use tollgate_driver::Url;
use tollgate_model::RouteId;
use uuid::Uuid;

/// Action files of one integration, at the most.
const MAX_FILES: usize = 10_000;
/// Longest action file, in bytes.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// The name space of our ids (RFC 9562, version 5).
const IDS: Uuid = Uuid::from_u128(0x6f0c_6a5e_8f7b_4f0e_9d0a_7c1e_5b6d_3a21);

/// All actions, by id.
#[derive(Debug)]
pub struct Catalog {
    integrations: Vec<Target>,
    actions: BTreeMap<String, Entry>,
}

/// Where an integration's actions go, and with what.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) route: RouteId,
    pub(crate) base_url: Option<Url>,
    pub(crate) credentials: Credentials,
}

/// One action.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) action: Action,
    integration: usize,
    file: PathBuf,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the action files; all that was found.
#[derive(Debug)]
pub struct CatalogError(pub Vec<FileProblem>);

/// One file or folder that can't be used.
#[derive(Debug)]
pub struct FileProblem {
    /// Which.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub message: String,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, FileProblem { path, message }) in self.0.iter().enumerate() {
            let line = if index > 0 { "\n" } else { "" };
            write!(f, "{line}{}: {message}", path.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogError {}

impl Catalog {
    /// Reads every `*.json` of the integrations' folders.
    ///
    /// # Errors
    /// A folder that can't be read, or files that are no actions of their integration's type; nothing is
    /// left out silently.
    pub fn load(config: &Config) -> Result<Self, CatalogError> {
        let mut catalog = Self {
            integrations: Vec::new(),
            actions: BTreeMap::new(),
        };
        let mut problems = Vec::new();
        // By file: its type, and whether an integration of that type took it.
        let mut taken: BTreeMap<PathBuf, (IntegrationType, bool)> = BTreeMap::new();
        for (index, integration) in config.integrations.iter().enumerate() {
            let secrets = integration.credentials.iter();
            let fields = secrets.map(|(name, secret)| (name.clone(), secret.expose().to_owned()));
            catalog.integrations.push(Target {
                id: Uuid::new_v5(&IDS, integration.name.as_bytes()).to_string(),
                name: integration.name.clone(),
                route: RouteId(u32::try_from(index).unwrap_or(u32::MAX)),
                base_url: integration.base_url.clone(),
                credentials: Credentials::from_fields(fields),
            });
            match files(&integration.folder) {
                Ok(files) => {
                    for file in files {
                        match catalog.add(index, integration, &file) {
                            Ok((of_type, took)) => {
                                taken.entry(file).or_insert((of_type, false)).1 |= took;
                            }
                            Err(message) => problems.push(FileProblem {
                                path: file,
                                message,
                            }),
                        }
                    }
                }
                Err(message) => problems.push(FileProblem {
                    path: integration.folder.clone(),
                    message,
                }),
            }
        }
        for (path, (of_type, _)) in taken.into_iter().filter(|(_, (_, took))| !took) {
            let message = format!(
                "integrationType: no integration with this folder is of the type {:?}",
                of_type.as_str()
            );
            problems.push(FileProblem { path, message });
        }
        if problems.is_empty() {
            Ok(catalog)
        } else {
            Err(CatalogError(problems))
        }
    }

    /// How many actions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    pub(crate) fn action(&self, id: &str) -> Option<&Entry> {
        self.actions.get(id)
    }

    pub(crate) fn actions(&self) -> impl Iterator<Item = &Entry> {
        self.actions.values()
    }

    pub(crate) fn target(&self, entry: &Entry) -> &Target {
        &self.integrations[entry.integration]
    }

    /// Adds the file's action if it is of the integration's type; gives its type, and whether it is.
    fn add(
        &mut self,
        index: usize,
        integration: &Integration,
        file: &Path,
    ) -> Result<(IntegrationType, bool), String> {
        let length = std::fs::metadata(file)
            .map_err(|error| error.to_string())?
            .len();
        if length > MAX_FILE_BYTES {
            return Err(format!("is longer than {MAX_FILE_BYTES} bytes"));
        }
        let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
        let action = Action::from_json(&text).map_err(|error| error.to_string())?;
        let wanted = match integration.kind {
            IntegrationKind::Platform => IntegrationType::Platform,
            IntegrationKind::WebService => IntegrationType::WebService,
        };
        let of_type = action.integration_type().clone();
        if of_type != wanted {
            return Ok((of_type, false));
        }
        let name = format!("{}/{}", integration.name, action.name());
        let id = format!("custom_-_{}", Uuid::new_v5(&IDS, name.as_bytes()));
        if let Some(other) = self.actions.get(&id) {
            return Err(format!(
                "name: {} has an action {:?} already, from {}; rename one of them",
                integration.name,
                action.name(),
                other.file.display()
            ));
        }
        let entry = Entry {
            id: id.clone(),
            action,
            integration: index,
            file: file.to_owned(),
        };
        self.actions.insert(id, entry);
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
