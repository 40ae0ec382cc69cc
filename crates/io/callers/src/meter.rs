//! What each caller may ask of this node: requests a minute, and at once; the same for all, or its own.
//!
//! As on the platform a caller's window opens with its first request and lasts a minute; every answer
//! says where it stands (`inin-ratelimit-…`), and a 429 says when to come back. Callers are as many as
//! have tokens, so the table is swept of closed windows when it has doubled.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tollgate_config::CallerBounds;

const WINDOW: Duration = Duration::from_secs(60);
/// Entries at which closed windows are swept out for the first time.
const SWEEP: usize = 1024;

/// The windows of all callers.
#[derive(Debug)]
pub struct Meter {
    per_minute: u32,
    at_once: u32,
    windows: Mutex<Windows>,
}

#[derive(Debug, Default)]
struct Windows {
    of: HashMap<Arc<str>, Window>,
    sweep_at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    opened: Instant,
    count: u32,
    running: u32,
}

/// The place of a request that was let in; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    meter: Arc<Meter>,
    caller: Arc<str>,
    allowed: u32,
    count: u32,
    reset: Duration,
}

/// A caller has asked for more than it may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany {
    /// The bound's name: `caller.requests.per.minute` or `caller.requests.at.once`.
    pub limit: &'static str,
    /// Requests that the bound allows.
    pub allowed: u32,
    /// How long the caller has to wait.
    pub wait: Duration,
}

impl Meter {
    /// Bounds of so many requests a minute, and at once, of each caller that has none of its own.
    #[must_use]
    pub fn new(per_minute: u32, at_once: u32) -> Self {
        Self {
            per_minute,
            at_once,
            windows: Mutex::default(),
        }
    }

    /// Lets a request in, or says when to come back.
    pub(crate) fn admit(
        self: &Arc<Self>,
        caller: &Arc<str>,
        own: CallerBounds,
        now: Instant,
    ) -> Result<Place, TooMany> {
        let per_minute = own.per_minute.unwrap_or(self.per_minute);
        let at_once = own.at_once.unwrap_or(self.at_once);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let sweep_at = windows.sweep_at.max(SWEEP);
        if windows.of.len() >= sweep_at {
            let open = |it: &Window| it.running > 0 || now.duration_since(it.opened) < WINDOW;
            windows.of.retain(|_, window| open(window));
            windows.sweep_at = windows.of.len().saturating_mul(2);
        }
        let fresh = Window {
            opened: now,
            count: 0,
            running: 0,
        };
        let window = windows.of.entry(Arc::clone(caller)).or_insert(fresh);
        if now.duration_since(window.opened) >= WINDOW {
            (window.opened, window.count) = (now, 0);
        }
        let reset = WINDOW.saturating_sub(now.duration_since(window.opened));
        if window.count >= per_minute {
            return Err(TooMany {
                limit: "caller.requests.per.minute",
                allowed: per_minute,
                wait: reset,
            });
        }
        if window.running >= at_once {
            return Err(TooMany {
                limit: "caller.requests.at.once",
                allowed: at_once,
                wait: Duration::from_secs(1),
            });
        }
        window.count += 1;
        window.running += 1;
        Ok(Place {
            meter: Arc::clone(self),
            caller: Arc::clone(caller),
            allowed: per_minute,
            count: window.count,
            reset,
        })
    }
}

impl Place {
    /// Says in the answer where the caller stands.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let reset = self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0);
        for (name, value) in [
            ("inin-ratelimit-count", u64::from(self.count)),
            ("inin-ratelimit-allowed", u64::from(self.allowed)),
            ("inin-ratelimit-reset", reset),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut windows = self
            .meter
            .windows
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.of.get_mut(&self.caller) {
            window.running = window.running.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As every caller.
    const SAME: CallerBounds = CallerBounds {
        per_minute: None,
        at_once: None,
    };

    #[test]
    fn a_caller_has_its_own_bounds_and_others_those_of_all() {
        let (meter, now) = (Arc::new(Meter::new(1, 10)), Instant::now());
        let own = CallerBounds {
            per_minute: Some(3),
            at_once: Some(2),
        };
        let (one, two) = (Arc::from("one"), Arc::from("two"));
        let held: Vec<_> = (0..2)
            .map(|_| meter.admit(&one, own, now).ok().unwrap())
            .collect();
        let error = meter.admit(&one, own, now).err().unwrap();
        assert_eq!((error.limit, error.allowed), ("caller.requests.at.once", 2));
        drop(held);
        let third = meter.admit(&one, own, now).ok().unwrap();
        let mut headers = HeaderMap::new();
        third.tell(&mut headers);
        assert_eq!(headers["inin-ratelimit-allowed"], "3");
        let error = meter.admit(&one, own, now).err().unwrap();
        assert_eq!(
            (error.limit, error.allowed),
            ("caller.requests.per.minute", 3)
        );
        assert!(meter.admit(&two, SAME, now).is_ok());
        assert_eq!(meter.admit(&two, SAME, now).err().unwrap().allowed, 1);
    }

    #[test]
    fn a_window_opens_with_its_first_request_and_closes_a_minute_later() {
        let (meter, now, one) = (
            Arc::new(Meter::new(2, 10)),
            Instant::now(),
            Arc::from("one"),
        );
        assert!(meter.admit(&one, SAME, now).is_ok());
        assert!(
            meter
                .admit(&one, SAME, now + Duration::from_secs(59))
                .is_ok()
        );
        let late = now + Duration::from_millis(59_500);
        let error = meter.admit(&one, SAME, late).err().unwrap();
        assert_eq!(error.limit, "caller.requests.per.minute");
        assert_eq!(error.wait, Duration::from_millis(500));
        assert!(
            meter.admit(&Arc::from("two"), SAME, late).is_ok(),
            "each its own"
        );
        assert!(meter.admit(&one, SAME, now + WINDOW).is_ok());
    }

    #[test]
    fn a_place_is_free_when_its_request_ends() {
        let (meter, now, one) = (
            Arc::new(Meter::new(100, 1)),
            Instant::now(),
            Arc::from("one"),
        );
        let first = meter.admit(&one, SAME, now).ok().unwrap();
        assert!(meter.admit(&one, SAME, now).is_err());
        drop(first);
        let again = meter.admit(&one, SAME, now).ok().unwrap();
        let mut headers = HeaderMap::new();
        again.tell(&mut headers);
        assert_eq!(headers["inin-ratelimit-count"], "2");
        assert_eq!(headers["inin-ratelimit-allowed"], "100");
        assert_eq!(headers["inin-ratelimit-reset"], "60");
    }
}
