//! What lies in a folder: its files by path, within bounds, and their texts.
//!
//! What begins with a dot is passed over, and so are folders of other tools (`node_modules`, `__pycache__`), links to
//! folders, which may lead back, and what is no regular file, whose reading may never end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tollgate_repository::{Files, Finding, Unreadable};

/// The most files that are named by a folder, and that are in one that is looked at as a whole.
const MAX_FILES: usize = 10_000;
const MAX_FILES_IN_ALL: usize = 200_000;
/// How deep folders are looked into.
const MAX_DEPTH: usize = 32;
/// Folders that hold what others made.
const NOT_OURS: [&str; 2] = ["node_modules", "__pycache__"];
/// Longest file, in bytes, and all that are read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
const MAX_BYTES_IN_ALL: u64 = 256 * 1024 * 1024;
/// Bytes of a file that can't be read by which it is told what it looks like.
const HEAD: usize = 64 * 1024;

/// A file that was found, or what stands against looking.
pub(crate) type Named = Result<PathBuf, (PathBuf, String)>;

/// The files of a folder and of those below that are wanted, in the order of their paths.
pub(crate) fn walk(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Named> {
    let mut found = Vec::new();
    look_into(folder, (wanted, MAX_FILES), MAX_DEPTH, &mut found);
    found
}

fn look_into(
    folder: &Path,
    (wanted, most): (&dyn Fn(&Path) -> bool, usize),
    depth: usize,
    found: &mut Vec<Named>,
) {
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
        if found.len() > most {
            return;
        }
        if found.len() == most {
            found.push(against(format!("more than {most} files")));
            return;
        }
        let is_link = path.is_symlink();
        if path.is_dir() && !is_link {
            look_into(&path, (wanted, most), depth, found);
        } else if wanted(&path) && path.is_file() {
            found.push(Ok(path));
        }
    }
}

/// What a folder holds, by name, without what is passed over.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in folder.read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let passed_over = name.as_encoded_bytes().starts_with(b".")
            || NOT_OURS.iter().any(|one| name.as_os_str() == *one);
        if !passed_over {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// A folder on the disk, each of whose files is read once.
pub(crate) struct Folder {
    root: PathBuf,
    paths: Vec<String>,
    read: RefCell<BTreeMap<String, Result<Rc<str>, Unreadable>>>,
    bytes: Cell<u64>,
}

impl Folder {
    /// Lists a folder; with it, what stands against looking at some of it.
    ///
    /// # Errors
    /// It is no folder, or can't be opened.
    pub(crate) fn open(root: &Path) -> Result<(Folder, Vec<(String, String)>), String> {
        if root.is_file() {
            return Err(format!(
                "{}: this is a file; name its folder",
                root.display()
            ));
        }
        root.read_dir()
            .map_err(|error| format!("{}: {error}", root.display()))?;
        let (mut paths, mut faults) = (Vec::new(), Vec::new());
        let mut found = Vec::new();
        look_into(root, (&|_| true, MAX_FILES_IN_ALL), MAX_DEPTH, &mut found);
        for named in found {
            let (path, fault) = match named {
                Ok(path) => (path, None),
                Err((path, why)) => (path, Some(why)),
            };
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            let name = parts.join("/");
            match (fault, below.to_str()) {
                (Some(why), _) => faults.push((name, why)),
                (None, Some(_)) => paths.push(name),
                (None, None) => faults.push((name, "its name is not UTF-8".to_owned())),
            }
        }
        paths.sort();
        let folder = Folder {
            root: root.to_owned(),
            paths,
            read: RefCell::default(),
            bytes: Cell::new(0),
        };
        Ok((folder, faults))
    }

    fn load(&self, path: &str) -> Result<Rc<str>, Unreadable> {
        let unreadable = |why: String, head: &[u8]| {
            let head = &head[..head.len().min(HEAD)];
            let head = String::from_utf8_lossy(head).into_owned();
            Unreadable { why, head }
        };
        let mut bytes = Vec::new();
        let opened = File::open(self.root.join(path));
        let read = opened.and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| unreadable(error.to_string(), &[]))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unreadable(format!("more than {MAX_BYTES} bytes"), &bytes));
        }
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        if self.bytes.get() > MAX_BYTES_IN_ALL {
            let why = format!(
                "the files before it have more than {MAX_BYTES_IN_ALL} bytes; check a smaller folder"
            );
            return Err(unreadable(why, &bytes));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let why = format!("not UTF-8 from byte {at} on; save it as UTF-8");
                Err(unreadable(why, &readable(error.as_bytes())))
            }
        }
    }
}

/// A text's bytes without the zeros that UTF-16 puts between them.
fn readable(bytes: &[u8]) -> Vec<u8> {
    let head = &bytes[..bytes.len().min(2 * HEAD)];
    head.iter()
        .copied()
        .filter(|byte| !matches!(byte, 0 | 0xfe | 0xff))
        .collect()
}

/// The prefix of a folder's paths: with it they lead from where the command runs to the files.
pub(crate) fn prefix(root: &Path) -> String {
    let parts: Vec<_> = root.iter().map(|part| part.to_string_lossy()).collect();
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    let named: Vec<&str> = parts.into_iter().filter(|part| *part != ".").collect();
    match named.join("/").replacen("//", "/", 1) {
        path if path.is_empty() || path.ends_with('/') => path,
        path => format!("{path}/"),
    }
}

/// Whether Terraform's files are in a folder or below: then it is looked at as a whole.
pub(crate) fn has_terraform(root: &Path) -> bool {
    root.is_dir()
        && walk(root, &|path| {
            path.extension().is_some_and(|ending| ending == "tf")
        })
        .iter()
        .any(Result::is_ok)
}

/// What is found in a folder's file, with its place, in the form that editors jump to.
pub(crate) fn told(prefix: &str, finding: &Finding) -> String {
    format!("{prefix}{finding}")
}

impl Files for Folder {
    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn text(&self, path: &str) -> Result<Rc<str>, Unreadable> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let text = self.load(path);
        self.read.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }
}
