//! The files of a folder, as whoever reads the disk hands them over, and paths within it.

use std::rc::Rc;

/// The files of a folder. Paths are relative to it, with `/` between their parts.
pub trait Files {
    /// The paths of all files, in order.
    fn paths(&self) -> &[String];

    /// The text of a file.
    ///
    /// # Errors
    /// It is no text, too large, or can't be opened.
    fn text(&self, path: &str) -> Result<Rc<str>, Unreadable>;

    /// Whether there is such a file.
    fn has(&self, path: &str) -> bool {
        let paths = self.paths();
        paths.binary_search_by(|one| one.as_str().cmp(path)).is_ok()
    }
}

/// Why a file's text isn't known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// What stands against reading it.
    pub why: String,
    /// How it begins, as far as that can be told: whether it would matter is judged by this.
    pub head: String,
}

/// A path within the folder with its `.`, `..` and doubled `/` resolved; none if it leads out of the folder.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The way from one folder to another, as Terraform writes `path.module`.
pub(crate) fn way(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared).map(|_| "..".to_owned());
    let way: Vec<String> = up.chain(to.into_iter().skip(shared)).collect();
    if way.is_empty() {
        ".".to_owned()
    } else {
        way.join("/")
    }
}

/// The folder of a file.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_folder() {
        for (folder, path, joined) in [
            ("", "./flows/a.yaml", Some("flows/a.yaml")),
            ("envs/dev", "../../modules//x", Some("modules/x")),
            ("envs", "../..", None),
            ("envs", "/etc/passwd", None),
            ("a", ".", Some("a")),
        ] {
            assert_eq!(join(folder, path).as_deref(), joined, "{folder} {path}");
        }
        assert_eq!(way("envs/dev", "modules/x"), "../../modules/x");
        assert_eq!(way("", "modules/x"), "modules/x");
        assert_eq!(way("a", "a"), ".");
        assert_eq!(folder_of("a/b.tf"), "a");
        assert_eq!(folder_of("b.tf"), "");
    }
}
