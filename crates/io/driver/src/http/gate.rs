//! The last look before a request leaves.
//!
//! Between the engine's decision and the first byte on the socket the process may be stopped, or the machine sleep. So
//! whether a request may still leave is looked at once more directly before its first byte is written, below TLS, on a
//! clock that goes on meanwhile ([`LeaveBy`]). One that may not costs its connection, and is never sent.
//!
//! The kernel could deliver it later still: what isn't acknowledged is sent again for minutes. Of a request that is sent
//! under a lease it stops when the request is given up (`TCP_USER_TIMEOUT`).

use crate::clock::LeaveBy;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is to be done before the next byte is written.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Look whether the request may still leave.
    Look(LeaveBy),
    /// Have the kernel give up what isn't acknowledged after this span; as long as it does by itself, without one.
    GiveUpAfter(Option<Duration>),
}

#[derive(Debug, Default)]
struct State {
    next: Option<Next>,
    /// As the socket has it.
    gives_up_after: Option<Duration>,
    /// Why the last request may not leave.
    refusal: Option<&'static str>,
}

/// What the requests on a connection tell the writing of their bytes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Whether `state.next` is there.
    any: AtomicBool,
    state: Mutex<State>,
}

impl Gate {
    /// The next byte that is written is the first of a request that leaves by then.
    pub(super) fn next_leaves_by(&self, by: LeaveBy) {
        let mut state = self.state();
        state.next = Some(Next::Look(by));
        self.any.store(true, Ordering::Release);
    }

    /// Why the last request was not written, not a byte of it.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        self.state().refusal
    }

    /// A request is among those that are under way on the connection, or alone there, and is given up after this span if
    /// it is sent under a lease. Whatever comes first of those holds.
    pub(super) fn one_more(&self, span: Option<Duration>, is_alone: bool) {
        let mut state = self.state();
        let before = match state.next {
            Some(Next::GiveUpAfter(span)) => span,
            _ => state.gives_up_after,
        };
        let least = before.into_iter().chain(span).min();
        let wanted = if is_alone { span } else { least };
        if wanted != before {
            state.next = Some(Next::GiveUpAfter(wanted));
            self.any.store(true, Ordering::Release);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks before bytes are written to the socket.
    fn look(&self, socket: &TcpStream) -> io::Result<()> {
        let mut state = self.state();
        let gives_up_after = match state.next {
            None => return Ok(()),
            Some(Next::GiveUpAfter(span)) => {
                state.next = None;
                self.any.store(false, Ordering::Release);
                span
            }
            Some(Next::Look(by)) => match by.left() {
                Ok(left) => by.is_leased().then_some(left),
                Err(why) => {
                    state.refusal = Some(why);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
            },
        };
        if gives_up_after != state.gives_up_after {
            state.gives_up_after = gives_up_after;
            set_user_timeout(socket, gives_up_after);
        }
        Ok(())
    }

    /// Bytes were written: those that follow are of the same request.
    fn pass(&self) {
        let mut state = self.state();
        if matches!(state.next, Some(Next::Look(_))) {
            state.next = None;
            self.any.store(false, Ordering::Release);
        }
    }
}

/// An error means that the kernel goes on for longer, as it does where it has no such setting.
fn set_user_timeout(socket: &TcpStream, span: Option<Duration>) {
    #[cfg(target_os = "linux")]
    {
        // Whole milliseconds, and none would mean the kernel's own.
        let span = span.map(|span| span.max(Duration::from_millis(1)));
        let _ = socket2::SockRef::from(socket).set_tcp_user_timeout(span);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, span);
}

/// A socket with a gate before its writing.
#[derive(Debug)]
pub(super) struct Gated {
    socket: TcpStream,
    gate: Arc<Gate>,
}

impl Gated {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            gate: Arc::default(),
        }
    }

    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    fn write(
        &mut self,
        write: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if !self.gate.any.load(Ordering::Acquire) {
            return write(Pin::new(&mut self.socket));
        }
        self.gate.look(&self.socket)?;
        let written = write(Pin::new(&mut self.socket));
        if written.is_ready() {
            self.gate.pass();
        }
        written
    }
}

impl AsyncRead for Gated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, into)
    }
}

impl AsyncWrite for Gated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(|socket| socket.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(|socket| socket.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    /// What the socket has, in whole seconds, rounded up.
    fn set(gated: &Gated) -> Option<u64> {
        let span = socket2::SockRef::from(&gated.socket).tcp_user_timeout();
        let span = span.expect("Linux has it").filter(|span| !span.is_zero());
        span.map(|span| span.as_millis().div_ceil(1_000) as u64)
    }

    #[tokio::test]
    async fn the_kernel_gives_a_leased_request_up_when_the_engine_does() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let mut gated = Gated::new(TcpStream::connect(address).await.unwrap());
        let (gate, clock) = (gated.gate(), Clock::begin());
        let later = |seconds| clock.now() + Duration::from_secs(seconds);
        gate.next_leaves_by(clock.leave_by(later(100), Some(later(200))));
        gated.write_all(b"leased").await.unwrap();
        assert_eq!(set(&gated), Some(100));
        gate.next_leaves_by(LeaveBy::within(Duration::from_secs(50)));
        gated.write_all(b"not leased").await.unwrap();
        assert_eq!(set(&gated), None);
        // Of several under way the first to be given up counts.
        for (span, is_alone, expected) in [(90, true, 90), (95, false, 90), (80, false, 80)] {
            gate.one_more(Some(Duration::from_secs(span)), is_alone);
            gated.write_all(b"frames").await.unwrap();
            assert_eq!(set(&gated), Some(expected));
        }
        gate.next_leaves_by(clock.leave_by(later(100), Some(clock.now())));
        assert!(gated.write_all(b"too late").await.is_err());
        assert!(gate.refusal().is_some());
    }
}
