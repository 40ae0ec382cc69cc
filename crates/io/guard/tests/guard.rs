//! Over real sockets: what a guarded client connects to, and what it never does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate_guard::{Class, Guard, Lookup, Policy, Refused, Scheme};

/// A resolver whose answers change from question to question; the last one stays.
#[derive(Clone, Default)]
struct Names {
    answers: Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn with(self, name: &str, answers: &[&[&str]]) -> Self {
        let parsed = answers
            .iter()
            .map(|a| a.iter().map(|ip| ip.parse().unwrap()).collect())
            .collect();
        self.answers.lock().unwrap().insert(name.into(), parsed);
        self
    }
}

impl Lookup for Names {
    fn lookup(
        &self,
        name: String,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut all = self.answers.lock().unwrap();
        let answer = match all.get_mut(&name) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        Box::pin(async move { answer })
    }
}

/// A server that counts its connections, and sends everybody somewhere else if told where.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(address: &str, location: Option<&str>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let answer = match location {
            Some(to) => format!(
                "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                to.replace("{port}", &address.port().to_string())
            ),
            None => {
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_owned()
            }
        };
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            address,
            connections,
        }
    }

    fn seen(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Plain HTTP to this machine's first address and nothing else that isn't public.
fn policy(port: u16) -> Policy {
    Policy {
        schemes: vec![Scheme::Http],
        hosts: Vec::new(),
        ports: vec![port.to_string().parse().unwrap()],
        networks: vec!["127.0.0.1".parse().unwrap()],
    }
}

/// Hands a guard's addresses to a client, as the driver is handed them.
struct Guarded(Guard);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let addresses = guard.resolve_checked(name.as_str().to_owned()).await?;
            // Port 0: the URL's.
            let sockets = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

fn client(guard: &Guard) -> reqwest::Client {
    reqwest::Client::builder()
        .dns_resolver(Arc::new(Guarded(guard.clone())))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// The refusal inside a client's error, if it is one.
fn refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refused> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(refused) = error.downcast_ref() {
            return Some(refused);
        }
        next = error.source();
    }
    None
}

/// Asks as the service does: check, then send.
async fn ask(guard: &Guard, url: &str) -> Result<u16, Refused> {
    let url = url.parse().unwrap();
    guard.check(&url)?;
    match client(guard).get(url).send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Err(refusal(&error)
            .unwrap_or_else(|| panic!("no refusal: {error:?}"))
            .clone()),
    }
}

#[tokio::test]
async fn an_allowed_name_is_reached() {
    let server = Server::start("127.0.0.1:0", None).await;
    let port = server.address.port();
    let names = Names::default().with("good.example", &[&["127.0.0.1"]]);
    let guard = Guard::with_lookup(policy(port), names);
    assert_eq!(
        ask(&guard, &format!("http://good.example:{port}/")).await,
        Ok(200)
    );
    assert_eq!(server.seen(), 1);
}

#[tokio::test]
async fn names_that_resolve_to_forbidden_addresses_are_refused() {
    let names = [
        ("127.0.0.2", Class::Loopback),
        ("10.0.0.1", Class::Private),
        ("169.254.169.254", Class::Metadata),
        ("::1", Class::Loopback),
        ("::ffff:10.0.0.1", Class::Private),
        ("64:ff9b::a00:1", Class::Private),
        ("fd00:ec2::254", Class::Metadata),
        ("fe80::1", Class::LinkLocal),
        ("100.64.0.1", Class::Shared),
        ("0.0.0.0", Class::Unspecified),
        ("224.0.0.1", Class::Multicast),
    ];
    for (address, class) in names {
        let lookup = Names::default().with("bad.example", &[&[address]]);
        let guard = Guard::with_lookup(policy(1), lookup);
        let refused = ask(&guard, "http://bad.example:1/").await.unwrap_err();
        assert!(
            matches!(&refused, Refused::Address { class: c, .. } if *c == class),
            "{address}: {refused}"
        );
    }
    let mixed = Names::default().with("bait.example", &[&["127.0.0.1", "127.0.0.2"]]);
    let guard = Guard::with_lookup(policy(1), mixed);
    assert!(
        ask(&guard, "http://bait.example:1/").await.is_err(),
        "one of them is enough"
    );
}

#[tokio::test]
async fn a_name_that_changes_its_mind_changes_nothing() {
    let good = Server::start("127.0.0.1:0", None).await;
    let port = good.address.port();
    // The same port of an address that isn't allowed: where a rebound name would lead.
    let bad = Server::start(&format!("127.0.0.2:{port}"), None).await;
    let names = Names::default().with("rebind.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let guard = Guard::with_lookup(policy(port), names.clone());
    let url = format!("http://rebind.example:{port}/");
    assert_eq!(ask(&guard, &url).await, Ok(200));
    assert_eq!(
        names.asked.load(Ordering::SeqCst),
        1,
        "asked once: what was checked was used"
    );
    let refused = ask(&guard, &url).await.unwrap_err();
    assert!(matches!(refused, Refused::Address { .. }), "{refused}");
    assert_eq!((good.seen(), bad.seen()), (1, 0));
}

#[tokio::test]
async fn urls_of_forbidden_places_are_refused() {
    for (location, expected) in [
        ("http://127.0.0.2:{port}/", "loopback"),
        ("http://2130706434:{port}/", "loopback"),
        ("http://0177.0.0.2:{port}/", "loopback"),
        ("http://0x7f.2:{port}/", "loopback"),
        ("http://[::ffff:127.0.0.2]:{port}/", "loopback"),
        ("http://[::1]:{port}/", "loopback"),
        (
            "http://169.254.169.254:{port}/latest/meta-data/",
            "cloud metadata",
        ),
        ("http://bad.example:{port}/", "private"),
        ("http://127.0.0.1:1/", "port 1"),
        ("https://127.0.0.1:{port}/", "scheme https"),
        ("http://user:hunter2@127.0.0.1:{port}/", "user name"),
    ] {
        let server = Server::start("127.0.0.1:0", None).await;
        let port = server.address.port();
        let names = Names::default().with("bad.example", &[&["10.0.0.1"]]);
        let guard = Guard::with_lookup(policy(port), names);
        let url = location.replace("{port}", &port.to_string());
        let refused = ask(&guard, &url).await.unwrap_err().to_string();
        assert!(
            refused.contains(expected) && !refused.contains("hunter2"),
            "{location}: {refused}"
        );
        assert_eq!(server.seen(), 0, "{location}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server = Server::start("127.0.0.1:0", Some("/again")).await;
    let url = format!("http://127.0.0.1:{}/", server.address.port());
    let guard = Guard::with_lookup(policy(server.address.port()), Names::default());
    assert_eq!(ask(&guard, &url).await, Ok(302));
    assert_eq!(server.seen(), 1);
}

#[tokio::test]
async fn an_error_that_is_no_refusal_is_none() {
    let names = Names::default().with("closed.example", &[&["127.0.0.1"]]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let guard = Guard::with_lookup(policy(port), names);
    let error = client(&guard)
        .get(format!("http://closed.example:{port}/"))
        .send()
        .await
        .unwrap_err();
    assert!(refusal(&error).is_none(), "{error:?}");
}
