//! Accepting, and what happens when there is no place.

use crate::connection::Places;
use crate::serve::{Placed, serve};
use crate::{Answer, Answers, Entry, Phase};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Pause after a failed accept (out of descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long a connection that was cut may take to be gone.
const GONE_WITHIN: Duration = Duration::from_millis(100);
/// Connections that are told at once that there is no place; further ones are just closed.
const MAX_REFUSING: usize = 32;
/// How long telling one of them may take.
const REFUSING: Duration = Duration::from_secs(1);

const REFUSAL: &str = r#"{"message":"The service has no place for another connection.","code":"service.unavailable","status":503}"#;

pub(crate) async fn accept<B: Answer>(
    listener: TcpListener,
    entry: Entry,
    places: Arc<Places>,
    mut phase: watch::Receiver<Phase>,
    service: impl Answers<B>,
) {
    let refusing = Arc::new(Semaphore::new(MAX_REFUSING));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = phase.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            // If descriptors are short, this gives one back.
            places.make_room();
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Small answers at once; without it a head waits for an ACK.
        let _ = stream.set_nodelay(true);
        let Some(place) = place(&places).await else {
            // Over TLS the answer would take a handshake, which is what there is no place for.
            if entry.tls.is_none()
                && let Ok(turn) = Arc::clone(&refusing).try_acquire_owned()
            {
                tokio::spawn(refuse(stream, turn));
            }
            continue;
        };
        let placed = Placed::enter(&places, place);
        let (entry, phase, service) = (entry.clone(), phase.clone(), service.clone());
        tokio::spawn(serve(stream, entry, phase, service, placed));
    }
}

/// A place, if need be that of a connection that waits for its caller; none if all are busy.
async fn place(places: &Places) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Some(place) = places.take() {
            // Room is made ahead, so that those who come fast don't wait for those who go.
            if places.are_scarce() {
                places.make_room();
            }
            return Some(place);
        }
        if !places.make_room() {
            return None;
        }
        // The one that was cut may have got a request just now, and then stays; another is tried.
        if let Ok(place) = tokio::time::timeout(GONE_WITHIN, places.wait()).await {
            return place;
        }
    }
}

/// Says that there is no place, and lets it be read: closing while the request comes in would take the
/// answer away from the caller.
async fn refuse(mut stream: TcpStream, _turn: OwnedSemaphorePermit) {
    let told = async {
        let length = REFUSAL.len();
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{REFUSAL}"
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // An error is the caller's going away.
    let _ = tokio::time::timeout(REFUSING, told).await;
}
