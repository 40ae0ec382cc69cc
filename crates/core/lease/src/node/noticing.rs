//! What a node tells all others, and hears of them.

use super::Node;
use crate::Notice;
use std::collections::BTreeMap;
use tollgate_model::Instant;

impl Node {
    /// Something has changed at this node that all are to know; the next exchange is due soon.
    pub fn tell(&mut self, key: impl Into<String>, notice: Notice<Instant>) {
        self.board.tell(key.into(), notice);
    }

    /// What holds at this node from before it was one of several. It holds for all if the value says nothing of that key.
    pub fn offer(&mut self, key: impl Into<String>, text: impl Into<String>) {
        self.board.offer(key.into(), text.into());
    }

    /// What this node knows to be told of the key; none if nothing is, or nothing of it is known here.
    #[must_use]
    pub fn noticed(&self, key: &str) -> Option<&Notice<Instant>> {
        self.board.noticed(key)
    }

    /// What other nodes have changed since this was last asked, by its keys. To be asked after [`Self::see`], so that what
    /// the next request claims is of the newest numbers, and after [`Self::answer`].
    pub fn heard(&mut self) -> BTreeMap<String, Notice<Instant>> {
        self.board.heard()
    }
}
