//! Callers that connect and say nothing, or too little, or don't take what they asked for.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use std::convert::Infallible;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tollgate_listen::{Bounds, Listener, RequestBody};

/// What the tests' server allows.
const SHORT: Duration = Duration::from_millis(300);
/// Only a hang takes so long.
const HANG: Duration = Duration::from_secs(60);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
/// One that sets SETTINGS_INITIAL_WINDOW_SIZE to 0: no answer may have a body.
const NO_WINDOW: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0";

/// An HTTP/2 HEADERS frame: GET of that path, which is shorter than 127 bytes, and nothing after it.
fn get2(stream: u8, path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).expect("short");
    // :method GET, :scheme http, :path by its index with a literal value, :authority likewise.
    let mut block = vec![0x82, 0x86, 0x04, length];
    block.extend(path.as_bytes());
    block.extend(b"\x01\x01x");
    let mut frame = vec![
        0,
        0,
        u8::try_from(block.len()).expect("short"),
        1,
        5,
        0,
        0,
        0,
        stream,
    ];
    frame.extend(block);
    frame
}

fn get1(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

/// `/`: a few bytes; `/large`: more than any socket holds; `/never`: no answer.
async fn server(bounds: Bounds) -> Listener {
    let service = service_fn(|request: Request<RequestBody>| async move {
        let path = request.uri().path().to_owned();
        // What comes as a body has to come whole.
        let _ = request.into_body().collect().await;
        let body = match path.as_str() {
            "/large" => vec![b'x'; 32 * 1024 * 1024],
            "/never" => std::future::pending().await,
            _ => b"well".to_vec(),
        };
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body))))
    });
    let address = ([127, 0, 0, 1], 0).into();
    Listener::start(address, bounds, service)
        .await
        .expect("a port")
}

fn short() -> Bounds {
    Bounds {
        header_timeout: SHORT,
        idle_timeout: SHORT,
        write_timeout: SHORT,
        ping_interval: SHORT,
        ..Bounds::default()
    }
}

async fn connect(server: &Listener) -> TcpStream {
    TcpStream::connect(server.address())
        .await
        .expect("connected")
}

/// Reads until the other side has closed; gives what came.
async fn closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match tokio::time::timeout(HANG, stream.read_to_end(&mut all)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        Err(_) => panic!("still open"),
    }
    all
}

