//! What a driver is told once.

use std::path::PathBuf;
use tollgate_upstream::{Bounds, ClientCredentials, Proxy};

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
    /// The proxy that everything leaves through that has no outlet of its own.
    pub proxy: Option<Proxy>,
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
