//! How many of a client's tokens a node would use, from what its calls ask for.
//!
//! A client's tokens are shared as a limit's slots are: a slot is the right to use one token. A token has slots of its own,
//! some hundreds a minute, so what is wanted is what the calls would hold ([`Demand`]), in tokens. Three kinds of tokens are
//! told apart, as classes are: the *first*, without which a node can't send anything; those that are *used whole*, to the
//! nearest number; and *one more*, where less than a quarter of one is left beyond what is used, which is when a pool grows.
//! So where there are too few for all, nobody's first token is another's second, and none lies half idle at one node while
//! another would use it whole.
//!
//! *Nothing returns late*: a token that a node gives back isn't used from then on, and one of a node that has died is used by
//! nobody. So the [`tail`](crate::Claim::tail) is nothing. What a token's windows have counted stays with the token.

use crate::{Demand, Want, Wants};
use tollgate_model::{Instant, TokensUse, count, tally};

/// What is used differs by so much from a whole number of tokens before another number is wanted: three quarters of one,
/// so that chance doesn't move a token to and fro.
const STAYS: f64 = 0.75;
/// So much of a token is left when one more is wanted, and so much when it is no more.
const LITTLE: (f64, f64) = (0.25, 0.5);

/// Follows what is asked of one client's tokens.
#[derive(Clone, Debug, Default)]
pub struct TokenWants {
    demand: Demand,
    /// Tokens that are used whole.
    whole: f64,
    wants_one_more: bool,
}

impl TokenWants {
    /// What is wanted now, in tokens.
    pub fn wants(&mut self, of: &TokensUse, now: Instant) -> Wants {
        let slots = self.demand.wants([of.asked], &[], of.used, now).all();
        let tokens = f64::from(slots.min(of.wider)) / f64::from(of.of_token.max(1));
        if (tokens - self.whole).abs() > STAYS {
            self.whole = tokens.round();
        }
        let left = self.whole - tokens;
        let little = if self.wants_one_more {
            LITTLE.1
        } else {
            LITTLE.0
        };
        self.wants_one_more = left < little;
        let whole = tally(count(self.whole));
        let one_more = u32::from(self.wants_one_more && whole > 0);
        let kinds = [1, whole.saturating_sub(1), one_more].into_iter().zip(0..);
        let wants = kinds.filter(|(slots, _)| *slots > 0);
        Wants {
            by_class: wants
                .map(|(slots, class)| Want {
                    class,
                    weight: 1,
                    slots,
                })
                .collect(),
            guaranteed: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tollgate_model::{ClassDemand, LimitUse};

    /// Tokens of 60 calls a minute, looked at every second while so many calls come a minute: what is wanted of each kind.
    fn wanted(wants: &mut TokenWants, calls: &mut f64, rates: &[f64], wider: u32) -> Vec<u32> {
        let mut last = Wants::default();
        for (second, rate) in (0..).zip(rates) {
            *calls += rate / 60.0;
            let of = TokensUse {
                asked: ClassDemand {
                    weight: 1,
                    asked: *calls as u64,
                    ..ClassDemand::default()
                },
                used: LimitUse {
                    period: Some(Duration::from_secs(60)),
                    held: *rate as u32,
                    stay: *rate as u32,
                },
                of_token: 60,
                wider,
            };
            last = wants.wants(&of, Instant::from_nanos(second * 1_000_000_000));
        }
        let mut kinds = vec![0; 3];
        for want in last.by_class {
            kinds[usize::from(want.class)] = want.slots;
        }
        kinds
    }

    #[test]
    fn a_node_wants_one_token_and_then_as_many_as_its_calls_use_whole() {
        let of = |rate: f64, wider| {
            let (mut wants, mut calls) = (TokenWants::default(), 0.0);
            wanted(&mut wants, &mut calls, &vec![rate; 300], wider)
        };
        assert_eq!(of(0.0, u32::MAX), [1, 0, 0]);
        // Beside what the calls hold is wanted what could come before the next exchange.
        assert_eq!(of(20.0, u32::MAX)[1], 0);
        assert_eq!(of(220.0, u32::MAX)[..2], [1, 3]);
        assert_eq!(of(290.0, u32::MAX)[..2], [1, 4]);
        // What the wider limits don't let through needs no token.
        assert_eq!(of(600.0, 120)[..2], [1, 1]);
    }

    #[test]
    fn chance_moves_no_token() {
        let (mut wants, mut calls) = (TokenWants::default(), 0.0);
        let before = wanted(&mut wants, &mut calls, &[135.0; 300], u32::MAX);
        for rate in [150.0, 130.0, 155.0, 125.0] {
            let mut wants = wants.clone();
            let after = wanted(&mut wants, &mut calls.clone(), &[rate; 300], u32::MAX);
            assert_eq!(before[..2], after[..2], "{rate}");
        }
    }

    #[test]
    fn where_tokens_have_no_limit_one_is_enough() {
        let mut wants = TokenWants::default();
        let of = TokensUse {
            asked: ClassDemand {
                asked: 1_000,
                waiting: 500,
                ..ClassDemand::default()
            },
            of_token: u32::MAX,
            wider: u32::MAX,
            ..TokensUse::default()
        };
        assert_eq!(wants.wants(&of, Instant::ZERO).all(), 1);
    }
}
