//! Calls that have ended, in the order in which they were sent.
//!
//! Who looks at calls as they end sees those that take little first, and takes an upstream for faster than it
//! is: of calls that take one second and ten, the first nine seconds show the former only. In the order of
//! their sending, calls are a fair sample.

use std::collections::VecDeque;
use tollgate_model::AttemptId;

/// Calls remembered at the most. Of a call that takes longer than so many others nothing is told.
const MOST: usize = 4_096;

/// Calls under way, and those that have ended before one that was sent before them.
#[derive(Clone, Debug)]
pub struct SendOrder<T> {
    /// By the number of the attempt, ascending; with what is known of it once it has ended.
    calls: VecDeque<(AttemptId, Option<T>)>,
}

impl<T> Default for SendOrder<T> {
    fn default() -> Self {
        Self {
            calls: VecDeque::new(),
        }
    }
}

impl<T> SendOrder<T> {
    /// A call was sent. Numbers count up.
    pub fn sent(&mut self, attempt: AttemptId) {
        if self.calls.len() == MOST {
            self.calls.pop_front();
        }
        self.calls.push_back((attempt, None));
    }

    /// A call has ended; without `told` it is left out, unless it was told of before.
    pub fn ended(&mut self, attempt: AttemptId, told: Option<T>) {
        let place = self.calls.binary_search_by_key(&attempt, |(it, _)| *it);
        let Ok(place) = place else {
            return;
        };
        if told.is_some() {
            self.calls[place].1 = told;
        } else if self.calls[place].1.is_none() {
            self.calls.remove(place);
        }
    }

    /// The next call, once all that were sent before it have ended.
    pub fn take(&mut self) -> Option<T> {
        self.calls.front()?.1.as_ref()?;
        self.calls.pop_front()?.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_of_in_the_order_of_their_sending() {
        let mut calls = SendOrder::default();
        (0..5).for_each(|call| calls.sent(AttemptId(call)));
        calls.ended(AttemptId(1), Some("one"));
        assert_eq!(calls.take(), None, "the first is under way");
        calls.ended(AttemptId(3), None);
        calls.ended(AttemptId(0), Some("nought"));
        let told: Vec<_> = std::iter::from_fn(|| calls.take()).collect();
        assert_eq!(told, ["nought", "one"]);
        calls.ended(AttemptId(4), Some("four"));
        calls.ended(AttemptId(2), None);
        assert_eq!(calls.take(), Some("four"));
        calls.ended(AttemptId(4), Some("unknown"));
        assert_eq!(calls.take(), None);
    }

    #[test]
    fn a_call_that_hangs_holds_no_more_than_so_many_back() {
        let mut calls = SendOrder::default();
        for call in 0..=MOST as u64 {
            calls.sent(AttemptId(call));
            if call > 0 {
                calls.ended(AttemptId(call), Some(call));
            }
        }
        assert_eq!(calls.take(), Some(1));
    }
}
