//! What a long command is at: one line on stderr, from its first moment on, where that is a terminal; nothing elsewhere.
//!
//! It is gone when the work is over, and no wider than the terminal.

use crate::console::plural;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;

/// Between two pictures. The line moves also while nothing comes to its end.
const PICTURE: Duration = Duration::from_millis(100);

/// The line; gone when this is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Work of so many parts: `3 of 14 runs`.
    pub(crate) fn of(parts: u64, noun: &str) -> Self {
        let all = plural(parts, noun);
        let template = format!("{{bar:24}} {{pos}} of {all}, {{elapsed}} {{wide_msg}}");
        Self::begin(ProgressBar::new(parts), &template)
    }

    /// Work whose end isn't known; what is done is said by `words`.
    pub(crate) fn at(words: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_message(words);
        Self::begin(bar, "{spinner} {elapsed} {wide_msg}")
    }

    fn begin(bar: ProgressBar, template: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.tick();
        bar.enable_steady_tick(PICTURE);
        Self(bar)
    }

    /// One part more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// What it is at now.
    pub(crate) fn say(&self, words: String) {
        self.0.set_message(words);
    }

    /// Prints something meanwhile, with the line out of its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
