//! What the provider is set to.

mod carries;
mod foreign;
mod headers;
mod limits;
mod tokens;

pub use foreign::{Share, Stranger};
pub use headers::{Family, Headers, Lie, RetryAfter, Stray};
pub use limits::{Kind, Law, Paths, Step, Whose};
pub use tokens::{Life, TokenEndpoint};

use std::time::Duration;
use tollgate_model::Stream;
use tollgate_settings::parse_span;

/// The provider's settings. `Default` is the vendor's documented set.
#[derive(Clone, Debug)]
pub struct Config {
    /// OAuth clients that may ask for tokens.
    pub clients: Vec<Client>,
    /// `token.rate.per.minute`: each token's own window.
    pub token: Option<Window>,
    /// A window over all tokens of one client.
    pub client: Option<Window>,
    /// `org.app.user.rate.per.minute`, read as the organisation's ceiling over all tokens.
    pub organisation: Option<Window>,
    /// Calls at once, over all tokens.
    pub concurrency: Option<u32>,
    /// Where windows open.
    pub alignment: Alignment,
    /// Life of a token.
    pub expires_in: Duration,
    /// From the caller's send to the counting.
    pub way_in: Spread,
    /// From the counting to the answer.
    pub latency: Spread,
    /// What goes wrong.
    pub faults: Faults,
    /// Limits beside those above, of any kind.
    pub laws: Vec<Law>,
    /// What headers say.
    pub headers: Headers,
    /// Refusals for no limit's sake.
    pub strays: Vec<Stray>,
    /// Who else calls.
    pub strangers: Vec<Stranger>,
    /// What many calls at once do to `latency`.
    pub slowing: Slowing,
    /// When a call is counted.
    pub counted: Counted,
    /// Whether calls need a token. Without one, all calls are one caller's.
    pub needs_token: bool,
    /// How tokens are got.
    pub token_endpoint: TokenEndpoint,
}

impl Default for Config {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            clients: Vec::new(),
            token: Some(Window {
                allowed: 300,
                period: minute,
            }),
            client: None,
            organisation: Some(Window {
                allowed: 3_000,
                period: minute,
            }),
            concurrency: None,
            alignment: Alignment::FirstCall,
            expires_in: Duration::from_secs(86_400),
            way_in: Spread::fixed(Duration::ZERO),
            latency: Spread::fixed(Duration::from_millis(80)),
            faults: Faults::default(),
            laws: Vec::new(),
            headers: Headers::default(),
            strays: Vec::new(),
            strangers: Vec::new(),
            slowing: Slowing::default(),
            counted: Counted::default(),
            needs_token: true,
            token_endpoint: TokenEndpoint::default(),
        }
    }
}

impl Config {
    /// All limits, in the order in which a call is held against them.
    #[must_use]
    pub fn laws(&self) -> Vec<Law> {
        let windows = [
            (Whose::Token, self.token),
            (Whose::Client, self.client),
            (Whose::Organisation, self.organisation),
        ];
        let windows = windows
            .into_iter()
            .filter_map(|(whose, window)| Some(Law::new(whose, Kind::Fixed(window?))));
        let at_once = self
            .concurrency
            .map(|most| Law::new(Whose::Organisation, Kind::Concurrency(most)));
        windows
            .chain(at_once)
            .chain(self.laws.iter().cloned())
            .collect()
    }
}

/// An OAuth client of the client-credentials kind.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; the emulator's own, worth nothing elsewhere.
    pub secret: String,
}

/// Calls allowed in each fixed window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Calls in one window.
    pub allowed: u32,
    /// Its length.
    pub period: Duration,
}

/// When a call is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Counted {
    /// When it arrives; its answer takes its time after that.
    #[default]
    OnArrival,
    /// When it is answered, and turned away only then.
    AtAnswer,
}

/// What many calls at once do to the time that one takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Slowing {
    /// Nothing.
    #[default]
    None,
    /// So many are worked on at once; the others wait for their turn.
    Workers(u32),
    /// With `n` calls under way, one takes `1 + (n/k)²` times as long.
    Thrashing(u32),
}

/// Where windows open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Alignment {
    /// At the first call after the last window closed (observed of a token's).
    #[default]
    FirstCall,
    /// At whole multiples of the period.
    WallClock,
    /// At multiples of the period, shifted by a phase of each key's own.
    PhasePerKey,
}

impl Alignment {
    /// `first-call`, `wall-clock` or `phase-per-key`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "first-call" => Some(Self::FirstCall),
            "wall-clock" => Some(Self::WallClock),
            "phase-per-key" => Some(Self::PhasePerKey),
            _ => None,
        }
    }
}

/// A span drawn evenly between two bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spread {
    /// The least.
    pub from: Duration,
    /// The most.
    pub to: Duration,
}

impl Spread {
    /// A span drawn from the stream; nothing is drawn where the bounds are one.
    pub(crate) fn draw(self, stream: &mut Stream) -> Duration {
        let width = self.to.saturating_sub(self.from).as_nanos() as u64;
        if width == 0 {
            return self.from;
        }
        self.from + Duration::from_nanos(stream.next() % (width + 1))
    }

    /// `80ms`, or `50ms..200ms`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to) = parse_span(from).zip(parse_span(to))?;
        (from <= to).then_some(Self { from, to })
    }

    /// The span on the average, in seconds.
    #[must_use]
    pub fn mean(self) -> f64 {
        (self.from + self.to).as_secs_f64() / 2.0
    }

    /// Always the same span.
    #[must_use]
    pub const fn fixed(span: Duration) -> Self {
        Self {
            from: span,
            to: span,
        }
    }
}

/// What goes wrong, in percent of admitted calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Answered 503.
    pub unavailable_percent: u8,
    /// The connection is dropped without an answer.
    pub dropped_percent: u8,
    /// Answered ten times later.
    pub slow_percent: u8,
}
