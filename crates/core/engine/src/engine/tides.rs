//! What classes above leave each other of a window that nobody has told, and that refusals close again
//! and again.
//!
//! Until a limit is learned, an upstream is sent what is asked for until it refuses, and what it closes with
//! that stays closed until its window is over. Who has the shortest deadlines, as the first class does,
//! gets nothing in the meantime, however early lower classes have used the window up. But a window that
//! closes says what it holds: the calls accepted since it had opened. So a part that opens and closes
//! repeatedly, with about as many calls in about the same time, is expected to do so once more, and of
//! that number a lower class leaves what the classes above it will ask for until the part opens again.
//!
//! This is weak evidence, so nothing is refused to the first class by it, and what is left for it shrinks to
//! nothing by the time at which the window ends, so that whoever is last uses up what there is. After [`MOST_FULL`]
//! windows that were used up and did not close one call more is tried, then two, then four. A part that has had
//! [`MOST_CALM`] windows which neither closed nor were used up is forgotten.

use super::Engine;
use super::attempt::Attempt;
use super::closing::Part;
use super::estimate::Ahead;
use crate::queue::Who;
use crate::rate::Kept;
use std::collections::BTreeMap;
use std::time::Duration;
use tollgate_model::{FlowId, Instant, RouteId};
use tollgate_quota::Need;

/// Windows without a closing after which none is expected any more.
const MOST_CALM: u32 = 3;
/// Parts that are watched, at the most.
const MOST_PARTS: usize = 256;
/// Two windows are alike if they differ by no more than this part of the greater.
const ALIKE: u32 = 8;
/// After so many windows in turn that were used up and did not close, more is tried.
const MOST_FULL: u32 = 4;

/// Parts of upstreams that have closed of late.
#[derive(Debug, Default)]
pub(super) struct Tides {
    parts: BTreeMap<Part, Tide>,
}

/// The windows of one part.
#[derive(Clone, Copy, Debug)]
struct Tide {
    /// When the present window opened, or the last one, if the part is closed. None before the first.
    opened: Option<Instant>,
    is_open: bool,
    /// When it closed last.
    closed: Instant,
    /// Calls accepted or under way since then.
    calls: u32,
    /// What the last whole window held, and the time from its opening to the next.
    last: Option<(u32, Duration)>,
    /// Whether the one before was like it.
    recurs: bool,
    /// One that was unlike them. They are believed until there is another.
    odd: Option<(u32, Duration)>,
    /// Windows that have ended without a closing, and were not used up.
    calm: u32,
    /// Windows that were used up without a closing since more was tried, and how much more is tried next.
    full: u32,
    more: u32,
}

/// What is expected to be left of a window.
#[derive(Clone, Copy, Debug)]
struct Left {
    calls: u32,
    /// When the next window opens.
    until: Instant,
    /// What a whole window holds, and how long that is.
    whole: (u32, Duration),
}

impl Tides {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The part is shut.
    fn closed(&mut self, part: Part, now: Instant) {
        if self.parts.len() >= MOST_PARTS && !self.parts.contains_key(&part) {
            return;
        }
        let tide = self.parts.entry(part).or_insert(Tide {
            opened: None,
            is_open: false,
            closed: now,
            calls: 0,
            last: None,
            recurs: false,
            odd: None,
            calm: 0,
            full: 0,
            more: 1,
        });
        if std::mem::take(&mut tide.is_open) {
            tide.closed = now;
        }
        (tide.calm, tide.full, tide.more) = (0, 0, 1);
    }

    /// A call of these parts was sent.
    fn sent(&mut self, parts: [Option<Part>; 2]) {
        for part in parts.into_iter().flatten() {
            if let Some(tide) = self.parts.get_mut(&part).filter(|tide| tide.is_open) {
                tide.calls = tide.calls.saturating_add(1);
            }
        }
    }

    /// One that was sent then has used nothing.
    fn refused(&mut self, parts: [Option<Part>; 2], sent: Instant) {
        for part in parts.into_iter().flatten() {
            if let Some(tide) = self.parts.get_mut(&part)
                && tide.opened.is_some_and(|opened| sent > opened)
                && (tide.is_open || sent <= tide.closed)
            {
                tide.calls = tide.calls.saturating_sub(1);
            }
        }
    }

    /// It was accepted: a part that was closed is open again.
    fn accepted(&mut self, parts: [Option<Part>; 2], now: Instant) {
        for part in parts.into_iter().flatten() {
            if let Some(tide) = self.parts.get_mut(&part).filter(|tide| !tide.is_open) {
                tide.open(now);
            }
        }
    }

    /// Forgets what hasn't closed for long, and begins windows that must have begun.
    fn go_on(&mut self, now: Instant) {
        self.parts.retain(|_, tide| tide.go_on(now));
    }

    /// The windows of these parts that are expected to close.
    fn left(&self, parts: [Option<Part>; 2]) -> impl Iterator<Item = (Part, Left)> {
        let known = parts.into_iter().flatten();
        known.filter_map(|part| Some((part, self.parts.get(&part)?.left()?)))
    }
}

impl Tide {
    fn open(&mut self, now: Instant) {
        if let Some(opened) = self.opened {
            self.has_ended((self.calls, now.since(opened)));
        }
        self.opened = Some(now);
        self.is_open = true;
        // The one that was accepted.
        self.calls = 1;
    }

