//! What answers tell of a number of calls at once.
//!
//! By Little's law goodput with *n* calls under way is *n* × (the part of answers that bring something) ∕
//! latency. It is compared as a logarithm, by the mean of the latencies' logarithms: load multiplies how
//! long a call takes, and the logarithms of exponential, lognormal and heavy-tailed latencies have a variance
//! that a few dozen answers tell, where the mean of the latencies themselves is decided by the slowest one.
//! A change of shape moves the one mean and not the other, so who beats another does it by both.

/// Sums over answers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    pub(super) answers: f64,
    good: f64,
    /// The logarithms of how many calls were under way.
    numbers: f64,
    /// Seconds that answers took; their logarithms; the squares of those.
    seconds: f64,
    logs: f64,
    squares: f64,
}

impl Measured {
    pub(super) fn add(&mut self, at_once: f64, log: f64, brought: bool) {
        self.answers += 1.0;
        self.good += f64::from(u8::from(brought));
        self.numbers += at_once.ln();
        self.seconds += log.exp();
        self.logs += log;
        self.squares += log * log;
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.answers += other.answers;
        self.good += other.good;
        self.numbers += other.numbers;
        self.seconds += other.seconds;
        self.logs += other.logs;
        self.squares += other.squares;
    }

    /// Halves what it weighs, once that is more than so many answers: what is recent counts more.
    pub(super) fn age(&mut self, most: f64) {
        if self.answers > most {
            for sum in [
                &mut self.answers,
                &mut self.good,
                &mut self.numbers,
                &mut self.seconds,
                &mut self.logs,
                &mut self.squares,
            ] {
                *sum /= 2.0;
            }
        }
    }

    /// Calls under way, by the mean of their logarithms.
    pub(super) fn number(&self) -> f64 {
        (self.numbers / self.answers.max(1.0)).exp()
    }

    /// The mean of the latencies' logarithms.
    pub(super) fn log(&self) -> f64 {
        self.logs / self.answers
    }

    /// The variance of the latencies' logarithms.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.log();
        (self.squares / self.answers - mean * mean).max(0.0)
    }

    /// What the number brings. Few answers tell little of their variance, which is at least `variance` then.
    pub(super) fn goodput(&self, variance: f64) -> Goodput {
        let own = self.variance();
        let variance = if self.answers < 30.0 {
            own.max(variance)
        } else {
            own
        };
        // One answer more that brought half: a part of none or of all is not certain.
        let part = (self.good + 0.5) / (self.answers + 0.5);
        let of_part = (1.0 - part) / part;
        let brings = self.numbers / self.answers + part.ln();
        Goodput {
            log: brings - self.log(),
            mean: brings - (self.seconds / self.answers).ln(),
            squared_error: (variance + of_part) / self.answers,
        }
    }
}

/// Answers per second, as logarithms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goodput {
    /// By the mean of the latencies' logarithms, and the square of its standard error.
    pub(super) log: f64,
    squared_error: f64,
    /// By the logarithm of the latencies' mean.
    mean: f64,
}

impl Goodput {
    /// How many standard errors it is above another.
    pub(super) fn above(&self, other: &Self) -> f64 {
        let error = (self.squared_error + other.squared_error).sqrt();
        (self.log - other.log) / error.max(1e-9)
    }

    /// What it is in spite of chance: two standard errors less than what was measured.
    pub(super) fn at_least(&self) -> f64 {
        self.log - 2.0 * self.squared_error.sqrt()
    }

    /// Whether it is more than another by so many standard errors, and by at least so much.
    pub(super) fn beats(&self, other: &Self, errors: f64, least: f64) -> bool {
        self.above(other) > errors
            && self.log - other.log > least
            && self.mean - other.mean > least / 2.0
    }
}
