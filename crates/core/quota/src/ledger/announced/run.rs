//! Answers of one header family that name one number, held against each other.

mod belief;

use super::AGREE;
use super::point::Point;
use super::word::{Announcement, Periods};
use crate::ledger::header::{Header, ROUNDING};
use std::time::Duration;
use tollgate_model::Instant;

/// Rises that are remembered.
const MOST_RISES: u32 = 64;
/// All that was counted within a period lies in two windows, and in four if the period is half as long as
/// is believed: a count that rises by more has not counted.
const WINDOWS: u32 = 4;
/// A run that contradicted itself is not believed for so many periods, doubled each time.
const BROKEN: u32 = 4;
/// A number that was denied is tried again after so many calls of windows, by what is configured: a trial
/// costs a call or two, so no more than about a thousandth of all calls is refused for trials.
const CALLS_PER_TRIAL: u32 = 1_000;
/// Periods between trials at the most, before they are doubled.
const MOST_PERIODS: u32 = 64;
/// Bound on how often that is doubled.
const MOST_DOUBLED: u32 = 6;

/// Ends are not believed for so many periods after one that was no end.
const ENDLESS: u32 = 64;

/// Answers of one family with one number.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) family: u8,
    pub(super) allowed: u32,
    /// When its last answer came.
    pub(super) last: Instant,
    answers: u32,
    /// Whether the count is not always the same.
    moves: bool,
    /// Answers whose count has risen as it must since the one before.
    rises: u32,
    /// Answers in a row whose count stood still, and answers that contradict those before.
    still: u32,
    odd: u32,
    /// Windows seen to close, and ends that moved while the count went on.
    closings: u32,
    drifts: u32,
    /// What the count has risen by since an instant, all together.
    risen: (Instant, u32),
    /// Refusals though slots remain, since the last count beyond this one was accepted.
    wall: (u32, u32),
    /// The highest count that was accepted since the run last contradicted itself, and of late.
    pub(super) highest: u32,
    pub(super) peak: u32,
    /// The number was in force and was more than the upstream accepts.
    pub(super) was_denied: bool,
    point: Point,
    /// The longest times to the ends of the last windows, the newest first.
    of_late: [Duration; 3],
    /// A call was accepted beyond its number, and none refused at it since.
    is_unenforced: bool,
    /// An end was told that is surely no whole period away.
    tells_ends: bool,
    /// The last opening that was seen, and how many were, with nothing but the one call counted.
    opening: Option<Opening>,
    openings: u32,
    /// The period is no longer: so far apart are two openings that were seen, and the ends that were told.
    at_most: Option<Duration>,
    told_apart: Option<Duration>,
    /// The period is no shorter: a window went on for so long.
    at_least: Duration,
    /// It spoke alone for a whole period.
    pub(super) is_proven: bool,
    /// The number was in force.
    pub(super) was_in_force: bool,
    /// The number was told in turns with another run: it speaks of another limit.
    pub(super) is_another: bool,
    broken_until: Instant,
    broken: u32,
    /// A window went on after its end: what is told of ends is not believed until then.
    endless_until: Instant,
}

/// A window was seen to close, and another to open.
#[derive(Clone, Copy, Debug)]
struct Opening {
    /// The window before closed no earlier.
    closed_after: Instant,
    /// The count then, and the highest since.
    count: u32,
    highest: u32,
}

impl Run {
    pub(super) fn new(sent: Instant, now: Instant, word: Announcement, base: Duration) -> Self {
        Self {
            family: word.family,
            allowed: word.allowed,
            last: now,
            answers: 0,
            moves: false,
            rises: 0,
            still: 0,
            odd: 0,
            closings: 0,
            drifts: 0,
            risen: (now, 0),
            wall: (0, 0),
            highest: 0,
            peak: 0,
            was_denied: false,
            point: Point::new(sent, now, word.header, base),
            of_late: [Duration::ZERO; 3],
            is_unenforced: false,
            tells_ends: false,
            opening: None,
            openings: 0,
            at_most: None,
            told_apart: None,
            at_least: Duration::ZERO,
            is_proven: false,
            was_in_force: false,
            is_another: false,
            broken_until: Instant::ZERO,
            broken: 0,
            endless_until: Instant::ZERO,
        }
    }

