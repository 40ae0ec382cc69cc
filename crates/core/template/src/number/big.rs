//! Whole numbers of any size, within bounds: what they cost, and where they end.

use num_bigint::BigInt;

/// Digits of a number that may be calculated with or printed.
const MAX_DIGITS: usize = 4096;
/// Bits of as many digits.
const MAX_BITS: u64 = 13_700;

/// A whole number of any size; none if the text is no such, or beyond the bound.
pub(crate) fn big(text: &str) -> Option<BigInt> {
    (text.len() <= MAX_DIGITS)
        .then(|| text.parse().ok())
        .flatten()
}

/// Whether a number is small enough to go on with.
pub(crate) fn affordable(big: &BigInt) -> Result<(), String> {
    if big.bits() > MAX_BITS {
        return Err(format!("a number has more than {MAX_DIGITS} digits"));
    }
    Ok(())
}

/// Steps that printing a number takes, or reading it.
pub(crate) fn cost_of_printing(big: &BigInt) -> u32 {
    let cost = u32::try_from(big.bits() / BITS_PER_COST).unwrap_or(MAX_COST);
    1 + cost.min(MAX_COST).pow(2)
}

/// Bits of a number that make its cost greater by one.
pub(super) const BITS_PER_COST: u64 = 512;
/// The cost of numbers beyond the bound, which aren't calculated with.
pub(super) const MAX_COST: u32 = 40;
