//! One connection: what its requests wait for, and when it has to end.

mod places;

pub(crate) use places::Places;

use crate::Bounds;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

/// Bytes of an answer that are handed over at once. A caller has to take as many in
/// [`crate::Bounds::write_timeout`].
pub const STEP: usize = 16 * 1024;

/// What is known of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    pub(crate) places: Arc<Places>,
    cut: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Whether the connection has had a request.
    had_request: bool,
    /// Whether its requests come over HTTP/2.
    is_http2: bool,
    /// The requests under way, by number.
    requests: BTreeMap<u64, Stage>,
    next_request: u64,
    /// Since when the connection has no request.
    idle: Instant,
    /// When the head of a further request began.
    head: Option<Instant>,
    /// Since when the socket has not taken all that was to be written, and how many bytes it has taken since.
    stuck: Option<(Instant, usize)>,
    /// Whether the connection has to end, whatever requests are under way.
    is_cut: bool,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// The service works on the answer.
    Working,
    /// The service waits for more of the request's body.
    Body,
    /// The caller has to take the answer: since when it has taken nothing, and the bytes that are left.
    Answer(Instant, usize),
}

/// Who keeps a connection waiting, the first to lose its place first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Standing {
    /// Its caller: it has never had a request.
    Silent,
    /// Its caller: it has no request now.
    Idle,
    /// Its caller: bodies have to come, or answers have to be taken.
    Slow,
    /// The service.
    Busy,
}

/// What has to be done with the connection, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// Shut down gracefully, for a request may be on its way.
    Close(Instant),
    /// End at once.
    Cut(Instant),
}

impl Connection {
    pub(crate) fn new(number: u64, places: Arc<Places>) -> Self {
        Self {
            number,
            places,
            cut: Notify::new(),
            state: Mutex::new(State {
                had_request: false,
                is_http2: false,
                requests: BTreeMap::new(),
                next_request: 0,
                idle: Instant::now(),
                head: None,
                stuck: None,
                is_cut: false,
            }),
        }
    }

    /// Ends the connection soon, unless it is busy by then.
    pub(crate) fn cut_unless_busy(&self) {
        self.cut.notify_one();
    }

    /// Ends the connection soon, and gives up the answers that its caller hasn't taken at once.
    pub(crate) fn cut(&self) {
        let left = self.change(|state| {
            state.is_cut = true;
            let requests = state.requests.values_mut();
            requests.map(Stage::give_up).sum()
        });
        self.places.taken(left);
        self.cut.notify_one();
    }

