//! A PostgreSQL server of the test's own: in a temporary folder, on a Unix socket in it, stopped and
//! removed at the end. PostgreSQL refuses to run as root; then it runs as the user `postgres`.

#[path = "postgres_life.rs"]
mod life;

use super::Folder;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the socket; nothing listens on it.
const PORT: u16 = 5432;
/// Bounds only how long a broken server keeps a test from failing.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether the server waits for its disk. It must where it is killed; elsewhere that only takes time.
#[derive(Clone, Copy)]
pub(crate) enum Disk {
    Waits,
    Lags,
}

pub(crate) struct Server {
    programs: PathBuf,
    arguments: Vec<String>,
    port: u16,
    child: Child,
    folder: Folder,
}

impl Server {
    /// Starts one on a Unix socket in its own folder, or says why not.
    pub(crate) fn start(disk: Disk) -> Result<Self, String> {
        let fsync = if matches!(disk, Disk::Waits) {
            "fsync=on"
        } else {
            "fsync=off"
        };
        Self::start_with(vec!["listen_addresses=".into(), fsync.into()], PORT, |_| {
            Ok(())
        })
    }

    /// Starts one whose sessions can't write, as a standby's.
    pub(crate) fn start_read_only() -> Result<Self, String> {
        let settings = [
            "listen_addresses=",
            "fsync=off",
            "default_transaction_read_only=on",
        ];
        Self::start_with(settings.map(String::from).into(), PORT, |_| Ok(()))
    }

    /// Its Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port))
    }

    /// Starts one that listens on a port of the loopback, too, and takes nothing but TLS there, with
    /// `server.crt` and `server.key` of the folder.
    pub(crate) fn start_encrypted(certificates: &Path) -> Result<Self, String> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let port = free.local_addr().map_err(|e| e.to_string())?.port();
        drop(free);
        let settings = [
            "listen_addresses=localhost",
            "fsync=off",
            "ssl=on",
            "ssl_cert_file=server.crt",
            "ssl_key_file=server.key",
        ];
        Self::start_with(settings.map(String::from).into(), port, |data| {
            for name in ["server.crt", "server.key"] {
                std::fs::copy(certificates.join(name), data.join(name))?;
                if is_root() {
                    Command::new("chown")
                        .arg("postgres")
                        .arg(data.join(name))
                        .status()?;
                }
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                std::fs::set_permissions(data.join(name), mode)?;
            }
            let rules = "local all all trust\nhostssl all all all trust\n";
            std::fs::write(data.join("pg_hba.conf"), rules)
        })
    }

    fn start_with(
        settings: Vec<String>,
        port: u16,
        prepare: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<Self, String> {
        let programs = programs()
            .ok_or("PostgreSQL's programs are not installed (apt-get install postgresql)")?;
        let folder = Folder::new("postgres");
        own(folder.path())?;
        initialise(&programs, folder.path())?;
        let data = folder.path().join("data");
        prepare(&data).map_err(|e| e.to_string())?;
        let mut arguments = vec!["-p".to_owned(), port.to_string()];
        for setting in settings {
            arguments.extend(["-c".to_owned(), setting]);
        }
        let child = serve(&programs, folder.path(), &arguments);
        let server = Self {
            programs,
            arguments,
            port,
            child,
            folder,
        };
        server.wait();
        Ok(server)
    }

    /// The port it listens on if it does; its socket is named by it, too.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A fresh database, as a store's URL.
    pub(crate) fn database(&self, name: &str) -> String {
        let made = command(&self.programs, "createdb")
            .args(["--username=postgres", "--host"])
            .arg(self.folder.path())
            .arg(name)
            .status()
            .unwrap();
        assert!(made.success());
        self.url(name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.folder.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    fn answers(&self) -> bool {
        let ready = command(&self.programs, "pg_isready")
            .args(["--quiet", "--port", &self.port.to_string(), "--host"])
            .arg(self.folder.path())
            .status();
        ready.is_ok_and(|s| s.success())
    }

    fn wait(&self) {
        let until = Instant::now() + PATIENCE;
        while !self.answers() {
            assert!(Instant::now() < until, "PostgreSQL doesn't start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // SIGQUIT ends the whole server at once, its processes included.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

/// Gives a folder to the user that a server runs as.
fn own(folder: &Path) -> Result<(), String> {
    if is_root() {
        let owned = Command::new("chown").arg("postgres").arg(folder).status();
        if !owned.is_ok_and(|s| s.success()) {
            return Err("there is no user postgres for a server that can't run as root".into());
        }
    }
    Ok(())
}

/// Makes the folder `data` of an empty server.
fn initialise(programs: &Path, folder: &Path) -> Result<(), String> {
    let made = command(programs, "initdb")
        .args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "-D",
        ])
        .arg(folder.join("data"))
        .stdout(Stdio::null())
        .status()
        .map_err(|e| e.to_string())?;
    if made.success() {
        Ok(())
    } else {
        Err("initdb failed".into())
    }
}

fn serve(programs: &Path, folder: &Path, arguments: &[String]) -> Child {
    command(programs, "postgres")
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(arguments)
        .args(["-c", "max_connections=60"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The program, as a user that PostgreSQL accepts; it dies with the test.
fn command(programs: &Path, name: &str) -> Command {
    let program = programs.join(name);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--pdeathsig=KILL",
        ])
        .arg(program)
        .current_dir("/");
    command
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// The newest installation that Debian's packages left, or one in the path.
fn programs() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = debian
        .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = || std::env::split_paths(&path).find(|p| p.join("initdb").exists());
    found.pop().map(|(_, programs)| programs).or_else(in_path)
}
