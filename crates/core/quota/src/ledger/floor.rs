//! The least time that answers take, by which they may be read as if they had come so much earlier.
//!
//! What it rests on, why that can't be proven, and what it costs where it isn't true is in the crate's
//! documentation ("Slow answers").

use super::header::{Header, ROUNDING};
use std::time::Duration;
use tollgate_model::Instant;

/// Answers that have to agree.
const AGREE: u32 = 24;
/// Calls sent within such a part of the period may be counted in either order.
const TOLERANCE: u32 = 512;
/// Answers that take less than such a part of the period are not worth a risk.
const WORTH: u32 = 128;
/// For so many periods after counts or ends that contradict nothing is believed.
const DOUBT: u32 = 64;
/// A floor rises when no answer was below for so many periods.
const RISES: u32 = 2;
/// After an answer below the floor the next has to be seen for twice as many periods, so often at the most.
const MOST_DOUBLED: u32 = 6;

/// The least time that answers have taken, and whether counts and ends agree that calls are counted at the
/// same distance from their sending.
#[derive(Clone, Debug, Default)]
pub(super) struct Floor {
    /// Whether evidence is enough.
    pub(super) is_trusted: bool,
    least: Duration,
    most: Duration,
    /// The least time that answers since an instant have taken; it takes the place of the one above if it is more.
    of_late: (Instant, Duration, Duration),
    /// By how much answers take longer on average.
    slack: Duration,
    agreeing: u32,
    since: Instant,
    window: Option<Window>,
    /// How often an answer came below a floor that was believed.
    falls: u32,
    doubted_until: Instant,
}

/// A window as it would be if calls were counted when they are sent.
#[derive(Clone, Copy, Debug)]
struct Window {
    low: Instant,
    up: Instant,
    /// The last sent of its calls that were answered.
    sent: Instant,
    count: u32,
}

/// How an answer fits to those before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Agreement {
    Full,
    /// The order of counts is not explained by how much answers vary.
    Odd,
    None,
}

impl Floor {
    /// The instant by which the call was counted, on a time line on which every call is counted earlier by
    /// one and the same span. None if nothing is known of that.
    pub(super) fn counted_by(
        &mut self,
        (sent, answered): (Instant, Instant),
        header: Header,
        period: Duration,
    ) -> Option<Instant> {
        if !self.is_trusted || answered < self.doubted_until {
            return None;
        }
        let took = answered.since(sent);
        if self.agreeing == 0 {
            self.since = answered;
        }
        if self.most.is_zero() || took + self.margin(period) < self.least {
            if self.is_believed(answered, period) {
                self.falls = (self.falls + 1).min(MOST_DOUBLED);
            }
            (self.least, self.most, self.slack) = (took, took, Duration::ZERO);
            self.of_late = (answered, took, took);
            self.begin_anew(answered);
        }
        self.rise((answered, took), period);
        self.least = self.least.min(took);
        self.most = self.most.max(took);
        let more = took.saturating_sub(self.least);
        self.slack = (self.slack * 15 + more) / 16;
        match self.compare(sent, header, period) {
            Agreement::Full => self.agreeing = self.agreeing.saturating_add(1),
            Agreement::Odd => self.begin_anew(answered),
            Agreement::None => {
                self.forget();
                self.doubted_until = answered + period * DOUBT;
                return None;
            }
        }
        let by = (sent + more + self.margin(period)).min(answered);
        self.is_believed(answered, period).then_some(by)
    }

    /// Answers that have taken longer for long take longer.
    fn rise(&mut self, (now, took): (Instant, Duration), period: Duration) {
        let (since, least, most) = &mut self.of_late;
        (*least, *most) = ((*least).min(took), (*most).max(took));
        if now.since(*since) >= period * (RISES << self.falls) {
            (self.least, self.most) = (*least, *most);
            self.of_late = (now, took, took);
        }
    }

    fn begin_anew(&mut self, now: Instant) {
        (self.agreeing, self.since) = (0, now);
    }

    /// A call was refused: what was seen so far may not be so any more.
    pub(super) fn forget(&mut self) {
        (self.agreeing, self.window) = (0, None);
    }

    fn is_believed(&self, now: Instant, period: Duration) -> bool {
        self.agrees(now, period * (1 << self.falls)) && self.least * WORTH >= period
    }

    /// For a least time that has not been seen yet.
    fn margin(&self, period: Duration) -> Duration {
        period / TOLERANCE * 2 + self.slack / 2
    }

    /// Counts have risen as calls were sent, and ends were a period apart, for so long.
    pub(super) fn agrees(&self, now: Instant, span: Duration) -> bool {
        self.agreeing >= AGREE && now.since(self.since) >= span
    }

    /// Whether counts rise as calls were sent, and windows end a period apart.
    fn compare(&mut self, sent: Instant, header: Header, period: Duration) -> Agreement {
        let tolerance = period / TOLERANCE;
        let varies = self.most.saturating_sub(self.least).min(tolerance);
        let end = sent + header.reset;
        let new = Window {
            low: end.before(ROUNDING + tolerance),
            up: end + ROUNDING + tolerance,
            sent,
            count: header.count,
        };
        let Some(old) = &mut self.window else {
            self.window = Some(new);
            return Agreement::Full;
        };
        if new.up < old.low {
            // Of the window before.
            return Agreement::over(sent.since(old.sent), tolerance, varies);
        }
        if new.low > old.up {
            let early = old.sent.since(sent);
            let is_period_apart = new.up >= old.low + period;
            *old = new;
            return match is_period_apart {
                true => Agreement::over(early, tolerance, varies),
                false => Agreement::None,
            };
        }
        (old.low, old.up) = (old.low.max(new.low), old.up.min(new.up));
        let (first, last) = if sent < old.sent {
            (new, *old)
        } else {
            (*old, new)
        };
        (old.sent, old.count) = (last.sent, last.count);
        if first.count < last.count {
            return Agreement::Full;
        }
        if first.count == last.count {
            return Agreement::None;
        }
        Agreement::over(last.sent.since(first.sent), tolerance, varies)
    }
}

impl Agreement {
    /// Of calls that were counted in the other order than they were sent, so far apart.
    fn over(apart: Duration, tolerance: Duration, varies: Duration) -> Self {
        if apart > tolerance {
            Self::None
        } else if apart > varies {
            Self::Odd
        } else {
            Self::Full
        }
    }
}
