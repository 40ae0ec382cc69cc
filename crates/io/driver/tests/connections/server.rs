//! An HTTP/2 server over TLS that does as it is told.

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use http::{Request, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) type Accepted = TlsStream<TcpStream>;
pub(crate) type Requested = (Request<h2::RecvStream>, SendResponse<Bytes>);

/// A certificate for 127.0.0.1 and `upstream.test`, and its key, as PEM texts.
pub(crate) struct Certificate {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '))
            .args("-keyout key.pem -out cert.pem -subj /CN=upstream.test -addext".split(' '))
            .arg("subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:upstream.test")
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        Self {
            certificate: read("cert.pem"),
            key: read("key.pem"),
            folder,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn acceptor(&self) -> TlsAcceptor {
        let chain = CertificateDer::pem_slice_iter(&self.certificate);
        let key = PrivateKeyDer::from_pem_slice(&self.key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.map(Result::unwrap).collect(), key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A server whose connections are numbered from 0.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepted: Arc<AtomicU64>,
}

impl Server {
    /// Hands each connection, its TLS done, to `serve`.
    pub(crate) async fn start<F, T>(certificate: &Certificate, host: &str, serve: F) -> Self
    where
        F: Fn(u64, Accepted) -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(host).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let (count, acceptor, serve) = (
            Arc::clone(&accepted),
            certificate.acceptor(),
            Arc::new(serve),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, serve) = (acceptor.clone(), Arc::clone(&serve));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(number, stream).await;
                    }
                });
            }
        });
        Self { address, accepted }
    }

    pub(crate) fn connections(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst)
    }
}

pub(crate) async fn handshake(
    stream: Accepted,
    settings: impl FnOnce(&mut Builder),
) -> Connection<Accepted, Bytes> {
    let mut builder = h2::server::Builder::new();
    settings(&mut builder);
    builder.handshake(stream).await.unwrap()
}

/// Serves a connection to its end; `answer` gets each request and its number on the connection.
pub(crate) async fn serve<F, T>(stream: Accepted, answer: F)
where
    F: Fn(u64, Requested) -> T,
    T: Future<Output = ()> + Send + 'static,
{
    let mut connection = handshake(stream, |_| {}).await;
    let mut number = 0;
    while let Some(Ok(requested)) = connection.accept().await {
        tokio::spawn(answer(number, requested));
        number += 1;
    }
}

/// Answers 200 with this text.
pub(crate) fn ok(respond: &mut SendResponse<Bytes>, text: &'static str) {
    if let Ok(mut body) = respond.send_response(Response::new(()), false) {
        // An error means that the client has gone.
        let _ = body.send_data(Bytes::from_static(text.as_bytes()), true);
    }
}
