//! A server within the process, shared by its name: for `simulate`, for trials, and for tests, which can make it
//! forget, answer late or not at all.

use crate::error::CoordinationError;
use crate::store::{
    BOUND, CoordinationStore, Found, Hint, Prepared, Revision, ServerIncarnation, Swap,
};
use async_trait::async_trait;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Values of one organisation that are kept so that a test can go back to them.
const HISTORY: usize = 64;

/// A server in memory. It forgets everything once no handle and no store of it is left.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Server>>);

struct Server {
    name: String,
    incarnation: u64,
    values: HashMap<String, Kept>,
    fault: Fault,
    delay: Duration,
}

/// One organisation's values, the last one at the end.
struct Kept {
    history: VecDeque<(Revision, Vec<u8>)>,
    changes: watch::Sender<Hint>,
}

/// What a server in memory does wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// It can't be reached.
    Away,
    /// It carries everything out, and the connection breaks before the answer comes.
    AnswersLost,
}

impl Memory {
    /// The server of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        static SERVERS: Mutex<Vec<(String, Weak<Mutex<Server>>)>> = Mutex::new(Vec::new());
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|(_, server)| server.strong_count() > 0);
        let found = servers.iter().find(|(its, _)| its == name);
        if let Some(server) = found.and_then(|(_, server)| server.upgrade()) {
            return Self(server);
        }
        let server = Arc::new(Mutex::new(Server {
            name: name.to_owned(),
            incarnation: 1,
            values: HashMap::new(),
            fault: Fault::None,
            delay: Duration::ZERO,
        }));
        servers.push((name.to_owned(), Arc::downgrade(&server)));
        Self(server)
    }

    /// Forgets all values, as a flushed server does, and stays the same server.
    pub fn wipe(&self) {
        self.change(|kept| kept.history.clear());
    }

    /// Goes back by so many swaps of each value, at most by those it remembers.
    pub fn roll_back(&self, swaps: usize) {
        self.change(|kept| {
            let left = kept.history.len().saturating_sub(swaps);
            kept.history.truncate(left);
        });
    }

    /// Becomes another server, with the values that there are.
    pub fn restart(&self) {
        self.lock().incarnation += 1;
        self.change(|_| {});
    }

    /// Does this wrong from now on.
    pub fn set_fault(&self, fault: Fault) {
        self.lock().fault = fault;
        self.change(|_| {});
    }

    /// Takes so long for each answer from now on. From [`BOUND`] on all are [`CoordinationError::Late`], and a swap
    /// is made all the same.
    pub fn set_delay(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    pub(crate) fn of(&self, organization: &str) -> MemoryValue {
        let changes = self.lock().kept(organization).changes.clone();
        MemoryValue {
            server: self.clone(),
            organization: organization.to_owned(),
            changes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Server> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl Fn(&mut Kept)) {
        for kept in self.lock().values.values_mut() {
            change(kept);
            kept.changes.send_modify(|it| it.follow(None, ""));
        }
    }
}

impl Server {
    fn kept(&mut self, organization: &str) -> &mut Kept {
        self.values
            .entry(organization.to_owned())
            .or_insert_with(|| Kept {
                history: VecDeque::new(),
                changes: watch::Sender::new(Hint::default()),
            })
    }

    fn incarnation(&self) -> ServerIncarnation {
        ServerIncarnation(format!("{}/{}", self.name, self.incarnation))
    }

    fn find(&mut self, organization: &str) -> Found {
        Found {
            value: self.kept(organization).history.back().cloned(),
            server: self.incarnation(),
        }
    }

    fn swap(&mut self, organization: &str, prepared: Prepared) -> Swap {
        let found = self.find(organization);
        let current = found.value.as_ref().map(|(revision, _)| *revision);
        if current != prepared.expected {
            return Swap::Changed(found);
        }
        let revision = prepared.next;
        let kept = self.kept(organization);
        kept.history.push_back((revision, prepared.value));
        if kept.history.len() > HISTORY {
            kept.history.pop_front();
        }
        kept.changes
            .send_modify(|it| it.follow(Some(revision), &prepared.note));
        Swap::Done {
            revision,
            server: found.server,
            is_durable: true,
        }
    }
}

/// The value of one organisation.
pub(crate) struct MemoryValue {
    server: Memory,
    organization: String,
    changes: watch::Sender<Hint>,
}

impl MemoryValue {
    async fn ask<T>(&self, ask: impl FnOnce(&mut Server) -> T) -> Result<T, CoordinationError> {
        let delay = self.server.lock().delay;
        if !delay.is_zero() {
            sleep(delay.min(BOUND)).await;
        }
        let mut server = self.server.lock();
        if server.fault == Fault::Away {
            return Err(CoordinationError::Unreachable("it is away".into()));
        }
        let answer = ask(&mut server);
        if server.fault == Fault::AnswersLost {
            return Err(CoordinationError::Cut("its answers are lost".into()));
        }
        if delay >= BOUND {
            return Err(CoordinationError::Late);
        }
        Ok(answer)
    }
}

#[async_trait]
impl CoordinationStore for MemoryValue {
    fn kind(&self) -> &'static str {
        "memory"
    }

    async fn read(&self) -> Result<Found, CoordinationError> {
        self.ask(|server| server.find(&self.organization)).await
    }

    async fn swap(
        &self,
        expected: Option<Revision>,
        value: &[u8],
        note: &str,
    ) -> Result<Swap, CoordinationError> {
        let prepared = Prepared::new(expected, value, note)?;
        self.ask(|server| server.swap(&self.organization, prepared))
            .await
    }

    fn changes(&self) -> watch::Receiver<Hint> {
        self.changes.subscribe()
    }
}