    /// Ends when the connection was told to end.
    pub(crate) fn told_to_end(&self) -> Notified<'_> {
        self.cut.notified()
    }

    pub(crate) fn standing(&self) -> Standing {
        self.lock().standing()
    }

    /// Since when the caller has taken nothing of an answer: of the one that it has neglected the longest.
    pub(crate) fn untaken_since(&self) -> Option<Instant> {
        self.lock().untaken_since()
    }

    /// A request has come; gives its number.
    pub(crate) fn begin(&self, is_http2: bool) -> u64 {
        self.change(|state| {
            (state.had_request, state.is_http2, state.head) = (true, is_http2, None);
            state.next_request += 1;
            state.requests.insert(state.next_request, Stage::Working);
            state.next_request
        })
    }

    /// Notes whether the service waits for more of the request's body.
    pub(crate) fn awaits_body(&self, request: u64, more: bool) {
        self.change(|state| match state.requests.get_mut(&request) {
            Some(stage @ Stage::Working) if more => *stage = Stage::Body,
            Some(stage @ Stage::Body) if !more => *stage = Stage::Working,
            _ => {}
        });
    }

    /// Notes that the request's answer is there, and its bytes.
    pub(crate) fn answered(&self, request: u64, bytes: usize) {
        self.change(|state| {
            let stage = state.requests.get_mut(&request).filter(|_| !state.is_cut);
            if let Some(stage) = stage {
                *stage = Stage::Answer(Instant::now(), bytes);
                // Under the lock, so that a cut at the same time takes off only what was added.
                self.places.add_untaken(bytes);
            }
        });
        self.places.cut_slowest();
    }

    /// Notes that the caller has taken some bytes of the request's answer.
    pub(crate) fn taken(&self, request: u64, bytes: usize) {
        let taken = match self.lock().requests.get_mut(&request) {
            Some(Stage::Answer(since, left)) => {
                let taken = bytes.min(*left);
                (*since, *left) = (Instant::now(), *left - taken);
                taken
            }
            _ => 0,
        };
        self.places.taken(taken);
    }

    /// Forgets a request that has its whole answer, or whose caller has gone.
    pub(crate) fn end(&self, request: u64) {
        let left = self.change(|state| {
            let stage = state.requests.remove(&request);
            if state.requests.is_empty() {
                (state.idle, state.head) = (Instant::now(), None);
            }
            stage.map_or(0, |mut stage| stage.give_up())
        });
        self.places.taken(left);
    }

    /// Notes that bytes came in.
    pub(crate) fn has_read(&self) {
        let mut state = self.lock();
        if state.requests.is_empty() && state.head.is_none() {
            state.head = Some(Instant::now());
        }
    }

    /// Notes that the socket takes no more bytes for now.
    pub(crate) fn is_stuck(&self) {
        self.lock().stuck.get_or_insert((Instant::now(), 0));
    }

    /// Notes that the socket took some bytes.
    pub(crate) fn has_written(&self, bytes: usize) {
        let mut state = self.lock();
        if let Some((_, written)) = &mut state.stuck {
            *written += bytes;
            if *written >= STEP {
                state.stuck = None;
            }
        }
    }

    /// Notes that the socket took all bytes that waited.
    pub(crate) fn has_flushed(&self) {
        self.lock().stuck = None;
    }

    /// Whether the connection ends now that it was told to: it is cut, or not busy.
    pub(crate) fn has_to_end(&self) -> bool {
        let state = self.lock();
        state.is_cut || state.standing() != Standing::Busy
    }

    /// What has to be done with the connection as it is now, and when; nothing while the service works.
    pub(crate) fn due(&self, bounds: &Bounds) -> Option<Due> {
        let state = self.lock();
        let stuck = state.stuck.map(|(since, _)| since);
        let untaken = state.untaken_since().into_iter().chain(stuck).min();
        let untaken = untaken.map(|since| Due::Cut(since + bounds.write_timeout));
        let silent = match state.standing() {
            Standing::Silent => Some(Due::Cut(state.idle + bounds.header_timeout)),
            Standing::Idle => {
                // An HTTP/2 caller's bytes may be anything, such as the answer to a ping.
                let head = state.head.filter(|_| !state.is_http2);
                let head = head.map(|since| Due::Cut(since + bounds.header_timeout));
                Some(head.unwrap_or(Due::Close(state.idle + bounds.idle_timeout)))
            }
            Standing::Slow | Standing::Busy => None,
        };
        [untaken, silent]
            .into_iter()
            .flatten()
            .min_by_key(|due| due.at())
    }

    /// Changes the state, and tells [`Places`] if the connection's standing is another then.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = state.standing();
        let result = change(&mut state);
        let moved = state.standing() != before;
        drop(state);
        if moved {
            self.places.stand(self);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between two operations on it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn standing(&self) -> Standing {
        let busy = |stage: &Stage| matches!(stage, Stage::Working);
        if !self.had_request {
            Standing::Silent
        } else if self.requests.is_empty() {
            Standing::Idle
        } else if self.requests.values().any(busy) {
            Standing::Busy
        } else {
            Standing::Slow
        }
    }

    fn untaken_since(&self) -> Option<Instant> {
        let since = |stage: &Stage| match stage {
            Stage::Answer(since, _) => Some(*since),
            Stage::Working | Stage::Body => None,
        };
        self.requests.values().filter_map(since).min()
    }
}

impl Stage {
    /// Forgets the answer, if there is one; gives the bytes that were left of it.
    fn give_up(&mut self) -> usize {
        match self {
            Self::Answer(_, left) => std::mem::take(left),
            Self::Working | Self::Body => 0,
        }
    }
}

impl Due {
    pub(crate) fn at(self) -> Instant {
        match self {
            Self::Close(at) | Self::Cut(at) => at,
        }
    }
}
