//! Whether refusals that no header explains are another application's doing.
//!
//! A window that somebody else has helped to fill refuses every call until it closes; refusals by chance hit
//! single calls. So what speaks for a stranger is a *run*: a second call is refused that was sent when the
//! first refusal was known, with none accepted that was sent between. Where each call is refused with a
//! likelihood of one in thirty by chance, one refusal in thirty begins a run, and runs that prevail over
//! lone refusals by [`PROOF`] are not seen.
//!
//! A limit that is lower than what is configured refuses in runs as well. But it always accepts the same number
//! of our calls: where windows are fixed, from one's opening, which is where a run ends, to the next run; where
//! they slide, in the period before a run. What somebody else leaves *varies*, however it is counted, for nobody
//! calls as often in every window. Only that is proof. A limit of a shorter span accepts few calls between two
//! runs, and those count for nothing.

use crate::event::ROUNDING;
use std::time::Duration;
use tollgate_model::{EndpointId, Instant, TokenId};

/// Runs more than lone refusals that show somebody else.
const PROOF: u32 = 3;
/// By so many calls what is accepted has to vary.
const VARIES: u32 = 2;
/// After so many periods without a refusal, those before prove nothing any more.
const STALE: u32 = 4;
/// Such a part of a limit is accepted in a window at the least.
const LEAST: u32 = 3;
/// What the windows before count for, beside the last.
const EARLIER: f64 = 0.75;
/// Standard deviations of chance by which a window has to differ from those before, that these are not counted
/// any more.
const CHANGED: f64 = 3.0;

/// The refusals of late under one limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Suspicion {
    /// Runs that were seen, less the lone refusals.
    runs: u32,
    /// The limit's period.
    period: Duration,
    /// The refusals since the last call that was accepted.
    run: Option<Run>,
    /// When the last one began.
    last: Instant,
    /// A window opened then: before the first call that was accepted after a run was sent.
    opened: Option<Instant>,
    /// Calls accepted since.
    accepted: u32,
    /// Fewest and most calls accepted from a window's opening to a run, and in the period before a run.
    from_opening: Option<(u32, u32)>,
    in_period: Option<(u32, u32)>,
    /// Two endpoints whose calls were accepted of late, and when.
    endpoints: [Option<(EndpointId, Instant)>; 2],
    /// ForeignCalls' calls in windows until they were full, and seconds; the older the less.
    others: (f64, f64),
}

#[derive(Clone, Copy, Debug)]
struct Run {
    first: Refusal,
    is_long: bool,
    /// The next window opens no earlier, as far as is known.
    until: Instant,
    /// The upstream has asked to be left alone until then, for no longer than a period.
    is_asked: bool,
}

impl Run {
    /// The first refused call of what may become a run.
    fn begin(of: &Refusal) -> Self {
        let mut run = Self {
            first: *of,
            is_long: false,
            until: of.sent,
            is_asked: false,
        };
        run.go_on(of);
        run
    }

    fn go_on(&mut self, of: &Refusal) {
        let asked = of.asked.filter(|&asked| asked <= of.period + ROUNDING);
        self.is_asked |= asked.is_some();
        let closed = asked.map_or(of.sent, |asked| (of.known + asked).before(ROUNDING));
        self.until = self.until.max(of.sent).max(closed);
    }

    /// When the window opened of which the first accepted call was sent then. Windows that follow one another
    /// open a period apart.
    fn opening(&self, sent: Instant, last: Option<Instant>, period: Duration) -> Instant {
        let from = self.until.min(sent);
        let whole = last.map(|last| {
            let into = sent.since(last).as_nanos() % period.as_nanos();
            sent.before(Duration::from_nanos_u128(into))
        });
        whole
            .filter(|whole| *whole >= from)
            .unwrap_or(from + sent.since(from) / 2)
    }
}

/// A refused call, and what is known of the limit then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) sent: Instant,
    pub(crate) known: Instant,
    pub(crate) token: Option<TokenId>,
    pub(crate) endpoint: EndpointId,
    pub(crate) period: Duration,
    pub(crate) allowed: u32,
    /// Calls of ours in the last period.
    pub(crate) held: u32,
    /// Calls of ours that were sent since the window opened, and are not answered.
    pub(crate) under_way: u32,
    /// For how long the upstream asks to be left alone.
    pub(crate) asked: Option<Duration>,
}

/// What a refusal shows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum RefusalEvidence {
    Nothing,
    /// The first one of what may become a run: others had so many slots in the last period at the least.
    First(f64),
    /// The window is full: a second call was refused.
    Full {
        /// Somebody else is the reason.
        proven: bool,
        others: OthersDemand,
    },
}

/// Slots that others are to be expected to want in a period.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum OthersDemand {
    /// Slots that others had in a window whose opening was seen.
    Seen(f64),
    /// Those that they had when the limit was full; they may want more.
    AtLeast(f64),
}

impl Suspicion {
    /// When the window opened that is open, as far as is known.
    pub(crate) fn opened(&self) -> Option<Instant> {
        self.opened
    }

