//! Sessions with a PostgreSQL server: which URL leads to it, TLS, hosts that are tried in turn, bounded waits.
//!
//! *Decides* how a session is made and what holds in it. *Decides nothing* about when one is made, how many there
//! are or what is asked in them: that is its users' (`store` has a pool, `coordination` has one session).
//!
//! In: a [`PostgresUrl`] and [`Bounds`]. Out: a [`Session`], or one [`DialError`].

mod dial;
mod hosts;
mod url;

pub use dial::{Bounds, DialError, Dialler, Hear, Session, explain};
pub use url::{PostgresUrl, UrlError};
