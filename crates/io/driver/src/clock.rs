//! The driver's time line, and how long a request may still leave.
//!
//! The line is the machine's own since its boot, which goes on while the machine sleeps, as the upstream's does: a lease
//! that has ended meanwhile has ended here, and so has a window. The runtime's timers stand still meanwhile, so they are
//! late by as much at the most; what they bring about is looked at by this line. Where the system has no such clock the line
//! stands still with the timers.

use std::time::Duration;
use tollgate_model::Instant;

/// The one monotonic time line; its origin is the driver's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Since the machine's boot.
    begun: Duration,
}

impl Clock {
    pub(crate) fn begin() -> Self {
        Self {
            begun: since_boot(),
        }
    }

    pub(crate) fn now(self) -> Instant {
        Instant::ZERO + since_boot().saturating_sub(self.begun)
    }

    /// When a request leaves at the latest that is given up then, and that is sent under leases the first of which ends
    /// then.
    pub(crate) fn leave_by(self, give_up: Instant, lease_ends: Option<Instant>) -> LeaveBy {
        let on_boot_line = |at: Instant| self.begun + at.since(Instant::ZERO);
        LeaveBy {
            give_up: on_boot_line(give_up),
            lease_ends: lease_ends.map(on_boot_line),
        }
    }
}

/// When a request leaves at the latest, by the machine's line of time. The engine has looked at the same before it had
/// the request sent, but the process or the machine may have been stopped since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaveBy {
    give_up: Duration,
    /// None of a request that is sent under no lease.
    lease_ends: Option<Duration>,
}

impl LeaveBy {
    /// Of a request that is sent under no lease and given up after this span.
    pub(crate) fn within(span: Duration) -> Self {
        Self {
            give_up: since_boot() + span,
            lease_ends: None,
        }
    }

    /// How long it is until the request is given up; an error in words if it may not leave any more.
    pub(crate) fn left(&self) -> Result<Duration, &'static str> {
        let now = since_boot();
        if self.lease_ends.is_some_and(|end| end <= now) {
            return Err("this node's part of a limit ended before the request was sent");
        }
        let left = self.give_up.saturating_sub(now);
        match left.is_zero() {
            true => Err("its time was up before it was sent"),
            false => Ok(left),
        }
    }

    /// Whether the request is sent under a lease.
    pub(crate) fn is_leased(&self) -> bool {
        self.lease_ends.is_some()
    }

    /// When it is given up, as the runtime's timers have it.
    pub(crate) fn give_up(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.give_up.saturating_sub(since_boot())
    }
}

#[cfg(target_os = "linux")]
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_leaves_before_its_time_is_up_and_its_lease_has_ended() {
        let clock = Clock::begin();
        let later = |seconds| clock.now() + Duration::from_secs(seconds);
        let left = clock.leave_by(later(60), Some(later(90))).left();
        assert!(left.is_ok_and(|left| left > Duration::from_secs(50)));
        assert!(clock.leave_by(Instant::ZERO, None).left().is_err());
        let ended = clock.leave_by(later(60), Some(clock.now())).left();
        assert!(ended.is_err_and(|why| why.contains("part of a limit")));
    }
}
