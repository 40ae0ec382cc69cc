//! The calls of one group, part by part, in the order of sending.

use crate::call::{Record, Ring, State};
use crate::finding::Group;
use tollgate_model::{AttemptId, Instant, TokenId};

/// What a call says for or against a limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Sign {
    /// Nothing: not known, or before the evidence begins, or explained already.
    None,
    Accepted,
    /// With what its refusal counts for.
    Refused(f64),
}

/// A call that was sent this much later, in nanoseconds, may be counted earlier.
const OVERTAKEN: u64 = 10_000_000;

/// One call of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) attempt: AttemptId,
    pub(crate) token: Option<TokenId>,
    /// Nanoseconds.
    pub(crate) sent: u64,
    pub(crate) ended: u64,
    pub(crate) cost: u32,
    /// Whether the upstream may have counted it.
    pub(crate) counted: bool,
    pub(crate) sign: Sign,
    pub(crate) batch: u32,
    /// When the upstream had counted it for certain, in nanoseconds; as it was sent, while there is no answer.
    pub(crate) counted_by: u64,
    /// What was sent a little later and may have been counted before it all the same.
    pub(crate) ahead: u32,
}

/// The calls of one group. Those of one part follow one another.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) group: Group,
    pub(crate) items: Vec<Item>,
    /// Where each part ends.
    pub(crate) ends: Vec<usize>,
}

impl Series {
    /// The group's calls sent at or after `from`; only those after `evidence` are signs, and only if
    /// `sign` does not take that back.
    pub(crate) fn of(
        ring: &Ring,
        group: Group,
        from: Instant,
        evidence: Instant,
        sign: impl Fn(&Record) -> bool,
    ) -> Self {
        let mut items: Vec<Item> = Vec::new();
        for record in ring.since(from) {
            let Some(part) = group.part(&record.call) else {
                continue;
            };
            let sent = record.call.sent.as_nanos();
            items.push(Item {
                attempt: record.attempt,
                token: part,
                sent,
                ended: record.ended.as_nanos(),
                cost: record.call.cost,
                counted: record.state != State::Refused,
                sign: match record.state {
                    _ if record.call.sent < evidence || !sign(record) => Sign::None,
                    State::Accepted => Sign::Accepted,
                    State::Refused => Sign::Refused(f64::from(record.weight)),
                    State::Pending | State::Unknown => Sign::None,
                },
                batch: record.batch,
                counted_by: match record.state {
                    State::Pending => sent,
                    _ => sent + OVERTAKEN.min(record.took),
                },
                ahead: 0,
            });
        }
        items.sort_by_key(|item| item.token);
        let ends: Vec<usize> = (1..=items.len())
            .filter(|&at| at == items.len() || items[at].token != items[at - 1].token)
            .collect();
        let mut begin = 0;
        for &end in &ends {
            look_ahead(&mut items[begin..end]);
            begin = end;
        }
        Self { group, items, ends }
    }

    /// This series as if calls were counted in the order of sending.
    pub(crate) fn in_order(mut self) -> Self {
        for item in &mut self.items {
            item.ahead = 0;
        }
        self
    }

    /// What the series costs to build, in looks at a call.
    pub(crate) fn cost(&self) -> usize {
        8 * self.items.len()
    }

    /// What going through the series costs that many times.
    pub(crate) fn passes(&self, passes: usize) -> usize {
        passes * self.items.len()
    }

    /// When the last of the calls was sent, in nanoseconds; zero if there is none.
    pub(crate) fn last_sent(&self) -> u64 {
        let last = self.ends.iter().map(|&end| self.items[end - 1].sent);
        last.max().unwrap_or(0)
    }

    /// The parts, one after another.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[Item]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins
            .zip(&self.ends)
            .map(|(begin, &end)| &self.items[begin..end])
    }
}

/// Notes what was sent a little later than each call of one part: what was sent up to an instant, without
/// what was sent up to the call.
fn look_ahead(part: &mut [Item]) {
    let mut sum = 0;
    let mut sums = Vec::with_capacity(part.len() + 1);
    sums.push(0_u32);
    for item in &*part {
        sum += if item.counted { item.cost } else { 0 };
        sums.push(sum);
    }
    for at in 0..part.len() {
        let overtaken = part[at].counted_by;
        let later = part[at + 1..].partition_point(|later| later.sent < overtaken);
        part[at].ahead = sums[at + 1 + later] - sums[at + 1];
    }
}
