//! A Redis or Valkey server of the test's own, and Sentinels: in temporary folders, on free ports of the loopback,
//! stopped and removed at the end.

use super::Folder;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bounds only how long a broken server keeps a test from failing.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Redis {
    pub(crate) port: u16,
    arguments: Vec<String>,
    child: Child,
    pub(crate) folder: Folder,
}

impl Redis {
    /// Starts one whose every write reaches the disk before it is acknowledged, or says why not.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(settings: &[&str]) -> Result<Self, String> {
        program("server")?;
        let folder = Folder::new("redis");
        let port = free_port();
        let socket = folder.path().join("redis.sock").display().to_string();
        let usual = [
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
        ];
        let of_port = ["--bind", "127.0.0.1", "--port", &port.to_string()].map(String::from);
        let mut arguments = of_port.to_vec();
        arguments.extend(["--unixsocket".into(), socket]);
        arguments.extend(usual.iter().chain(settings).map(ToString::to_string));
        Ok(Self::spawn(folder, port, arguments))
    }

    /// One that takes nothing but TLS, with `server.crt` and `server.key` of the folder.
    pub(crate) fn start_encrypted(certificates: &Path) -> Result<Self, String> {
        program("server")?;
        let port = free_port();
        let file = |name: &str| certificates.join(name).display().to_string();
        let of_port = ["--bind", "127.0.0.1", "--port", "0", "--save", ""].map(String::from);
        let mut arguments = of_port.to_vec();
        for (setting, value) in [
            ("--tls-port", port.to_string()),
            ("--tls-cert-file", file("server.crt")),
            ("--tls-key-file", file("server.key")),
            ("--tls-ca-cert-file", file("server.crt")),
            ("--tls-auth-clients", "no".to_owned()),
        ] {
            arguments.extend([setting.to_owned(), value]);
        }
        Ok(Self::spawn(Folder::new("redis"), port, arguments))
    }

    /// One that knows of the primary at `port` as `main`, and acts within a second or so.
    pub(crate) fn start_sentinel(primary: u16, quorum: u8) -> Self {
        let folder = Folder::new("sentinel");
        let port = free_port();
        let file = folder.path().join("sentinel.conf");
        let text = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {primary} {quorum}\n\
             sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
        );
        std::fs::write(&file, text).unwrap();
        let arguments = vec![file.display().to_string(), "--sentinel".to_owned()];
        Self::spawn(folder, port, arguments)
    }

    fn spawn(folder: Folder, port: u16, arguments: Vec<String>) -> Self {
        let child = serve(&folder, &arguments);
        let server = Self {
            port,
            arguments,
            child,
            folder,
        };
        server.wait();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// What the server answers to a command.
    pub(crate) fn cli(&self, command: &[&str]) -> String {
        let asked = Command::new(program("cli").unwrap())
            .args(["-p", &self.port.to_string()])
            .args(command)
            .stderr(Stdio::null())
            .output();
        String::from_utf8(asked.unwrap().stdout).unwrap()
    }

    pub(crate) fn restart(&mut self) {
        self.signal("-TERM");
        self.child.wait().unwrap();
        self.start_again();
    }

    pub(crate) fn restart_empty(&mut self) {
        self.signal("-TERM");
        self.child.wait().unwrap();
        std::fs::remove_dir_all(self.folder.path().join("appendonlydir")).unwrap();
        self.start_again();
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.child = serve(&self.folder, &self.arguments);
        self.wait();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    fn wait(&self) {
        let until = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < until, "Redis doesn't start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Nothing listens on it now.
fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

/// The server dies with the test.
fn serve(folder: &Folder, arguments: &[String]) -> Child {
    Command::new("setpriv")
        .arg("--pdeathsig=KILL")
        .arg(program("server").unwrap())
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Redis's program, or else Valkey's.
fn program(kind: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = [format!("redis-{kind}"), format!("valkey-{kind}")];
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut all = names
        .iter()
        .flat_map(|name| folders.iter().map(move |it| it.join(name)));
    let missing = "Redis is not installed (apt-get install redis-server)";
    all.find(|program| program.exists())
        .ok_or_else(|| missing.to_owned())
}
