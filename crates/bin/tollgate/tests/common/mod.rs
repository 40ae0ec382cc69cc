//! The binary as a user starts it.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod terminal;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output};
use std::time::Duration;

/// Only a hang takes so long.
const HANG: Duration = Duration::from_secs(60);
const SECRET: &str = "only for this test";

/// Runs a command to its end.
pub(crate) fn settled(args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(args).envs(env.iter().copied());
    command.output().expect("the binary runs")
}

/// `tollgate serve` with a configuration and the example actions; killed when dropped.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) stdout: Option<BufReader<ChildStdout>>,
    pub(crate) address: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Server {
    /// Starts it, in a folder of its own, changed by `with`.
    pub(crate) fn start(config: &str, with: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let actions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/actions");
        std::fs::create_dir(folder.path().join("actions")).expect("a folder");
        for file in std::fs::read_dir(actions).expect("examples/actions") {
            let file = file.expect("a file");
            let to = folder.path().join("actions").join(file.file_name());
            std::fs::copy(file.path(), to).expect("copied");
        }
        std::fs::write(folder.path().join("tollgate.toml"), config).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command
            .args(["serve", "--config", "tollgate.toml"])
            .current_dir(folder.path())
            .env("TOLLGATE_TEST_SECRET", SECRET)
            .stdout(std::process::Stdio::piped());
        let mut process = with(&mut command).spawn().expect("the binary runs");
        let mut stdout = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("http://").expect("a URL");
        Self {
            process,
            address: address.to_owned(),
            stdout: Some(stdout),
            folder,
        }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("connected");
        stream.set_read_timeout(Some(HANG)).expect("set");
        stream.set_write_timeout(Some(HANG)).expect("set");
        stream
    }

    /// Sends one request; gives its status and body.
    pub(crate) fn send(&self, head: &str, body: &str) -> (u16, String) {
        let mut stream = self.connect();
        let length = body.len();
        let request = format!(
            "{head}Host: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status.expect("a status"), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> (u16, String) {
        self.send(
            &format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"),
            "",
        )
    }

    /// `headers`: further ones, each ended by a line break.
    pub(crate) fn post(&self, path: &str, token: &str, headers: &str, body: &str) -> (u16, String) {
        let head = format!("POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{headers}");
        self.send(&head, body)
    }

    /// A token of the caller `flows`.
    pub(crate) fn token(&self) -> String {
        let secret = SECRET.replace(' ', "+");
        let form = format!("grant_type=client_credentials&client_id=flows&client_secret={secret}");
        let head =
            "POST /oauth/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let (status, body) = self.send(head, &form);
        assert_eq!(status, 200, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.expect("kill runs").success(), "{name}");
    }

    /// Asks it to end; gives its exit status.
    pub(crate) fn terminate(mut self) -> i32 {
        self.signal("TERM");
        let status = self.process.wait().expect("ended");
        status.code().expect("a status, not a signal")
    }
}

/// Posts JSON as a caller with a token at an address; gives the status and the body.
pub(crate) fn post(address: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(HANG)).expect("set");
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Tollgate-Deadline: 60s\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.expect("a status"), body.to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
