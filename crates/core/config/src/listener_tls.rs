//! TLS towards callers.

use std::path::PathBuf;

/// How TLS is spoken to callers: the files that it takes, which may change while the service runs.
#[derive(Clone, Debug)]
pub struct ListenerTls {
    /// The table that says so, such as `server.tls` or `gateway[2].tls`.
    pub table: String,
    /// The certificate, and those that lead from it to an authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of callers' certificates; without them callers aren't asked for any.
    pub client_authorities: Option<PathBuf>,
    /// Whether a caller without a certificate is turned away.
    pub require_client_certificate: bool,
}
