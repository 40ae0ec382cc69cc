//! The listening side.

use crate::answer::State;
use hyper::service::service_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use tollgate_listen::{Bounds, Listener};
use tollgate_platform::{Config, Counts, Faults, Platform};

/// A running emulator. Stops when dropped.
#[derive(Debug)]
pub struct Emulator {
    listening: Listener,
    state: Arc<State>,
}

impl Emulator {
    /// Starts on `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// The address can't be bound.
    pub async fn start(config: Config, seed: u64, address: SocketAddr) -> std::io::Result<Self> {
        let state = Arc::new(State::new(Platform::new(config, seed)));
        let answering = Arc::clone(&state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&answering);
            async move { state.answer(request).await }
        });
        let listening = Listener::start(address, Bounds::default(), service).await?;
        Ok(Self { listening, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.counts()
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.state.set_faults(faults);
    }

    /// Makes every token granted so far worthless.
    pub fn revoke_all(&self) {
        self.state.revoke_all();
    }
}
