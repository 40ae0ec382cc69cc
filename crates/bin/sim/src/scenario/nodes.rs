//! Processes that tollgate runs as.

use super::{Client, Scenario};
use std::time::Duration;

/// How many processes tollgate runs as, what each gets of the calls, and how far away the store is over which they share
/// limits.
#[derive(Clone, PartialEq, Debug)]
pub struct Nodes {
    /// Processes, from 1.
    pub count: u32,
    /// By node: its share of the calls, in proportion to the others'. As many as there are nodes; none where all get the
    /// same.
    pub shares: Vec<f64>,
    /// After each such span every node takes the share that the next one had; if ever.
    pub rotate: Option<Duration>,
    /// From asking the coordination store to its answer.
    pub store_round_trip: Duration,
}

impl Default for Nodes {
    fn default() -> Self {
        Self {
            count: 1,
            shares: Vec::new(),
            rotate: None,
            store_round_trip: Duration::from_millis(2),
        }
    }
}

impl Nodes {
    /// Whether limits are shared.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.count > 1
    }
}

impl Scenario {
    /// Tokens of the client that all nodes together may use: one each, if they are more.
    pub(crate) fn tokens_of(&self, client: &Client) -> u32 {
        match self.nodes.count {
            1 => client.tokens,
            nodes => client.tokens.max(nodes),
        }
    }
}
