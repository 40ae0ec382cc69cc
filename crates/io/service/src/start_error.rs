//! Why a service could not be started.

use std::net::SocketAddr;
use tollgate_definitions::{Faults, RefreshError};
use tollgate_driver::{ChangeError, SetupError};
use tollgate_store::OpenError;

/// Why a service could not be started. Nothing was bound, or nothing is any more.
#[derive(Debug)]
pub enum StartError {
    /// The configuration, or a file that it names, can't be used as it is written. No file was touched.
    Configuration(Faults),
    /// The store can't be opened.
    Store(OpenError),
    /// What the store holds can't be read.
    Definitions(RefreshError),
    /// An integration's authorities, certificate or allow-list can't be used.
    Integration(String, String),
    /// A caller's table of callbacks has rules or certificates that can't be used.
    Callback(String, String),
    /// The file of records can't be opened.
    Records(std::path::PathBuf, std::io::Error),
    /// Spans of calls can't be sent as `[trace]` or OpenTelemetry's variables say.
    Traces(String),
    /// The file of the numbers that were set, beside this usage file, can't be read.
    Numbers(std::path::PathBuf, std::io::Error),
    /// The threads that calculate can't be started.
    Workers(std::io::Error),
    /// The driver could not be set up.
    Driver(SetupError),
    /// The engine ended before it had the numbers that were set.
    Limits(ChangeError),
    /// The node can't have a part in the cluster.
    Cluster(String),
    /// The listener's certificate, key or authorities can't be used.
    Tls(String),
    /// The address can't be bound.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Configuration(faults) => faults.fmt(f),
            Self::Store(error @ OpenError::Keys(_)) => write!(
                f,
                "[store]: {error}; `tollgate init` makes a key file where there is none"
            ),
            Self::Store(error) => write!(f, "[store]: {error}"),
            Self::Definitions(error) => write!(f, "[store]: {error}"),
            Self::Integration(name, why) => write!(f, "integration {name}: {why}"),
            Self::Callback(caller, why) => write!(f, "callback of the caller {caller}: {why}"),
            Self::Records(path, error) => {
                write!(f, "server.records_file: {}: {error}", path.display())
            }
            Self::Traces(why) => write!(f, "[trace]: {why}"),
            Self::Numbers(path, error) => {
                let path = path.with_extension("limits");
                write!(f, "limits that were set: {}: {error}", path.display())
            }
            Self::Workers(error) => write!(f, "server.calculation_threads: {error}"),
            Self::Driver(error) => error.fmt(f),
            Self::Limits(error) => write!(f, "limits that were set: {error}"),
            Self::Cluster(why) => f.write_str(why),
            Self::Tls(why) => f.write_str(why),
            Self::Listen(address, error) => {
                write!(f, "server.listen: can't listen on {address}: {error}")
            }
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Whether it is the configuration that has to be changed.
    #[must_use]
    pub fn is_of_configuration(&self) -> bool {
        matches!(
            self,
            Self::Configuration(_)
                | Self::Integration(..)
                | Self::Callback(..)
                | Self::Cluster(_)
                | Self::Tls(_)
                | Self::Store(OpenError::Url(_) | OpenError::Keys(_))
        )
    }
}
