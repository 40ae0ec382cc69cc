//! What other applications take of the limits that are shared with them, as headers tell.
//!
//! A stranger is a class above all of ours: for the calls that it is expected to make slots are kept
//! ([`crate::reservations`]), and starts are foretold behind them. Until a header counts a call that isn't ours, nothing
//! is kept for anybody.
//!
//! **Where windows are forgotten all at once,** somebody else's slots in one are known with every answer, and so
//! is for how long it had counted: slots by seconds, over this window and the ones before, are the rate. A
//! stranger whose calls are refused is not counted; but it is served from a window's opening until the window is
//! full, and only this time is counted. What one window after the other shows is a mean, and says little of the
//! next few seconds: so our calls of the last class are spread over the window ([`spread`]), and whatever the
//! stranger comes to ask for is seen while there is still room for it.
//!
//! **Where windows slide,** a header tells how many calls others had in the last period. So many slots are left
//! free all the time, with half a standard deviation of chance beside, and our calls of the last class are spread
//! over the period: the window that becomes full all the same does so near its end, with little loss to either.
//!
//! **Where only refused calls are told of a limit,** as of an organisation's behind tokens with windows of their
//! own, the header says that the window is full, and so how many others were in it by then. That is taken as
//! below, and needs no proof.
//!
//! **Without headers** refusals tell ([`suspicion`]): those of a window that refuses everything until it closes,
//! with a number of our calls accepted in it that is not always the same. How many others were in it, in how
//! much time, is their rate; what they want in a period at this rate is left free all the time, and our calls
//! are spread, as where windows slide. It shrinks with each call that is accepted, so that in the long run one window
//! in eight is full before its end for finding out. What is learned from the same refusals
//! (the upstream's learner) comes first: when the learner begins to hold a limit, what was left free because of
//! refusals is ours again, until windows are full all the same. Once the number of ours varies as much as others'
//! calls do by chance, refusals of full windows teach no limit any more, the one that would have shown it included.
//!
//! **Our first class,** where others of ours can wait for it, leaves nothing: what it needs and what strangers need is
//! left by the classes below. An estimate of strangers that is too high would else keep slots from it that are free,
//! and, as nothing is sent then that could tell otherwise, for long.
//!
//! Where none of this finds anybody, `leave` of the configuration keeps slots free.

mod spread;
mod suspicion;
mod usage;

pub(crate) use spread::Supply;
use std::collections::BTreeMap;
use std::time::Duration;
pub(crate) use suspicion::{OthersDemand, Refusal, RefusalEvidence, Suspicion};
use tollgate_model::{Instant, LimitId};
pub(crate) use usage::ForeignUse;

/// By `LimitId`: who else uses a limit. Empty until somebody does.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    pub(crate) limits: Vec<Option<ForeignUse>>,
    /// Refusals that nobody has told the reason of. Empty until the first.
    pub(crate) suspicions: BTreeMap<LimitId, Suspicion>,
}

impl Foreign {
    /// Whether nobody else was ever seen.
    pub(crate) fn is_none(&self) -> bool {
        self.limits.is_empty()
    }

    /// Slots a second that others take of the limit.
    pub(crate) fn per_second(&self, limit: LimitId, now: Instant) -> f64 {
        self.get(limit).map_or(0.0, |it| it.per_second(now))
    }

    /// Slots that may be left free before a start that is foretold now.
    pub(crate) fn foretold(&self, limit: LimitId) -> u32 {
        self.get(limit).map_or(0, |it| {
            it.sliding.foretold().min(it.allowed.saturating_sub(1))
        })
    }

    /// Slots of a period that slides, or that refusals have told of, which are left free for others.
    pub(crate) fn slots(&self, limit: LimitId) -> u32 {
        self.get(limit).map_or(0, |it| it.sliding.slots())
    }

    /// For how long the window that closes by then had counted when it was last seen.
    pub(crate) fn last_seen(&self, limit: LimitId, until: Instant) -> Duration {
        let it = self.get(limit).and_then(|it| Some((it.period, it.told?)));
        let it = it.filter(|(period, told)| until <= told.until + *period / 2);
        it.map_or(Duration::ZERO, |(_, told)| {
            Duration::from_secs_f64(told.seconds)
        })
    }

    pub(crate) fn get(&self, limit: LimitId) -> Option<&ForeignUse> {
        self.limits.get(limit.index())?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, limit: LimitId) -> Option<&mut ForeignUse> {
        self.limits.get_mut(limit.index())?.as_mut()
    }

    pub(crate) fn of(&mut self, limit: LimitId, period: Duration, allowed: u32) -> &mut ForeignUse {
        if self.limits.len() <= limit.index() {
            self.limits.resize_with(limit.index() + 1, || None);
        }
        let it = self.limits[limit.index()].get_or_insert_with(|| ForeignUse::new(period, allowed));
        (it.period, it.allowed) = (period, allowed);
        it
    }
}
