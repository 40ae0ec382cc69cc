//! A server of any kind, and what may happen to it.

use super::postgres::{Disk, Server};
use super::proxy::Proxy;
use super::redis::Redis;
use std::time::Duration;
use tollgate_coordination::{Fault, Memory};

pub(crate) enum Site {
    Memory(Memory, String),
    Postgres(Server),
    Redis(Redis),
}

impl Site {
    pub(crate) fn memory() -> Result<Self, String> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("site-{number}");
        Ok(Self::Memory(Memory::named(&name), name))
    }

    pub(crate) fn postgres() -> Result<Self, String> {
        Server::start(Disk::Waits).map(Self::Postgres)
    }

    pub(crate) fn redis() -> Result<Self, String> {
        Redis::start().map(Self::Redis)
    }

    /// Stays the same whatever happens to the server.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Memory(_, name) => format!("memory://{name}"),
            Self::Postgres(server) => server.url("postgres"),
            Self::Redis(server) => server.url(),
        }
    }

    /// A restart in good order, with its data.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::Memory(memory, _) => memory.restart(),
            Self::Postgres(server) => server.restart(),
            Self::Redis(server) => server.restart(),
        }
    }

    /// A restart without its data.
    pub(crate) fn restart_empty(&mut self) {
        match self {
            Self::Memory(memory, _) => {
                memory.wipe();
                memory.restart();
            }
            Self::Postgres(server) => server.restart_empty(),
            Self::Redis(server) => server.restart_empty(),
        }
    }

    /// Loses the value, and stays the same server.
    pub(crate) fn wipe(&self) {
        match self {
            Self::Memory(memory, _) => memory.wipe(),
            Self::Postgres(server) => {
                server.run("postgres", "DELETE FROM tollgate_coordination");
            }
            Self::Redis(server) => assert_eq!(server.cli(&["flushall"]), "OK\n"),
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Memory(memory, _) => memory.set_fault(Fault::AnswersLost),
            Self::Postgres(server) => server.kill(),
            Self::Redis(server) => server.kill(),
        }
    }

    /// A start after [`Self::kill`], with what reached the disk.
    pub(crate) fn start_again(&mut self) {
        match self {
            Self::Memory(memory, _) => {
                memory.restart();
                memory.set_fault(Fault::None);
            }
            Self::Postgres(server) => server.start_again(),
            Self::Redis(server) => server.start_again(),
        }
    }

    /// Stops all its processes, where they are.
    pub(crate) fn stop(&self) {
        match self {
            Self::Memory(memory, _) => memory.set_delay(Duration::from_secs(60)),
            Self::Postgres(server) => server.signal_all("-STOP"),
            Self::Redis(server) => server.signal("-STOP"),
        }
    }

    /// Lets them go on.
    pub(crate) fn go_on(&self) {
        match self {
            Self::Memory(memory, _) => memory.set_delay(Duration::ZERO),
            Self::Postgres(server) => server.signal_all("-CONT"),
            Self::Redis(server) => server.signal("-CONT"),
        }
    }

    /// The URL of a proxy in front of it; none in memory, where there is no connection.
    pub(crate) async fn proxied(&self) -> Option<(String, Proxy)> {
        match self {
            Self::Memory(..) => None,
            Self::Postgres(server) => {
                let proxy = Proxy::start(server.socket()).await;
                Some((proxy.url("postgres"), proxy))
            }
            Self::Redis(server) => {
                let proxy = Proxy::start(server.socket()).await;
                Some((format!("redis://127.0.0.1:{}", proxy.port), proxy))
            }
        }
    }
}
