//! What is seen of a limiter, and how that is shown.

use super::Scale;
use super::bound::Bound;
use super::load::Load;
use crate::cmd::bench::world::{Attempt, Watch};
use crate::cmd::bench::{part, percentile};
use crate::console::outln;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_engine::Verdict;
use tollgate_model::Instant;
use tollgate_platform::LimitName;

/// What is seen of one run.
pub(super) struct Seen<'a> {
    load: &'a Load,
    /// When the admitted attempt of each call was sent.
    served: Vec<Option<Instant>>,
    /// When its caller was told that there would be none.
    dropped: Vec<Option<Instant>>,
    /// Calls admitted since the warm-up.
    admitted: u64,
    limited: u64,
    warm: Instant,
    end: Instant,
}

impl<'a> Seen<'a> {
    pub(super) fn new(scale: Scale, load: &'a Load) -> Self {
        let (warm, end) = scale.measured();
        Self {
            load,
            served: vec![None; load.arrivals.len()],
            dropped: vec![None; load.arrivals.len()],
            admitted: 0,
            limited: 0,
            warm,
            end,
        }
    }

    pub(super) fn report(self, scale: Scale) -> Report {
        let named = |flow: &tollgate_engine::Flow| FlowReport {
            name: flow.name.clone(),
            ..FlowReport::default()
        };
        let mut report = Report {
            admitted: self.admitted,
            limited: self.limited,
            flows: self.load.flows.iter().map(named).collect(),
            ..Report::default()
        };
        let calls = self.load.arrivals.iter().zip(&self.served);
        let measured = |at: Instant| at >= self.warm && at < self.end;
        for ((arrival, served), dropped) in calls.zip(&self.dropped) {
            let flow = &mut report.flows[arrival.party];
            flow.offered += u64::from(measured(arrival.at));
            let in_time = served.filter(|sent| measured(*sent) && *sent <= arrival.deadline);
            flow.in_time += u64::from(in_time.is_some());
            // Of the calls that were sure to be over by the end.
            if measured(arrival.at) && arrival.deadline < self.end {
                let known = served.or(*dropped).unwrap_or(self.end);
                let wait = known.since(arrival.at);
                flow.waits.push(wait);
                report.waits.push(wait);
            }
        }
        let offered: u64 = report.flows.iter().map(|flow| flow.offered).sum();
        report.could = scale.could(offered);
        report
    }
}

impl Watch for Seen<'_> {
    fn admitted(&mut self, attempt: &Attempt, now: Instant) {
        self.admitted += u64::from(now >= self.warm);
        self.served[attempt.call] = Some(attempt.sent);
    }

    fn limited(&mut self, _: &Attempt, _: LimitName, now: Instant) {
        self.limited += u64::from(now >= self.warm);
    }

    fn over(&mut self, call: usize, verdict: &Verdict, now: Instant) {
        if let Verdict::Refused(_) = verdict {
            self.dropped[call] = Some(now);
        }
    }
}

/// What was seen since the warm-up, in one run or several.
#[derive(Default)]
pub(super) struct Report {
    admitted: u64,
    /// The less of what was asked for and what the windows allow.
    could: u64,
    pub(super) limited: u64,
    /// From arrival to the send that was admitted, or to when the caller was told that there would be
    /// none.
    pub(super) waits: Vec<Duration>,
    pub(super) flows: Vec<FlowReport>,
}

/// One flow of it.
#[derive(Default)]
pub(super) struct FlowReport {
    name: String,
    offered: u64,
    in_time: u64,
    pub(super) waits: Vec<Duration>,
}

impl FlowReport {
    pub(super) fn in_time(&self) -> f64 {
        part(self.in_time, self.offered)
    }
}

impl Report {
    pub(super) fn add(&mut self, other: Self) {
        self.admitted += other.admitted;
        self.could += other.could;
        self.limited += other.limited;
        self.waits.extend(other.waits);
        if self.flows.is_empty() {
            self.flows = other.flows;
            return;
        }
        for (flow, other) in self.flows.iter_mut().zip(other.flows) {
            flow.offered += other.offered;
            flow.in_time += other.in_time;
            flow.waits.extend(other.waits);
        }
    }

    /// Sorts what percentiles are taken of.
    pub(super) fn finish(&mut self) {
        self.waits.sort_unstable();
        for flow in &mut self.flows {
            flow.waits.sort_unstable();
        }
    }

    /// Of what could be used of the quota, the part that was. A window that opened in the warm-up and is
    /// used after it makes no more than all.
    pub(super) fn used(&self) -> f64 {
        part(self.admitted, self.could).min(1.0)
    }

    fn limited_part(&self) -> f64 {
        part(self.limited, self.admitted + self.limited)
    }

    /// Calls that started by their deadline, as a part of the calls made in the same time.
    pub(super) fn in_time(&self) -> f64 {
        let sum = |of: fn(&FlowReport) -> u64| self.flows.iter().map(of).sum();
        part(sum(|flow| flow.in_time), sum(|flow| flow.offered))
    }

    pub(super) fn print(&self, limiter: &str) {
        outln!(
            "{limiter:<21} {:>6.2}% {:>7} {:>7.2}% {}",
            100.0 * self.used(),
            self.limited,
            100.0 * self.limited_part(),
            waits_and_in_time(&self.waits, self.in_time()),
        );
        if self.flows.len() > 1 {
            for flow in &self.flows {
                outln!(
                    "  of which {:<10} {:>7} {:>7} {:>8} {}",
                    flow.name,
                    "",
                    "",
                    "",
                    waits_and_in_time(&flow.waits, flow.in_time()),
                );
            }
        }
    }

    pub(super) fn json(&self, load: &str, limiter: &str) -> Value {
        let seconds = |waits, percent| percentile(waits, percent).as_secs_f64();
        let flows = self.flows.iter().map(|flow| {
            json!({
                "flow": flow.name,
                "wait_p50_s": seconds(&flow.waits, 50),
                "wait_p99_s": seconds(&flow.waits, 99),
                "in_time": flow.in_time(),
            })
        });
        json!({
            "load": load,
            "limiter": limiter,
            "use": self.used(),
            "answers_429": self.limited,
            "part_429": self.limited_part(),
            "wait_p50_s": seconds(&self.waits, 50),
            "wait_p99_s": seconds(&self.waits, 99),
            "in_time": self.in_time(),
            "flows": flows.collect::<Vec<_>>(),
        })
    }
}

/// The name of a load, above its limiters.
pub(super) fn print_head(load: &str) {
    outln!(
        "{:<21} {:>7} {:>7} {:>8} {:>10} {:>10} {:>8}",
        load,
        "use",
        "429s",
        "of sent",
        "wait p50",
        "wait p99",
        "in time"
    );
}

/// The last columns of a line.
fn waits_and_in_time(waits: &[Duration], in_time: f64) -> String {
    let [p50, p99] = [50, 99].map(|percent| percentile(waits, percent).as_secs_f64());
    format!("{p50:>9.3}s {p99:>9.3}s {:>7.2}%", 100.0 * in_time)
}

impl Bound {
    /// The most that is possible for who is never refused.
    pub(super) fn print(self) {
        outln!(
            "{:<21} {:>6.2}% {:>7} {:>8} {:>10} {:>10} {:>7.2}%\n",
            "most without a 429",
            100.0 * self.used,
            0,
            "",
            "",
            "",
            100.0 * self.in_time,
        );
    }
}
