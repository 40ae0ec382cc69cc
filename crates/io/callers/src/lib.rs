//! Who calls: every front door asks here, and each answers in words of its own.
//!
//! *Decides* whose a request is, what a caller may do ([`Principal`]), how often and how many times at once it
//! may ask ([`Meter`]), and how often somebody may guess a secret ([`Logins`]). *Doesn't decide* how a refusal
//! is answered: it is a value ([`AdmitError`], [`Forbidden`]), of which each door makes an answer in its
//! one table.
//!
//! In: a request's headers and the connection that it came by. Out: an [`Admitted`], which holds the caller's
//! place until it is dropped.
//!
//! A door that hands a request on takes [`CREDENTIAL_HEADERS`] off it: they are for this service alone.
//!
//! Tested beside the code, and over sockets in the service's `tests`.

mod callers;
mod credential;
mod door;
mod error;
mod logins;
mod meter;
mod now;
mod principal;
mod roles;
mod tokens;

pub use callers::{Callers, Granted};
pub use credential::{CREDENTIAL_HEADERS, Token, basic};
pub use door::{Admitted, Door};
pub use error::AdmitError;
pub use logins::Logins;
pub use meter::{Meter, TooMany};
pub use now::Now;
pub use principal::{Forbidden, Over, Principal, actor_of};
pub use roles::{EVERYWHERE, administers, granted, is_action, own_role, why_nothing};
