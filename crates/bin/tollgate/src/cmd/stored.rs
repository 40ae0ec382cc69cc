//! What the commands that work on the store share.

use crate::console::errln;
use anyhow::Context as _;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use tollgate_config::{Config, Store};
use tollgate_store::{KeyRing, WallTime};

/// The configuration, whose problems are already told well.
pub(crate) fn config(path: &Path) -> anyhow::Result<Config> {
    Ok(Config::load(path)?)
}

/// Its store.
pub(crate) fn wanted(config: &Config) -> anyhow::Result<&Store> {
    config.store.as_ref().context(
        "the configuration has no [store]; add one with url = \"sqlite:tollgate.db\" and \
         key_file = \"tollgate.keys\"",
    )
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

/// Exit status 0, or the error on stderr and status 1.
pub(crate) fn report(command: &str, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            errln!("tollgate {command}: {error:#}");
            ExitCode::FAILURE
        }
    }
}
