//! The end of a process that was asked to end, whatever hangs in it.
//!
//! A service that drains waits for its callers, its engine, its store and its disk, each within a bound.
//! A thread of its own, which waits for none of them, holds the promise all the same: it hears the signal
//! by itself, as a runtime whose threads are all stuck would not, and ends the process when the time is
//! over.

use crate::exit::Exit;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// What closing takes after a drain that used all its time: sockets, threads, the last lines of the log.
pub(crate) const CLOSING: Duration = Duration::from_secs(2);

/// Ends this process within `span` and two seconds from now, however it hangs.
pub(crate) fn end_within(span: Duration, exit: Exit) {
    // Without a thread the process ends by itself, or not.
    let _ = std::thread::Builder::new()
        .name("deadline".into())
        .spawn(move || {
            std::thread::sleep(span + CLOSING);
            std::process::exit(exit.status().into());
        });
}

/// From now on a SIGTERM or SIGINT ends this process within `span` and two seconds, however it hangs.
///
/// # Errors
/// There can be no thread, or the signals can't be listened to.
pub(crate) fn hold(span: Duration) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (ready, told) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("deadline".into())
        .spawn(move || {
            runtime.block_on(async move {
                let signals = signal(SignalKind::terminate())
                    .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
                let (mut terminate, mut interrupt) = match signals {
                    Ok(signals) => signals,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                let _ = ready.send(Ok(()));
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                tokio::time::sleep(span + CLOSING).await;
                std::process::exit(Exit::Failed.status().into());
            });
        })?;
    told.recv()
        .unwrap_or_else(|_| Err(std::io::Error::other("the thread is gone")))
}
