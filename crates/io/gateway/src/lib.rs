//! The front door for requests that pass through as they are: to an integration's upstream, with a token of its
//! pool, under all its limits, in its queue.
//!
//! *Decides* which requests pass ([`Refusal`]), what of a request goes to the upstream and what of the answer to
//! the caller (`headers`), and which bodies are held so that they can be sent again (`body`). *Doesn't decide* who
//! calls (the callers'), when a request is sent (the engine's), nor how an end without an answer is told (the
//! API's one table).
//!
//! # What passes
//!
//! A request passes whose caller holds the role *execute* over the integration and has its method and path among
//! its `pass_through`. Nobody has any unless the configuration says so: the pool's permissions are not
//! everybody's. Its path means the same to every server ([`tollgate_upstream::RequestPath`]), and is sent as it
//! came. Its method is one that a list can name.
//!
//! # What goes on
//!
//! To the upstream: method, path, query, body, and all headers but those of the connection, those that `Connection`
//! names, the caller's credentials, and the headers that are addressed to this service. To the caller: status,
//! headers and body as the upstream sent them, packed as they were, but for the headers of the connection and those
//! that say whose pages may read an answer (`Access-Control-…`), which are this service's to say; and
//! `Tollgate-Waited`. What the upstream repeats of a token is not struck from such an answer, as it is from that of an
//! action.
//!
//! # What never passes
//!
//! - What a lenient server could take for a path of this service's own: logins (`/oauth/…`, `/login/…`) and
//!   `/api/v2/tokens/me`. A program that logs out ends its own token, never the pool's.
//! - Upgrades to other protocols, WebSockets among them, and notification channels, which lead to one.
//! - Requests for another host in the request line (`GET http://…`), for none (`OPTIONS *`), or for a tunnel.
//!
//! Invariant: a request's bytes are never copied on: it is read as a request, and written as one. So nothing that
//! two readers could cut in different places reaches the upstream.
//!
//! Tested over sockets in the service's `tests/gateway`, and with the vendor's SDKs and curl in `tests/sdk`.

mod body;
mod front;
mod gateway;
mod headers;
mod refusal;
mod request;

pub use front::Front;
pub use gateway::{Gateway, Parts};
pub use refusal::Refusal;
