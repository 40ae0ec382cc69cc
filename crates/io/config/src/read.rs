//! From text to [`Config`]: the order in which tables are read, and what refers to what.

mod access;
mod flows;
mod integrations;
mod limits;
mod policy;
mod secrets;
mod server;
mod store;

use crate::reader::{Findings, Placed, Section};
use crate::{Config, ConfigError};
use std::path::Path;
use toml::de::DeTable;

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
        let findings = Findings::new(text);
        let (document, broken) = DeTable::parse_recoverable(text);
        if !broken.is_empty() {
            for error in broken {
                let at = error.span().map_or(0, |span| span.start);
                findings.add(at, String::new(), error.message().to_owned());
            }
            return Err(invalid(source, findings));
        }

        let root = Section::new(&findings, document.get_ref(), String::new(), 0);
        let config = read(&root, source);
        root.finish();
        let problems = findings.into_problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError::Invalid {
                file: source.file.to_owned(),
                problems,
            })
        }
    }
}

fn invalid(source: &Source<'_>, findings: Findings<'_>) -> ConfigError {
    ConfigError::Invalid {
        file: source.file.to_owned(),
        problems: findings.into_problems(),
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
    let (flows, default_flow) = flows::read(root, &tables.engine.limits);
    tables.engine.flows = flows;
    tables.engine.policy = policy::read(root);
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
    }
}

/// The table's `name`: text that no earlier table of its kind has.
fn unique_name(section: &Section<'_, '_>, key: &'static str, taken: &mut Vec<String>) -> String {
    let Some(name) = section.text(key) else {
        if !section.has(key) {
            section.missing(key, "\"…\"");
        }
        return String::new();
    };
    if taken.contains(&name.value) {
        section.reject(
            &name,
            format!(
                "expected a name of its own, found {:?} a second time",
                name.value
            ),
        );
    }
    taken.push(name.value.clone());
    name.value
}

/// The place of `wanted` among `names`, or a problem that lists them.
fn resolve(
    section: &Section<'_, '_>,
    wanted: &Placed<String>,
    what: &str,
    names: &[String],
) -> Option<u32> {
    let found = names.iter().position(|name| *name == wanted.value);
    if found.is_none() {
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        section.reject(
            wanted,
            format!("no {what} is called {:?}; there are: {known}", wanted.value),
        );
    }
    found.and_then(|index| u32::try_from(index).ok())
}
