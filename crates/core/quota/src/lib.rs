//! Ledgers: what the upstream may have counted, and when a slot is free again.
//!
//! # The rule
//!
//! The upstream counts a call at an instant we can't see. It lies between *s*, when the request may
//! first leave, and *r*, when its response head has arrived. A [`Ledger`] holds a slot for the call
//! from *s* until *r + period*, and a call may be sent only while fewer than `allowed` slots are
//! held.
//!
//! **Then no window of that period, wherever it opens, ever counts more than `allowed` of our
//! calls.** Take a window [w, w + P) that counts one too many, and the last sent of its calls, sent
//! at s\* < w + P. Each of the others was counted at or after w, so its r ≥ w, so its slot is held
//! until r + P ≥ w + P > s\*. Each was sent no later than s\*, so at s\* `allowed` slots were held,
//! and the call was not sent. The proof asks for no margin and makes no guess about jitter or about
//! how windows are aligned; and since it holds for every window of the period it holds for fixed,
//! sliding and first-call windows alike.
//!
//! # A call without an answer
//!
//! It is given up at an instant *g*, and the upstream may still come to count it for a while. Its
//! slot is settled at *g + grace*: the same proof with r = g + grace, true as long as nothing lies
//! on the way for longer than the grace. A call that never left (no connection) was never counted,
//! and its slot is free at once.
//!
//! # Counted on arrival
//!
//! Where it is declared that the upstream counts a request within a bound *b* of its sending, it is
//! counted no later than c = min(r, s + b), and the slot is held until c + period. The proof above
//! uses of r only that the call was counted no later, so it stands with c in place of r. Such a slot
//! needs no answer to become free, so a slow upstream does not lock the quota.
//!
//! # Closed
//!
//! A 429 all the same means that somebody else took part of the quota. [`Ledger::close`] shuts the
//! ledger until the instant the upstream asked for.
//!
//! # Bounds and cost
//!
//! A ledger keeps one instant for each held slot, so at most `allowed` (more only while a lowered
//! limit drains). Every operation is constant amortised time, but that a settlement out of order
//! moves as many entries as calls have overtaken it.
//!
//! The rule is tested in `tests/rule.rs` against windows of any alignment.

mod ledger;

pub use ledger::Ledger;
