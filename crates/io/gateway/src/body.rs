//! A request's body: held whole where it is short, so that it can be sent again; else passed on while it comes.

use crate::refusal::Refusal;
use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep, timeout_at};
use tollgate_api::Bodies;
use tollgate_driver::RequestBody;

/// What a body may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyBounds {
    /// Bytes in all.
    pub(crate) most: u64,
    /// Bytes of a body that is held.
    pub(crate) held: usize,
    /// How fast what is held must come, and each part of what isn't.
    pub(crate) pace: Bodies,
}

/// Bytes of bodies that one gateway holds at once. A body that finds no room passes on while it comes.
const MOST_HELD: usize = 64 * 1024 * 1024;

/// What one gateway's requests hold of their bodies.
#[derive(Debug, Default)]
pub(crate) struct Held(AtomicUsize);

/// Room for one body, until it is dropped.
pub(crate) struct Room<'a> {
    held: &'a Held,
    bytes: usize,
}

impl Held {
    /// Room for a body that has at most so many bytes; none for a longer one, or where there is no room.
    pub(crate) fn room_for(&self, body: &Body, most: usize) -> Room<'_> {
        let known = body.size_hint().exact();
        let known = known.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let bytes = known.map_or(most, |bytes| if bytes > most { 0 } else { bytes });
        let add = |held: usize| held.checked_add(bytes).filter(|all| *all <= MOST_HELD);
        let has_room = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        Room {
            held: self,
            bytes: has_room.map_or(0, |_| bytes),
        }
    }
}

impl Room<'_> {
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What became of a body that is passed on while it comes; empty as long as nothing is wrong.
pub(crate) type Fault = Arc<OnceLock<Refusal>>;

/// Takes a request's body.
pub(crate) async fn take(
    mut body: Body,
    bounds: BodyBounds,
) -> Result<(RequestBody, Fault), Refusal> {
    let fault = Fault::default();
    if body.size_hint().lower() > bounds.most {
        return Err(Refusal::TooLong(bounds.most));
    }
    let is_long = body.size_hint().lower() > bounds.held as u64;
    let (begun, mut held) = (Instant::now(), Vec::new());
    while !is_long && held.len() <= bounds.held {
        let until = begun + bounds.pace.allowed(held.len());
        let frame = timeout_at(until, body.frame()).await;
        let frame = frame.map_err(|_| Refusal::TooSlow)?;
        let Some(frame) = frame else {
            if held.len() as u64 > bounds.most {
                break;
            }
            return Ok((Bytes::from(held).into(), fault));
        };
        // Trailers are not passed on.
        if let Ok(data) = frame.map_err(|_| Refusal::BrokeOff)?.into_data() {
            held.extend_from_slice(&data);
        }
    }
    let left = bounds.most.checked_sub(held.len() as u64);
    let coming = Coming {
        held: Bytes::from(held),
        left: left.ok_or(Refusal::TooLong(bounds.most))?,
        body,
        most: bounds.most,
        pause: bounds.pace.within,
        timer: None,
        fault: Arc::clone(&fault),
    };
    Ok((RequestBody::once(coming), fault))
}

/// A body on its way: what has been read of it, and the rest.
struct Coming {
    held: Bytes,
    body: Body,
    /// Bytes that may still come.
    left: u64,
    most: u64,
    /// The longest pause between two parts.
    pause: Duration,
    /// When the pause is over; none until somebody reads: the time in the queue is not the caller's.
    timer: Option<Pin<Box<Sleep>>>,
    fault: Fault,
}

impl Coming {
    fn fail(&self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        // What came first is told.
        let _ = self.fault.set(refusal.clone());
        Poll::Ready(Some(Err(refusal)))
    }
}

