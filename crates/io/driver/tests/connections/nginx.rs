//! nginx as Debian ships it.

use super::{Certificate, LONG, driver, request};
use http::Method;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tollgate_driver::Bounds;

const NGINX: &str = "/usr/sbin/nginx";

struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    /// One server over TLS, with HTTP/2, that ends a connection after ten requests.
    async fn start(certificate: &Certificate) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let file = certificate.path().join("nginx.conf");
        std::fs::write(&file, configuration(certificate.path(), port)).unwrap();
        let process = Command::new(NGINX)
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(certificate.path())
            .args(["-e", "stderr"])
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx, of Debian's package of that name");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, port }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
        .collect();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
         events {{ worker_connections 512; }}
         http {{
             access_log {folder}/access.log; {temporary}
             server {{
                 listen 127.0.0.1:{port} ssl http2;
                 ssl_certificate {folder}/cert.pem;
                 ssl_certificate_key {folder}/key.pem;
                 keepalive_requests 10;
                 location / {{ return 200 ok; }}
             }}
         }}"
    )
}

#[tokio::test]
async fn no_call_is_lost_to_a_server_that_ends_its_connections() {
    let certificate = Certificate::new();
    let nginx = Nginx::start(&certificate).await;
    let driver = driver(&certificate, Bounds::default());
    let url = format!("https://127.0.0.1:{}/", nginx.port);
    let (mut attempts, mut calls) = (0, 0);
    for _ in 0..20 {
        let round = (0..50).map(|_| driver.execute(request(Method::POST, &url, LONG)));
        for answer in futures_util::future::join_all(round).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200);
            attempts += answer.attempts;
            calls += 1;
        }
    }
    let log = std::fs::read_to_string(certificate.path().join("access.log")).unwrap();
    let served = log.lines().filter(|line| line.contains("\" 200 ")).count();
    assert_eq!(
        served, calls,
        "each is carried out once; {attempts} attempts"
    );
}