    fn has_ended(&mut self, ended: (u32, Duration)) {
        let is_like = |other: Option<(u32, Duration)>| {
            other.is_some_and(|other| {
                let alike = |one: u128, other: u128| {
                    one.abs_diff(other) * u128::from(ALIKE) <= one.max(other)
                };
                alike(other.0.into(), ended.0.into())
                    && alike(other.1.as_nanos(), ended.1.as_nanos())
            })
        };
        if is_like(self.last) || is_like(self.odd) {
            (self.last, self.recurs, self.odd) = (Some(ended), true, None);
        } else if self.recurs && self.odd.is_none() {
            self.odd = Some(ended);
        } else {
            (self.last, self.recurs, self.odd) = (Some(ended), false, None);
        }
    }

    /// Whether it stays.
    fn go_on(&mut self, now: Instant) -> bool {
        let (Some((most, period)), Some(opened), true) = (self.last, self.opened, self.is_open)
        else {
            return true;
        };
        // What nobody has sent to is over as well.
        if period.is_zero() || now.since(opened) > period * (MOST_CALM + 1) {
            return false;
        }
        if now.since(opened) >= period {
            let is_used_up = self.calls >= most - most / ALIKE;
            self.opened = Some(opened + period);
            self.calls = 0;
            if is_used_up {
                self.full += 1;
                if self.full >= MOST_FULL {
                    // It may hold more.
                    self.last = Some((most.saturating_add(self.more), period));
                    self.more = self.more.saturating_mul(2).min(most);
                    self.full = 0;
                }
            } else {
                self.calm += 1;
            }
        }
        self.calm < MOST_CALM
    }

    fn left(&self) -> Option<Left> {
        let (calls, period) = self.last.filter(|_| self.recurs && self.is_open)?;
        Some(Left {
            calls: calls.saturating_sub(self.calls),
            until: self.opened? + period,
            whole: (calls, period),
        })
    }
}

impl Engine {
    pub(super) fn tide_closed(&mut self, part: Part, now: Instant) {
        if matches!(part, Part::Endpoint(..) | Part::Upstream(_)) {
            self.tides.closed(part, now);
        }
    }

    pub(super) fn tide_sent(&mut self, it: &Attempt, now: Instant) {
        if !self.tides.is_empty() {
            self.tides.go_on(now);
            let parts = self.shared_parts(it.passage.route);
            self.tides.sent(parts);
        }
    }

    pub(super) fn tide_refused(&mut self, it: &Attempt) {
        if !self.tides.is_empty() {
            let parts = self.shared_parts(it.passage.route);
            self.tides.refused(parts, it.sent);
        }
    }

    pub(super) fn tide_accepted(&mut self, it: &Attempt, now: Instant) {
        if !self.tides.is_empty() {
            let parts = self.shared_parts(it.passage.route);
            self.tides.accepted(parts, now);
        }
    }

    /// What calls on the route share with others.
    fn shared_parts(&self, route: RouteId) -> [Option<Part>; 2] {
        let (parent, endpoint) = self.origin_of(route);
        let of_endpoint = endpoint.map(|endpoint| Part::Endpoint(parent, endpoint));
        [of_endpoint, Some(Part::Upstream(parent))]
    }

    /// Calls that classes above the flow's will send to the part within a span.
    fn above_in(&self, part: Part, flow: FlowId, now: Instant) -> Kept {
        let above = self.queue.above(self.queue.class(flow), now);
        let calls = above
            .filter(|(_, route, _)| self.shared_parts(*route).contains(&Some(part)))
            .map(|(.., calls)| calls);
        Kept::now(calls.sum(), self.queue.late())
    }

    /// Whether a start of the flow's leaves classes above what they will need of a window that is expected
    /// to close.
    pub(super) fn spares_tide(&mut self, flow: FlowId, route: RouteId, now: Instant) -> bool {
        if self.tides.is_empty() || self.queue.class(flow) == self.top_class {
            return true;
        }
        self.tides.go_on(now);
        let parts = self.shared_parts(route);
        for (part, left) in self.tides.left(parts) {
            let need = self.above_in(part, flow, now);
            if f64::from(left.calls) < 1.0 + need.within(left.until.since(now)) {
                let per_second = need.within(Duration::from_secs(1));
                self.kept_rate = self.kept_rate.max(per_second);
                return false;
            }
        }
        true
    }

    /// When a call that comes can start, by what is left for its class of windows that are expected to
    /// close.
    pub(super) fn earliest_by_tide(
        &mut self,
        (flow, route): (FlowId, RouteId),
        ahead: &Ahead,
        now: Instant,
    ) -> Instant {
        let who = ahead.line.who;
        let is_first = self.queue.class(flow) == self.top_class;
        if self.tides.is_empty() || is_first || who == Who::Waits {
            return now;
        }
        self.tides.go_on(now);
        let mut latest = now;
        for (part, left) in self.tides.left(self.shared_parts(route)) {
            let need = self.above_in(part, flow, now);
            let lanes = ahead.line.lanes.iter();
            let before: u64 = lanes
                .filter(|lane| self.shared_parts(lane.route).contains(&Some(part)))
                .map(|lane| self.queue.before(lane, who, Duration::ZERO, now))
                .sum();
            let (calls, period) = left.whole;
            let kept = |of: u32, span: Duration| (f64::from(of) - need.within(span)).max(0.0);
            let here = kept(left.calls, left.until.since(now)) as u64;
            if before < here {
                continue;
            }
            let of_each = (kept(calls, period) as u64).max(1);
            let windows = u32::try_from((before - here) / of_each).unwrap_or(u32::MAX);
            latest = latest.max(left.until + period.saturating_mul(windows));
        }
        latest
    }
}
