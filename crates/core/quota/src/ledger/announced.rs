//! Which number and which period the upstream's headers say to be in force.
//!
//! **What is believed.** Answers of one header family that name one number are a [`Run`]. A run tells
//! something once three of its answers agree: each count lies within the number, counts rise with our own
//! calls, and the end of the window stays where it was while counts rise. What does not fit, a number that
//! changes with every answer, a count that stands still, an end that moves, tells nothing.
//!
//! **What follows.** A lower number is in force at once: it can only cost use. A higher one is in force once
//! its run has lasted for a period, or at once if it is no more than what is configured. What only refusals
//! say never raises anything: they may speak of another limit.
//!
//! **What a refusal contradicts.** A refused call whose header says that slots remain, at the configured number
//! or beyond, where nothing beyond was ever accepted, denies a higher number: what is configured is in force
//! at once, and the run is not believed for as many periods as have a thousand calls (four at the least, 64
//! at the most), and twice as long each time, so that trials cost about a thousandth of all calls. When a number that was
//! denied is believed again, a few slots beyond the configured number are in force first ([`Foray`]), until a
//! count beyond that number was accepted: if it still isn't true, a call or two are refused and not a burst.
//!
//! **Periods.** A longer period is in force at once; a shorter one when two windows were seen to open closer
//! together; one that is shorter than what is configured when they opened closer together than that. A run with another number and another period speaks of another limit, and nothing follows
//! from it.
//!
//! **Numbers that change to and fro.** A lower number that was in force before is so again with its first
//! answer. What was told holds until the end of the window that it was told of; what holds for the next one its
//! first call finds out ([`Scout`]). So a number that changes with every window costs an answer's time at the
//! begin of each, and no refusal. Where two runs are told in turns within half a period, they are two limits; the
//! one that is configured stays in force, or else the lower one; from the other nothing follows.

mod foray;
mod point;
mod run;
mod word;

pub(super) use word::Numbers;
pub use word::{Announcement, Span, Verdict};

use super::arrival::Arrival;
use super::floor::Floor;
use super::header::ROUNDING;
use super::scout::Scout;
use foray::Foray;
use run::Run;
use std::time::Duration;
use tollgate_model::Instant;

/// Answers that have to agree.
const AGREE: u32 = 3;
/// Answers in a row that show a number to be told alone, or half of those that a window has.
const ALONE: u32 = 16;
/// Runs that are remembered.
const RUNS: usize = 4;
/// A number this many times the configured one is no number.
const ABSURD: u32 = 64;

/// What headers have said of one limit's number and period.
#[derive(Clone, Debug, Default)]
pub(super) struct Announcements {
    runs: Vec<Run>,
    /// Answers of the last run in a row, and since when.
    in_a_row: u32,
    row_since: Instant,
    /// When a lower number was last put in force.
    lowered: Option<Instant>,
    /// The last word's run has told ends that don't contradict each other.
    pub(super) is_steady: bool,
    /// The last word's run has told ends of windows.
    pub(super) ends_are_told: bool,
    /// The last word's run has told ends of windows, or windows were seen to open.
    pub(super) opens_windows: bool,
    pub(super) arrival: Arrival,
    pub(super) floor: Floor,
    /// The families, by the bits of their numbers, that have told an end some seconds away.
    far: u32,
    /// The last word made windows look shorter than the period in force.
    pub(super) looks_shorter: bool,
    /// A call looks then whether a window has closed.
    pub(super) looks_until: Instant,
    /// What is known of the window that is open.
    pub(super) scout: Scout,
    foray: Option<Foray>,
}

