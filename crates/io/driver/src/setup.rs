//! What a driver is told once.

use crate::Secret;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Everything [`crate::Driver::start`] needs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The engine's tables.
    pub engine: tollgate_engine::Config,
    /// Credentials of `engine.clients`, in the same order: a `ClientId` is an index into both.
    pub clients: Vec<ClientCredentials>,
    /// Seed of the engine's own choices.
    pub seed: u64,
    /// Bounds of the HTTP side.
    pub bounds: Bounds,
    /// Certificate authorities trusted beside the public ones, each file's PEM text.
    pub extra_roots_pem: Vec<Vec<u8>>,
}

/// Where and with what a client fetches its tokens (OAuth 2.0 client credentials).
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The token endpoint, such as `https://login.example.org/oauth/token`.
    pub token_url: Url,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

impl ClientCredentials {
    /// Whether both fetch the same tokens of the same endpoint.
    pub(crate) fn are_those_of(&self, other: &Self) -> bool {
        self.token_url == other.token_url
            && self.client_id == other.client_id
            && self.client_secret.expose() == other.client_secret.expose()
    }
}

/// Bounds of the HTTP side.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Longest response body, unpacked, in bytes. A longer one is not read to its end
    /// ([`crate::BodyError`]).
    pub max_response_bytes: usize,
    /// Longest headers of a response, in bytes of names and values; with longer ones the response is lost
    /// (`LossKind::NoAnswer`).
    pub max_response_header_bytes: usize,
    /// Most interim answers (1xx) taken before the response; with more the response is lost
    /// (`LossKind::NoAnswer`).
    pub max_interim_answers: u32,
    /// Longest wait for a connection, TLS handshake included.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept.
    pub pool_idle_timeout: Duration,
    /// Unused connections kept per host.
    pub pool_max_idle_per_host: usize,
    /// How long after its opening a connection is given further requests: a name that leads elsewhere
    /// is followed within this time.
    pub connection_max_age: Duration,
    /// Most requests at once on one HTTP/2 connection, if the server allows as many; further requests open
    /// another connection. The end of one connection costs no more requests than this.
    pub streams_per_connection: usize,
    /// Pause between the pings that tell whether an HTTP/2 connection still leads anywhere.
    pub ping_interval: Duration,
    /// How long the answer to a ping may take, before the connection is ended.
    pub ping_timeout: Duration,
    /// Longest wait for an access token, connecting included.
    pub token_timeout: Duration,
    /// Submissions on their way to the engine at once; further callers wait for their turn.
    pub inbox: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_response_bytes: 2 * 1024 * 1024,
            max_response_header_bytes: 64 * 1024,
            max_interim_answers: 100,
            connect_timeout: Duration::from_secs(5),
            pool_idle_timeout: Duration::from_secs(60),
            pool_max_idle_per_host: 256,
            connection_max_age: Duration::from_secs(60),
            streams_per_connection: 100,
            ping_interval: Duration::from_secs(5),
            ping_timeout: Duration::from_secs(5),
            token_timeout: Duration::from_secs(10),
            inbox: 1024,
        }
    }
}

/// Why a driver could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The two client tables differ in length.
    #[error("the engine knows {engine} OAuth clients, but there are credentials for {credentials}")]
    Clients {
        /// Clients in the engine's table.
        engine: usize,
        /// Credentials given.
        credentials: usize,
    },
    /// One of `extra_roots_pem` can't be used.
    #[error("certificate authority file {index}: {reason}")]
    Root {
        /// Its place in the list.
        index: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A client certificate or its key that can't be used.
    #[error("client certificate: {0}")]
    Identity(String),
    /// TLS could not be set up.
    #[error("TLS: {0}")]
    Tls(String),
    /// The file that keeps the use of the limits can't be used.
    #[error("usage file {}: {source}", path.display())]
    Usage {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not called from within a tokio runtime.
    #[error("no tokio runtime to run in")]
    NoRuntime,
}
