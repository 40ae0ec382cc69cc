//! Within which bounds upstreams are called.

use std::time::Duration;

/// Bounds of the calls to upstreams.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Longest response body, unpacked, in bytes. A longer one is not read to its
    /// end.
    pub max_response_bytes: usize,
    /// Longest headers of a response, in bytes of names and values; with longer ones the response is lost
    /// (`tollgate_engine::LossKind::NoAnswer`).
    pub max_response_header_bytes: usize,
    /// Most interim answers (1xx) taken before the response; with more the response is lost
    /// (`tollgate_engine::LossKind::NoAnswer`).
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
