//! What headers have told of somebody else's use of one limit, and what is to be expected of it.

use super::suspicion::OthersDemand;
use std::time::Duration;
use tollgate_model::{Instant, count, tally};
use tollgate_quota::ForeignCalls;

/// What the windows before count for, beside the one that is open.
const EARLIER: f64 = 0.75;
/// Time in which nobody called, put before what was seen, as a part of the period: one call in the first
/// instant is no flood.
const BEFORE: f64 = 1.0 / 32.0;
/// Standard deviations of chance by which a window has to have more than those before, that these are not
/// counted any more.
const CHANGED: f64 = 3.0;
/// Part of a limit that somebody else is expected to want at the least, once somebody was seen: what is kept
/// for it shows how much more is wanted, and is used at the end of the window.
const LEAST: f64 = 1.0 / 64.0;
/// Somebody else may want this many times at once what they took at most of late.
const SURGE: f64 = 4.0;
/// Part of a window that is watched for others, where the one before was full of ours: who takes a whole window at
/// once would never hear of them.
const WATCH: f64 = 1.0 / 8.0;
/// Part of that by which it is less with each window.
const FORGOTTEN: f64 = 1.0 / 16.0;
/// Standard deviations of chance that are left free beside what headers tell of a period that slides.
const MORE: f64 = 0.5;
/// Before so many periods have passed without a refusal nobody is taken to have gone: each may have been full at its
/// end only.
const QUIET: u32 = 2;
/// In so many periods, by the calls that they leave us, half a standard deviation of what is left free becomes ours
/// again, to find out by a refusal or two whether too much is left: of eight windows one costs others their last calls.
const CYCLE: f64 = 8.0;
/// Part of what is left free that becomes ours in that time once it has passed without a refusal: somebody
/// must have gone.
const FAST: f64 = 1.5;

/// Somebody else's use of one limit.
#[derive(Clone, Debug)]
pub(crate) struct ForeignUse {
    pub(crate) period: Duration,
    pub(crate) allowed: u32,
    /// Slots that the configuration leaves free.
    pub(crate) leave: u32,
    /// Slots left free of a period that slides when starts were last looked at.
    pub(crate) promised: u32,
    pub(crate) told: Option<FixedWindows>,
    pub(crate) sliding: SlidingWindows,
}

/// What headers tell of windows that are forgotten all at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedWindows {
    /// Slots and seconds of earlier windows, the older the less.
    earlier: (f64, f64),
    /// The last one closes later than the first and no later than the second instant.
    pub(crate) after: Instant,
    pub(crate) until: Instant,
    /// Slots counted in it, whoever has them.
    count: u32,
    /// The window before was full.
    follows_full: bool,
    /// Whether somebody else was ever seen.
    pub(crate) is_shared: bool,
    slots: f64,
    pub(crate) seconds: f64,
    /// Slots a second that were taken at most of late, in windows before this one.
    most: f64,
    /// What the starts that were promised last take for the rate.
    promised: f64,
}

/// What headers tell where windows slide, or where it isn't known yet that they don't.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SlidingWindows {
    /// Slots left free.
    left: f64,
    /// Half a standard deviation of them.
    step: f64,
    /// The most that headers have told of one period: when it began, of it and of the one before.
    most: (Instant, u32, u32),
    /// Answers that have told.
    heard: u32,
    /// The most that was left free since the last refusal that nobody has told the reason of, when that was, and
    /// calls that were accepted since.
    held: f64,
    refused: Option<Instant>,
    accepted: f64,
    /// Slots become ours fast, for somebody must have gone.
    is_fast: bool,
    /// Our next call goes no earlier, but for those that may go at once.
    pub(crate) next: Instant,
}

impl ForeignUse {
    pub(crate) fn new(period: Duration, allowed: u32) -> Self {
        Self {
            period,
            allowed,
            leave: 0,
            promised: 0,
            told: None,
            sliding: SlidingWindows::default(),
        }
    }

    /// Takes in what is known of the window: of others, and how many slots are counted in it. Whether starts are
    /// to be expected later than they were.
    pub(crate) fn see(&mut self, others: ForeignCalls, count: u32) -> bool {
        let (slots, seconds) = (f64::from(others.slots), others.counted.as_secs_f64());
        let rate = self.per_second(others.until);
        let mut new = FixedWindows {
            earlier: (0.0, 0.0),
            after: others.after,
            until: others.until,
            count,
            follows_full: false,
            is_shared: others.slots > 0,
            slots,
            seconds,
            most: 0.0,
            promised: 0.0,
        };
        if let Some(told) = self.told {
            (new.earlier, new.most, new.promised) = (told.earlier, told.most, told.promised);
            new.is_shared |= told.is_shared;
            (new.count, new.follows_full) = (count.max(told.count), told.follows_full);
            if others.until > told.until + self.period / 2 {
                new.earlier.0 = new.earlier.0 * EARLIER + told.slots;
                new.earlier.1 = new.earlier.1 * EARLIER + told.seconds;
                new.most = rate.max(new.most * (1.0 - FORGOTTEN));
                new.count = count;
                let is_next = others.until < told.until + self.period * 3 / 2;
                new.follows_full = is_next && told.count >= self.allowed;
            }
        }
        let earlier = &mut new.earlier;
        let expected = earlier.0 / earlier.1.max(self.period.as_secs_f64() * BEFORE) * seconds;
        if slots >= 2.0 && slots - expected > CHANGED * expected.sqrt() {
            *earlier = (0.0, 0.0);
        }
        self.told = Some(new);
        self.sliding = SlidingWindows::default();
        let rate = self.per_second(others.until);
        let in_period = |rate: f64| rate * self.period.as_secs_f64();
        let promised = in_period(new.promised);
        let is_more = in_period(rate) > promised + promised.sqrt() + 1.0;
        if let Some(told) = &mut self.told
            && (is_more || rate < told.promised)
        {
            told.promised = rate;
        }
        is_more
    }

