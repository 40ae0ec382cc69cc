//! The number of calls at once where goodput is highest, from how long answers take.
//!
//! An upstream that slows down under load refuses nothing. By Little's law its goodput with *n* calls
//! under way is *n* ∕ latency ([`measured`]), with latencies at the pace of their endpoint ([`pace`]).
//!
//! **That answers take longer is no reason to send less.** They do so by chance, because caches are cold,
//! after a deployment, at noon, while garbage is collected. The number is lowered only on what an experiment
//! has shown, and there is an experiment only where something was lost:
//!
//! 1. *Suspicion.* What is remembered of lower numbers (each by itself, and an octave or two together) says
//!    that fewer at once brought more than as many as now bring, by [`SUSPICIOUS`] standard errors. So latency
//!    must have grown by more than the number has. Latencies that don't grow with load never look so,
//!    however they vary, since there a higher number brings more by its whole quotient. Calls that queue up
//!    at an upstream whose goodput is full don't either. All measurements in a row must say it, three
//!    at least and over a quarter more answers than calls are under way: a pause of the upstream delays those
//!    that are under way, an overload everybody. While fewer than allowed are under way goodput is what is
//!    asked for, so there it must have fallen to [`FALLEN`].
//! 2. *Try.* The lower number that surely brought most is tried. If goodput is higher by [`SURE`] standard
//!    errors, or by half as many after so many answers as would have shown the opposite, it holds. If
//!    not, or if it is lower by two standard errors before, the number is what it was before, and what made
//!    the lower one look better is forgotten: the upstream has become slower for good.
//! 3. *Again.* While a lower number holds and is used up, a higher one is tried against it, soon after and then
//!    after pauses that double, in steps of a half, a quarter, an eighth; in the end lower ones as well. So
//!    a number that was lowered because a try and a recovery came at the same time rises again. A higher
//!    number that turns out not to be used up holds too: what is not needed does no harm.
//!
//! **What it costs.** Without a suspicion nothing. Steady latencies, memoryless to heavy-tailed ones, pauses, and
//! changing proportions of endpoints start no try in any run of `tests/gradient.rs`, with 1 to 100 at
//! once: callers get each answer when they would without a limiter. A change for the worse while calls wait costs one
//! try: by Little's law as many answers as the try leaves out, times its length in latencies, which is some three
//! to nine for each call that may be under way. The next suspicion is followed when that is one answer
//! in [`PRICE`], or after [`LONGEST_REST`]. A try ends after at most three times [`MOST`] answers, mostly
//! after 25.
//!
//! **What it doesn't find.** Where answers vary by more than they grow, and an upstream was flooded before it had
//! answered calls with fewer under way, nothing says that fewer brought more, and nothing is tried. The test
//! has the figures: of those with exponential latencies about one in six remains as configured.
//!
//! Netflix's gradient, Envoy's filter and Vegas take the quotient of two latencies for the overload. An
//! average as the long one follows an overload until that is normal; the least latency as the long one
//! throttles whatever varies by itself, and to measure it again nearly nothing is sent for a while, now and
//! then, for a healthy upstream too. `tests/gradient.rs` compares.

mod measured;
mod memory;
mod pace;

use measured::{Goodput, Measured};
use memory::Memory;
use pace::Paces;
use std::time::Duration;
use tollgate_model::{EndpointId, Instant};

/// Standard errors by which fewer calls at once must have brought more, for that to be tried.
const SUSPICIOUS: f64 = 3.0;
/// The logarithm of what goodput has fallen to, where fewer calls than allowed are under way.
const FALLEN: f64 = -0.5;
/// Standard errors by which a lower number must bring more than the number before, to hold.
const SURE: f64 = 3.0;
/// Standard errors by which measurements together must say that a higher number brings more.
const SURE_OF_MORE: f64 = 2.0;
/// Standard errors by which each measurement must say so.
const LIKELY: f64 = 1.0;
/// Answers of one measurement.
const ANSWERS: f64 = 25.0;
/// Answers after which a try has failed, at most.
const MOST: f64 = 1_000.0;
/// Of so many answers one may be lost by tries that fail.
const PRICE: u32 = 400;
/// The longest pause after a try that has failed.
const LONGEST_REST: Duration = Duration::from_secs(1_800);
/// Measurements between two tries of other numbers while one holds, at first and in the end.
const SOON: u32 = 2;
const EVERY: u32 = 64;

