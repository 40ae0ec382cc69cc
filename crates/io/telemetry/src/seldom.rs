//! Something that is said now and then, however often there is a reason.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Says when a line of the log is due that calls have a reason for. One is made for each such line, as a constant of the source.
#[derive(Debug)]
pub struct Seldom {
    pause: Duration,
    last: Mutex<Option<Instant>>,
}

impl Seldom {
    /// At most once in so long.
    #[must_use]
    pub const fn once_in(pause: Duration) -> Self {
        let last = Mutex::new(None);
        Self { pause, last }
    }

    /// Whether the line is due. Then it counts as said.
    pub fn is_due(&self) -> bool {
        // Nobody who looks panics; and if so, the line is said.
        let Ok(mut last) = self.last.lock() else {
            return true;
        };
        let is_due = last.is_none_or(|last| last.elapsed() >= self.pause);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_once_in_a_while() {
        let often = Seldom::once_in(Duration::ZERO);
        assert!(often.is_due() && often.is_due());
        let seldom = Seldom::once_in(Duration::from_secs(3600));
        assert!(seldom.is_due() && !seldom.is_due());
    }
}
