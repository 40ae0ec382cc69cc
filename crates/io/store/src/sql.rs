//! What the store does, in SQL that runs on both back-ends: the methods of [`crate::Store`].
//!
//! What all kinds that are stored by id have in common is in `record`, what all lists have in common in
//! `list`; each other file holds what is particular to one kind of thing. A method that changes something does
//! it all in one transaction of [`crate::backend::Mode::Write`], its audit entry included; nothing else
//! changes meanwhile, so a check made by reading holds until the commit.

mod administrator;
mod audit;
mod check;
mod client;
mod credential;
mod document;
mod draft;
mod integration;
mod job;
mod journal;
mod layout;
mod list;
mod record;
mod removal;
mod revision;
mod row;
mod sealed;
mod sealing;
mod table;
mod token;
mod transfer;
mod usage;
mod workflow;

pub use record::{Editable, Record};
