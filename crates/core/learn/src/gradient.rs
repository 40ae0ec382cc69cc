//! The number of calls at once where goodput is highest, from how long answers take.
//!
//! An upstream that slows down under load refuses nothing. By Little's law its goodput with *n* calls
//! under way is *n* ∕ latency. While the latency stays what it was, *n* is not looked at: more calls at
//! once bring more, and a number that is only tried would cost. Once answers take [`SLOWER`] times as
//! long as they did, fewer calls at once are tried for a while ([`Gradient::sample`]):
//!
//! - goodput is higher by more than chance: the lower number holds, and still fewer are tried;
//! - it is not: the number is what it was before, and the present latency is the new normal. So an
//!   upstream that has become slower for good is tried once, and one whose calls only queue up (its
//!   goodput is the same with more and with fewer) keeps its number.
//!
//! Now and then a higher number than the one that holds is tried in the same way, up to what is
//! configured.
//!
//! Netflix's gradient compares two averages of the latency and multiplies the number by their quotient.
//! The longer average follows an overload within minutes, and then overload is what is normal; and a
//! latency that varies by itself throttles a healthy upstream. Here a number holds only where it was
//! measured to bring more. `tests/gradient.rs` compares the two.
//!
//! **What it costs**: a try lasts for as many answers as are under way, and at least 50. One that fails
//! has lost a fifth of the goodput meanwhile (half, where answers take four times as long). After it the
//! latency has to grow by as much again before the next, and higher numbers are tried once in 16 such spans.

use std::time::Duration;
use tollgate_model::Instant;

/// Answers take this many times as long as they did: fewer calls at once are tried. A number that is twice
/// the best can bring a fifth less though its answers take no more than twice as long; what is tried in
/// vain is little.
const SLOWER: f64 = 1.8;
/// Answers of one measurement, at least.
const LEAST: f64 = 50.0;
/// Numbers that are told apart: powers of two to the third part, up to a thousand million.
const STEPS: usize = 96;
/// The first calls, before many are under way: how long they take is usual, as far as so few can tell.
const FIRST: f64 = 8.0;
/// Measurements between two tries of a higher number.
const EVERY: u32 = 16;

/// The number of calls at once that brings most.
#[derive(Clone, Debug)]
pub struct Gradient {
    configured: u32,
    allowed: u32,
    /// How long answers take when nothing is wrong, in seconds; none before the first measurement.
    normal: Option<f64>,
    /// Calls under way at the most, of late.
    level: f64,
    measured: Measured,
    /// The first calls of all.
    first: Measured,
    /// Answers to calls sent before then tell of another number.
    from: Instant,
    /// Calls that are sent before then are not measured; none before the first of them.
    begin: Option<Instant>,
    trying: Option<Try>,
    /// Measurements since a higher number was tried.
    quiet: u32,
    /// Whether a lower number was tried last.
    lower: bool,
    /// What numbers brought when they were last measured, by their logarithm.
    table: [Option<(u32, Goodput)>; STEPS],
}

#[derive(Clone, Copy, Debug)]
struct Try {
    /// The number before, and what it brought.
    before: u32,
    goodput: Goodput,
    /// How long answers took, in seconds.
    latency: f64,
}

/// Answers per second, and how far off that may be.
#[derive(Clone, Copy, Debug)]
struct Goodput {
    mean: f64,
    error: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    answers: f64,
    good: f64,
    in_flight: f64,
    latency: f64,
    squares: f64,
}

impl Measured {
    fn add(&mut self, seconds: f64) {
        self.answers += 1.0;
        self.latency += seconds;
        self.squares += seconds * seconds;
    }

    fn mean(&self) -> f64 {
        self.latency / self.answers
    }

    /// The mean latency's standard error, as a part of it.
    fn error(&self) -> f64 {
        let mean = self.mean();
        let variance = (self.squares / self.answers - mean * mean).max(0.0);
        (variance / self.answers).sqrt() / mean
    }

    fn goodput(&self) -> Goodput {
        let mean = self.good / self.answers * (self.in_flight / self.answers) / self.mean();
        Goodput {
            mean,
            error: mean * self.error(),
        }
    }
}

impl Goodput {
    /// Whether it is more than another, and not by chance.
    fn beats(self, other: Self) -> bool {
        let chance = self.error.hypot(other.error);
        self.mean - other.mean > (0.01 * other.mean).max(2.0 * chance)
    }
}

impl Gradient {
    /// Of an upstream for which so many calls at once are configured.
    #[must_use]
    pub fn new(configured: u32) -> Self {
        Self {
            configured,
            allowed: configured,
            normal: None,
            level: 0.0,
            measured: Measured::default(),
            first: Measured::default(),
            from: Instant::ZERO,
            begin: None,
            trying: None,
            quiet: 0,
            lower: false,
            table: [None; STEPS],
        }
    }

