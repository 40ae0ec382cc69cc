//! The files that a configuration names: which are written, and that each is its own.
//!
//! A file that the service writes is emptied or replaced sooner or later. So it must be no other file that the
//! configuration names, by whatever path, link or other name; it must be a regular file, or not there yet in a
//! folder that is; and it must not appear among the actions or workflows that the next start reads. All that is
//! looked at before anything is opened, by `config check` and `serve` alike.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use tollgate_config::{Config, FileUse};

/// Files of a folder that are looked at.
const MAX_FILES: usize = 20_000;

/// Checks that the files that a configuration names can be what they are to be: no two are one, and those that
/// are written are files, or can be. Nothing is opened or changed.
/// Gives each problem: the field, and the file with what to do.
#[must_use]
pub fn check(config: &Config) -> Vec<(String, String)> {
    let actions = config.integrations.iter().filter_map(|integration| {
        let field = format!("the action files of {}", integration.name);
        Some((field, integration.folder.as_deref()?, &["json"] as &[_]))
    });
    let workflows = config.server.workflow_folder.iter().map(|folder| {
        let field = "the workflow files".to_owned();
        (field, folder.as_path(), &["yaml", "yml"] as &[_])
    });
    let folders: Vec<_> = actions.chain(workflows).collect();
    check_against(&config.files, &folders)
}

/// Checks the files against each other, and against the folders of actions and workflows.
fn check_against(files: &[FileUse], folders: &[(String, &Path, &[&str])]) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, path: &Path, why: &str| {
        problems.push((field.to_owned(), format!("{}: {why}", path.display())));
    };
    let mut found = files.to_vec();
    for (field, folder, _) in folders {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.take(MAX_FILES).map(|entry| entry.path());
        found.extend(
            paths
                .filter(|path| path.is_file())
                .map(|path| FileUse::read(field, path)),
        );
    }
    let mut known: BTreeMap<Identity, &FileUse> = BTreeMap::new();
    // Those that are written last: each is then compared with all others.
    found.sort_by_key(|file| file.written);
    for file in &found {
        let identities = match identities(&file.path, file.written) {
            Ok(identities) => identities,
            Err(why) => {
                problem(&file.field, &file.path, &why);
                continue;
            }
        };
        let other = identities.iter().find_map(|it| known.get(it).copied());
        if let (Some(other), true) = (other, file.written) {
            let why = format!(
                "is the same file as {} ({}); give it a file of its own",
                other.path.display(),
                other.field
            );
            problem(&file.field, &file.path, &why);
        }
        for identity in identities {
            known.entry(identity).or_insert(file);
        }
    }
    for file in found.iter().filter(|file| file.written) {
        let ending = file
            .path
            .extension()
            .and_then(|it| it.to_str())
            .unwrap_or_default();
        let folder = file.path.parent().and_then(|it| real(it).ok());
        for (field, of, endings) in folders {
            if folder.is_some() && folder == real(of).ok() && endings.contains(&ending) {
                let why = format!("would be read as one of {field}; give it another folder");
                problem(&file.field, &file.path, &why);
            }
        }
    }
    problems
}

/// What tells a file from others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Path(PathBuf),
    /// Device and number: the same for all names of a file.
    Node(u64, u64),
}

fn identities(path: &Path, written: bool) -> Result<Vec<Identity>, String> {
    if written && path.parent().is_some_and(is_the_systems) {
        return Err("is the system's, not a file of its own; give the path of a file".into());
    }
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() => Ok(vec![
            Identity::Path(real(path)?),
            Identity::Node(meta.dev(), meta.ino()),
        ]),
        Ok(meta) if meta.is_dir() && written => Err("is a folder; give the path of a file".into()),
        Ok(_) if written => Err("is a device, a pipe or a socket; give the path of a file".into()),
        // A file that is read says for itself what is wrong, when it is opened.
        Ok(_) => Ok(Vec::new()),
        Err(_) if !written => Ok(Vec::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if path.is_symlink() {
                return Err("is a link to a file that isn't there; remove it".into());
            }
            let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| Path::new("."));
            if !folder.is_dir() {
                return Err(format!("there is no folder {}; make it", folder.display()));
            }
            let name = path.file_name().ok_or("is no name of a file")?;
            Ok(vec![Identity::Path(real(folder)?.join(name))])
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Whether what lies in the folder are the system's devices and tables, which may pass for files: what
/// `/dev/stdout` leads to is one when the output goes to a file.
fn is_the_systems(folder: &Path) -> bool {
    let folder = real(folder).unwrap_or_default();
    folder == Path::new("/dev") || folder.starts_with("/proc") || folder.starts_with("/sys")
}

fn real(path: &Path) -> Result<PathBuf, String> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    std::fs::canonicalize(path).map_err(|error| error.to_string())
}