    pub(crate) fn refused(&mut self, it: Refusal) -> RefusalEvidence {
        let others = f64::from(it.allowed.saturating_sub(it.held));
        let Some(run) = &mut self.run else {
            if it.known > self.last + it.period * STALE {
                self.runs = 0;
                (self.from_opening, self.in_period) = (None, None);
                self.others = (0.0, 0.0);
            }
            self.last = it.known;
            self.period = it.period;
            self.run = Some(Run::begin(&it));
            return RefusalEvidence::First(others);
        };
        run.go_on(&it);
        // Twice with one token, or for one endpoint while others are called: its limit is the nearer reason.
        let of_token = it.token.is_some() && it.token == run.first.token;
        let of_endpoint = it.endpoint == run.first.endpoint
            && self
                .endpoints
                .iter()
                .flatten()
                .any(|&(other, at)| other != it.endpoint && it.known < at + it.period);
        if run.is_long || it.sent < run.first.known || of_token || of_endpoint {
            return RefusalEvidence::Nothing;
        }
        run.is_long = true;
        let run = *run;
        let seen = self.sample(run, it);
        RefusalEvidence::Full {
            proven: self.is_proven(it.allowed),
            others: seen.map_or(OthersDemand::AtLeast(others), OthersDemand::Seen),
        }
    }

    fn is_proven(&self, allowed: u32) -> bool {
        self.runs >= PROOF && self.varies(allowed)
    }

    /// A header of the refused call says that the window is full. What others want, if that was not known yet.
    pub(crate) fn full(&mut self, it: Refusal) -> Option<OthersDemand> {
        let others = f64::from(it.allowed.saturating_sub(it.held));
        if self.run.is_some_and(|run| run.is_long) {
            return None;
        }
        let run = Run {
            is_long: true,
            ..Run::begin(&it)
        };
        (self.run, self.period) = (Some(run), it.period);
        let seen = self.sample(run, it);
        Some(seen.map_or(OthersDemand::AtLeast(others), OthersDemand::Seen))
    }

    /// Takes in a window that is full; what others are to be expected to want in a period.
    fn sample(&mut self, run: Run, it: Refusal) -> Option<f64> {
        self.runs = (self.runs + 1).min(PROOF);
        let of = |range: Option<(u32, u32)>, new: u32| {
            let (least, most) = range.unwrap_or((new, new));
            Some((least.min(new), most.max(new)))
        };
        self.in_period = of(self.in_period, run.first.held);
        let open_for = run.first.sent.since(self.opened?);
        let ours = self.accepted + it.under_way;
        if open_for > it.period {
            return None;
        }
        if ours < it.allowed / LEAST {
            self.runs = self.runs.saturating_sub(2);
            return None;
        }
        self.from_opening = of(self.from_opening, ours);
        let theirs = f64::from(it.allowed.saturating_sub(ours));
        let (mut slots, mut seconds) = self.others;
        let expected = slots / seconds.max(f64::MIN_POSITIVE) * open_for.as_secs_f64();
        if (theirs - expected).abs() > CHANGED * expected.sqrt() {
            (slots, seconds) = (0.0, 0.0);
        }
        self.others = (
            slots * EARLIER + theirs,
            seconds * EARLIER + open_for.as_secs_f64(),
        );
        // Time before the opening was seen, in which nobody called: one call at once is no flood.
        let period = it.period.as_secs_f64();
        Some(self.others.0 / (self.others.1 + period / 64.0) * period)
    }

    /// Whether the number of ours that is accepted is not always the same: neither in windows, nor in a period
    /// that slides, where a number that is not lower than what is configured refuses nothing either.
    fn varies(&self, allowed: u32) -> bool {
        let by = |range: Option<(u32, u32)>| range.map_or(0, |(least, most)| most - least);
        let is_lower = self
            .in_period
            .is_some_and(|(least, _)| least + VARIES <= allowed);
        by(self.from_opening) >= VARIES && (!is_lower || by(self.in_period) >= VARIES)
    }

    /// Whether the number of ours that windows accept varies as much as chance makes others' calls vary: no limit
    /// of ours does that. The window that a first refusal may have shown to be full is taken for so.
    pub(crate) fn is_shared(&self) -> bool {
        let mut it = *self;
        if let Some(run) = self.run.filter(|run| run.is_asked && !run.is_long) {
            it.sample(run, run.first);
        }
        let others = it.others.0 * (1.0 - EARLIER);
        let spread = it.from_opening.map_or(0, |(least, most)| most - least);
        it.runs >= PROOF && spread >= VARIES && f64::from(spread) >= others.sqrt()
    }

    /// A call was accepted that was sent at `sent`. A window that is seen to have been full by that: where an upstream
    /// asks to be left alone and accepts nothing until then, one refusal shows as much as a second.
    pub(crate) fn accepted(
        &mut self,
        (sent, now): (Instant, Instant),
        endpoint: EndpointId,
        cost: u32,
    ) -> Option<(bool, OthersDemand)> {
        let [last, other] = &mut self.endpoints;
        if last.is_none_or(|(last, _)| last != endpoint) {
            std::mem::swap(last, other);
        }
        *last = Some((endpoint, now));
        let mut full = None;
        if let Some(mut run) = self.run.take_if(|run| sent >= run.first.known) {
            if !run.is_long && run.is_asked && sent >= run.until {
                run.is_long = true;
                let first = run.first;
                let seen = self.sample(run, first);
                let others = f64::from(first.allowed.saturating_sub(first.held));
                let others = seen.map_or(OthersDemand::AtLeast(others), OthersDemand::Seen);
                full = Some((self.is_proven(first.allowed), others));
            }
            if run.is_long {
                self.opened = Some(run.opening(sent, self.opened, self.period));
                self.accepted = 0;
            } else {
                self.runs = self.runs.saturating_sub(1);
            }
        }
        if self.opened.is_some_and(|opened| sent >= opened) {
            self.accepted += cost;
        }
        full
    }

    /// The refusals until now have been explained otherwise, as far as is known.
    pub(crate) fn explain(&mut self) {
        self.runs = 0;
    }
}
