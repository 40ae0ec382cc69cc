//! A PostgreSQL server of the test's own: in a temporary folder, on a Unix socket in it, stopped and
//! removed at the end. PostgreSQL refuses to run as root; then it runs as the user `postgres`.

use super::Folder;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bounds only how long a broken server keeps a test from failing.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Server {
    programs: PathBuf,
    child: Child,
    folder: Folder,
}

impl Server {
    /// Starts one, or says why not.
    pub(crate) fn start() -> Result<Self, String> {
        let programs = programs()
            .ok_or("PostgreSQL's programs are not installed (apt-get install postgresql)")?;
        let folder = Folder::new("postgres");
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(folder.path())
                .status();
            if !owned.is_ok_and(|s| s.success()) {
                return Err("there is no user postgres for a server that can't run as root".into());
            }
        }
        let made = command(&programs, "initdb")
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(folder.path().join("data"))
            .stdout(Stdio::null())
            .status()
            .map_err(|e| e.to_string())?;
        if !made.success() {
            return Err("initdb failed".into());
        }
        let child = serve(&programs, folder.path());
        let server = Self {
            programs,
            child,
            folder,
        };
        server.wait();
        Ok(server)
    }

    /// `kill -9` of the postmaster, and a start right after it.
    pub(crate) fn crash_and_restart(&mut self) {
        // The child is the postmaster itself: setpriv became it.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            // Refused while the orphans of the killed one still hold its memory.
            self.child = serve(&self.programs, self.folder.path());
            while self.child.try_wait().unwrap().is_none() {
                if self.answers() {
                    return;
                }
                assert!(Instant::now() < until, "PostgreSQL doesn't come back");
                std::thread::sleep(Duration::from_millis(50));
            }
            assert!(Instant::now() < until, "PostgreSQL doesn't start again");
            std::thread::sleep(Duration::from_millis(100));
        }
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
            .args(["--quiet", "--host"])
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
        // SIGQUIT ends the whole server at once, its processes included.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.child.id().to_string()])
            .status();
        let _ = self.child.wait();
    }
}

fn serve(programs: &Path, folder: &Path) -> Child {
    command(programs, "postgres")
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "max_connections=60"])
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
