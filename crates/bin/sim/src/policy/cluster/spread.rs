//! Which node a call goes to.

use crate::scenario::Nodes;
use std::time::Duration;
use tollgate_model::{Instant, Stream, nanos};

/// Spreads calls over nodes at random, by shares.
#[derive(Debug)]
pub(super) struct Spread {
    shares: Vec<f64>,
    rotate: Option<Duration>,
    stream: Stream,
}

impl Spread {
    pub(super) fn new(nodes: &Nodes, stream: Stream) -> Self {
        let shares = match nodes.shares.is_empty() {
            true => vec![1.0; nodes.count as usize],
            false => nodes.shares.clone(),
        };
        let rotate = nodes.rotate;
        Self {
            shares,
            rotate,
            stream,
        }
    }

    /// The place of the node that takes the next call.
    pub(super) fn draw(&mut self, now: Instant) -> usize {
        let nodes = self.shares.len();
        let turns = self
            .rotate
            .map_or(0, |rotate| now.as_nanos() / nanos(rotate).max(1));
        let turns = (turns % nodes as u64) as usize;
        let all: f64 = self.shares.iter().sum();
        let mut left = self.stream.fraction() * all;
        let of_node = |place: usize| self.shares[(place + turns) % nodes];
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

    #[test]
    fn calls_are_spread_by_shares_that_rotate() {
        let nodes = Nodes {
            count: 3,
            shares: vec![70.0, 30.0, 0.0],
            rotate: Some(Duration::from_secs(60)),
            ..Nodes::default()
        };
        let mut spread = Spread::new(&nodes, Stream::child(1, "nodes", 0));
        for (minute, shares) in [(0, [70, 30, 0]), (1, [30, 0, 70]), (5, [0, 70, 30])] {
            let now = Instant::from_nanos(minute * 60_000_000_000);
            let mut drawn = [0_i32; 3];
            (0..10_000).for_each(|_| drawn[spread.draw(now)] += 1);
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
