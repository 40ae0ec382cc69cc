//! Makes a sample of what the engine and the counters say.
//!
//! What is counted since the start becomes what was counted since the sample before. Of each kind of series the busiest are
//! kept apart ([`Kind::most`]), the others are one. Which are the busiest is decided anew every [`ROUND`] samples, so that a
//! series doesn't come and go with each second.

use crate::series::{Key, Kind, Row, Sample};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tollgate_driver::Figures;
use tollgate_engine::{Closed, LimitView, Snapshot};
use tollgate_model::Instant;
use tollgate_telemetry::metrics::CallCounts;

/// Samples until it is decided anew which series are the busiest.
const ROUND: u32 = 600;

/// Makes samples, one after the other.
#[derive(Debug)]
pub struct Gatherer {
    /// What was counted when the last sample was made.
    counted: HashMap<Key, Vec<u64>>,
    kinds: [Busiest; Kind::ALL.len()],
    until_decided: u32,
}

/// Which series of a kind are kept apart.
#[derive(Debug, Default)]
struct Busiest {
    own: HashSet<Key>,
    activity: HashMap<Key, u64>,
}

impl Default for Gatherer {
    fn default() -> Self {
        Self {
            counted: HashMap::new(),
            kinds: Default::default(),
            until_decided: ROUND,
        }
    }
}

impl Gatherer {
    /// The sample of this second. `figures` were taken at `now`.
    pub fn sample(
        &mut self,
        at: u64,
        figures: Option<(&Figures, Instant)>,
        counts: &CallCounts,
    ) -> Sample {
        let mut rows = Vec::with_capacity(256);
        if let Some((figures, now)) = figures {
            limits(&figures.snapshot, now, &mut rows);
            tokens(&figures.snapshot, &mut rows);
        }
        self.flows(figures.map(|(figures, _)| figures), counts, &mut rows);
        let (refusals, failures) = (Kind::Refusal, Kind::Failure);
        counts.refusals(|labels, count| self.one(Key::new(refusals, labels), count, &mut rows));
        counts.failures(|labels, count| self.one(Key::new(failures, labels), count, &mut rows));
        counts.answers(|integration, classes| {
            let all = classes.read().map(|(_, count)| count).collect();
            self.since(Key::new(Kind::Integration, [integration]), all, &mut rows);
        });
        self.settle(Sample { at, rows })
    }

    fn flows(&mut self, figures: Option<&Figures>, counts: &CallCounts, rows: &mut Vec<Row>) {
        let mut ended = HashMap::new();
        for flow in counts.flows() {
            let waited = flow.waiting.as_slice().to_vec();
            let key = Key::new(Kind::Waiting, [&flow.flow]);
            self.since(key, waited, rows);
            let key = Key::new(Kind::Flow, [&flow.flow]);
            ended.insert(key.clone(), self.passed(&key, flow.outcomes.to_vec()));
        }
        let snapshot = figures.iter().flat_map(|it| it.snapshot.flows.iter());
        let oldest = figures.iter().flat_map(|it| it.oldest.iter());
        for (flow, oldest) in snapshot.zip(oldest) {
            let key = Key::new(Kind::Flow, [&flow.name]);
            let mut values = ended
                .remove(&key)
                .unwrap_or_else(|| vec![0; tollgate_telemetry::CallOutcome::ALL.len()]);
            values.push(flow.queued as u64);
            values.push(flow.running as u64);
            values.push(millis(oldest.unwrap_or_default()));
            rows.push(Row { key, values });
        }
        // Of a flow that the engine doesn't have, or doesn't tell of.
        for (key, mut values) in ended {
            values.resize(key.kind.fields().len(), 0);
            rows.push(Row { key, values });
        }
    }

    fn one(&mut self, key: Key, count: u64, rows: &mut Vec<Row>) {
        self.since(key, vec![count], rows);
    }

    /// The row of what was counted since the last sample, if anything was.
    fn since(&mut self, key: Key, counted: Vec<u64>, rows: &mut Vec<Row>) {
        let values = self.passed(&key, counted);
        if values.iter().any(|value| *value > 0) {
            rows.push(Row { key, values });
        }
    }

    /// What was counted since the last sample.
    fn passed(&mut self, key: &Key, counted: Vec<u64>) -> Vec<u64> {
        let Some(before) = self.counted.get_mut(key) else {
            self.counted.insert(key.clone(), counted.clone());
            return counted;
        };
        let pairs = counted.iter().zip(before.iter());
        let passed = pairs
            .map(|(now, before)| now.saturating_sub(*before))
            .collect();
        *before = counted;
        passed
    }

    /// The sample with the busiest of each kind, and what stands for the others.
    fn settle(&mut self, sample: Sample) -> Sample {
        self.until_decided -= 1;
        if self.until_decided == 0 {
            self.until_decided = ROUND;
            for (kind, busiest) in Kind::ALL.into_iter().zip(&mut self.kinds) {
                busiest.decide(kind.most());
            }
        }
        let mut others: Vec<Row> = Vec::new();
        let mut rows = Vec::with_capacity(sample.rows.len());
        for row in sample.rows {
            let kind = row.key.kind;
            if self.kinds[kind as usize].has_room(&row, kind.most()) {
                rows.push(row);
                continue;
            }
            match others.iter_mut().find(|it| it.key.kind == kind) {
                Some(other) => add(other, &row),
                None => others.push(Row {
                    key: Key::other(kind),
                    ..row
                }),
            }
        }
        for other in others {
            // Counters have such a series as well, of what found no room there.
            match rows.iter_mut().find(|it| it.key == other.key) {
                Some(known) => add(known, &other),
                None => rows.push(other),
            }
        }
        Sample {
            at: sample.at,
            rows,
        }
    }
}

