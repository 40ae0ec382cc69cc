//! How long calls to different endpoints take compared with one another.
//!
//! If more of the calls go to a slow endpoint, answers take longer though nothing has slowed down. So each
//! endpoint has a pace of its own, by which its latencies are divided: its first calls are taken to be as
//! slow as those of other endpoints were of late, whatever the load was then. The first endpoint's pace is 1.

use tollgate_model::EndpointId;

/// Calls that tell an endpoint's pace.
const FIRST: u16 = 16;
/// Endpoints that are told apart; those beyond share a pace with another.
const ENDPOINTS: u64 = 256;

/// The paces of endpoints, as logarithms.
#[derive(Clone, Debug, Default)]
pub(super) struct Paces {
    paces: std::collections::BTreeMap<u64, Pace>,
    /// How long answers took of late, at their endpoints' paces.
    recent: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    calls: u16,
    log: f64,
}

impl Paces {
    /// The logarithm of a latency at its endpoint's pace; none while the pace isn't known.
    pub(super) fn at_pace(&mut self, endpoint: EndpointId, log: f64) -> Option<f64> {
        if self.paces.is_empty() {
            let first = Pace {
                calls: FIRST,
                log: 0.0,
            };
            self.paces.insert(key(endpoint), first);
            self.recent = log;
        }
        let pace = self.paces.entry(key(endpoint)).or_default();
        if pace.calls < FIRST {
            pace.calls += 1;
            pace.log += (log - self.recent - pace.log) / f64::from(pace.calls);
            return None;
        }
        let log = log - pace.log;
        self.recent += (log - self.recent) / 16.0;
        Some(log)
    }
}

fn key(endpoint: EndpointId) -> u64 {
    u64::from(endpoint.0) % ENDPOINTS
}
