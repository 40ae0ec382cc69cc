//! From text to [`Config`]: the order in which tables are read, and what refers to what.

mod access;
mod cache;
mod flows;
mod integrations;
mod limits;
mod pem;
mod policy;
mod secrets;
mod server;
mod store;

use crate::{Config, ConfigError, Problem};
use std::path::Path;
use tollgate_settings::{Section, resolve, unique_name};

/// Where a text comes from, and where its secrets do.
pub struct Source<'a> {
    /// How errors call the file.
    pub file: &'a str,
    /// What relative paths in it start from: the folder it lies in.
    pub folder: &'a Path,
    /// Looks up an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

impl Config {
    /// Reads a file, with secrets from the process's environment.
    ///
    /// # Errors
    /// The file can't be read, or something in it is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            file: file.clone(),
            source,
        })?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let env = |name: &str| std::env::var(name).ok();
        Self::parse(
            &text,
            &Source {
                file: &file,
                folder,
                env: &env,
            },
        )
    }

    /// Reads a text.
    ///
    /// # Errors
    /// Something in it is wrong; all that was found is listed.
    pub fn parse(text: &str, source: &Source<'_>) -> Result<Self, ConfigError> {
        let invalid = |problems| ConfigError::Invalid {
            file: source.file.to_owned(),
            problems,
        };
        let config = tollgate_settings::read(text, |root| read(root, source)).map_err(invalid)?;
        // What each table says may be sound and all of them together not.
        match config.engine.check() {
            Ok(()) => Ok(config),
            Err(error) => Err(invalid(vec![Problem {
                line: 1,
                column: 1,
                field: String::new(),
                message: error.to_string(),
            }])),
        }
    }
}

/// Reads all tables. What could not be read is left out or has its default: the findings say so, and
/// the result is then thrown away.
fn read(root: &Section<'_, '_>, source: &Source<'_>) -> Config {
    let (server, upstream, extra_roots_pem) = server::read(root, source);
    let store = store::read(root, source);
    let stored = root.has("store");
    let shared = limits::read_shared(root);
    let mut tables = integrations::read(root, source, shared, stored);
    let callers = server::read_callers(root, source, &tables.integrations, stored);
    let (flows, default_flow) = flows::read(root, &mut tables);
    tables.engine.flows = flows;
    tables.engine.policy = policy::read(root);
    let caches = cache::read(root, &tables.integrations, stored);
    Config {
        server,
        callers,
        clients: tables.clients,
        integrations: tables.integrations,
        default_flow,
        engine: tables.engine,
        upstream,
        extra_roots_pem,
        store,
        shared_limits: tables.shared,
        caches,
    }
}
