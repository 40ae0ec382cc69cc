//! What commands write: whole files or none, by names that every file system takes.

use anyhow::Context as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use tempfile::NamedTempFile;

/// Characters of a file's name that are made of another name.
const MAX_NAME: usize = 80;

/// Writes a whole file or none, and over one that is there only if told so: it may be something else of the same
/// name.
///
/// # Errors
/// It can't be written, or is there already; the message names it.
pub(crate) fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let beside = beside(path, text)?;
    let kept = if force {
        beside.persist(path)
    } else {
        beside.persist_noclobber(path)
    };
    match kept {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => anyhow::bail!(
            "{} is there already; give --force to write over it",
            path.display()
        ),
        Err(error) => Err(error.error).with_context(named),
    }
}

/// What is to become a file, written beside it under another name; gone unless it is persisted.
///
/// # Errors
/// It can't be written; the message names the file.
pub(crate) fn beside(path: &Path, text: &str) -> anyhow::Result<NamedTempFile> {
    let named = || path.display().to_string();
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    // As for any new file, the user's mask says who may read it.
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut beside = tempfile::Builder::new()
        .permissions(rights)
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .with_context(named)?;
    beside.write_all(text.as_bytes()).with_context(named)?;
    Ok(beside)
}

/// A name as the begin of a file's name.
pub(crate) fn safe_name(name: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "-_ .".contains(c);
    let name: String = name
        .chars()
        .map(|c| if safe(c) { c } else { '_' })
        .take(MAX_NAME)
        .collect();
    name.trim_start_matches('.').to_owned()
}
