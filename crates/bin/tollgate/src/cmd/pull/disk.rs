//! The folder that is pulled into: what it has, how that differs, and how it is changed.
//!
//! Files that differ from what is there now by the order of an object's fields alone are left as they are, so that
//! neither an API without an order nor the user's formatter makes a difference that means nothing.
//!
//! A change is made in three steps: all new texts are written beside their files, which takes all the room that is
//! needed; then each takes the name of its file; then files are removed, and the manifest is written last. Stopped at
//! any point, no file is half of something, and the next pull does the rest.

use super::form::{differing, in_order_of};
use super::read::Organisation;
use crate::cmd::{input, output, stored};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use tempfile::TempPath;

/// What was pulled, so that only that is ever removed.
const MANIFEST: &str = ".tollgate-pull.json";
/// The user's configuration.
pub(super) const CONFIG: &str = "tollgate.toml";
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

pub(super) struct Disk {
    root: PathBuf,
    /// The files that the manifest names.
    pulled: BTreeSet<String>,
}

/// A file that isn't as the organisation has it.
pub(super) struct Difference {
    pub(super) file: String,
    pub(super) change: Change,
}

pub(super) enum Change {
    /// There is no such file.
    New { text: String },
    /// It says something else, first in these fields.
    Changed { text: String, fields: Vec<String> },
    /// It was pulled, and the organisation has it no longer.
    Gone,
}

impl Difference {
    pub(super) fn is_changed(&self) -> bool {
        matches!(self.change, Change::Changed { .. })
    }
}

/// What became of `tollgate.toml`.
pub(super) enum Begun {
    Made,
    /// It was there, and is the user's.
    Kept,
    /// There is nothing that could be served.
    Nothing,
}

impl Disk {
    /// Looks at a folder, which needn't be there.
    ///
    /// # Errors
    /// Its manifest can't be read, or names files that aren't in it.
    pub(super) fn open(root: &Path) -> anyhow::Result<Disk> {
        let mut disk = Disk {
            root: root.to_owned(),
            pulled: BTreeSet::new(),
        };
        let path = root.join(MANIFEST);
        let Some(text) = disk.text(MANIFEST)? else {
            return Ok(disk);
        };
        let unusable = || {
            let path = path.display();
            stored::bad_usage(format_args!(
                "{path}: this is no list of pulled files; restore it, or remove it to have none of them removed"
            ))
        };
        let manifest = tollgate_json::read(&text).map_err(|_| unusable())?;
        for file in manifest["files"].as_array().ok_or_else(unusable)? {
            let file = file
                .as_str()
                .filter(|file| is_below(file))
                .ok_or_else(unusable)?;
            disk.pulled.insert(file.to_owned());
        }
        Ok(disk)
    }

    /// A file's text, if there is one.
    fn text(&self, file: &str) -> anyhow::Result<Option<String>> {
        let path = self.root.join(file);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            _ => Ok(Some(
                input::read(&path, MAX_BYTES).map_err(stored::bad_usage)?,
            )),
        }
    }

    /// What is new, changed or gone, in the order of the files' names.
    ///
    /// # Errors
    /// A file can't be read.
    pub(super) fn compare(&self, found: &Organisation) -> anyhow::Result<Vec<Difference>> {
        let mut differences = Vec::new();
        for (file, value) in &found.files {
            let change = match self.text(file)? {
                None => Change::New {
                    text: printed(value)?,
                },
                Some(before) => match tollgate_json::read(&before) {
                    Ok(before) if before == *value => continue,
                    Ok(before) => Change::Changed {
                        fields: differing(&before, value),
                        text: printed(&in_order_of(value.clone(), &before))?,
                    },
                    Err(_) => Change::Changed {
                        fields: vec!["it is not JSON".to_owned()],
                        text: printed(value)?,
                    },
                },
            };
            let file = file.clone();
            differences.push(Difference { file, change });
        }
        for file in &self.pulled {
            let is_there = self.root.join(file).symlink_metadata().is_ok();
            let is_unread = found.unread.iter().any(|part| part.covers(file));
            if is_there && !is_unread && !found.files.contains_key(file) {
                differences.push(Difference {
                    file: file.clone(),
                    change: Change::Gone,
                });
            }
        }
        differences.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(differences)
    }

    /// Makes the folder what the organisation is; `remove`: files that are gone too.
    ///
    /// # Errors
    /// A file can't be written or removed.
    pub(super) fn write(
        &self,
        found: &Organisation,
        differences: &[Difference],
        remove: bool,
    ) -> anyhow::Result<()> {
        let mut staged: Vec<(TempPath, PathBuf)> = Vec::new();
        let mut gone = BTreeSet::new();
        for Difference { file, change } in differences {
            match change {
                Change::New { text } | Change::Changed { text, .. } => {
                    staged.push(self.stage(file, text)?);
                }
                Change::Gone => drop(gone.insert(file.as_str())),
            }
        }
        let is_there = |file: &&String| self.root.join(file).symlink_metadata().is_ok();
        let kept = self.pulled.iter().filter(is_there);
        let kept = kept.filter(|file| !(remove && gone.contains(file.as_str())));
        let files: BTreeSet<&String> = found.files.keys().chain(kept).collect();
        let manifest = printed(&json!({ "files": files }))?;
        let manifest = match self.text(MANIFEST)? {
            Some(before) if before == manifest => None,
            _ => Some(self.stage(MANIFEST, &manifest)?),
        };
        for (beside, path) in staged {
            keep(beside, &path)?;
        }
        for file in gone.into_iter().filter(|_| remove) {
            self.remove(file)?;
        }
        match manifest {
            Some((beside, path)) => keep(beside, &path),
            None => Ok(()),
        }
    }

    fn stage(&self, file: &str, text: &str) -> anyhow::Result<(TempPath, PathBuf)> {
        let path = self.root.join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        Ok((output::beside(&path, text)?.into_temp_path(), path))
    }

    /// Removes a file, and its folder if it was the last one there.
    fn remove(&self, file: &str) -> anyhow::Result<()> {
        let path = self.root.join(file);
        fs::remove_file(&path).with_context(|| path.display().to_string())?;
        if let Some(folder) = path.parent().filter(|folder| *folder != self.root) {
            // A folder with something else in it stays.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    /// Writes the first configuration, unless there is one.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn begin(&self, config: Option<&str>) -> anyhow::Result<Begun> {
        let path = self.root.join(CONFIG);
        if path.symlink_metadata().is_ok() {
            return Ok(Begun::Kept);
        }
        match config {
            Some(text) => output::write(&path, text, false).map(|()| Begun::Made),
            None => Ok(Begun::Nothing),
        }
    }
}

fn keep(beside: TempPath, path: &Path) -> anyhow::Result<()> {
    let kept = beside.persist(path).map_err(|error| error.error);
    kept.with_context(|| path.display().to_string())
}

/// Whether a path of the manifest leads to a file of the folder that a pull may have made.
fn is_below(file: &str) -> bool {
    let path = Path::new(file);
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    plain && path.extension().is_some_and(|ending| ending == "json")
}

fn printed(value: &Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}
