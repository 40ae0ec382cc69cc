//! The look at the node that its readiness is made of, every second, and the heartbeat that a service manager watches.
//!
//! **The engine is asked, not only looked at.** A task that hangs is alive, so a look sends a message through the
//! engine's inbox and waits for its answer. [`HANGS`] looks in a row without one, each of [`PATIENCE`], are a hang: that
//! is ten seconds, a hundred times what a busy engine takes. Looks are counted and not the time, since a machine that
//! sleeps or stands still would otherwise find its engine dead when it goes on.
//!
//! **The start ends with the first tokens**, well or badly: with a token of each client of the file there is something to
//! call with, and with a refusal it is known what to answer. A client whose first fetch takes longer than a fetch may
//! holds the node up no longer: it answers from its cache, calls what needs no token, and refuses the rest in words.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tollgate_api::{Checked, Finding, Readiness, Standing};
use tollgate_cluster::{Cluster, LeaseState};
use tollgate_definitions::{FollowState, Live};
use tollgate_driver::Driver;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two looks while the node starts: a balancer waits for it.
const PAUSE_AT_START: Duration = Duration::from_millis(50);
/// How long a look waits for the engine.
const PATIENCE: Duration = Duration::from_secs(2);
/// Looks in a row without an answer that are a hang.
const HANGS: u32 = 5;

/// Looks at the node.
pub(crate) struct Pulse {
    pub(crate) driver: Driver,
    pub(crate) live: Arc<Live>,
    pub(crate) cluster: Option<Arc<Cluster>>,
    pub(crate) readiness: Readiness,
    start: Start,
    unanswered: u32,
}

/// What the start waits for.
enum Start {
    /// The first fetch of a token of each of these clients, until then at the latest.
    Tokens(Vec<String>, Instant),
    /// Nothing any more.
    Over,
}

impl Pulse {
    /// `clients`: those of whom a token is fetched at the start, by name, each within so long.
    pub(crate) fn new(
        (driver, live, cluster): (&Driver, &Arc<Live>, Option<&Arc<Cluster>>),
        readiness: Readiness,
        (clients, within): (Vec<String>, Duration),
    ) -> Self {
        Self {
            driver: driver.clone(),
            live: Arc::clone(live),
            cluster: cluster.cloned(),
            readiness,
            start: Start::Tokens(clients, Instant::now() + within),
            unanswered: 0,
        }
    }

    /// Looks for as long as the service lives.
    pub(crate) async fn beat(mut self) {
        loop {
            let pause = match (&self.start, self.unanswered) {
                (Start::Tokens(..), 0) => PAUSE_AT_START,
                (Start::Over, 0) => PAUSE,
                // It has waited for the engine already.
                _ => Duration::ZERO,
            };
            tokio::time::sleep(pause).await;
            self.look().await;
        }
    }

    /// Looks once.
    pub(crate) async fn look(&mut self) {
        let answers = tokio::time::timeout(PATIENCE, self.driver.answers()).await;
        self.unanswered = match answers {
            Ok(_) => 0,
            Err(_) => self.unanswered.saturating_add(1),
        };
        if answers.is_ok() && self.has_started().await {
            self.start = Start::Over;
        }
        self.readiness.look(&self.findings(), self.driver.now());
    }

    async fn has_started(&self) -> bool {
        let Start::Tokens(clients, until) = &self.start else {
            return true;
        };
        if clients.is_empty() || Instant::now() >= *until {
            return true;
        }
        let Some(snapshot) = self.driver.snapshot().await else {
            return false;
        };
        let troubles = self.driver.token_troubles();
        clients.iter().all(|name| {
            let mut known = snapshot.clients.iter();
            known.any(|client| client.name == *name && client.tokens > 0)
                || troubles.iter().any(|trouble| trouble.client == *name)
        })
    }

    fn findings(&self) -> Vec<Finding> {
        let serving = match self.start {
            Start::Tokens(..) => Standing::Starting,
            Start::Over => Standing::Good,
        };
        let engine = match (self.driver.is_alive(), self.unanswered >= HANGS) {
            (false, _) => Standing::Ended,
            (true, true) => Standing::Silent,
            (true, false) => Standing::Good,
        };
        let mut findings = vec![
            Finding::of(Checked::Serving, serving),
            Finding::of(Checked::Engine, engine),
        ];
        if self.live.store().is_ok() {
            let (store, definitions) = match self.live.following().state {
                FollowState::Followed => (Standing::Good, Standing::Good),
                FollowState::StoreAway => (Standing::Away, Standing::Away),
                FollowState::Unreadable => (Standing::Good, Standing::Unreadable),
            };
            findings.push(Finding::of(Checked::Store, store));
            findings.push(Finding::of(Checked::Definitions, definitions));
        }
        findings.push(Finding::without_tokens(self.without_tokens()));
        if let Some(cluster) = &self.cluster {
            let lease = match cluster.lease_state(self.driver.now()) {
                LeaseState::Held => Standing::Good,
                LeaseState::Unanswered => Standing::Unanswered,
                LeaseState::Learning => Standing::Learning,
                LeaseState::Waiting => Standing::Waiting,
                LeaseState::Ended => Standing::Ended,
            };
            findings.push(Finding::of(Checked::Lease, lease));
        }
        findings
    }

    /// How many integrations can have no token.
    fn without_tokens(&self) -> usize {
        let catalog = self.live.catalog();
        let wired = catalog
            .integrations()
            .filter_map(|it| it.wiring.as_ref().ok());
        let dry = wired.filter(|it| self.driver.token_trouble(it.routes.route).is_some());
        dry.count()
    }
}

/// What a service manager may ask of a service: whether it still does its work, and how it stands.
#[derive(Clone)]
pub struct Heart {
    driver: Driver,
    readiness: Readiness,
}

impl Heart {
    pub(crate) fn new(driver: &Driver, readiness: &Readiness) -> Self {
        Self {
            driver: driver.clone(),
            readiness: readiness.clone(),
        }
    }

    /// Whether the engine's task takes a message and answers it, within that time.
    pub async fn beats(&self, within: Duration) -> bool {
        tokio::time::timeout(within, self.driver.answers()).await == Ok(true)
    }

    /// How the service stands, in one line for people: `ready; store away`.
    #[must_use]
    pub fn words(&self) -> String {
        self.readiness.words()
    }
}

impl std::fmt::Debug for Heart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heart").finish_non_exhaustive()
    }
}