/// A call that has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimedCall {
    /// What was asked.
    pub endpoint: EndpointId,
    /// When it was sent.
    pub sent: Instant,
    /// From its sending to its end.
    pub latency: Duration,
    /// Calls under way when it was sent, itself included.
    pub at_once: u32,
    /// Whether its answer did what was asked.
    pub brought: bool,
}

/// The number of calls at once that brings most.
#[derive(Clone, Debug)]
pub struct Gradient {
    configured: u32,
    allowed: u32,
    paces: Paces,
    memory: Memory,
    /// Calls under way at the most, of late.
    level: f64,
    measured: Measured,
    /// The usual variance of a latency's logarithm.
    variance: Option<f64>,
    /// Answers to calls sent before then tell of another number.
    from: Instant,
    /// Calls that are sent before then are not measured; none before the first of them.
    begin: Option<Instant>,
    /// The measurements in a row that say that fewer brought more.
    suspicion: Measured,
    trying: Option<Try>,
    /// No suspicion is followed before then.
    rests_until: Instant,
    /// What the number that holds brings.
    holds: Measured,
    /// Measurements since another number was tried, and between two such tries.
    quiet: u32,
    every: u32,
    /// Whether a lower number was tried last.
    lower: bool,
}

#[derive(Clone, Copy, Debug)]
struct Try {
    began: Instant,
    /// The number before, and what it brought.
    before: u32,
    goodput: Goodput,
    measured: Measured,
    /// Answers since it began, whether measured or not.
    answers: f64,
    /// Measured answers after which it has failed.
    most: f64,
    /// Whether a suspicion was its cause.
    suspected: bool,
}

impl Gradient {
    /// Of an upstream for which so many calls at once are configured.
    #[must_use]
    pub fn new(configured: u32) -> Self {
        Self {
            configured,
            allowed: configured,
            paces: Paces::default(),
            memory: Memory::default(),
            level: 0.0,
            measured: Measured::default(),
            variance: None,
            from: Instant::ZERO,
            begin: None,
            suspicion: Measured::default(),
            trying: None,
            rests_until: Instant::ZERO,
            holds: Measured::default(),
            quiet: 0,
            every: SOON,
            lower: false,
        }
    }

    /// Calls that may be under way at once.
    #[must_use]
    pub fn allowed(&self) -> u32 {
        self.allowed
    }

    /// A call has ended. Calls are to be told of in the order of their sending ([`SendOrder`]): of those that
    /// were sent of late the first to be answered are those that take least.
    ///
    /// [`SendOrder`]: crate::SendOrder
    pub fn sample(&mut self, now: Instant, took: &TimedCall) {
        let at_once = f64::from(took.at_once);
        let log = took.latency.as_secs_f64().max(1e-6).ln();
        self.level = (self.level * 0.98).max(at_once);
        // What was sent before the number changed doesn't tell of it.
        if took.sent < self.from {
            return;
        }
        if self.is_starved() {
            self.fail(now);
            return;
        }
        let Some(log) = self.paces.at_pace(took.endpoint, log) else {
            return;
        };
        // More are under way only after a while. Fewer are at once, since none was sent before.
        let more = self.trying.is_some_and(|tried| tried.before < self.allowed);
        let begin = *self.begin.get_or_insert(match more {
            true => took.sent + took.latency,
            false => took.sent,
        });
        if took.sent < begin {
            return;
        }
        self.memory.add(at_once, log, took.brought);
        // With room to spare a call doesn't tell of the number.
        if at_once < 0.7 * self.level {
            return;
        }
        self.measured.add(at_once, log, took.brought);
        if self.measured.answers >= ANSWERS {
            let measured = std::mem::take(&mut self.measured);
            let variance = self.variance.get_or_insert(measured.variance());
            *variance += (measured.variance() - *variance) / 8.0;
            match self.trying {
                Some(tried) => self.go_on(tried, &measured, now),
                None => self.look(&measured, now),
            }
        }
    }

    /// Counts an answer; whether those of a try don't tell of its number, though they are many.
    fn is_starved(&mut self) -> bool {
        self.trying.as_mut().is_some_and(|tried| {
            tried.answers += 1.0;
            tried.answers > 3.0 * tried.most
        })
    }

