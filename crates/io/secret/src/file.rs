//! Reading a secret from a file.
//!
//! **Rights.** Whoever may write a file with a secret chooses the secret, so a file that others than its owner
//! may write is refused. Whoever may read the file has the secret. A *key* seals everything that the store
//! keeps, so a key file that others may read is refused as well ([`Secret::from_key_file`]). For any other
//! secret ([`Secret::from_file`]) that is a warning: many ways of handing secrets to a process leave them
//! readable, and a service that doesn't start helps nobody.
//!
//! What a container platform mounts is taken without a word. Such a file belongs to root and can't be changed
//! by the service that reads it (the service is another user, or the file system is mounted read-only), and
//! everybody in the container is the service.
//!
//! A file is opened once, and what is checked is what is read. What is no regular file isn't opened at all,
//! because opening a pipe waits for its writer.

use crate::Secret;
use rustix::fs::{StatVfsMountFlags, fstatvfs};
use rustix::process::geteuid;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Bytes of the longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// A secret that was read from a file.
#[derive(Debug)]
pub struct FileSecret {
    /// The whole text, line ends included.
    pub secret: Secret,
    /// What to tell the operator, where others than the owner may read the file.
    pub warning: Option<String>,
}

impl Secret {
    /// Reads a file whole, line ends included.
    ///
    /// # Errors
    /// In words, with what to do: no regular file, too long, not readable, no UTF-8, or others may write it.
    /// None shows any of the secret.
    pub fn from_file(path: &Path) -> Result<FileSecret, String> {
        let shown = path.display();
        let failed = |error: std::io::Error| format!("{shown}: {error}");
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(format!("{shown}: is no regular file"));
        }
        let mut file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let mode = meta.mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(format!(
                "{shown}: others may write it (mode {mode:04o}), and with it choose the secret; \
                 run chmod 600 {shown}"
            ));
        }
        let readable = mode & 0o044 != 0 && !is_mounted(&file, meta.uid());
        let warning = readable.then(|| {
            format!("{shown}: others may read it (mode {mode:04o}); run chmod 600 {shown}")
        });
        if meta.len() > MAX_BYTES {
            return Err(format!("{shown}: is longer than {MAX_BYTES} bytes"));
        }
        let mut text = String::new();
        file.by_ref()
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let secret = Self::new(text);
        Ok(FileSecret { secret, warning })
    }

    /// Reads a file with keys whole, line ends included.
    ///
    /// # Errors
    /// As [`Secret::from_file`], and where others may read the file.
    pub fn from_key_file(path: &Path) -> Result<Self, String> {
        let FileSecret { secret, warning } = Self::from_file(path)?;
        warning.map_or(Ok(secret), Err)
    }
}

/// Whether a container platform has mounted the file for this process.
fn is_mounted(file: &File, owner: u32) -> bool {
    let read_only =
        || fstatvfs(file).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY));
    owner == 0 && (!geteuid().is_root() || read_only())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn others_write_no_secret_and_read_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "hunter2").unwrap();
        for (mode, fine) in [
            (0o600, true),
            (0o400, true),
            (0o700, true),
            (0o640, false),
            (0o644, false),
            (0o604, false),
            (0o660, false),
            (0o620, false),
            (0o602, false),
            (0o666, false),
            (0o777, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = Secret::from_key_file(&path);
            assert_eq!(read.is_ok(), fine, "{mode:o} {read:?}");
            let other = Secret::from_file(&path);
            assert_eq!(other.is_ok(), mode & 0o022 == 0, "{mode:o} {other:?}");
            if let Ok(FileSecret { warning, .. }) = other {
                assert_eq!(warning.is_none(), fine, "{mode:o} {warning:?}");
            }
            if let Err(why) = read {
                assert!(
                    why.contains("chmod 600") && !why.contains("hunter2"),
                    "{why}"
                );
            }
        }
        for other in [
            folder.path(),
            Path::new("/dev/null"),
            Path::new("/no/such/file"),
        ] {
            assert!(Secret::from_file(other).is_err());
        }
        let long = folder.path().join("long");
        std::fs::write(&long, "x".repeat(1024 * 1024 + 1)).unwrap();
        std::fs::set_permissions(&long, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Secret::from_file(&long).is_err());
    }
}
