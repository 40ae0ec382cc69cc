//! Which action files the arguments of `validate` name.
//!
//! A folder stands for every `.json` file in it and in the folders below ([`crate::cmd::folder`]). Anything else is
//! taken as it is named, `-` for stdin.

use crate::cmd::folder::{Named, walk};
use std::path::{Path, PathBuf};

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
    let mut found = walk(folder, &is_json);
    if found.is_empty() {
        let message = "no .json file is there".to_owned();
        found.push(Err((folder.to_owned(), message)));
    }
    found
}

fn is_json(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}
