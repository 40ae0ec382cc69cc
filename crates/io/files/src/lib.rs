//! The files that a configuration names, on this machine's disk.
//!
//! *Decides* how a file with a secret or a certificate is read and who else may have access to it, and which
//! files may be the same. *Doesn't decide* what a configuration means: `tollgate_config` does, which reads no
//! file and no environment by itself, so that the simulator can read it too.

mod check;
mod secret;
mod tls;

pub use check::check;
pub use secret::key;
pub use tls::{TlsTexts, tls_texts};

use std::path::Path;
use std::time::{Duration, SystemTime};
use tollgate_certificates::warnings as certificate_warnings;
use tollgate_config::{Config, ConfigError, FileSecret, Files, Source, Store};
use tollgate_driver::{check_identity, check_roots};

/// Reads a configuration file, with secrets from the process's environment and from files.
///
/// # Errors
/// The file can't be read, or something in it is wrong.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    with_file(path, Config::parse)
}

/// Reads a configuration file whose secrets may be absent, to see whether everything else of it is right.
///
/// # Errors
/// The file can't be read, or something in it is wrong; a secret that is there must be a good one.
pub fn load_without_secrets(path: &Path) -> Result<Config, ConfigError> {
    with_file(path, Config::parse_without_secrets)
}

/// Reads a configuration file's `[store]` and nothing else of it. None if it has no store.
///
/// # Errors
/// The file can't be read, or something in that table is wrong.
pub fn load_store(path: &Path) -> Result<Option<Store>, ConfigError> {
    with_file(path, Store::parse)
}

fn with_file<T>(
    path: &Path,
    parse: impl FnOnce(&str, &Source<'_>) -> Result<T, ConfigError>,
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
        files: &Disk,
    };
    parse(&text, &source)
}

/// What can be used and is most likely a mistake at `now`: files with secrets that others may read, fields by their
/// old names,
/// certificates that have expired or aren't valid yet.
#[must_use]
pub fn warnings(config: &Config, now: SystemTime) -> Vec<String> {
    let mut warnings = config.warnings.clone();
    let mut look = |whose: &str, pem: &[u8]| {
        let found = certificate_warnings(pem, now, Duration::ZERO).into_iter();
        warnings.extend(found.map(|warning| format!("{whose}: {warning}")));
    };
    for pem in &config.extra_roots_pem {
        look("[upstream] trusted_roots", pem);
    }
    for integration in &config.integrations {
        let (name, access) = (&integration.name, &integration.access);
        for pem in &access.extra_roots_pem {
            look(&format!("integration {name:?}: trusted_roots"), pem);
        }
        if let Some(pem) = &access.identity_pem {
            let whose = format!("integration {name:?}: client_certificate");
            look(&whose, pem.expose().as_bytes());
        }
    }
    warnings.extend(config.listener_tls().flat_map(|tls| {
        let texts = tls_texts(tls).into_iter();
        texts.flat_map(|texts| texts.warnings(&tls.table, now))
    }));
    warnings
}

/// The files of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Files for Disk {
    fn secret(&self, path: &Path) -> Result<Option<FileSecret>, String> {
        secret::read(path)
    }

    fn roots(&self, path: &Path) -> Result<Vec<u8>, String> {
        let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let pem = std::fs::read(path).map_err(|error| named(&error))?;
        check_roots(&pem).map_err(|why| named(&why))?;
        Ok(pem)
    }

    fn chain(&self, path: &Path) -> Result<Vec<u8>, String> {
        tls::chain(path)
    }

    fn key(&self, path: &Path, chain: &[u8]) -> Result<Option<FileSecret>, String> {
        tls::key(path, chain)
    }

    fn identity(&self, path: &Path) -> Result<Option<FileSecret>, String> {
        let found = secret::read(path)?;
        if let Some(found) = &found {
            let named = |why| format!("{}: {why}", path.display());
            check_identity(&found.secret).map_err(named)?;
        }
        Ok(found)
    }
}
