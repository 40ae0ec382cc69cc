//! What a service manager is told: systemd's protocol of datagrams (*documented*: `sd_notify(3)`), where `NOTIFY_SOCKET`
//! says that somebody listens.
//!
//! **The watchdog is fed by the engine**, not by this task: `WATCHDOG=1` is sent only after a message has gone through
//! the engine's inbox and back, so an engine that hangs is restarted though the process lives. It is sent twice in the
//! time that the manager allows. While the service drains the engine answers still.
//!
//! **The manager waits as long as the service drains.** With `STOPPING=1` it is told how long the end may take, so a
//! unit needs no time of its own that has to be kept in step with the configuration.
//!
//! **Nothing waits for the manager.** A message that its socket doesn't take is dropped: the next one says the same.
//!
//! The protocol is a datagram of lines, so it is written here: the crates for it open a socket for each message and wait
//! where its queue is full, which a task of the runtime must not.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tollgate_service::Heart;

/// Where messages go.
const SOCKET: &str = "NOTIFY_SOCKET";
/// How often the watchdog is to be fed at the least, in microseconds, and which process is meant.
const WATCHDOG: (&str, &str) = ("WATCHDOG_USEC", "WATCHDOG_PID");
/// The longest pause between two looks at how the service stands.
const PAUSE: Duration = Duration::from_secs(2);

/// The way to a service manager, if there is one.
pub(super) struct Notify {
    socket: Option<UnixDatagram>,
    /// The longest that the watchdog waits.
    watchdog: Option<Duration>,
}

impl Notify {
    /// As the environment says. What can't be used is logged, and nobody is told then.
    pub(super) fn from_environment() -> Self {
        let variable = |name| std::env::var_os(name).filter(|it| !it.is_empty());
        let Some(address) = variable(SOCKET) else {
            return Self {
                socket: None,
                watchdog: None,
            };
        };
        let text = |name| variable(name)?.into_string().ok();
        let socket = connect(&address)
            .inspect_err(|error| tracing::warn!(%error, "{SOCKET} can't be used; the service manager is told nothing"));
        Self {
            socket: socket.ok(),
            watchdog: watchdog(text(WATCHDOG.0), text(WATCHDOG.1), std::process::id()),
        }
    }

    /// The service answers from now on.
    pub(super) fn ready(&self, words: &str) {
        self.send(&format!("READY=1\nSTATUS={words}"));
    }

    /// The configuration is read anew; [`Self::ready`] says when that is over. Systemd takes it for the answer to its
    /// signal if it comes after that on the monotonic clock.
    pub(super) fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.send(&format!(
            "RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading the configuration anew"
        ));
    }

    /// The service is about to end, and that takes so long at the most.
    pub(super) fn stopping(&self, words: &str, within: Duration) {
        let within = within.as_micros();
        self.send(&format!(
            "STOPPING=1\nSTATUS={words}\nEXTEND_TIMEOUT_USEC={within}"
        ));
    }

    /// Feeds the watchdog for as long as the heart beats, and tells what changes.
    pub(super) async fn follow(&self, heart: &Heart) -> Infallible {
        if self.socket.is_none() {
            return std::future::pending().await;
        }
        let pause = self
            .watchdog
            .map_or(PAUSE, |within| (within / 2).min(PAUSE));
        let mut turns = tokio::time::interval(pause);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = String::new();
        loop {
            turns.tick().await;
            if self.watchdog.is_some() && heart.beats(pause).await {
                self.send("WATCHDOG=1");
            }
            let words = heart.words();
            if words != told {
                self.send(&format!("STATUS={words}"));
                told = words;
            }
        }
    }

    fn send(&self, message: &str) {
        let sent = self.socket.as_ref().map(|it| it.send(message.as_bytes()));
        if let Some(Err(error)) = sent {
            tracing::debug!(%error, "the service manager took no message");
        }
    }
}

/// A socket to this address: a path, or a name of Linux's abstract ones behind an `@`.
fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match address.as_bytes() {
        [b'@', name @ ..] => socket.connect_addr(&abstract_address(name)?)?,
        [b'/', ..] => socket.connect(address)?,
        _ => return Err(io::Error::other("neither a path nor an abstract name")),
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::other("this system has no abstract names"))
}

/// How long the watchdog waits for this process; none where another is meant, or the time can't be read.
fn watchdog(within: Option<String>, whose: Option<String>, own: u32) -> Option<Duration> {
    let is_own = whose.is_none_or(|whose| whose.parse() == Ok(own));
    let within: u64 = within?.parse().ok()?;
    (is_own && within > 0).then(|| Duration::from_micros(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_fed_by_the_process_that_is_meant() {
        let text = |text: &str| Some(text.to_owned());
        let half = Some(Duration::from_millis(500));
        assert_eq!(watchdog(text("500000"), None, 7), half);
        assert_eq!(watchdog(text("500000"), text("7"), 7), half);
        assert_eq!(watchdog(text("500000"), text("8"), 7), None);
        for other in ["0", "-1", "soon", ""] {
            assert_eq!(watchdog(text(other), None, 7), None, "{other}");
        }
        assert_eq!(watchdog(None, None, 7), None);
    }

    #[test]
    fn an_address_that_is_none_is_an_error() {
        for wrong in ["vsock:2:1234", "relative", "/no/such/socket"] {
            assert!(connect(OsStr::new(wrong)).is_err(), "{wrong}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_abstract_name_is_reached() {
        let name = format!("tollgate-test-{}", std::process::id());
        let address = abstract_address(name.as_bytes()).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let notify = Notify {
            socket: Some(connect(OsStr::new(&format!("@{name}"))).unwrap()),
            watchdog: None,
        };
        notify.ready("ready");
        let mut message = [0; 64];
        let read = manager.recv(&mut message).unwrap();
        assert_eq!(&message[..read], b"READY=1\nSTATUS=ready");
        // Whom nobody reads, nobody waits for.
        for _ in 0..100_000 {
            notify.ready("ready");
        }
    }
}
