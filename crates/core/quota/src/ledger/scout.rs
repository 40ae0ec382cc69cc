//! The first call of a window, which finds out whether the number in force still holds.
//!
//! A number may fall between two windows, and nobody knows before the next window's first answer. Calls that
//! have waited for the window to open would leave together, and all but a few of them be refused. So where a number
//! has changed before, headers tell ends, and windows were seen to open, one call goes first, and the others wait for
//! its answer. The same holds while answers name a lower number that is not believed yet. Where no number has ever
//! changed nothing waits.
//!
//! *What it costs:* one answer's time at the begin of a window, and none of its slots. Where answers take more
//! than the 32nd part of a period nobody waits for one, nor for longer than that. An answer without such a
//! header ends the waiting until headers tell again.

use super::Ledger;
use super::forecast::MOST_LAG;
use tollgate_model::Instant;

/// The call that finds out which number holds in the window that is open now, and why one has to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scout {
    /// What was told last holds until the end of the window that it was told of.
    known_until: Instant,
    /// When the call was sent that is to find out.
    sent: Option<Instant>,
    /// Windows were seen to open.
    sees_openings: bool,
    /// The number has changed before.
    changes: bool,
}

impl Default for Scout {
    fn default() -> Self {
        Self {
            known_until: Instant::NEVER,
            sent: None,
            sees_openings: false,
            changes: false,
        }
    }
}

impl Scout {
    /// The number in force was told of a window that has closed by then.
    pub(super) fn knows_until(&mut self, end: Instant, sees_openings: bool) {
        self.known_until = end;
        self.sees_openings = sees_openings;
    }

    /// Another number has come in force.
    pub(super) fn has_changed(&mut self) {
        self.changes = true;
    }

    /// The window of which was told last closes by then.
    pub(super) fn closes_by(&mut self, end: Instant) {
        self.known_until = self.known_until.min(end);
    }

    /// A lower number than that in force was told.
    pub(super) fn doubts(&mut self) {
        self.known_until = Instant::ZERO;
    }

    fn goes(&mut self, now: Instant) {
        if self.known_until <= now && self.sent.is_none() {
            self.sent = Some(now);
        }
    }

    /// The call that was sent then is answered, or was never sent. What it has found is told afterwards.
    fn returns(&mut self, sent: Instant) {
        if self.sent == Some(sent) {
            (self.known_until, self.sent) = (Instant::NEVER, None);
        }
    }
}

impl Ledger {
    /// When calls that have room now are sent at the latest, if they wait for the answer of the one that was sent
    /// first; an instant that has passed if they don't.
    #[must_use]
    pub fn answered_by(&self, now: Instant) -> Instant {
        self.waits_for_scout(now).unwrap_or_default()
    }

    /// Lets one more call go before an answer has come.
    pub fn wait_no_more(&mut self) {
        if let Some(told) = &mut self.announced {
            told.scout.sent = None;
        }
    }

    /// Until when calls wait for the answer of the one that was sent first, if they do.
    pub(super) fn waits_for_scout(&self, now: Instant) -> Option<Instant> {
        let scout = self.announced.as_ref()?.scout;
        let patience = self.period()? / MOST_LAG;
        let is_fixed = self.learned.as_ref().is_some_and(|it| it.fixed);
        if !scout.changes
            || !(is_fixed || scout.sees_openings)
            || self.lag.is_at_least(patience)
            || scout.known_until > now
        {
            return None;
        }
        scout
            .sent
            .map(|sent| sent + patience)
            .filter(|&until| until > now)
    }

    /// Whether calls that have room wait for the answer of another one.
    #[must_use]
    pub fn waits_for_answer(&self, now: Instant) -> bool {
        let is_open = self.closed_until <= now && !self.has_lease_ended(now);
        let has_room = is_open && self.held(now) - self.theirs(now) < self.given();
        self.waits_for_scout(now).is_some() && has_room
    }

    pub(super) fn scout_goes(&mut self, now: Instant) {
        if let Some(told) = &mut self.announced {
            told.scout.goes(now);
        }
    }

    pub(super) fn scout_returns(&mut self, sent: Instant) {
        if let Some(told) = &mut self.announced {
            told.scout.returns(sent);
        }
    }
}
