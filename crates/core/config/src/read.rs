//! From text to [`Config`]: the order in which tables are read, and what refers to what.

mod access;
mod cache;
mod cluster;
mod composites;
mod cors;
mod flows;
mod gateways;
pub(crate) mod integrations;
mod jobs;
mod learning;
pub(crate) mod limits;
mod log;
mod logins;
mod organization;
mod pem;
mod policy;
mod proxy;
mod secrets;
mod server;
mod store;
mod tls;
mod trace;

use crate::{
    ClusterConfig, Config, ConfigError, Document, FileSecret, FileUse, Files, Problem, Store,
};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use tollgate_secret::Secret;
use tollgate_settings::{Placed, Places, Section, resolve, unique_name};

/// Where a text comes from, and where its secrets do.
pub struct Source<'a> {
    /// How errors call the file.
    pub file: &'a str,
    /// What relative paths in it start from: the folder it lies in.
    pub folder: &'a Path,
    /// Looks up an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Reads the files that the text names.
    pub files: &'a dyn Files,
}

/// A source under way.
struct Reading<'a> {
    source: &'a Source<'a>,
    /// The files that were named so far.
    named: RefCell<Vec<FileUse>>,
    /// What can be used and had better be changed.
    warnings: RefCell<Vec<String>>,
    without_secrets: bool,
}

impl<'a> Reading<'a> {
    fn new(source: &'a Source<'a>, without_secrets: bool) -> Self {
        Self {
            source,
            without_secrets,
            named: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// The path of a file that is read.
    fn uses(&self, named: &Placed<String>) -> PathBuf {
        let path = self.folder.join(&named.value);
        self.note([FileUse::read(&named.field, path.clone())]);
        path
    }

    /// The secret that `read` finds in a file; empty if it may be absent and is. Notes a warning where others may read the file.
    fn secret(
        &self,
        named: &Placed<String>,
        read: impl FnOnce(&dyn Files, &Path) -> Result<Option<FileSecret>, String>,
    ) -> Result<Secret, String> {
        let path = self.uses(named);
        let FileSecret { secret, warning } = match read(self.files, &path)? {
            Some(found) => found,
            None if self.without_secrets => return Ok(Secret::default()),
            None => return Err(format!("{}: there is no such file", path.display())),
        };
        if let Some(warning) = warning {
            self.warn(format!("{}: {warning}", named.field));
        }
        Ok(secret)
    }

    fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
    }

    fn note(&self, files: impl IntoIterator<Item = FileUse>) {
        self.named.borrow_mut().extend(files);
    }
}

impl<'a> Deref for Reading<'a> {
    type Target = Source<'a>;

    fn deref(&self) -> &Source<'a> {
        self.source
    }
}

impl Config {
    /// Reads a text.
    ///
    /// # Errors
    /// Something in it is wrong; all that was found is listed.
    pub fn parse(text: &str, source: &Source<'_>) -> Result<Self, ConfigError> {
        Self::parse_with(text, &Reading::new(source, false))
    }

    /// Reads a text whose secrets may be absent: to know what it says, and whether it is right.
    ///
    /// # Errors
    /// Something in it is wrong; all that was found is listed. Secrets that are there are checked.
    pub fn parse_without_secrets(text: &str, source: &Source<'_>) -> Result<Self, ConfigError> {
        Self::parse_with(text, &Reading::new(source, true))
    }

    fn parse_with(text: &str, source: &Reading<'_>) -> Result<Self, ConfigError> {
        let invalid = |problems| ConfigError::Invalid {
            file: source.file.to_owned(),
            problems,
        };
        let read = tollgate_settings::read_with_places(text, |root| read(root, source));
        let (mut config, places) = read.map_err(invalid)?;
        config.digest = digest(text);
        config.places = places;
        config.document = Document::of(text);
        config.warnings.extend(config.idle_passes());
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
    /// Reads a text's `[store]` and nothing else of it: to work on the store takes none of the other secrets
    /// that the text names. None if it has no store.
    ///
    /// # Errors
    /// Something in that table is wrong.
    pub fn parse(text: &str, source: &Source<'_>) -> Result<Option<Self>, ConfigError> {
        let read = |root: &Section<'_, '_>| {
            root.leave_the_rest();
            store::read(root, &Reading::new(source, false))
        };
        tollgate_settings::read(text, read).map_err(|problems| ConfigError::Invalid {
            file: source.file.to_owned(),
            problems,
        })
    }
}

/// See [`Config::digest`].
fn digest(text: &str) -> String {
    let digits = Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            // Writing to a String can't fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        });
    digits.chars().take(Config::DIGEST).collect()
}

/// Reads all tables. What could not be read is left out or has its default: the findings say so, and
/// the result is then thrown away.
fn read(root: &Section<'_, '_>, source: &Reading<'_>) -> Config {
    let (
        server,
        server::Upstream {
            bounds,
            roots,
            proxy,
        },
    ) = server::read(root, source);
    let (store, stored) = (store::read(root, source), root.has("store"));
    let shared = limits::read_shared(root);
    let mut tables = integrations::read(root, source, shared, stored);
    let mut flows = flows::read(root, &mut tables);
    let callers = server::read_callers(root, source, (&mut tables, &mut flows), stored);
    let jobs = jobs::read(root, &mut tables, stored);
    tables.engine.policy = learning::read(root, policy::read(root));
    let gateways = gateways::read(root, source, &tables.integrations, (server.listen, stored));
    let listeners = gateways.iter().map(|it| &it.tls).chain([&server.tls]);
    logins::check_certificates(root, listeners.flatten(), &callers);
    let caches = cache::read(root, &tables.integrations, stored);
    let composites = composites::read(root, &tables.integrations);
    let organization = organization::read(root);
    let cluster = cluster::read(root, source);
    let (log, trace) = (log::read(root), trace::read(root, source));
    if cluster.is_some() {
        tables.engine.policy.shares_limits = true;
        tables.engine.policy.ask = ClusterConfig::ASK;
    }
    server::note_files(&server, source);
    source.note([FileUse::read("the configuration file", source.file.into())]);
    Config {
        file: source.file.to_owned(),
        digest: String::new(),
        places: Places::default(),
        without_secrets: source.without_secrets,
        server,
        callers,
        organization,
        clients: tables.clients,
        integrations: tables.integrations,
        gateways,
        default_flow: flows.default,
        engine: tables.engine,
        limit_owners: tables.limit_owners,
        document: Document::default(),
        upstream: bounds,
        extra_roots_pem: roots,
        proxy,
        store,
        cluster,
        log,
        trace,
        jobs,
        shared_limits: tables.shared,
        caches,
        composites,
        files: source.named.take(),
        warnings: source.warnings.take(),
    }
}
