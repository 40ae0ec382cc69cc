//! What clients bring and take in their own time: transfers.
//!
//! *Decides* how a client's bytes come in by a link and go out by one, which node works on a transfer and when it is
//! tried again. *Doesn't decide* what is done with the bytes (each kind's [`Work`]), who may begin one or how it is
//! shown (the API's), nor what is durable (the store's: `tollgate_store::Transfer`).
//!
//! In: a [`Wanted`], and the bytes of an [`Upload`]. Out: what the kind's work makes of it, and the bytes of a
//! [`Download`].
//!
//! # The way of a transfer
//! 1. [`Transfers::begin`] makes it, of a [`TransferKind`](tollgate_store::TransferKind), and gives its [`Link`]. Of a
//!    kind that is brought, the client uploads its bytes by that link ([`Transfers::upload`]), to whichever node;
//!    an upload that breaks off can be begun again, until one has come to its end.
//! 2. Each node asks the store for what is ready, and takes some of it ([`Transfers::carry`]). The kind's [`Work`]
//!    gets it [`Held`]: it reads the pieces that were brought, or writes those that are to be fetched, says how far it
//!    is, and gives an [`Ending`].
//! 3. The end is in the store: any node shows it, and gives out what was made by the same link
//!    ([`Transfers::download`]), until that ends.
//!
//! A new kind needs a word in [`TransferKind`](tollgate_store::TransferKind), and a [`Work`] that is handed to
//! [`Transfers::new`].
//!
//! # What is promised, and why it holds
//! **A node's death costs time alone.** What is known of a transfer is in the store. A claim ends by itself after
//! [`CLAIM`], and another node begins anew: what was brought is still there, what was made, or set aside, goes. Work
//! that changes something else of the store does so in the transaction that ends the transfer (as
//! [`Store::end_import`](tollgate_store::Store::end_import) does), or can be done twice.
//!
//! **One at a time.** Whatever a holder writes demands the number of its claim, so one that lost it changes nothing.
//!
//! **Links are secrets.** A link has 256 random bits, is good for [`LINK`], is sealed in the store, and stands in no
//! log. Whoever has it needs no token: the platform's own are links to a store of files, which take none, and the
//! SDKs' scripts send none.
//!
//! **Bounds.** [`BOUNDS`] for transfers and their bytes, [`AT_ONCE`] worked on by a node, [`UPLOADS`] at once,
//! [`TRIES`] for one whose work ends with the process or the store, [`KEEP`] until one is forgotten.

mod carry;
mod held;
mod link;
mod pieces;
mod tables;
mod transfers;
mod work;
mod workflows;

pub use held::{Held, Trouble};
pub use link::Link;
pub use tables::{ImportMode, ImportTerms, RowCounts, Tables};
pub use transfers::{Download, LinkError, Transfers, Upload, Wanted, is_too_late};
pub use work::{Ending, Work, failure};
pub use workflows::WorkflowTexts;

use std::time::Duration;
use tollgate_store::TransferBounds;

/// How much transfers may take (*ours*).
pub const BOUNDS: TransferBounds = TransferBounds {
    open_each: 50,
    kept_each: 1000,
    kept: 5000,
    bytes_each: 64 * 1024 * 1024,
    bytes: 1024 * 1024 * 1024,
};
/// How long a link is good for, from the transfer's begin, or from the end of what is to be fetched.
pub const LINK: Duration = Duration::from_secs(3600);
/// How long a transfer is kept, from its begin.
pub const KEEP: Duration = Duration::from_secs(24 * 3600);
/// How long a claim is good for in the store.
pub const CLAIM: Duration = Duration::from_secs(30);
/// Transfers that one node works on at once.
pub const AT_ONCE: u32 = 2;
/// Uploads that one node takes at once.
pub const UPLOADS: usize = 16;
/// How often a transfer is begun to be worked on, at the most.
pub const TRIES: u32 = 5;
