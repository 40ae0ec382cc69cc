//! One limit shared by several nodes, so that all of it is used and none of it twice.
//!
//! **Nodes lease capacity, not permission.** A node has a part of a limit, runs its own ledger
//! (`tollgate_quota::Ledger`) with that part in place of the whole, and asks nobody before it sends. Only when parts are
//! to change does a node talk to a store. What is shared out are *slots*, so the ledger's proof goes on to hold: it asks
//! that fewer slots are held at any send than the limit allows, and here they are held by all nodes together.
//!
//! *Decides* who has which part of a limit, and until when; what is to be given back, and when to ask. *Does no I/O*: the
//! time is an argument, and the store is whoever calls [`Value::exchange`] with what it read and swaps what comes out.
//!
//! # One exchange
//! 1. The node reads the value: [`Value::read`], with its revision and the server's incarnation.
//! 2. [`Node::see`] says what the node has and others lack ([`Node::owed`]). Its ledger gives that back ([`Node::give_back`]):
//!    from here on it has less, whatever becomes of the exchange.
//! 3. [`Node::request`] says what is left, what was given back, and what the node would use. [`Value::exchange`] makes the
//!    next value and the answer.
//! 4. The node swaps the value. If another was faster, step 3 is done again with the other's value.
//! 5. [`Node::answer`] says what its ledgers have from now on, and until when.
//!
//! # Invariants
//! A allowed, P period, T the longest from a call's sending to its answer, G the grace in which it may still be counted,
//! D a lease's length. A *tail* is T + G + P.
//!
//! - *Conservation*: members' parts, what is free, what returns and what is not known add up to A. To more only after a
//!   doubt, and with nothing free: if the store loses its value twice, a first value may come late that a member made after
//!   the first loss. It shows as the member's what others have since. The member itself contradicts it, or its part ends.
//! - *A lease ends first at the node.* The node sends until D after the making of the request that was granted; the value
//!   takes the part back no sooner than D after its processing.
//! - *A return carries its ends*: a slot that calls still count under returns with the span until it is free, and who gets it
//!   holds it that long (a *phantom*). Open slots are never returned: nobody knows their ends.
//! - *A death costs a tail*: what a member had when its lease ended returns a tail later. A period alone is not enough, since
//!   its last call may have been sent at the lease's end and be counted as late as T + G after.
//! - *Silence is no death*: until that tail is over the part is kept for the member, and given to nobody. If the member comes
//!   again it goes on with it: its ledger knows all of its calls, and it has sent nothing since its lease ended.
//! - *An heir knows of all that the dead sent*: a process that has the dead one's record of what it used, and knows that it is
//!   dead, goes on with its part, as far as the dead had it when that was recorded. Slots that were given back since are still
//!   among those that the record holds; what was granted since returns as after any death; and phantoms of a grant whose
//!   answer the dead may not have taken are told to the heir.
//! - *Exactly once*: tries are numbered; what a try was answered is kept and told again, and not done again.
//! - *Doubt*: if the value is missing, older than what a node has seen, from another server or the same one after a restart,
//!   of an earlier version with other keys, or contradicts a node, then nothing in it is believed. Members go on with what they have and show it; what nobody shows
//!   is nobody's to give before D + tail have passed, for until then an unknown process may send and its calls count.
//!   Failover, restart, restored backups and wiped stores are this one case. A member whose leases have ended meanwhile shows
//!   what it had, too, for a tail after their end: no value could give it to another sooner.
//! - *A number that changes*: the limit allows the least that a member states. After a lower one members have more than A until
//!   they have given it back, and nobody gets anything meanwhile. A higher one is shared out once all members have stated it;
//!   in a doubt, what it is raised by may be a stranger's, who had it before it was lowered.
//! - *Guarantee*: what members are told to have of a flow's guarantee by one value is no more than it (`guarantee`).
//! - *What is told to one is told to all* ([`Notice`]): the last change wins by its turn in the value, and what a store has
//!   forgotten members show again. A closing's span only lengthens on its way.
//! - *No clock is trusted for an instant*: `time` has spans, their rates, and the store's own time.
//!
//! **Proof** that no window counts more than A, as long as no call is sent more than T + G after the node looked at its
//! lease, and clocks' rates are within [`RATE_ERROR`]. At any instant give each slot that is held to one owner: a ledger
//! that holds it, or an entry of `returning` or `unknown` in the newest value. A slot that a ledger gives back has its entry
//! from the swap on, and between giving back and swap it is still within the member's part in the value; the entry, and a
//! phantom made of it, last no shorter than the slot would have, since spans only lengthen on the way. A part whose lease ends is taken by
//! an entry that lasts a tail: its calls were sent before the lease's end, and are over by then. After a doubt the entry
//! `unknown` takes all that nobody shows, and lasts until strangers' leases and a tail are over. So the slots held are at most
//! the slots of owners, whose sum is A by conservation; and the ledger's own proof does the rest.
//!
//! *What it does not hold against*: a process that is paused between its last look and the write for longer than T + G (the
//! driver looks as late as it can), a store that loses a write which it said two servers have, and two processes that are one copy
//! of a running machine.
//!
//! # What is different from what others do
//! There is no quick end of a doubt "once all known members have come": a member that joined after the newest revision that
//! anybody remembers is known to nobody, and sends until its lease ends. Nothing is lost by that: parts go on to move between
//! those who have shown theirs, and where all have, nothing is unknown.
//!
//! # Tests
//! `tests/model` has a random world: up to five nodes with clocks of their own, a network that delays, loses and doubles, a store
//! that is wiped, restarted, rolled back and split, nodes that die, pause, leave and are cut off. The invariants are looked
//! at after every step, and what is true is known to the world alone. `scripts/mutants` takes each rule out and shows that
//! the model fails.
#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod balance;
mod demand;
mod fill;
mod guarantee;
mod held;
mod member;
mod node;
mod notices;
mod pace;
mod part;
mod request;
mod revisions;
mod share;
mod target;
mod time;
mod tokens;
mod tries;
mod value;
mod view;
mod want;

pub use demand::{Demand, SOON, Wants};
pub use held::{Lease, SharedLimit};
pub use member::{MemberId, NotAMember};
pub use node::Node;
pub use notices::{Noted, Notice, Telling};
pub use pace::{PAUSE, RENEWALS};
pub use request::{Answer, Claim, Doubt, Elapsed, Grant, LimitKey, Request, Right};
pub use time::{RATE_ERROR, StoreTime, at_least, at_most};
pub use tokens::TokenWants;
pub use value::{Value, ValueError};
pub use view::{LearningView, LimitView, MemberView, PartView};
pub use want::{GuaranteedWant, Want};