    /// Holds an accepted answer against the newest before it.
    pub(super) fn accept(
        &mut self,
        sent: Instant,
        now: Instant,
        cost: u32,
        header: Header,
        periods: Periods,
    ) {
        let base = periods.in_force;
        self.last = now;
        if header.count < cost {
            return self.odd += 1;
        }
        if header.count > self.allowed {
            return self.is_unenforced = true;
        }
        if header.count > self.wall.0 {
            self.wall = (0, 0);
        }
        self.highest = self.highest.max(header.count);
        self.peak = self.peak.max(header.count);
        self.answers += u32::from(self.answers < AGREE);
        self.of_late[0] = self.of_late[0].max(header.reset);
        let (before, new) = (self.point, Point::new(sent, now, header, base));
        // Of an answer that took long it isn't known which window it is of.
        if new.up.since(new.low) > base / 2 + ROUNDING {
            self.moves |= header.count != before.count;
            return self.reach(header.count);
        }
        if self.answers == 1 {
            let open_by = Some((now, header.count));
            self.openings = u32::from(header.count <= cost);
            return self.point = Point { open_by, ..new };
        }
        self.moves |= header.count != before.count;
        // An end that is always a period away says nothing of any window.
        let is_whole = (header.reset + ROUNDING >= base && header.reset <= base + ROUNDING)
            && (base <= periods.configured || self.at_least >= periods.configured);
        self.tells_ends |= !is_whole;
        let says_no_end = is_whole && !self.tells_ends;
        let open_by = before.open_by.map(|(by, own)| (by, own + cost));
        self.point.open_by = open_by;
        let before = self.point;
        if sent < before.answered {
            return self.overlap((before, new), says_no_end, now);
        }
        if now.since(self.risen.0) > base {
            self.risen = (now, 0);
        }
        if header.count >= before.count.saturating_add(cost) {
            return self.count_on((sent, now), (before, new), says_no_end, base);
        }
        self.fall_back((before, new), (header, cost), says_no_end, (now, base));
    }

    /// Both calls were under way at once: all that is known is that their counts differ.
    fn overlap(&mut self, (before, new): (Point, Point), says_no_end: bool, now: Instant) {
        if new.count == before.count {
            self.stand_still(says_no_end || now > before.low);
            self.point.answered = before.answered.max(now);
        }
        if new.count > before.count && new.meets(&before) {
            self.point = new.narrowed(&before);
        }
        self.reach(new.count);
    }

    /// The count has risen since the newest answer before.
    fn count_on(
        &mut self,
        (sent, now): (Instant, Instant),
        (before, new): (Point, Point),
        says_no_end: bool,
        base: Duration,
    ) {
        self.rise();
        self.risen.1 = self.risen.1.saturating_add(new.count - before.count);
        if self.risen.1 > self.allowed.saturating_mul(WINDOWS) {
            return self.break_off(now, base);
        }
        if new.meets(&before) {
            if let Some((by, own)) = before.open_by
                && new.count >= own
            {
                // None of ours is forgotten.
                self.at_least = self.at_least.max(sent.since(by));
            }
            self.point = new.narrowed(&before);
        } else {
            // The end has moved while the count went on.
            self.drifts += u32::from(!says_no_end);
            self.point = new;
        }
        self.reach(new.count);
    }

    /// The count has not risen since the newest answer before: a window closed, or the count stands still.
    fn fall_back(
        &mut self,
        (before, new): (Point, Point),
        (header, cost): (Header, u32),
        says_no_end: bool,
        (now, base): (Instant, Duration),
    ) {
        let may_be_closed = now > before.low;
        self.point = new;
        let is_alone = header.count <= cost && new.low > before.up;
        if is_alone || header.count.saturating_mul(4) <= before.count {
            if may_be_closed || says_no_end {
                self.open((before, may_be_closed), new, header.reset, cost, now);
            } else {
                // It was forgotten long before its end.
                self.endless_until = now + base * ENDLESS;
            }
        } else if header.count == before.count && !may_be_closed {
            self.stand_still(says_no_end);
        } else if !may_be_closed && !says_no_end {
            self.odd += 1;
        }
        self.closings += u32::from(may_be_closed && new.low > before.low);
    }

