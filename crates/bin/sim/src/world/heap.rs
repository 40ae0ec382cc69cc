//! What is to happen.

use tollgate_model::{Agenda, ClientId, Instant, TokenId};

/// Something that is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// An interaction of the flow begins.
    Arrival(u32),
    /// The recorded call with this place begins.
    Record(u32),
    /// The pause of the interaction in this slot is over.
    Resume(u32),
    /// The interaction no longer waits for this execution.
    HangUp(u64),
    /// The attempt arrives upstream.
    Reach(u64),
    /// The attempt's answer, or its loss, arrives.
    Answer(u64),
    /// The token endpoint answers.
    Token(ClientId, TokenId),
    /// An outage begins, or ends.
    Outage(u32, bool),
}

#[derive(Debug, Default)]
pub(crate) struct Heap {
    agenda: Agenda<Due>,
    /// Arrivals and records in it.
    arrivals: usize,
}

impl Heap {
    pub(crate) fn push(&mut self, at: u64, due: Due) {
        self.arrivals += usize::from(is_arrival(due));
        self.agenda.add(Instant::from_nanos(at), due);
    }

    /// When the next is due; [`u64::MAX`] if nothing is.
    pub(crate) fn next_at(&self) -> u64 {
        self.agenda.next_at().map_or(u64::MAX, Instant::as_nanos)
    }

    pub(crate) fn pop(&mut self) -> Option<(u64, Due)> {
        let (at, due) = self.agenda.pop()?;
        self.arrivals -= usize::from(is_arrival(due));
        Some((at.as_nanos(), due))
    }

    /// Whether an interaction is still to begin.
    pub(crate) fn expects_arrivals(&self) -> bool {
        self.arrivals > 0
    }
}

fn is_arrival(due: Due) -> bool {
    matches!(due, Due::Arrival(_) | Due::Record(_))
}
