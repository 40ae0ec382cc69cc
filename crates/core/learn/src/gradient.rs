//! The number of calls at once where goodput is highest.
use std::time::Duration;
use tollgate_model::Instant;
/// The number.
#[derive(Clone, Debug)]
pub struct Gradient {
    configured: u32,
}
impl Gradient {
    /// New.
    #[must_use]
    pub fn new(configured: u32) -> Self {
        Self { configured }
    }
    /// One answer.
    pub fn sample(&mut self, _now: Instant, _latency: Duration, _in_flight: u32, _ok: bool) {}
    /// The number.
    #[must_use]
    pub fn allowed(&self) -> u32 {
        self.configured
    }
}
