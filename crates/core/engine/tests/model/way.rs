//! A call's way: in, counted, and back, or not.

use super::{Due, MS, World};
use crate::setup::CONCURRENCY;
use crate::upstream::{Call, Key};
use std::time::Duration;
use tollgate_model::{ExecutionId, Instant};

impl World {
    /// Puts the call on its way: jitter in, then counted, then an answer, or none.
    pub(super) fn send(
        &mut self,
        key: Key,
        execution: ExecutionId,
        token: Option<Key>,
        give_up: Instant,
    ) {
        // What is sent now obeys the number of now, whatever was under way before.
        let allowed = self.config.limits[CONCURRENCY.index()].rule.allowed();
        self.upstream.under_way.retain(|_, until| *until > self.now);
        let at_once = self.upstream.under_way.len() as u32 + 1;
        let obeys = !self.is_in_shadow(execution);
        self.upstream.at_once = if obeys { allowed } else { at_once.max(allowed) };
        let Some(submission) = self.waiting.get(&execution).copied() else {
            return;
        };
        let of_token = token.map(|(_, token)| token);
        self.reference
            .sent(key.1, submission.flow, submission.route, of_token, self.now);
        if self.random.percent(3) {
            return self.later(50, Due::Lost(key, false));
        }
        let mut call = Call {
            route: submission.route,
            has_flow_limit: !self.config.flows[submission.flow.index()].limits.is_empty(),
            in_shadow: self.is_in_shadow(execution),
            token,
            cost: self.config.routes[submission.route.index()].cost,
            number: self.upstream.sent,
            counted: 0,
            stray: self.random.percent(1),
        };
        let slow = self.random.percent(20) && !self.upstream.is_bounded(&call);
        call.counted = self.now + self.random.range(0, if slow { 300 } else { 15 }) * MS;
        self.at(call.counted, Due::Counted(key));
        self.upstream.sent += 1;
        self.on_its_way.insert(key, call);
        // A few are not answered before they are given up.
        let latency = self.random.range(self.latency.0, self.latency.1);
        let mute = self.random.percent(3);
        let answer = if mute { give_up.as_nanos() } else { 0 }.max(call.counted + latency);
        let end = answer.min(give_up.as_nanos());
        self.upstream.under_way.insert(key, end);
        if self.random.percent(3) {
            let lost = self.random.range(self.now, answer);
            return self.at(lost, Due::Lost(key, true));
        }
        let status = match self.random.range(1, 100) {
            1..=3 => 503,
            5 if token.is_some() => 401,
            6..=8 => 404,
            _ => 200,
        };
        self.at(answer, Due::Head(key, status));
        let body = self.random.range(0, 20) * MS;
        self.at(answer + body, Due::Done(key));
    }

    /// Nobody waits for the call any more. If it is still on its way, it arrives as late as the grace
    /// lets it; not where a bound is declared, which holds whatever becomes of the sender.
    pub(super) fn give_up_on(&mut self, key: Key) {
        let grace = self.config.policy.grace.as_nanos() as u64 / MS;
        let earliest = if self.random.percent(50) { grace } else { 0 };
        let counted = self.now + self.random.range(earliest, grace) * MS;
        if let Some(call) = self.on_its_way.get_mut(&key)
            && !self.upstream.is_bounded(call)
        {
            call.counted = counted;
            self.at(counted, Due::Counted(key));
        }
    }

    /// The call arrives at the upstream.
    pub(super) fn count(&mut self, key: Key, now: u64) {
        let Some(call) = self.on_its_way.get(&key).copied() else {
            return;
        };
        if call.counted != now {
            return;
        }
        self.on_its_way.remove(&key);
        // A stray 429 comes from somewhere before the limits: the call is not counted.
        let closed = if call.stray {
            Some(Duration::from_secs(1))
        } else {
            let closed = self.upstream.arrive(&call, now);
            self.genuinely_limited += u64::from(closed.is_some());
            closed
        };
        let header = if closed.is_none() {
            self.upstream.header(&call, now)
        } else {
            None
        };
        self.said.insert(key, (closed, header));
    }
}
