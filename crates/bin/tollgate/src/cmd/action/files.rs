//! Which action files the arguments of `validate` name.
//!
//! A folder stands for every `.json` file in it and in the folders below, in the order of their paths. What
//! begins with a dot is passed over, and so are links to folders, which may lead back, and what is no regular
//! file, whose reading may never end. Anything else is taken as it is named, `-` for stdin.

use std::io;
use std::path::{Path, PathBuf};

/// The most files that are looked at.
const MAX_FILES: usize = 10_000;
/// How deep folders are looked into.
const MAX_DEPTH: usize = 32;

/// A file to look at, or what stands against looking.
pub(super) type Named = Result<PathBuf, (PathBuf, String)>;

/// The files of all arguments, each argument's with what stands against it.
pub(super) fn named(arguments: &[PathBuf]) -> Vec<Named> {
    let (mut named, mut stdin) = (Vec::new(), false);
    for argument in arguments {
        if argument == Path::new("-") {
            if stdin {
                let message = "stdin can be read only once".to_owned();
                named.push(Err((argument.clone(), message)));
                continue;
            }
            stdin = true;
        }
        if argument.is_dir() {
            named.extend(of_folder(argument));
        } else {
            named.push(Ok(argument.clone()));
        }
    }
    named
}

fn of_folder(folder: &Path) -> Vec<Named> {
    let mut found = Vec::new();
    walk(folder, MAX_DEPTH, &mut found);
    if found.is_empty() {
        let message = "no .json file is there".to_owned();
        found.push(Err((folder.to_owned(), message)));
    }
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<Named>) {
    let against = |message: String| Err((folder.to_owned(), message));
    let Some(depth) = depth.checked_sub(1) else {
        found.push(against(format!("folders are looked into {MAX_DEPTH} deep")));
        return;
    };
    let entries = match entries(folder) {
        Ok(entries) => entries,
        Err(error) => {
            found.push(against(error.to_string()));
            return;
        }
    };
    for path in entries {
        if found.len() > MAX_FILES {
            return;
        }
        if found.len() == MAX_FILES {
            found.push(against(format!("more than {MAX_FILES} files")));
            return;
        }
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link {
            walk(&path, depth, found);
        } else if is_json(&path) && path.is_file() {
            found.push(Ok(path));
        }
    }
}

/// What a folder holds, by name, without what begins with a dot.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in folder.read_dir()? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
