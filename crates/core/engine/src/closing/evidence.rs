//! What is known of one part of an upstream: a suspicion, a closing, and what follows its opening.

use super::opening::Opening;
use super::part::Pauses;
use std::time::Duration;
use tollgate_model::{AttemptId, Instant};

/// Longest pause that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Probes refused before a number that may mean milliseconds is believed to mean seconds.
const DOUBTED: u32 = 4;
/// How long a probe of what is open is waited for before it is looked at again.
const PROBED: Duration = Duration::from_millis(100);

/// What is known of one part.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) suspicion: Option<Suspicion>,
    /// A call was accepted before the pause that the upstream had asked for was over.
    pub(super) is_distrusted: bool,
    pub(super) closing: Option<Closing>,
    /// How many calls leave at once, for a while after the part was opened.
    pub(super) opening: Option<Opening>,
}

/// A first refusal, which may have been by chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    /// When the first refusal was known.
    pub(super) at: Instant,
    /// The first attempt that was sent after that.
    pub(super) from: AttemptId,
    /// Until when the upstream asked for a pause.
    pub(super) asked_until: Option<Instant>,
}

/// Why a part is closed, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pub(super) until: Instant,
    pub(super) pause: Duration,
    /// The call that is to show whether it is still closed.
    pub(super) probe: Option<AttemptId>,
    /// The first attempt after the last that was refused: what was sent before says nothing new.
    pub(super) from: AttemptId,
    /// The upstream has asked for the pause.
    pub(super) is_asked: bool,
    /// The end of the pause that the upstream has asked for, which may lie behind that of the pause that it got.
    pub(super) asked_until: Option<Instant>,
    /// The upstream has been seen to ask for more than there was need of.
    pub(super) is_distrusted: bool,
    /// Probes that were refused.
    pub(super) refusals: u32,
    pub(super) ends: ProbeAtEnd,
    /// How many calls leave at once when the probe is accepted; none if as many as want to.
    pub(super) opening: Option<Opening>,
    /// The part was open, and is shut only while a probe is answered that its opening asks for.
    pub(super) was_open: bool,
}

/// Whether the end of an accepted call is a reason to probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ProbeAtEnd {
    /// The next accepted call that ends is.
    Open,
    /// The next probe, or the probe under way, is due to one.
    Tried,
    /// A probe that was due to such an end was refused: no end is a reason any more.
    Vain,
}

impl Evidence {
    /// What has been let pass since the part was opened a short while ago.
    pub(super) fn opening_begun(&mut self, now: Instant) -> Option<&mut Opening> {
        let opening = match &mut self.closing {
            Some(closing) if closing.was_open => &mut closing.opening,
            Some(_) => return None,
            None => &mut self.opening,
        };
        *opening = opening.and_then(|opening| opening.at(now));
        opening.as_mut()
    }

    pub(super) fn is_bare(&self) -> bool {
        let known = self.suspicion.is_some() || self.closing.is_some() || self.opening.is_some();
        !known && !self.is_distrusted
    }
}

impl Closing {
    pub(super) fn new(
        refused: AttemptId,
        pauses: Pauses,
        is_distrusted: bool,
        now: Instant,
    ) -> Self {
        let asked = pauses.plausible().filter(|_| !is_distrusted);
        let longest = pauses.longest.max(pauses.first);
        let pause = asked.map_or(pauses.first, |asked| asked.clamp(pauses.first, longest));
        Self {
            until: now + pause,
            pause,
            probe: None,
            from: after(refused),
            is_asked: asked.is_some(),
            asked_until: pauses.plausible().map(|asked| now + asked),
            is_distrusted,
            refusals: 0,
            ends: ProbeAtEnd::Open,
            opening: Opening::new(pauses),
            was_open: false,
        }
    }

    /// A part that was opened a short while ago is probed again.
    pub(super) fn again(
        probe: AttemptId,
        opening: Opening,
        is_distrusted: bool,
        now: Instant,
    ) -> Self {
        Self {
            until: now + PROBED,
            pause: PROBED,
            probe: Some(probe),
            from: probe,
            is_asked: false,
            asked_until: None,
            is_distrusted,
            refusals: 0,
            ends: ProbeAtEnd::Vain,
            opening: Some(opening),
            was_open: true,
        }
    }

    pub(super) fn probe_refused(&mut self, attempt: AttemptId, pauses: Pauses, now: Instant) {
        self.probe = None;
        self.from = after(attempt);
        self.is_asked = pauses.asked.is_some();
        self.asked_until = pauses.plausible().map(|asked| now + asked);
        let longest = pauses.longest.max(pauses.first);
        if self.ends == ProbeAtEnd::Tried {
            // It came before its time, so the pause is as long as it was.
            self.ends = ProbeAtEnd::Vain;
        } else {
            self.pause = self.pause.max((self.pause * 2).min(longest));
        }
        if !self.is_distrusted || self.pause >= longest {
            self.refusals += 1;
        }
        let asked = if self.refusals > DOUBTED {
            pauses.asked
        } else {
            pauses.plausible().filter(|_| !self.is_distrusted)
        };
        if let Some(asked) = asked {
            self.pause = self.pause.max(asked.min(LONGEST));
        }
        self.until = now + self.pause;
    }
}

/// The next attempt.
fn after(attempt: AttemptId) -> AttemptId {
    AttemptId(attempt.0 + 1)
}
