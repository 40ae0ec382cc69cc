//! Work that is counted, and done in turns.
//!
//! What a learner does is measured by the calls that it looks at, not by a clock, so that the same calls
//! always teach the same. A study is many looks at all remembered calls; whoever sends can't wait for all of
//! them. So each turn may look at [`Settings::turn`](crate::Settings::turn) calls, and a step that is not
//! done by then goes on in the next turn: it is gone through again from its beginning with what it has
//! weighed before ([`Tape`]), which costs next to nothing, and comes to the same result as if it had been
//! done at once. So a step is plain code, and need not know where it may be interrupted.

/// What may be done in one turn, and what was.
#[derive(Debug)]
pub(crate) struct Work {
    left: u64,
    spent: u64,
}

impl Work {
    /// A turn that may look at so many calls.
    pub(crate) fn new(turn: u64) -> Self {
        Self {
            left: turn,
            spent: 0,
        }
    }

    /// Notes that this many calls are looked at.
    pub(crate) fn spend(&mut self, looks: usize) {
        self.left = self.left.saturating_sub(looks as u64);
        self.spent += looks as u64;
    }

    /// Whether more may be looked at. The last thing that is begun in a turn may exceed it.
    pub(crate) fn goes_on(&self) -> bool {
        self.left > 0
    }

    /// Calls that were looked at.
    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }
}

/// What one step has come to know so far, in the order in which it asks.
#[derive(Clone, Debug)]
pub(crate) struct Tape<T> {
    known: Vec<T>,
    at: usize,
}

impl<T> Default for Tape<T> {
    fn default() -> Self {
        Self {
            known: Vec::new(),
            at: 0,
        }
    }
}

impl<T: Copy> Tape<T> {
    /// The step is gone through from its beginning.
    pub(crate) fn rewind(&mut self) {
        self.at = 0;
    }

    /// Another step begins.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }

    /// What is known already of what the step asks for next.
    pub(crate) fn next(&mut self) -> Option<T> {
        let next = self.known.get(self.at).copied();
        self.at += usize::from(next.is_some());
        next
    }

    /// What the step has asked for.
    pub(crate) fn push(&mut self, known: T) {
        self.known.push(known);
        self.at = self.known.len();
    }
}
