//! Reading a secret from a file that nobody else reads or writes.
//!
//! **Rights.** Whoever may write the file chooses the secret, so nobody but its owner may. Who may read it has
//! the secret, so nobody but its owner may either, with one exception: what a container platform mounts. Such
//! a file belongs to root and can't be changed by the service that reads it (the service is another user, or
//! the file system is mounted read-only), and everybody in the container is the service.
//!
//! The file is opened once, and what is checked is what is read. What is no regular file isn't opened at all,
//! for to open a pipe waits for its writer.

use crate::Secret;
use rustix::fs::{StatVfsMountFlags, fstatvfs};
use rustix::process::geteuid;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Bytes of the longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

impl Secret {
    /// Reads a file whole, line ends included.
    ///
    /// # Errors
    /// In words, with what to do: no regular file, too long, not readable, no UTF-8, or others may read or
    /// write it. None shows any of it.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let failed = |error: std::io::Error| format!("{shown}: {error}");
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(format!("{shown}: is no regular file"));
        }
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        let mode = meta.mode() & 0o7777;
        if mode & 0o022 != 0 {
            return Err(format!(
                "{shown}: others may write it (mode {mode:04o}), and with it choose the secret; \
                 run chmod 600 {shown}"
            ));
        }
        let fixed =
            || fstatvfs(&file).is_ok_and(|it| it.f_flag.contains(StatVfsMountFlags::RDONLY));
        let mounted = meta.uid() == 0 && (!geteuid().is_root() || fixed());
        if mode & 0o044 != 0 && !mounted {
            return Err(format!(
                "{shown}: others may read it (mode {mode:04o}); run chmod 600 {shown}"
            ));
        }
        if meta.len() > MAX_BYTES {
            return Err(format!("{shown}: is longer than {MAX_BYTES} bytes"));
        }
        let mut text = String::new();
        file.by_ref()
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Ok(Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn others_neither_read_nor_write_it() {
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
            let read = Secret::from_file(&path);
            assert_eq!(read.is_ok(), fine, "{mode:o} {read:?}");
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
