//! Starting and ending.

use crate::api::{self, App};
use crate::callers::Callers;
use crate::catalog::{Catalog, CatalogError};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_config::Config;
use tollgate_driver::{Driver, Setup, SetupError};
use tollgate_engine::Snapshot;
use tollgate_listen::{Bounds, Listening};
use tollgate_model::FlowId;

/// A running service; ends when dropped.
#[derive(Debug)]
pub struct Service {
    listening: Listening,
    driver: Driver,
}

/// Why a service could not be started. Nothing was bound, or nothing is any more.
#[derive(Debug)]
pub enum StartError {
    /// An action file can't be used.
    Actions(CatalogError),
    /// The driver could not be set up.
    Driver(SetupError),
    /// The address can't be bound.
    Listen(SocketAddr, std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Actions(error) => error.fmt(f),
            Self::Driver(error) => error.fmt(f),
            Self::Listen(address, error) => {
                write!(f, "server.listen: can't listen on {address}: {error}")
            }
        }
    }
}

impl std::error::Error for StartError {}

impl Service {
    /// Reads the action files, starts the driver, and listens last.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, seed: u64) -> Result<Self, StartError> {
        let catalog = Catalog::load(&config).map_err(StartError::Actions)?;
        let names = config.engine.flows.iter().enumerate();
        let flows = names
            .map(|(index, flow)| {
                (
                    flow.name.clone(),
                    FlowId(u32::try_from(index).unwrap_or(u32::MAX)),
                )
            })
            .collect();
        let server = config.server;
        let driver = Driver::start(Setup {
            engine: config.engine,
            clients: config.clients,
            seed,
            bounds: config.upstream,
            extra_roots_pem: config.extra_roots_pem,
        })
        .map_err(StartError::Driver)?;
        let app = App {
            catalog,
            callers: Callers::new(config.callers, server.token_life, server.max_tokens),
            driver: driver.clone(),
            flows,
            default_flow: config.default_flow,
            max_body_bytes: server.max_body_bytes,
            body_timeout: server.body_timeout,
        };
        let bounds = Bounds {
            max_connections: server.max_connections,
            header_timeout: server.header_timeout,
        };
        let router = TowerToHyperService::new(api::router(Arc::new(app)));
        let listening = Listening::start(server.listen, bounds, router)
            .await
            .map_err(|error| StartError::Listen(server.listen, error))?;
        Ok(Self { listening, driver })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The engine's limits, tokens and flows as they are now; none once the engine stopped.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        self.driver.snapshot().await
    }

    /// Accepts no more, lets what is under way come to its end, but no longer than `within`. True if all
    /// of it did.
    pub async fn drain(self, within: Duration) -> bool {
        let until = Instant::now() + within;
        let answered = self.listening.drain(within).await;
        // What is left has no caller any more; the engine gives it up when the driver goes.
        let ended = self
            .driver
            .drain(until.saturating_duration_since(Instant::now()))
            .await;
        answered && ended
    }
}
