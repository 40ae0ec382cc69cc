//! Ledgers: what the upstream may have counted, and when a slot is free again.
