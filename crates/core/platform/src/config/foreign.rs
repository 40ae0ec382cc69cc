//! Who else calls the provider.

use std::time::Duration;

/// Another application. A call of its that is refused is lost.
#[derive(Clone, PartialEq, Debug)]
pub struct Stranger {
    /// What it shares with those who call over the wire.
    pub share: Share,
    /// Its path; its method is GET.
    pub path: String,
    /// Calls a second from each instant on, counted from the first call or token.
    pub rates: Vec<(Duration, f64)>,
    /// The rates begin anew after so long.
    pub again: Option<Duration>,
    /// Whether its calls come at equal distances; if not, they are independent of each other.
    pub steady: bool,
}

/// What a stranger shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// The organisation only: it has a client and a token of its own.
    Organisation,
    /// The client with this place, with a token of its own.
    Client(usize),
    /// The token that was granted as this one, from 0.
    Token(u32),
}
