//! Reading a secret from a file.
//!
//! **Rights.** Whoever may write a file with a secret chooses the secret, so a file that others than its owner
//! may write is refused. Whoever may read the file has the secret. A *key* seals everything that the store
//! keeps, so a key file that others may read is refused as well ([`key`]). For any other
//! secret ([`read`]) that is a warning: many ways of handing secrets to a process leave them
//! readable, and a service that doesn't start helps nobody.
//!
//! What a container platform mounts is taken without a word. Such a file belongs to root and can't be changed
//! by the service that reads it (the service is another user, or the file system is mounted read-only), and
//! everybody in the container is the service.
//!
//! A file is opened once, and what is checked is what is read. What is no regular file isn't opened at all,
//! because opening a pipe waits for its writer.

use rustix::fs::{StatVfsMountFlags, fstatvfs};
use rustix::process::geteuid;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use tollgate_config::FileSecret;
use tollgate_secret::Secret;

/// Bytes of the longest file that is read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a file whole, line ends included. None if there is no such file.
///
/// # Errors
/// In words, with what to do: no regular file, too long, not readable, no UTF-8, or others may write it.
/// None shows any of the secret.
pub(crate) fn read(path: &Path) -> Result<Option<FileSecret>, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Err(format!("{shown}: is no regular file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
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
    let warning = readable
        .then(|| format!("{shown}: others may read it (mode {mode:04o}); run chmod 600 {shown}"));
    if meta.len() > MAX_BYTES {
        return Err(format!("{shown}: is longer than {MAX_BYTES} bytes"));
    }
    let mut text = String::new();
    file.by_ref()
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    let secret = Secret::new(text);
    Ok(Some(FileSecret { secret, warning }))
}

/// Reads a file with sealing keys whole, line ends included. None if there is no such file.
///
/// # Errors
/// In words, with what to do: what makes any secret's file unusable, and where others may read this one.
pub fn key(path: &Path) -> Result<Option<Secret>, String> {
    match read(path)? {
        Some(FileSecret {
            warning: Some(why), ..
        }) => Err(why),
        found => Ok(found.map(|found| found.secret)),
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
            let read = key(&path);
            assert_eq!(read.is_ok(), fine, "{mode:o} {read:?}");
            let other = super::read(&path);
            assert_eq!(other.is_ok(), mode & 0o022 == 0, "{mode:o} {other:?}");
            if let Ok(Some(FileSecret { warning, .. })) = other {
                assert_eq!(warning.is_none(), fine, "{mode:o} {warning:?}");
            }
            if let Err(why) = read {
                assert!(
                    why.contains("chmod 600") && !why.contains("hunter2"),
                    "{why}"
                );
            }
        }
        for other in [folder.path(), Path::new("/dev/null")] {
            assert!(super::read(other).is_err());
        }
        assert!(matches!(super::read(Path::new("/no/such/file")), Ok(None)));
        let long = folder.path().join("long");
        std::fs::write(&long, "x".repeat(1024 * 1024 + 1)).unwrap();
        std::fs::set_permissions(&long, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(super::read(&long).is_err());
    }
}
