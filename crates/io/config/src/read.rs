//! From text to [`Config`]: the order in which tables are read, and what refers to what.

mod access;
mod cache;
mod flows;
mod integrations;
mod learning;
pub(crate) mod limits;
mod pem;
mod policy;
mod secrets;
mod server;
mod store;

use crate::files::{self, FileUse};
use crate::{Config, ConfigError, Problem, Store};
use std::cell::RefCell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use tollgate_driver::Secret;
use tollgate_secret::FileSecret;
use tollgate_settings::{Placed, Section, resolve, unique_name};

/// Where a text comes from, and where its secrets do.
pub struct Source<'a> {
    /// How errors call the file.
    pub file: &'a str,
    /// What relative paths in it start from: the folder it lies in.
    pub folder: &'a Path,
    /// Looks up an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// A source under way: the files that were named so far.
struct Reading<'a> {
    source: &'a Source<'a>,
    files: RefCell<Vec<FileUse>>,
    /// What can be used and had better be changed.
    warnings: RefCell<Vec<String>>,
}

impl<'a> Reading<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        Self {
            source,
            files: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// The path of a file that is read.
    fn uses(&self, named: &Placed<String>) -> PathBuf {
        let path = self.folder.join(&named.value);
        self.note([FileUse::read(&named.field, path.clone())]);
        path
    }

    /// The secret in a file. Notes a warning where others may read the file.
    fn secret(&self, named: &Placed<String>) -> Result<Secret, String> {
        let FileSecret { secret, warning } = Secret::from_file(&self.uses(named))?;
        let warning = warning.map(|warning| format!("{}: {warning}", named.field));
        self.warnings.borrow_mut().extend(warning);
        Ok(secret)
    }

    fn note(&self, files: impl IntoIterator<Item = FileUse>) {
        self.files.borrow_mut().extend(files);
    }
}

impl<'a> Deref for Reading<'a> {
    type Target = Source<'a>;

    fn deref(&self) -> &Source<'a> {
        self.source
    }
}

impl Config {
    /// Checks that the files it names can be what they are to be: no two are one, and those that are
    /// written are files, or can be. Nothing is opened or changed.
    ///
    /// # Errors
    /// A line for each problem.
    pub fn check_files(&self) -> Result<(), String> {
        let actions = self.integrations.iter().map(|it| {
            let field = format!("the action files of {}", it.name);
            (field, it.folder.clone(), &["json"] as &[_])
        });
        let flows = self.server.flow_folder.iter().map(|folder| {
            let field = "the flow files".to_owned();
            (field, folder.clone(), &["yaml", "yml"] as &[_])
        });
        let folders: Vec<_> = actions.chain(flows).collect();
        files::check(&self.files, &folders)
    }

    /// Reads a file, with secrets from the process's environment.
    ///
    /// # Errors
    /// The file can't be read, or something in it is wrong.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        with_file(path, Self::parse)
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

impl Store {
    /// Reads a file's `[store]` and nothing else of it: to work on the store takes none of the other secrets
    /// that the file names. None if it has no store.
    ///
    /// # Errors
    /// The file can't be read, or something in that table is wrong.
    pub fn load(path: &Path) -> Result<Option<Self>, ConfigError> {
        with_file(path, |text, source| {
            let read = |root: &Section<'_, '_>| {
                root.leave_the_rest();
                store::read(root, &Reading::new(source))
            };
            tollgate_settings::read(text, read).map_err(|problems| ConfigError::Invalid {
                file: source.file.to_owned(),
                problems,
            })
        })
    }
}

/// Reads a file's text, with secrets from the process's environment.
fn with_file<T>(
    path: &Path,
    read: impl FnOnce(&str, &Source<'_>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        file: file.clone(),
        source,
    })?;
    let source = Source {
        file: &file,
        folder: path.parent().unwrap_or_else(|| Path::new("")),
        env: &|name| std::env::var(name).ok(),
    };
    read(&text, &source)
}

/// Reads all tables. What could not be read is left out or has its default: the findings say so, and
/// the result is then thrown away.
fn read(root: &Section<'_, '_>, source: &Source<'_>) -> Config {
    let source = &Reading::new(source);
    let (server, upstream, extra_roots_pem) = server::read(root, source);
    let store = store::read(root, source);
    let stored = root.has("store");
    let shared = limits::read_shared(root);
    let mut tables = integrations::read(root, source, shared, stored);
    let (flows, default_flow) = flows::read(root, &mut tables);
    let callers = server::read_callers(root, source, (&tables.integrations, &flows), stored);
    tables.engine.flows = flows;
    tables.engine.policy = learning::read(root, policy::read(root));
    let caches = cache::read(root, &tables.integrations, stored);
    server::note_files(&server, source);
    source.note([FileUse::read("the configuration file", source.file.into())]);
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
        files: source.files.take(),
        secret_warnings: source.warnings.take(),
    }
}
