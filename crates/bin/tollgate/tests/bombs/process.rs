//! A process of the binary and a client for it.

use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const BINARY: &str = env!("CARGO_BIN_EXE_tollgate");
/// Longer than anything takes but a process that hangs.
const WAIT: Duration = Duration::from_secs(120);

/// A process, ended when dropped, in a folder of its own.
pub(crate) struct Process {
    pub(crate) folder: PathBuf,
    _kept: tempfile::TempDir,
    child: Option<Child>,
    url: String,
    http: reqwest::Client,
    tokens: BTreeMap<&'static str, String>,
}

/// Runs a command to its end.
pub(crate) fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(args)
        .current_dir(folder)
        .env("SECRET", "test-secret-0123456789");
    command.stdin(Stdio::null()).output().unwrap()
}

impl Process {
    pub(crate) fn new() -> Process {
        let kept = tempfile::tempdir().unwrap();
        Process {
            folder: kept.path().to_owned(),
            _kept: kept,
            child: None,
            url: String::new(),
            http: reqwest::Client::builder().timeout(WAIT).build().unwrap(),
            tokens: BTreeMap::new(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    /// Starts what prints its URL and runs on; logs in as both callers where it has them.
    pub(crate) async fn start(mut self, args: &[&str]) -> Process {
        let mut child = Command::new(BINARY)
            .args(args)
            .current_dir(&self.folder)
            .env("SECRET", "test-secret-0123456789")
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        self.url = line.trim().to_owned();
        self.child = Some(child);
        for id in ["root", "nobody"] {
            let request = self.http.post(format!("{}/oauth/token", self.url));
            let request = request.basic_auth(id, Some("test-secret-0123456789"));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = request
                .body("grant_type=client_credentials")
                .send()
                .await
                .unwrap();
            let grant = tollgate_json::read(&answer.text().await.unwrap()).unwrap_or_default();
            let token = grant["access_token"].as_str().unwrap_or("none");
            self.tokens.insert(id, token.to_owned());
        }
        self
    }

    /// The status and the answer, if one came.
    pub(crate) async fn send(
        &self,
        by: &str,
        method: Method,
        path: &str,
        body: String,
    ) -> Option<(u16, String)> {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.tokens[by]).body(body);
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let text: String = answer.text().await.ok()?.chars().take(300).collect();
        Some((status, text))
    }

    pub(crate) async fn done(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request
            .bearer_auth(&self.tokens["root"])
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        tollgate_json::read(&text).unwrap_or_default()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        tollgate_json::read(&self.get_text(path).await).unwrap()
    }

    pub(crate) async fn get_text(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await;
        answer.unwrap().text().await.unwrap()
    }

    /// Fails where the process has ended.
    pub(crate) fn lives(&mut self, after: &str) {
        let ended = self.child.as_mut().unwrap().try_wait().unwrap();
        assert!(ended.is_none(), "ended ({ended:?}) after {after}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