impl Announcements {
    /// Takes in what an answer says that was sent at `sent` and came at `now`.
    pub(super) fn hear(
        &mut self,
        sent: Instant,
        now: Instant,
        cost: u32,
        word: Announcement,
        numbers: Numbers,
    ) -> Verdict {
        let periods = numbers.periods();
        let base = periods.in_force;
        let place = self.place(sent, now, word, base);
        // The last run is the one that speaks.
        let mut run = self.runs.remove(place);
        let is_full = word.refused && word.header.count >= word.allowed;
        let weight = 1 + u32::from(is_full);
        self.note_turn(place == self.runs.len(), weight, now);
        if word.refused {
            run.refuse(sent, now, word.header, base);
            self.floor.forget();
        } else {
            run.accept(sent, now, cost, word.header, periods);
            let reset = word.header.reset;
            let is_far = reset >= ROUNDING * 2 || (reset + ROUNDING) * 2 >= base;
            self.far |= u32::from(is_far) << (word.family % 32);
        }
        // Two numbers that are told in turns may come three times in a row, with a silence between.
        let is_long = self.in_a_row >= (numbers.in_force.allowed / cost.max(1) / 2).min(ALONE);
        if !word.refused && is_long && now.since(self.row_since) >= base && run.is_steady(now) {
            run.is_proven = true;
            run.is_another = false;
        }
        let sound = !word.refused && run.is_believable(word.header.count, now);
        self.note_windows(&run, sound, base, now);
        if !self.opens_windows || self.in_a_row == weight {
            self.arrival.forget_answers();
        }
        let (after, by) = run.closes();
        let look_at = (self.looks_shorter && self.looks_until <= now && self.tells_ends(&run))
            .then_some((after, by))
            .filter(|_| after < by && by > now);
        let change = match self.taken_back(&run, is_full, numbers) {
            Some(configured) => {
                self.lowered = Some(now);
                Some(configured)
            }
            None => self.decide(&mut run, now, numbers),
        };
        self.runs.push(run);
        self.send_scouts(change.unwrap_or(numbers.in_force), sound, now);
        Verdict {
            sound,
            look_at,
            change,
        }
    }

    /// Notes what the run that speaks says of windows, if its word is sound.
    fn note_windows(&mut self, run: &Run, sound: bool, base: Duration, now: Instant) {
        self.looks_shorter = sound && run.looks_shorter(base, now);
        self.is_steady = sound && run.is_steady(now);
        self.ends_are_told = sound && run.has_told_ends(now);
        self.opens_windows = sound && (run.has_seen_openings(now) || self.floor.agrees(now, base));
    }

    /// Counts how many answers one run has given in a row.
    fn note_turn(&mut self, is_same_run: bool, weight: u32, now: Instant) {
        if is_same_run {
            self.in_a_row += weight;
        } else {
            self.in_a_row = weight;
            self.row_since = now;
        }
    }

    /// A window has gone on for longer than the configured period.
    pub(super) fn shows_longer(&self, configured: Duration) -> bool {
        self.runs.iter().any(|run| run.shows_longer(configured))
    }

    /// The run's place. One that is new takes the place of that which was not told for the longest.
    fn place(&mut self, sent: Instant, now: Instant, word: Announcement, base: Duration) -> usize {
        let same = |run: &Run| (run.family, run.allowed) == (word.family, word.allowed);
        if let Some(place) = self.runs.iter().position(same) {
            return place;
        }
        if self.runs.len() >= RUNS {
            self.runs.remove(0);
        }
        // What spoke last is not the last any more.
        (self.in_a_row, self.row_since) = (0, now);
        self.runs.push(Run::new(sent, now, word, base));
        self.runs.len() - 1
    }

    /// What is in force from now on, by what the run says that speaks. None if that is what was in force.
    fn decide(&mut self, run: &mut Run, now: Instant, numbers: Numbers) -> Option<Span> {
        let Numbers {
            configured,
            in_force,
            ..
        } = numbers;
        let change = |to: Span| (to != in_force).then_some(to);
        if run.allowed > configured.allowed {
            run.face_refusals(now, in_force.period, configured.allowed);
        }
        let is_sound = run.is_sound(now);
        if self.speaks(run, numbers) && in_force != configured && run.is_refuted(now) {
            // What it told is not believed any more.
            return change(configured);
        }
        let was_in_force = run.was_in_force || run.allowed == configured.allowed;
        let is_known = was_in_force && run.allowed < in_force.allowed;
        if (self.in_a_row < AGREE && !is_known) || !is_sound || !self.tells_ends(run) {
            let late = in_force.period * 2;
            let says_so = |run: &Run| self.speaks(run, numbers) && now.since(run.last) < late;
            if in_force != configured && !says_so(run) && !self.runs.iter().any(says_so) {
                // Nobody says so any more.
                return change(configured);
            }
            return None;
        }
        let told = Span {
            allowed: run.allowed,
            period: run.period(numbers.periods(), now),
        };
        let differs = |from: Span| told.period != from.period && told.allowed != from.allowed;
        let speaks = self.speaks(run, numbers);
        if (differs(in_force) && !speaks) || differs(configured) {
            run.is_another = true;
        }
        if run.is_another {
            // Where the number was taken for this limit's before its period was known, that is taken back.
            let taken = speaks && in_force != configured;
            return taken.then_some(configured);
        }
        self.put_in_force(run, told, now, numbers)
    }