    /// Time without any word after the last window counts as quiet: who keeps everything for somebody else sends
    /// nothing, and is told nothing.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        let Some(told) = self.told.filter(|told| told.is_shared) else {
            return 0.0;
        };
        let period = self.period.as_secs_f64();
        let (slots, seconds) = self.seen(&told);
        let seconds = seconds + now.since(told.until).as_secs_f64();
        let all = f64::from(self.allowed) / period;
        (slots / seconds).clamp((all * LEAST).max(1.0 / period), all)
    }

    /// Slots a second that somebody else may come to take. Two standard deviations and two calls more than were
    /// seen are so many as might have been seen by chance at that rate.
    pub(crate) fn surge(&self, now: Instant) -> f64 {
        let Some(told) = self.told else {
            return 0.0;
        };
        let all = f64::from(self.allowed) / self.period.as_secs_f64();
        let watched = if told.follows_full { all * WATCH } else { 0.0 };
        if !told.is_shared {
            return watched;
        }
        let (slots, seconds) = self.seen(&told);
        let by_chance = (slots + 2.0 * slots.sqrt() + 2.0) / seconds;
        let of_late = self.per_second(now).max(told.most);
        (of_late * SURGE).max(by_chance).max(watched).min(all)
    }

    /// Slots and seconds that are the rate, the older windows' the less.
    fn seen(&self, told: &FixedWindows) -> (f64, f64) {
        let slots = told.earlier.0 * EARLIER + told.slots;
        let seconds = told.earlier.1 * EARLIER + told.seconds;
        (slots, seconds + self.period.as_secs_f64() * BEFORE)
    }
}

impl SlidingWindows {
    /// A header says that others have had so many in the last period: a number that varies, and is less than
    /// it was where calls of ours that it doesn't count yet are taken off.
    pub(crate) fn see(&mut self, others: u32, (period, allowed): (Duration, u32), now: Instant) {
        if now >= self.most.0 + period {
            self.most = (now, 0, self.most.1);
        }
        // A count that doesn't move is found to be a lie after a few answers.
        self.heard = self.heard.saturating_add(1);
        self.most.1 = self.most.1.max(others.min(self.heard));
        let others = f64::from(self.most.1.max(self.most.2));
        self.step = others.max(1.0).sqrt() / 2.0;
        self.left = (others + MORE * others.sqrt()).min(f64::from(allowed.saturating_sub(1)));
    }

    /// The window was full. What others want is left free where that was seen. Else more is left free with each
    /// time, twice as much more if it comes again in the next period, and four times if in the same.
    pub(crate) fn refused(&mut self, others: OthersDemand, of: (Duration, u32), now: Instant) {
        let (period, allowed) = of;
        let (OthersDemand::Seen(slots) | OthersDemand::AtLeast(slots)) = others;
        let soon = |periods| {
            self.refused
                .is_some_and(|last| now < last + period * periods)
        };
        self.step = match (others, soon(1), soon(2)) {
            (OthersDemand::AtLeast(_), true, _) => self.step * 4.0,
            (OthersDemand::AtLeast(_), _, true) => self.step * 2.0,
            _ => slots.max(1.0).sqrt() / 2.0,
        };
        self.step = self.step.clamp(0.5, (f64::from(allowed) / 4.0).max(0.5));
        // What was given back too fast is taken again by half.
        let before = if self.is_fast {
            (self.left * 2.0).min(self.held)
        } else {
            self.left
        };
        let most = f64::from(allowed.saturating_sub(1));
        self.left = match others {
            OthersDemand::Seen(slots) => slots,
            OthersDemand::AtLeast(slots) => before.max(slots) + self.step,
        };
        self.left = self.left.min(most);
        (self.held, self.refused, self.accepted) = (self.left, Some(now), 0.0);
        self.is_fast = false;
    }

    /// Whether headers have told, so that refusals need not.
    pub(crate) fn is_told(&self) -> bool {
        self.heard > 0
    }

    /// Whether slots become ours fast, so that one refusal shows that somebody has come back.
    pub(crate) fn is_tried(&self) -> bool {
        self.left > 0.0 && self.is_fast
    }

    /// A call was accepted, and its answer may have told nothing.
    pub(crate) fn fade(&mut self, (period, allowed): (Duration, u32), now: Instant) {
        self.accepted += 1.0;
        let is_past = self.refused.is_none_or(|last| now >= last + period * QUIET);
        let ours = (f64::from(allowed) - self.left).max(1.0);
        let cycle = ours * CYCLE;
        self.is_fast = self.heard == 0 && self.accepted > cycle && is_past;
        let slots = if self.is_fast {
            self.step.max(self.left * FAST)
        } else {
            self.step
        };
        self.left = (self.left - slots / cycle).max(0.0);
    }

    /// Slots that may be left free before a start that is foretold now: what the next refusal makes of it.
    pub(crate) fn foretold(&self) -> u32 {
        if self.left <= 0.0 {
            return 0;
        }
        let again = if self.is_fast {
            (self.left * 2.0).min(self.held).max(self.left)
        } else {
            self.left
        };
        tally(count((again + 2.0 * self.step).ceil()))
    }

    pub(crate) fn slots(&self) -> u32 {
        tally(count(self.left.ceil()))
    }
}