fn add(to: &mut Row, row: &Row) {
    let fields = to.key.kind.fields().iter();
    for ((to, value), field) in to.values.iter_mut().zip(&row.values).zip(fields) {
        *to = field.in_all.of(*to, *value);
    }
}

impl Busiest {
    fn has_room(&mut self, row: &Row, most: usize) -> bool {
        let active = row.key.kind.activity(&row.values);
        match self.activity.get_mut(&row.key) {
            Some(known) => *known = known.saturating_add(active),
            None => {
                self.activity.insert(row.key.clone(), active);
            }
        }
        if self.own.len() < most && !self.own.contains(&row.key) {
            self.own.insert(row.key.clone());
        }
        self.own.contains(&row.key)
    }

    /// Chooses anew. What was long ago weighs less and less, and is forgotten.
    fn decide(&mut self, most: usize) {
        let mut all: Vec<_> = self.activity.drain().collect();
        all.retain(|(_, active)| *active > 0);
        all.sort_by(|(a, busy_a), (b, busy_b)| busy_b.cmp(busy_a).then_with(|| a.cmp(b)));
        let busiest = all.iter().take(most).map(|(key, _)| key.clone());
        self.own = busiest.collect();
        let halved = all.into_iter().map(|(key, active)| (key, active / 2));
        self.activity = halved.collect();
    }
}

fn limits(snapshot: &Snapshot, now: Instant, rows: &mut Vec<Row>) {
    let row = |limit: &LimitView| {
        let closed = limit.closed_until.map(|until| until.since(now));
        Row {
            key: Key::new(Kind::Limit, [&limit.name, limit.scope.as_str()]),
            values: vec![
                limit.allowed.into(),
                limit.held.into(),
                limit.foreign.into(),
                millis(closed.unwrap_or_default()),
            ],
        }
    };
    let mut named: HashMap<Key, usize> = HashMap::new();
    for row in snapshot.limits.iter().map(row) {
        // Two of one name and scope are one in the metrics, too: the last.
        match named.get(&row.key) {
            Some(place) => rows[*place] = row,
            None => {
                named.insert(row.key.clone(), rows.len());
                rows.push(row);
            }
        }
    }
}

fn tokens(snapshot: &Snapshot, rows: &mut Vec<Row>) {
    for client in &snapshot.clients {
        let closed = closed_tokens(snapshot, &client.name, client.tokens);
        let values = [client.tokens - closed, closed, client.fetching.into()];
        rows.push(Row {
            key: Key::new(Kind::Tokens, [&client.name]),
            values: values.map(|it| it as u64).into(),
        });
    }
    let mut sums: HashMap<(&str, &str), [u64; 3]> = HashMap::new();
    for token in &snapshot.tokens {
        for limit in &token.limits {
            let sum = sums.entry((&token.client, &limit.name)).or_default();
            for (sum, figure) in sum
                .iter_mut()
                .zip([limit.allowed, limit.held, limit.foreign])
            {
                *sum += u64::from(figure);
            }
        }
    }
    let row = |((client, limit), sum): ((&str, &str), [u64; 3])| Row {
        key: Key::new(Kind::TokenLimit, [client, limit]),
        values: sum.into(),
    };
    rows.extend(sums.into_iter().map(row));
}

/// How many of a client's tokens a 429 has closed: all, where it is the client that is closed.
#[must_use]
pub fn closed_tokens(snapshot: &Snapshot, client: &str, tokens: usize) -> usize {
    let named = snapshot.closed.iter().filter(|it| it.name == client);
    if named.clone().any(|it| matches!(it.what, Closed::Client(_))) {
        return tokens;
    }
    let closed = named.filter(|it| matches!(it.what, Closed::Token(_)));
    closed.count().min(tokens)
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, calls: u64) -> Row {
        Row {
            key: Key::new(Kind::Integration, [name]),
            values: vec![calls, 0, 0, 0, 0, 0],
        }
    }

    #[test]
    fn the_busiest_are_kept_apart_and_the_rest_is_one() {
        let mut gatherer = Gatherer::default();
        let most = Kind::Integration.most();
        let sample = |busy: usize| Sample {
            at: 1,
            rows: (0..most + 50)
                .map(|at| row(&format!("i{at:03}"), if at >= busy { 10 } else { 1 }))
                .collect(),
        };
        let settled = gatherer.settle(sample(most));
        assert_eq!(settled.rows.len(), most + 1);
        let other = settled.rows.last().unwrap();
        assert_eq!(other.key, Key::other(Kind::Integration));
        assert_eq!(other.values[0], 500, "the fifty busy ones came late");
        for _ in 0..ROUND {
            gatherer.settle(sample(most));
        }
        let settled = gatherer.settle(sample(most));
        let other = settled.rows.last().unwrap();
        assert_eq!(other.values[0], 50, "now the fifty idle ones are the rest");
        let sum: u64 = settled.rows.iter().map(|it| it.values[0]).sum();
        assert_eq!(sum, 100 + 500);
    }
}