impl http_body::Body for Coming {
    type Data = Bytes;
    type Error = Refusal;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Refusal>>> {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            return Poll::Ready(Some(Ok(Frame::data(held))));
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
                let pause = self.pause;
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(pause)));
                ready!(timer.as_mut().poll(context));
                return self.fail(Refusal::TooSlow);
            };
            self.timer = None;
            let data = match frame {
                None => return Poll::Ready(None),
                Some(Err(_)) => return self.fail(Refusal::BrokeOff),
                Some(Ok(frame)) => frame.into_data(),
            };
            // Trailers are not passed on.
            let Ok(data) = data else { continue };
            return match self.left.checked_sub(data.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
                None => self.fail(Refusal::TooLong(self.most)),
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, held) = (self.body.size_hint(), self.held.len() as u64);
        match rest.exact() {
            Some(rest) => SizeHint::with_exact(rest + held),
            None => SizeHint::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const PACE: Bodies = Bodies {
        max_bytes: 0,
        within: Duration::from_secs(30),
        patience: Duration::from_secs(10),
        bytes_per_second: 1000,
    };

    fn bounds(most: u64, held: usize) -> BodyBounds {
        BodyBounds {
            most,
            held,
            pace: PACE,
        }
    }

    /// A body of so many bytes; its length is known or not.
    fn body(bytes: usize, is_known: bool) -> Body {
        let bytes = Bytes::from(vec![b'x'; bytes]);
        if is_known {
            return Body::from(bytes);
        }
        let parts: Vec<_> = bytes.chunks(3).map(Bytes::copy_from_slice).collect();
        let parts = parts.into_iter().map(Ok::<_, Infallible>);
        Body::from_stream(futures_util::stream::iter(parts))
    }

    #[tokio::test]
    async fn short_bodies_are_held_and_long_ones_pass() {
        for is_known in [true, false] {
            for (bytes, held, is_held) in [(0, 0, true), (9, 9, true), (10, 9, false)] {
                let (taken, _) = take(body(bytes, is_known), bounds(100, held))
                    .await
                    .unwrap();
                match taken {
                    RequestBody::Whole(whole) => assert!(is_held && whole.len() == bytes),
                    RequestBody::Once(_) => assert!(!is_held, "{bytes} {is_known}"),
                }
            }
        }
    }

    #[test]
    fn what_is_held_at_once_has_a_bound() {
        let (held, half) = (Held::default(), MOST_HELD / 2);
        let (unknown, short, long) = (body(1, false), body(7, true), body(9, true));
        let rooms = [
            held.room_for(&unknown, half),
            held.room_for(&short, 8),
            held.room_for(&unknown, half),
            held.room_for(&long, 8),
            held.room_for(&Body::empty(), 8),
        ];
        assert_eq!(rooms.each_ref().map(Room::bytes), [half, 7, 0, 0, 0]);
        drop(rooms);
        assert_eq!(held.room_for(&unknown, MOST_HELD).bytes(), MOST_HELD);
        assert_eq!(held.room_for(&unknown, MOST_HELD + 1).bytes(), 0);
    }

    #[tokio::test]
    async fn no_body_is_longer_than_may_be() {
        for (bytes, is_known, held) in [
            (11, true, 5),
            (11, true, 50),
            (11, false, 50),
            (30, false, 0),
        ] {
            let taken = take(body(bytes, is_known), bounds(10, held)).await;
            let refused = match taken {
                Err(refused) => refused,
                Ok((RequestBody::Whole(_), _)) => panic!("{bytes} bytes were held"),
                Ok((RequestBody::Once(_), _)) => continue,
            };
            assert_eq!(refused, Refusal::TooLong(10));
        }
        let mut coming = Coming {
            held: Bytes::from_static(b"123"),
            body: body(9, false),
            left: 7,
            most: 10,
            pause: PACE.within,
            timer: None,
            fault: Fault::default(),
        };
        let mut bytes = 0;
        let error = loop {
            match coming.frame().await.unwrap() {
                Ok(frame) => bytes += frame.into_data().unwrap().len(),
                Err(error) => break error,
            }
        };
        assert_eq!((bytes, error), (9, Refusal::TooLong(10)));
        assert_eq!(coming.fault.get(), Some(&Refusal::TooLong(10)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_is_given_up() {
        let silent =
            || Body::from_stream(futures_util::stream::pending::<Result<Bytes, Infallible>>());
        let held = take(silent(), bounds(100, 10)).await.unwrap_err();
        assert_eq!(held, Refusal::TooSlow);
        let mut coming = Coming {
            held: Bytes::new(),
            body: silent(),
            left: 10,
            most: 10,
            pause: PACE.within,
            timer: None,
            fault: Fault::default(),
        };
        // However long the request waits for its turn, its body has its time.
        sleep(PACE.within * 2).await;
        let asked = Instant::now();
        assert_eq!(coming.frame().await.unwrap().unwrap_err(), Refusal::TooSlow);
        assert_eq!(asked.elapsed(), PACE.within);
    }
}