    /// Calls that may be under way at once.
    #[must_use]
    pub fn allowed(&self) -> u32 {
        self.allowed
    }

    /// A call was answered that was sent at `sent` with so many under way, itself included; `ok` if it did
    /// what was asked. Calls are to be told of in the order of their sending ([`InOrder`]): of those that
    /// were sent of late the first to be answered are those that take least.
    ///
    /// [`InOrder`]: crate::InOrder
    pub fn sample(
        &mut self,
        now: Instant,
        sent: Instant,
        latency: Duration,
        in_flight: u32,
        ok: bool,
    ) {
        let in_flight = f64::from(in_flight);
        let seconds = latency.as_secs_f64().max(1e-6);
        self.begin_with(seconds);
        self.level = (self.level * 0.98).max(in_flight);
        // What was sent before the number changed, or with room to spare, doesn't tell of it.
        if sent < self.from || in_flight < 0.7 * self.level {
            return;
        }
        // The upstream is still what the number before has made of it.
        let begin = *self.begin.get_or_insert_with(|| {
            let usual = Duration::from_secs_f64(self.normal.unwrap_or(0.0));
            sent + latency.max(usual) * 2
        });
        if sent < begin {
            return;
        }
        self.measured.good += f64::from(u8::from(ok));
        self.measured.in_flight += in_flight;
        self.measured.add(seconds);
        if self.measured.answers >= LEAST.max(self.level / 4.0) {
            let measured = std::mem::take(&mut self.measured);
            self.judge(now, &measured);
        }
    }

    /// Where calls come fast, as many as may be are under way before there is a measurement. The first of
    /// them tell how long one takes that has the upstream for itself; at worst, for they are few.
    fn begin_with(&mut self, seconds: f64) {
        if self.first.answers < FIRST {
            self.first.add(seconds);
            if self.first.answers >= FIRST {
                let usual = self.first.mean() * (1.0 + 3.0 * self.first.error());
                self.normal = Some(self.normal.map_or(usual, |normal| normal.min(usual)));
            }
        }
    }

    fn judge(&mut self, now: Instant, measured: &Measured) {
        let goodput = measured.goodput();
        let latency = measured.mean();
        let full = self.level >= 0.9 * f64::from(self.allowed);
        let number = (measured.in_flight / measured.answers).round() as u32;
        self.table[step(number)] = Some((number, goodput));
        self.quiet += 1;
        if let Some(tried) = self.trying.take() {
            let fewer = self.allowed < tried.before;
            if !goodput.beats(tried.goodput) {
                self.set(tried.before, now);
                if fewer && latency > SLOWER * self.normal.unwrap_or(latency) {
                    // It has nothing to do with how many are under way.
                    self.normal = Some(tried.latency.max(latency));
                }
                return;
            }
            self.quiet = 0;
        }
        let normal = self.normal.map_or(latency, |normal| normal.min(latency));
        self.normal = Some(normal);
        let slower = latency / normal;
        if slower > SLOWER * (1.0 + 3.0 * measured.error()) {
            let level = self.level.min(f64::from(self.allowed));
            let part = if slower > 4.0 * SLOWER { 0.5 } else { 0.8 };
            let to = self
                .better(number, goodput)
                .unwrap_or((level * part) as u32);
            self.attempt(to, goodput, latency, now);
        } else if full && self.allowed < self.configured && self.quiet >= EVERY {
            self.quiet = 0;
            self.lower = !self.lower;
            let by = (self.allowed / if self.lower { 5 } else { 4 }).max(1);
            let to = if self.lower {
                self.allowed - by
            } else {
                self.allowed + by
            };
            self.attempt(to, goodput, latency, now);
        }
    }

    /// The lower number that brought most, if that was more.
    fn better(&self, number: u32, goodput: Goodput) -> Option<u32> {
        let lower = self.table.iter().flatten();
        let lower = lower.filter(|(other, then)| 10 * other < 9 * number && then.beats(goodput));
        let best = lower.max_by(|one, two| one.1.mean.total_cmp(&two.1.mean));
        best.map(|(other, _)| *other)
    }

    fn attempt(&mut self, to: u32, goodput: Goodput, latency: f64, now: Instant) {
        let to = to.clamp(1, self.configured);
        if to != self.allowed {
            let before = self.allowed;
            self.trying = Some(Try {
                before,
                goodput,
                latency,
            });
            self.set(to, now);
        }
    }

    fn set(&mut self, to: u32, now: Instant) {
        self.allowed = to;
        self.level = self.level.min(f64::from(to));
        self.from = now;
        self.begin = None;
    }
}

fn step(number: u32) -> usize {
    ((f64::from(number.max(1)).log2() * 3.0).round() as usize).min(STEPS - 1)
}
