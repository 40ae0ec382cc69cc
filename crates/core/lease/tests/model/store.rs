//! A store that fails in all the ways that stores fail: wiped, rolled back, restarted, split.

use tollgate_lease::Value;

/// A revision, and what tells it from one of the same number in another history.
pub(crate) type Revision = (u64, u64);

/// What a read finds.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) value: Option<(Revision, Vec<u8>)>,
    pub(crate) server: String,
}

/// One server of the store.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) value: Option<(Revision, Vec<u8>)>,
    /// Values of before, the newest last.
    history: Vec<(Revision, Vec<u8>)>,
    incarnation: u64,
}

impl Server {
    pub(crate) fn new(incarnation: u64) -> Self {
        let mut server = Self {
            value: None,
            history: Vec::new(),
            incarnation,
        };
        let first = Value::of_nobody(&server.name());
        server.put((1, 0), first.write());
        server
    }

    pub(crate) fn name(&self) -> String {
        format!("server-{}", self.incarnation)
    }

    pub(crate) fn read(&self) -> Found {
        Found {
            value: self.value.clone(),
            server: self.name(),
        }
    }

    fn put(&mut self, revision: Revision, value: Vec<u8>) {
        if let Some(before) = self.value.replace((revision, value)) {
            self.history.push(before);
            if self.history.len() > 200 {
                self.history.remove(0);
            }
        }
    }

    /// Puts a value in the place of the one of that revision.
    pub(crate) fn swap(
        &mut self,
        expected: Option<Revision>,
        value: Vec<u8>,
        nonce: u64,
    ) -> Option<Revision> {
        if self.value.as_ref().map(|(revision, _)| *revision) != expected {
            return None;
        }
        let revision = (expected.map_or(1, |(number, _)| number + 1), nonce);
        self.put(revision, value);
        Some(revision)
    }

    /// Restarts with what it had.
    pub(crate) fn restart(&mut self, incarnation: u64) {
        self.incarnation = incarnation;
    }

    /// Restarts with nothing.
    pub(crate) fn wipe(&mut self, incarnation: u64) {
        self.incarnation = incarnation;
        self.value = None;
        self.history.clear();
    }

    /// Loses the value alone, as by a deleted row.
    pub(crate) fn lose(&mut self) {
        self.value = None;
    }

    /// Restarts with what it had so many values ago.
    pub(crate) fn roll_back(&mut self, values: usize, incarnation: u64) {
        self.incarnation = incarnation;
        for _ in 0..values {
            if let Some(before) = self.history.pop() {
                self.value = Some(before);
            }
        }
    }
}
