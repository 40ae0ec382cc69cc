//! A Redis or Valkey server of the test's own, and Sentinels: in temporary folders, on free ports of the loopback,
//! stopped and removed at the end.

use super::Folder;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bounds only how long a broken server keeps a test from failing.
const PATIENCE: Duration = Duration::from_secs(60);
/// Ports that are tried.
const TRIES: usize = 8;
/// The server's own socket, in its folder.
const SOCKET: &str = "redis.sock";

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
        let usual = [
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
        ];
        let settings = [&usual, settings].concat();
        Ok(Self::spawn("redis", |port, _| {
            let port = port.to_string();
            let of_port = ["--bind", "127.0.0.1", "--port", &port];
            words(&[&of_port, &settings[..]].concat())
        }))
    }

    /// One that takes nothing but TLS, with `server.crt` and `server.key` of the folder.
    pub(crate) fn start_encrypted(certificates: &Path) -> Result<Self, String> {
        program("server")?;
        let file = |name: &str| certificates.join(name).display().to_string();
        let (certificate, key) = (file("server.crt"), file("server.key"));
        Ok(Self::spawn("redis", |port, _| {
            words(
                &[
                    ["--bind", "127.0.0.1"],
                    ["--port", "0"],
                    ["--save", ""],
                    ["--tls-port", &port.to_string()],
                    ["--tls-cert-file", &certificate],
                    ["--tls-key-file", &key],
                    ["--tls-ca-cert-file", &certificate],
                    ["--tls-auth-clients", "no"],
                ]
                .concat(),
            )
        }))
    }

    /// One that knows of the primary at `port` as `main`, and acts within a second or so.
    pub(crate) fn start_sentinel(primary: u16, quorum: u8) -> Self {
        Self::spawn("sentinel", |port, folder| {
            let file = folder.join("sentinel.conf");
            let text = format!(
                "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {primary} {quorum}\n\
                 sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
            );
            std::fs::write(&file, text).unwrap();
            vec![file.display().to_string(), "--sentinel".to_owned()]
        })
    }

    /// Another may take a free port first; then ours ends, and is started on another.
    fn spawn(word: &str, arguments: impl Fn(u16, &Path) -> Vec<String>) -> Self {
        for _ in 0..TRIES {
            let folder = Folder::new(word);
            let port = free_port();
            let mut arguments = arguments(port, folder.path());
            let socket = folder.path().join(SOCKET).display().to_string();
            arguments.extend(["--unixsocket".to_owned(), socket]);
            let child = serve(&folder, &arguments);
            let mut server = Self {
                port,
                arguments,
                child,
                folder,
            };
            if server.listens() {
                return server;
            }
        }
        panic!("Redis ends at its start, {TRIES} times");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
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
        assert!(self.listens(), "Redis ends at its start");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Whether this server, and none that has its port, listens now; false if it has ended. Its own socket is in its
    /// own folder, and is made after the port is taken.
    fn listens(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        while UnixStream::connect(self.socket()).is_err() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < until, "Redis doesn't start");
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
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
