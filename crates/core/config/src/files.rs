//! The files that a configuration names: what reads them, and what they are for.

use std::path::{Path, PathBuf};
use tollgate_secret::Secret;

/// Reads the files that a configuration names.
///
/// Each error says in words which file it is, what is wrong with it and what to do, and shows none of a secret.
pub trait Files {
    /// The secret in a file, line ends included. None if there is no such file.
    ///
    /// # Errors
    /// A file that can't be read or has no text, or that others than its owner may write.
    fn secret(&self, path: &Path) -> Result<Option<FileSecret>, String>;

    /// The PEM text of certificate authorities.
    ///
    /// # Errors
    /// A file that can't be read, or whose certificates TLS can't use.
    fn roots(&self, path: &Path) -> Result<Vec<u8>, String>;

    /// The PEM text of a certificate and those that lead from it to an authority.
    ///
    /// # Errors
    /// A file that can't be read, or whose certificates TLS can't use.
    fn chain(&self, path: &Path) -> Result<Vec<u8>, String>;

    /// The PEM text of the private key of a certificate, whose text is `chain`. None if there is no such file.
    ///
    /// # Errors
    /// As [`Files::secret`], and a key that isn't the certificate's.
    fn key(&self, path: &Path, chain: &[u8]) -> Result<Option<FileSecret>, String>;

    /// The PEM text of a client's certificate and its private key. None if there is no such file.
    ///
    /// # Errors
    /// As [`Files::secret`], and a certificate or key that TLS can't use.
    fn identity(&self, path: &Path) -> Result<Option<FileSecret>, String>;
}

/// A secret that was read from a file.
#[derive(Debug)]
pub struct FileSecret {
    /// The whole text, line ends included.
    pub secret: Secret,
    /// What to tell the operator, where others than the owner may read the file.
    pub warning: Option<String>,
}

/// Files that are not looked at: none has a secret, and certificate authorities are taken to be fine. For
/// whoever wants to know what a configuration says and not what it needs.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn secret(&self, _: &Path) -> Result<Option<FileSecret>, String> {
        Ok(None)
    }

    fn roots(&self, _: &Path) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn chain(&self, _: &Path) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn key(&self, _: &Path, _: &[u8]) -> Result<Option<FileSecret>, String> {
        Ok(None)
    }

    fn identity(&self, _: &Path) -> Result<Option<FileSecret>, String> {
        Ok(None)
    }
}

/// A file, and what it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileUse {
    /// The configuration field that names the file, and how this file is derived from it.
    pub field: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether the service writes it.
    pub written: bool,
}

impl FileUse {
    /// A file that is only read.
    #[must_use]
    pub fn read(field: &str, path: PathBuf) -> Self {
        let field = field.to_owned();
        Self {
            field,
            path,
            written: false,
        }
    }

    /// The file and those that stand beside it, by the ending that replaces its own.
    pub(crate) fn written_with(field: &str, path: &Path, endings: &[&str]) -> Vec<Self> {
        let named = |field: String, path: PathBuf| Self {
            field,
            path,
            written: true,
        };
        let mut all = vec![named(field.to_owned(), path.to_owned())];
        all.extend(endings.iter().map(|ending| {
            named(
                format!("{field}, with the ending .{ending}"),
                path.with_extension(ending),
            )
        }));
        all
    }

    /// The file and those that stand beside it, by what is appended to its name.
    pub(crate) fn written_and(field: &str, path: &Path, behind: &[&str]) -> Vec<Self> {
        let mut all = Self::written_with(field, path, &[]);
        all.extend(behind.iter().map(|behind| {
            let mut name = path.as_os_str().to_owned();
            name.push(behind);
            Self {
                field: format!("{field}, with {behind} behind it"),
                path: name.into(),
                written: true,
            }
        }));
        all
    }
}
