//! What may happen to a PostgreSQL server of a test's own: restarts, crashes, a standby that takes over.

use super::super::Folder;
use super::{PATIENCE, Server, command, initialise, own, serve};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

impl Server {
    /// `kill -9` of the postmaster, and a start right after it.
    pub(crate) fn crash_and_restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// Ends every session and the server in good order, and starts it.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// `kill -9` of the postmaster; the rest of the server ends by itself.
    pub(crate) fn kill(&mut self) {
        // The child is the postmaster itself: setpriv became it.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the server that was stopped or killed.
    pub(crate) fn start_again(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            // Refused while the orphans of a killed one still hold its memory.
            self.child = serve(&self.programs, self.folder.path(), &self.arguments);
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

    /// Restarts it without anything that it had.
    pub(crate) fn restart_empty(&mut self) {
        self.stop();
        std::fs::remove_dir_all(self.folder.path().join("data")).unwrap();
        initialise(&self.programs, self.folder.path()).unwrap();
        self.start_again();
    }

    fn stop(&mut self) {
        self.signal("-INT");
        self.child.wait().unwrap();
    }

    /// Stops all processes of the server (`-STOP`), or lets them go on (`-CONT`).
    pub(crate) fn signal_all(&self, signal: &str) {
        let postmaster = self.child.id();
        let children = format!("/proc/{postmaster}/task/{postmaster}/children");
        let children = std::fs::read_to_string(children).unwrap();
        self.signal(signal);
        Command::new("kill")
            .arg(signal)
            .args(children.split_whitespace())
            // One of them may have ended by now.
            .stderr(Stdio::null())
            .status()
            .unwrap();
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// A standby that follows it.
    pub(crate) fn standby(&self) -> Self {
        let folder = Folder::new("standby");
        own(folder.path()).unwrap();
        let copied = command(&self.programs, "pg_basebackup")
            .args(["--write-recovery-conf", "--no-sync", "--checkpoint=fast"])
            .args(["--username=postgres", "--host"])
            .arg(self.folder.path())
            .arg("-D")
            .arg(folder.path().join("data"))
            .status();
        assert!(copied.unwrap().success());
        let child = serve(&self.programs, folder.path(), &self.arguments);
        let standby = Self {
            programs: self.programs.clone(),
            arguments: self.arguments.clone(),
            port: self.port,
            child,
            folder,
        };
        standby.wait();
        standby
    }

    /// Makes a standby a primary.
    pub(crate) fn promote(&self) {
        let promoted = command(&self.programs, "pg_ctl")
            .args(["promote", "--wait", "--silent", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        assert!(promoted.unwrap().success());
    }

    /// Runs a statement as the superuser.
    pub(crate) fn run(&self, database: &str, statement: &str) {
        let ran = command(&self.programs, "psql")
            .args(["--quiet", "--username=postgres", "--host"])
            .arg(self.folder.path())
            .args([database, "--command", statement])
            .stdout(Stdio::null())
            .status();
        assert!(ran.unwrap().success());
    }
}
