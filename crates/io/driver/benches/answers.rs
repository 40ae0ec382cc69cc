//! A call over loopback, by what its answer is packed in: plain, gzip, brotli, zstd.
//!
//! The server sends the same bytes again and again over one kept connection, so that what differs is what
//! happens on this side.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

#[path = "../tests/support/mod.rs"]
mod support;

use divan::Bencher;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::{at_once, call, setup, tables};
use tollgate_driver::{Bounds, Driver};

const LONG: Duration = Duration::from_secs(60);
/// What packs, and what the answer's headers say of it.
const TOOLS: [(&str, &str); 4] = [
    ("cat", ""),
    ("gzip -c", "content-encoding: gzip\r\n"),
    ("brotli -c", "content-encoding: br\r\n"),
    ("zstd -q -c", "content-encoding: zstd\r\n"),
];

fn main() {
    divan::main();
}

fn pack(tool: &str, plain: &[u8]) -> Vec<u8> {
    let mut words = tool.split(' ');
    let mut process = Command::new(words.next().unwrap())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(plain).unwrap());
        process.wait_with_output().unwrap().stdout
    })
}

fn serve(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut read) = (stream.unwrap(), [0; 4096]);
            while stream.read(&mut read).is_ok_and(|length| length > 0) {
                stream.write_all(&answer).unwrap();
            }
        }
    });
    address
}

fn driver() -> Driver {
    let engine = tables(Some(at_once(10)));
    Driver::start(setup(engine, vec![], Bounds::default())).unwrap()
}

fn bench(bencher: Bencher, (tool, header): (&str, &str), length: usize) {
    let row = r#"{"name":"Zoë","queue":"8b4d1a3e","waiting":4,"interacting":11},"#;
    let body = pack(tool, row.repeat(length / row.len()).as_bytes());
    let head = format!(
        "HTTP/1.1 200 OK\r\n{header}content-length: {}\r\n\r\n",
        body.len()
    );
    let address = serve([head.as_bytes(), &body].concat());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = format!("http://{address}/");
    let driver = runtime.block_on(async { driver() });
    bencher.bench_local(|| {
        let answer = runtime
            .block_on(driver.execute(call(http::Method::GET, &url, LONG, LONG)))
            .unwrap();
        assert_eq!(answer.status, 200);
        answer
    });
}

#[divan::bench(args = TOOLS.map(|(tool, _)| tool), sample_count = 500)]
fn of_1_kilobyte(bencher: Bencher, tool: &str) {
    bench(
        bencher,
        *TOOLS.iter().find(|(name, _)| *name == tool).unwrap(),
        1_000,
    );
}

#[divan::bench(args = TOOLS.map(|(tool, _)| tool), sample_count = 500)]
fn of_100_kilobytes(bencher: Bencher, tool: &str) {
    bench(
        bencher,
        *TOOLS.iter().find(|(name, _)| *name == tool).unwrap(),
        100_000,
    );
}
