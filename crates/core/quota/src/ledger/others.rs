//! How fast somebody else uses a limit, as far as headers tell.

use super::Ledger;
use super::learned::{Learned, Window};
use std::time::Duration;
use tollgate_model::{Instant, tally};

/// What headers have told of somebody else's calls in the window that is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForeignCalls {
    /// The window closes then at the latest; by this it is known again.
    pub until: Instant,
    /// It closes later than this.
    pub after: Instant,
    /// How long it had counted, to the middle of what is known.
    pub counted: Duration,
    /// Slots that somebody else had in it.
    pub slots: u32,
}

impl Ledger {
    /// What headers have told by now of the last window. None where it isn't known that the upstream forgets a
    /// window all at once.
    #[must_use]
    pub fn others(&self, now: Instant) -> Option<ForeignCalls> {
        let (period, learned) = (self.period()?, self.learned.as_ref()?);
        if !learned.fixed {
            return None;
        }
        let window = learned.windows.iter().rfind(|window| window.up > now)?;
        let middle = window.low + window.up.since(window.low) / 2;
        let counted = period.saturating_sub(middle.since(now));
        Some(ForeignCalls {
            until: window.up,
            after: window.low,
            counted,
            slots: window.foreign,
        })
    }

    /// The upstream says that the window which is surely open is full. What isn't ours of it is somebody
    /// else's, and is held until it closes. No if that window isn't known.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.forget_ended(now);
        let allowed = self.allowed();
        let Some(learned) = self.learned.as_deref() else {
            return false;
        };
        let last = learned.windows.iter().rposition(|window| window.up > now);
        let Some(place) = last else {
            return false;
        };
        let it = learned.windows[place];
        let ours = self.ours_in(&it, learned);
        let more = allowed.saturating_sub(ours + it.foreign);
        if let Some(learned) = &mut self.learned {
            learned.windows[place].foreign += more;
        }
        true
    }

    /// Whether it was seen that the upstream forgets a window's calls all at once.
    #[must_use]
    pub fn forgets_at_once(&self) -> bool {
        self.learned.as_ref().is_some_and(|it| it.fixed)
    }

    /// When a window that headers have told of closes next, and all of its slots come free.
    #[must_use]
    pub fn next_closing(&self, now: Instant) -> Option<Instant> {
        let windows = self.learned.iter().flat_map(|it| &it.windows);
        windows.map(|window| window.up).filter(|&up| up > now).min()
    }

    /// Slots that are ours.
    #[must_use]
    pub fn ours(&self, now: Instant) -> u32 {
        self.held(now).saturating_sub(self.foreign(now))
    }

    /// Slots that may be ours of those counted in the window.
    pub(super) fn ours_in(&self, window: &Window, learned: &Learned) -> u32 {
        let all = self.open + tally(self.ends.len());
        if !learned.fixed {
            return all + learned.own();
        }
        // Slots that end before it closes were counted before it opened.
        let before = self.ends.partition_point(|&end| end < window.low);
        all - tally(before) + window.own
    }
}
