//! The pattern of `=~`.

use crate::stop::Stop;
use std::sync::Arc;
use tollgate_meter::Meter;
use tollgate_pattern::{Error, Flags};

/// A compiled pattern, which matches whole texts.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Arc<tollgate_pattern::Pattern>);

impl Pattern {
    /// Compiles what stands between the slashes, with the flags behind them. An error says what is wrong.
    pub(crate) fn compile(pattern: &str, letters: &str, meter: &Meter) -> Result<Pattern, String> {
        let mut flags = Flags::default();
        for flag in letters.chars().filter_map(Flags::of_letter) {
            flags.set(flag);
        }
        let compiled = tollgate_pattern::Pattern::compile(pattern, flags, meter);
        compiled
            .map(|compiled| Pattern(Arc::new(compiled)))
            .map_err(|error| error.to_string())
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str, meter: &Meter) -> Result<bool, Stop<'static>> {
        self.0.matches(text, meter).map_err(|error| match error {
            Error::Exhausted(exhausted) => Stop::from(exhausted),
            _ => Stop::TooLarge(&"stopped: a pattern in it needs more steps than its execution has left; avoid nested repetitions",
            ),
        })
    }
}