    /// What is in force of the number that a run tells consistently. None if that is what was in force.
    fn put_in_force(
        &mut self,
        run: &mut Run,
        told: Span,
        now: Instant,
        numbers: Numbers,
    ) -> Option<Span> {
        let Numbers {
            configured,
            in_force,
            is_ceiling,
        } = numbers;
        let change = |to: Span| (to != in_force).then_some(to);
        if told.allowed == in_force.allowed {
            return change(told);
        }
        if told.allowed < in_force.allowed {
            run.was_in_force = true;
            self.lowered = Some(now);
            return change(told);
        }
        let most = if is_ceiling { 1 } else { ABSURD };
        if told.allowed > configured.allowed.saturating_mul(most)
            || (told.allowed > configured.allowed && !run.is_proven)
        {
            return None;
        }
        let just_lowered = self
            .lowered
            .is_some_and(|at| now.since(at) < in_force.period / 2);
        if just_lowered && self.tells_of_two(run, now, numbers) {
            return (!run.is_another).then_some(told);
        }
        change(self.carefully(run, told, numbers, now))
    }

    /// What is configured, if more than that is in force and a call was refused because the window is full
    /// with no more than that: one refusal is enough.
    fn taken_back(&self, run: &Run, is_full: bool, numbers: Numbers) -> Option<Span> {
        let (configured, in_force) = (numbers.configured, numbers.in_force);
        let is_lower = run.allowed <= configured.allowed && in_force.allowed > configured.allowed;
        (is_full && is_lower && !run.is_another).then_some(Span {
            allowed: configured.allowed,
            ..in_force
        })
    }

    /// Whether what is in force follows from the run's number.
    fn speaks(&self, run: &Run, numbers: Numbers) -> bool {
        run.allowed == numbers.in_force.allowed
            || self
                .foray
                .is_some_and(|foray| foray.is_in_force(run.allowed, numbers))
    }

    /// What is in force of a higher number that is believed: no more than a foray if it was denied before,
    /// while nothing beyond the configured number was accepted.
    fn carefully(&mut self, run: &mut Run, told: Span, numbers: Numbers, now: Instant) -> Span {
        let configured = numbers.configured.allowed;
        if told.allowed <= configured || run.highest > configured || !run.was_denied {
            self.foray = None;
            return told;
        }
        let under_way = self.foray.filter(|_| self.speaks(run, numbers));
        let mut foray = under_way.unwrap_or(Foray::new(told.allowed, now));
        foray.go_on(run, numbers, now);
        self.foray = Some(foray);
        let allowed = foray.allowed(configured).min(told.allowed);
        Span { allowed, ..told }
    }

    /// Whether the run's family has told an end that is some seconds or half a period away: one that never
    /// does says nothing of windows.
    fn tells_ends(&self, run: &Run) -> bool {
        self.far & (1 << (run.family % 32)) != 0
    }

    /// What holds for the next window its first call finds out, and what holds now if the last word has named a lower
    /// number than that in force.
    fn send_scouts(&mut self, in_force: Span, sound: bool, now: Instant) {
        let [before @ .., run] = &self.runs[..] else {
            return;
        };
        if run.allowed == in_force.allowed {
            if sound && self.opens_windows {
                self.scout.knows_until(run.held_until(), run.has_opened());
            }
        } else if run.allowed < in_force.allowed
            && !run.is_another
            && before.iter().any(|other| {
                (other.family, other.allowed) == (run.family, in_force.allowed)
                    && other.is_steady(now)
            })
        {
            self.scout.doubts();
        }
    }

    /// Whether two numbers are told in turns: then they are two limits'. The configured one stays in force, or
    /// else the lower, and the other's run is marked as another limit's.
    fn tells_of_two(&mut self, higher: &mut Run, now: Instant, numbers: Numbers) -> bool {
        let (configured, in_force) = (numbers.configured, numbers.in_force);
        let same = |run: &&mut Run| run.allowed == in_force.allowed;
        let late = in_force.period / 2;
        let Some(lower) = self.runs.iter_mut().find(same) else {
            return false;
        };
        if now.since(lower.last) >= late {
            return false;
        }
        let other = if higher.allowed == configured.allowed {
            lower
        } else {
            higher
        };
        other.is_another = true;
        self.lowered = None;
        true
    }
}
