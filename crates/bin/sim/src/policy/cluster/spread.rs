//! Which node a call goes to.

use crate::scenario::Scenario;
use std::time::Duration;
use tollgate_model::{Instant, Stream, nanos};

/// Spreads calls over nodes at random, by shares.
#[derive(Debug)]
pub(super) struct Spread {
    /// By flow, and then by node.
    shares: Vec<Vec<f64>>,
    rotate: Option<Duration>,
    stream: Stream,
}

impl Spread {
    pub(super) fn new(scenario: &Scenario, stream: Stream) -> Self {
        let nodes = &scenario.nodes;
        let even = vec![1.0; nodes.count as usize];
        let shares = scenario.flows.iter().map(|flow| {
            let mut given = [&flow.node_shares, &nodes.shares].into_iter();
            let given = given.find(|shares| !shares.is_empty());
            given.unwrap_or(&even).clone()
        });
        Self {
            shares: shares.collect(),
            rotate: nodes.rotate,
            stream,
        }
    }

    /// The place of the node that takes the flow's next call.
    pub(super) fn draw(&mut self, flow: usize, now: Instant) -> usize {
        let shares = &self.shares[flow];
        let nodes = shares.len();
        let turns = self
            .rotate
            .map_or(0, |rotate| now.as_nanos() / nanos(rotate).max(1));
        let turns = (turns % nodes as u64) as usize;
        let all: f64 = shares.iter().sum();
        let mut left = self.stream.fraction() * all;
        let of_node = |place: usize| shares[(place + turns) % nodes];
        for place in 0..nodes {
            left -= of_node(place);
            if left < 0.0 {
                return place;
            }
        }
        // What rounding leaves over goes to one that has a share.
        (0..nodes)
            .find(|&place| of_node(place) > 0.0)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;

    #[test]
    fn calls_are_spread_by_shares_that_rotate() {
        let flow = |name: &str, shares: &str| {
            format!(
                "[[flow]]\nname = \"{name}\"\ncalls = [\"x\"]\narrivals = {{ per_minute = 1 }}\n{shares}\n"
            )
        };
        let text = [
            "nodes = 3\nnode_shares = [70, 30, 0]\nnode_shares_rotate = \"1m\"",
            "[[client]]\nname = \"a\"\n[[action]]\nname = \"x\"",
            &flow("usual", ""),
            &flow("own", "node_shares = [0, 0, 1]"),
        ];
        let source = Source {
            file: "test.toml",
            read: &|_| Err(std::io::Error::other("not here")),
        };
        let scenario = crate::Scenario::parse(&text.join("\n"), &source).expect("a scenario");
        let mut spread = Spread::new(&scenario, Stream::child(1, "nodes", 0));
        for (flow, minute, shares) in [
            (0, 0, [70, 30, 0]),
            (0, 1, [30, 0, 70]),
            (0, 5, [0, 70, 30]),
            (1, 0, [0, 0, 100]),
            (1, 1, [0, 100, 0]),
        ] {
            let now = Instant::from_nanos(minute * 60_000_000_000);
            let mut drawn = [0_i32; 3];
            (0..10_000).for_each(|_| drawn[spread.draw(flow, now)] += 1);
            for (drawn, share) in drawn.into_iter().zip(shares) {
                assert!(
                    (drawn - share * 100).abs() < 200,
                    "{minute}: {drawn} {share}"
                );
                assert!(share > 0 || drawn == 0);
            }
        }
    }
}
