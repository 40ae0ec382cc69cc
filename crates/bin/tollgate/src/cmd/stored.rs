//! What the commands that work on the store share.

use crate::console::errln;
use crate::exit::Exit;
use anyhow::Context as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tollgate_config::Store;
use tollgate_store::{KeyRing, OpenError, Store as OpenStore, WallTime};

/// A command that can't be carried out as it was given: a file or a variable that isn't there, say.
#[derive(Debug)]
pub(crate) struct BadUsage(String);

impl std::fmt::Display for BadUsage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUsage {}

/// Such an error.
pub(crate) fn bad_usage(message: impl std::fmt::Display) -> anyhow::Error {
    BadUsage(message.to_string()).into()
}

/// A command that could be carried out as it was given, and failed.
#[derive(Debug)]
pub(crate) struct Failure(anyhow::Error);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Failure {}

/// Such an error, for commands whose other errors are of how they were given.
pub(crate) fn failed(error: anyhow::Error) -> anyhow::Error {
    Failure(error).into()
}

/// The store that a configuration file names.
pub(crate) fn wanted(path: &Path) -> anyhow::Result<Store> {
    tollgate_files::load_store(path).map_err(bad_usage)?.ok_or_else(|| {
        bad_usage(format_args!(
            "{} has no [store]; add one with url = \"sqlite:tollgate.db\" and key_file = \"tollgate.keys\"",
            path.display()
        ))
    })
}

/// The store, opened. A URL that is none and keys that can't be read are faults of the file that names them.
pub(crate) async fn open(wanted: &Store) -> anyhow::Result<Arc<OpenStore>> {
    let opened = tollgate_service::open(wanted).await;
    opened.map_err(|error| match error {
        OpenError::Url(_) | OpenError::Keys(_) => bad_usage(error),
        other => other.into(),
    })
}

/// An environment variable that an option names.
pub(crate) fn variable(name: &str) -> anyhow::Result<String> {
    let value = std::env::var(name);
    value.map_err(|error| bad_usage(format_args!("the variable {name}: {error}")))
}

/// Now, as the store has it.
pub(crate) fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    WallTime(since.map_or(0, |span| {
        i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
    }))
}

/// A key file with one fresh key that its owner alone can read; false if there is a file already.
pub(crate) fn make_key_file(path: &Path) -> anyhow::Result<bool> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("{}", path.display())),
    };
    let line = KeyRing::generate_line(&format!("k{}", now().0 / 1000))?;
    writeln!(file, "{}", line.expose())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("{}", path.display()))?;
    Ok(true)
}

/// Done; or the error on stderr, and whether the command can't be carried out as it was given or has failed.
pub(crate) fn report(command: &str, result: anyhow::Result<()>) -> Exit {
    match result {
        Ok(()) => Exit::Done,
        Err(error) => {
            errln!("tollgate {command}: {error:#}");
            if error.chain().any(|cause| cause.is::<BadUsage>()) {
                Exit::Unusable
            } else {
                Exit::Failed
            }
        }
    }
}