    /// Holds a refused call's answer against the newest accepted. It was not counted.
    pub(super) fn refuse(&mut self, sent: Instant, now: Instant, header: Header, base: Duration) {
        self.last = now;
        let before = self.point;
        if header.count < self.allowed {
            let (at, times) = self.wall;
            let again = if at == header.count { times } else { 0 };
            return self.wall = (header.count, again + 1);
        }
        let is_first = self.answers == 0;
        self.is_unenforced = false;
        self.moves = true;
        self.answers = (self.answers + 2).min(AGREE);
        self.of_late[0] = self.of_late[0].max(header.reset);
        if is_first || sent < before.answered || header.count != before.count {
            return;
        }
        // All that was counted by then is still counted: nothing was forgotten.
        self.at_least = self.at_least.max(sent.since(before.answered));
        if sent > before.up {
            self.endless_until = now + base * ENDLESS;
        }
    }

    /// It was refused again and again where slots remain, and no count beyond was accepted.
    pub(super) fn is_at_a_wall(&self) -> bool {
        self.wall.1 >= AGREE
    }

    /// It says more than `configured`, but a call was refused where no more than that was ever accepted.
    pub(super) fn is_denied(&self, configured: u32) -> bool {
        self.wall.1 > 0 && self.wall.0 >= configured && self.highest <= configured
    }

    /// Doubts a number that is more than `configured` allows, if refusals speak against it.
    pub(super) fn face_refusals(&mut self, now: Instant, base: Duration, configured: u32) {
        let is_denied = self.is_denied(configured);
        self.was_denied |= self.is_at_a_wall() || is_denied;
        if is_denied {
            self.deny(now, base, configured);
        } else if self.is_at_a_wall() {
            self.break_off(now, base);
        }
    }

    /// Takes the number for a lie, whatever else the run says: calls were refused beyond `configured`.
    pub(super) fn deny(&mut self, now: Instant, base: Duration, configured: u32) {
        let periods = CALLS_PER_TRIAL.div_ceil(configured.max(1));
        self.disbelieve(now, base, periods.clamp(BROKEN, MOST_PERIODS));
    }

    fn disbelieve(&mut self, now: Instant, base: Duration, periods: u32) {
        self.broken_until = now + base * (periods << self.broken.min(MOST_DOUBLED));
        self.broken += 1;
        (self.highest, self.peak, self.wall) = (0, 0, (0, 0));
        self.is_proven = false;
    }

    /// Believes the run no more for a while: it has contradicted itself.
    pub(super) fn break_off(&mut self, now: Instant, base: Duration) {
        self.disbelieve(now, base, BROKEN);
        (self.answers, self.rises, self.odd, self.still) = (0, 0, 0, 0);
        self.moves = false;
        self.risen = (now, 0);
    }

    /// A window closed after `before`, and another is open. Where the one before may not have closed by what was
    /// told of its end, the fall of the count is all that shows it, and one count that is wrong falls as well: from
    /// such an opening no period is measured.
    fn open(
        &mut self,
        (before, may_be_closed): (Point, bool),
        new: Point,
        reset: Duration,
        cost: u32,
        now: Instant,
    ) {
        let closed_after = before.low.max(before.sent).min(now);
        let least =
            |known: Option<Duration>, apart| Some(known.map_or(apart, |least| least.min(apart)));
        if let Some(last) = self.opening
            && new.count < last.highest.saturating_sub(last.count)
        {
            // Some of what was counted since the last opening is forgotten.
            self.at_most = least(self.at_most, now.since(last.closed_after));
        }
        self.opening = may_be_closed.then_some(Opening {
            closed_after,
            count: new.count,
            highest: new.count,
        });
        // The next end is a period after the last at the least.
        self.told_apart = least(self.told_apart, new.up.since(closed_after));
        if new.count <= cost {
            self.of_late = [reset, self.of_late[0], self.of_late[1]];
            self.openings = self.openings.saturating_add(1);
        }
        self.point.open_by = Some((now, new.count));
        self.rise();
    }

    /// Notes that the window has counted this many slots.
    fn reach(&mut self, count: u32) {
        if let Some(opening) = &mut self.opening {
            opening.highest = opening.highest.max(count);
        }
    }

    fn rise(&mut self) {
        self.still = 0;
        self.rises += 1;
        if self.rises >= MOST_RISES {
            self.rises /= 2;
            self.odd /= 2;
            self.drifts /= 2;
            self.closings = self.closings.div_ceil(2);
        }
    }

    /// Where calls leave a window one by one, as many may come as go.
    fn stand_still(&mut self, says_no_end: bool) {
        self.still += 1;
        if self.still >= AGREE && !says_no_end {
            self.odd += 1;
        }
    }
}