    /// Goes on with a try after some of its answers.
    fn go_on(&mut self, mut tried: Try, measured: &Measured, now: Instant) {
        tried.measured.join(measured);
        self.trying = Some(tried);
        let goodput = tried.measured.goodput(self.usual());
        let more = self.allowed > tried.before;
        let ends = tried.measured.answers >= tried.most;
        let holds = if more {
            // What is not needed does no harm.
            goodput.beats(&tried.goodput, SURE_OF_MORE, 0.01) || (ends && !self.is_full())
        } else if ends {
            goodput.beats(&tried.goodput, SURE / 2.0, 0.02)
        } else {
            goodput.beats(&tried.goodput, SURE, 0.02)
        };
        if holds {
            self.trying = None;
            self.holds = tried.measured;
            self.quiet = 0;
            if tried.suspected || (more && self.is_full()) {
                self.every = SOON;
            }
        } else if ends || goodput.above(&tried.goodput) < -2.0 {
            self.fail(now);
        }
    }

    /// The number of the try is no better than the one before.
    fn fail(&mut self, now: Instant) {
        let Some(tried) = self.trying.take() else {
            return;
        };
        if tried.suspected {
            self.memory.forget_above(&tried.goodput, self.usual());
            let part = 1.0 - f64::from(self.allowed) / f64::from(tried.before);
            let lost = now.since(tried.began).mul_f64(part.max(0.0));
            self.rests_until = now + (lost * PRICE).min(LONGEST_REST);
        } else {
            self.every = (self.every * 2).min(EVERY);
        }
        self.quiet = 0;
        self.holds.age(4.0 * ANSWERS);
        self.set(tried.before, now);
    }

    /// Looks at a measurement of the number that holds.
    fn look(&mut self, measured: &Measured, now: Instant) {
        let full = self.is_full();
        if self.better(measured, LIKELY, full).is_some() {
            self.suspicion.join(measured);
            self.suspicion.age(MOST);
            let enough = (1.25 * self.suspicion.number()).max(3.0 * ANSWERS);
            if self.suspicion.answers >= enough
                && now >= self.rests_until
                && let Some(better) = self.better(&self.suspicion, SUSPICIOUS, full)
            {
                let goodput = self.suspicion.goodput(self.usual());
                self.attempt(better, goodput, true, now);
                return;
            }
        } else {
            self.suspicion = Measured::default();
        }
        if !full || self.allowed == self.configured {
            return;
        }
        self.holds.join(measured);
        self.holds.age(MOST);
        self.quiet += 1;
        if self.quiet >= self.every {
            self.quiet = 0;
            self.lower = self.every == EVERY && !self.lower;
            let by = match (self.lower, self.every) {
                (true, _) => self.allowed / 5,
                (false, 1..=4) => self.allowed / 2,
                (false, 5..=16) => self.allowed / 4,
                _ => self.allowed / 8,
            };
            let to = match self.lower {
                true => self.allowed - by.max(1),
                false => self.allowed + by.max(1),
            };
            let goodput = self.holds.goodput(self.usual());
            self.attempt(to, goodput, false, now);
        }
    }

    /// The lower number that brought most, if that was more than is measured, by so many standard errors.
    fn better(&self, measured: &Measured, errors: f64, full: bool) -> Option<u32> {
        let least = if full { 0.05 } else { -FALLEN };
        let (at_once, goodput) = (measured.number(), measured.goodput(self.usual()));
        let highest = 0.8 * at_once.min(f64::from(self.allowed));
        let beats = |then: &Goodput| then.beats(&goodput, errors, least);
        self.memory.best_up_to(highest, self.usual(), beats)
    }

    /// Whether as many calls are under way as may be.
    fn is_full(&self) -> bool {
        self.level >= 0.9 * f64::from(self.allowed)
    }

    fn usual(&self) -> f64 {
        self.variance.unwrap_or(1.0)
    }

    fn attempt(&mut self, to: u32, goodput: Goodput, suspected: bool, now: Instant) {
        let to = to.clamp(1, self.configured);
        if to == self.allowed {
            return;
        }
        // As many answers as tell the two apart, if goodput follows the number.
        let step = (f64::from(to) / f64::from(self.allowed)).ln();
        let most = 2.0 * self.usual() * (SURE / step).powi(2);
        self.trying = Some(Try {
            began: now,
            before: self.allowed,
            goodput,
            measured: Measured::default(),
            answers: 0.0,
            most: most.clamp(4.0 * ANSWERS, MOST),
            suspected,
        });
        self.set(to, now);
    }

    fn set(&mut self, to: u32, now: Instant) {
        self.allowed = to;
        self.level = self.level.min(f64::from(to));
        self.from = now;
        self.begin = None;
        self.measured = Measured::default();
        self.suspicion = Measured::default();
    }
}