/// Waits until writing fails, which it does once the other side has closed, without reading anything.
async fn closed_unread(stream: &mut TcpStream, drip: &[u8]) {
    let dripping = async {
        while stream.write_all(drip).await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    tokio::time::timeout(HANG, dripping)
        .await
        .expect("still open");
}

#[tokio::test]
async fn who_says_nothing_or_too_little_is_hung_up_on() {
    let server = server(short()).await;
    let two = |more: &[u8]| [PREFACE, SETTINGS, more].concat();
    let kinds: [(&str, Vec<u8>); 9] = [
        ("nothing", Vec::new()),
        ("a byte", b"P".to_vec()),
        ("half a preface", PREFACE[..20].to_vec()),
        ("a preface", PREFACE.to_vec()),
        ("a preface and SETTINGS", two(b"")),
        ("half a HEADERS frame", two(&get2(1, "/")[..12])),
        ("half a head", b"GET / HTTP/1.1\r\nX: ".to_vec()),
        ("a request, then nothing", get1("/")),
        ("a request over HTTP/2, then nothing", two(&get2(1, "/"))),
    ];
    for (kind, said) in kinds {
        let mut stream = connect(&server).await;
        stream.write_all(&said).await.expect("sent");
        let came = closed(&mut stream).await;
        let answered = came.windows(3).any(|it| it == b"wel");
        assert_eq!(answered, kind.starts_with("a request"), "{kind}");
    }
    assert!(server.drain(HANG).await, "none of them is left");
}

#[tokio::test]
async fn a_head_that_drips_is_not_waited_for() {
    let server = server(short()).await;
    for begin in [
        b"GET / HTTP/1.1\r\nX: ".to_vec(),
        [get1("/"), b"G".to_vec()].concat(),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(&begin).await.expect("sent");
        closed_unread(&mut stream, b"a").await;
    }
    // SETTINGS for ever are no request.
    let mut stream = connect(&server).await;
    stream.write_all(PREFACE).await.expect("sent");
    closed_unread(&mut stream, SETTINGS).await;
}

#[tokio::test]
async fn answers_have_to_be_taken() {
    let server = server(short()).await;
    let requests = [
        get1("/large"),
        get1("/").repeat(20_000),
        [PREFACE, SETTINGS, &get2(1, "/large")].concat(),
        // Its window is shut, while its socket takes all.
        [PREFACE, NO_WINDOW, &get2(1, "/large")].concat(),
        [PREFACE, NO_WINDOW, &get2(1, "/")].concat(),
    ];
    for request in requests {
        let mut stream = connect(&server).await;
        // Fails where more is asked for than the server takes in without anything being taken.
        let sending = stream.write_all(&request);
        let _ = tokio::time::timeout(HANG, sending)
            .await
            .expect("still open");
        // An empty SETTINGS frame is nothing that HTTP/1.1 knows; it isn't read any more there.
        closed_unread(&mut stream, SETTINGS).await;
    }
    assert!(server.drain(HANG).await, "none of them is left");
}

#[tokio::test]
async fn a_caller_that_vanished_is_missed() {
    let server = server(short()).await;
    // Without an answer to the pings nobody knows whether it is still there.
    let mut stream = connect(&server).await;
    let request = [PREFACE, SETTINGS, &get2(1, "/never")].concat();
    stream.write_all(&request).await.expect("sent");
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_slow_reader_that_reads_is_served() {
    let server = server(short()).await;
    let mut stream = connect(&server).await;
    stream.write_all(&get1("/large")).await.expect("sent");
    let (mut bytes, mut part) = (0, vec![0; 4 * 1024 * 1024]);
    while bytes < 32 * 1024 * 1024 {
        // Longer in all than any of the bounds.
        tokio::time::sleep(SHORT / 10).await;
        let read = stream.read(&mut part).await.expect("served");
        assert!(read > 0, "cut off after {bytes}");
        bytes += read;
    }
}

#[tokio::test]
async fn what_waits_to_be_taken_has_a_bound_in_all() {
    let server = server(Bounds {
        // Room for one answer.
        max_untaken_bytes: 40 * 1024 * 1024,
        ..Bounds::default()
    })
    .await;
    let mut stuck = connect(&server).await;
    stuck.write_all(&get1("/large")).await.expect("sent");
    // It is being answered.
    let mut part = [0; 1];
    stuck.read_exact(&mut part).await.expect("answered");
    let mut reads = connect(&server).await;
    let request = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    reads.write_all(request).await.expect("sent");
    let came = closed(&mut reads).await;
    assert!(came.len() > 32 * 1024 * 1024, "{} bytes came", came.len());
    let mut rest = Vec::new();
    let cut = tokio::time::timeout(HANG, stuck.read_to_end(&mut rest)).await;
    let cut = cut.expect("still open");
    assert!(cut.is_err() || rest.len() < 32 * 1024 * 1024);
}

#[tokio::test]
async fn callers_that_dont_do_their_part_keep_nobody_out() {
    const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf";
    let kinds: [(&str, Vec<u8>); 6] = [
        ("silent", Vec::new()),
        ("half a head", b"GET / HTTP/1.1\r\n".to_vec()),
        ("silent over HTTP/2", [PREFACE, SETTINGS].concat()),
        ("idle", get1("/")),
        ("half a body", POST.to_vec()),
        ("an answer that isn't taken", get1("/large")),
    ];
    for (kind, said) in kinds {
        // The timeouts are long: room has to be made.
        let server = server(Bounds {
            max_connections: 20,
            ..Bounds::default()
        })
        .await;
        let mut kept = connect(&server).await;
        let requests = [get1("/"), get1("/never")].concat();
        kept.write_all(&requests).await.expect("sent");
        kept.read_exact(&mut [0; 1]).await.expect("answered");
        let mut others = Vec::new();
        for _ in 0..60 {
            let mut stream = connect(&server).await;
            // Fails where it has had to make room already.
            let _ = stream.write_all(&said).await;
            others.push(stream);
        }
        let mut stream = connect(&server).await;
        stream.write_all(&get1("/")).await.expect("sent");
        let mut head = [0; 12];
        let read = tokio::time::timeout(HANG, stream.read_exact(&mut head));
        read.await.expect(kind).expect(kind);
        assert_eq!(&head, b"HTTP/1.1 200", "{kind}");
        // The first have made room for the last, and who has a request under way has not.
        closed(&mut others[0]).await;
        let mut rest = vec![0; 4096];
        while let Ok(read) = tokio::time::timeout(SHORT, kept.read(&mut rest)).await {
            assert!(
                read.expect(kind) > 0,
                "{kind}: a request under way was given up"
            );
        }
    }
}

#[tokio::test]
async fn who_finds_all_places_busy_is_told() {
    let server = server(Bounds {
        max_connections: 3,
        ..Bounds::default()
    })
    .await;
    let mut busy = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&server).await;
        // The second request can't be answered before the first, which never is.
        let requests = [get1("/"), get1("/never")].concat();
        stream.write_all(&requests).await.expect("sent");
        let mut byte = [0; 1];
        stream.read_exact(&mut byte).await.expect("answered");
        busy.push(stream);
    }
    // Until the last of them has its second request under way, its place may be taken.
    let told = async {
        loop {
            let mut stream = connect(&server).await;
            stream.write_all(&get1("/never")).await.expect("sent");
            let mut answer = vec![0; 12];
            let answered = stream.read_exact(&mut answer);
            if tokio::time::timeout(SHORT, answered).await.is_ok() {
                return answer;
            }
            busy.push(stream);
        }
    };
    let told = tokio::time::timeout(HANG, told).await.expect("told");
    assert_eq!(told, b"HTTP/1.1 503");
}
