//! `Double.toString` as Java had it up to version 18.
//!
//! It generates digits until the value is told from its neighbours, but with a test that is symmetric and a
//! first guess that is not always right; so it prints more digits than needed for some values, such as
//! `9.999999999999999E22` for 1e23, and with an exponent always two. Callers compare texts, so do we.

use num_bigint::BigUint;
use num_traits::{Pow as _, ToPrimitive as _};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Prints a double as Java does.
pub fn print_double(value: f64, out: &mut String) {
    if value.is_nan() {
        out.push_str("NaN");
        return;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        out.push_str("Infinity");
    } else if value == 0.0 {
        out.push_str("0.0");
    } else {
        let (digits, point) = digits(value.abs());
        place(&digits, point, out);
    }
}

/// Writes the digits, with the point after `point` of them.
fn place(digits: &str, point: i32, out: &mut String) {
    if (1..8).contains(&point) {
        let whole = usize::try_from(point).unwrap_or(0);
        if digits.len() <= whole {
            out.push_str(digits);
            out.extend(std::iter::repeat_n('0', whole - digits.len()));
            out.push_str(".0");
        } else {
            out.push_str(&digits[..whole]);
            out.push('.');
            out.push_str(&digits[whole..]);
        }
    } else if (-2..1).contains(&point) {
        out.push_str("0.");
        out.extend(std::iter::repeat_n(
            '0',
            usize::try_from(-point).unwrap_or(0),
        ));
        out.push_str(digits);
    } else {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        let _ = write!(out, "{}.{rest}E{}", &digits[..1], point - 1);
    }
}

/// Bits of 5 to the power of the place.
const FIVE_BITS: [i32; 27] = [
    0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54, 56,
    59, 61,
];

fn five_bits(power: i32) -> i32 {
    let known = usize::try_from(power)
        .ok()
        .and_then(|power| FIVE_BITS.get(power));
    known.copied().unwrap_or(power * 3)
}

/// The digits of a positive number, and how many of them stand before the point.
fn digits(value: f64) -> (String, i32) {
    let bits = value.to_bits();
    let mut exponent = (bits >> 52 & 0x7ff) as i32;
    let mut fraction = bits & ((1 << 52) - 1);
    let significant = if exponent == 0 {
        let zeros = fraction.leading_zeros() as i32;
        let shift = zeros - 11;
        fraction <<= shift;
        exponent = 1 - shift;
        64 - zeros
    } else {
        fraction |= 1 << 52;
        53
    };
    exponent -= 1023;
    let zeros = fraction.trailing_zeros() as i32;
    let fraction_bits = 53 - zeros;
    let tiny = (fraction_bits - exponent - 1).max(0);
    if (-21..=62).contains(&exponent) && tiny == 0 && fraction_bits < 64 {
        let insignificant = if exponent > significant {
            insignificant_digits(exponent - significant - 1)
        } else {
            0
        };
        let whole = if exponent >= 52 {
            fraction << (exponent - 52)
        } else {
            fraction >> (52 - exponent)
        };
        return whole_digits(whole, insignificant);
    }
    generate(
        fraction >> zeros,
        fraction,
        exponent,
        significant,
        fraction_bits,
        tiny,
    )
}

/// How many decimal digits lie within 2 to that power.
fn insignificant_digits(power: i32) -> u32 {
    if power > 1 {
        (f64::from(power) * std::f64::consts::LOG10_2) as u32
    } else {
        0
    }
}

fn whole_digits(mut whole: u64, insignificant: u32) -> (String, i32) {
    let mut dropped = 0;
    if insignificant > 0 {
        let power = 10_u64.pow(insignificant);
        let rest = whole % power;
        whole /= power;
        dropped = insignificant as i32;
        if rest >= power >> 1 {
            whole += 1;
        }
    }
    let text = whole.to_string();
    let point = text.len() as i32 + dropped;
    let kept = text.trim_end_matches('0');
    (kept.to_owned(), point)
}

/// The remainder, the divisor times ten, and half the distance to the neighbours, all to one scale.
struct Remainder {
    rest: BigUint,
    divisor: BigUint,
    tens: BigUint,
    margin: BigUint,
    /// Java compares differently where everything fits into 64 bits.
    small: bool,
}

impl Remainder {
    fn digit(&mut self) -> u8 {
        let digit = (&self.rest / &self.divisor).to_u8().unwrap_or(9);
        self.rest = (&self.rest % &self.divisor) * 10_u8;
        self.margin *= 10_u8;
        digit
    }

    fn low(&self) -> bool {
        self.rest < self.margin
    }

    fn high(&self) -> bool {
        match (&self.rest + &self.margin).cmp(&self.tens) {
            Ordering::Less => false,
            Ordering::Equal => !self.small,
            Ordering::Greater => true,
        }
    }

    /// The margin no longer fits into Java's `long`.
    fn overflows(&self) -> bool {
        self.small && self.margin.bits() > 63
    }
}

fn generate(
    bits: u64,
    fraction: u64,
    exponent: i32,
    significant: i32,
    fraction_bits: i32,
    tiny: i32,
) -> (String, i32) {
    let mut decimal = estimate(fraction, exponent);
    let five_above = (-decimal).max(0);
    let mut two_above = five_above + tiny + exponent;
    let five_below = decimal.max(0);
    let mut two_below = five_below + tiny;
    let mut two_margin = two_above - significant;
    two_above -= fraction_bits - 1;
    let common = two_above.min(two_below);
    two_above -= common;
    two_below -= common;
    two_margin -= common;
    if fraction_bits == 1 {
        two_margin -= 1;
    }
    if two_margin < 0 {
        two_above -= two_margin;
        two_below -= two_margin;
        two_margin = 0;
    }
    let above_bits = fraction_bits + two_above + five_bits(five_above);
    let tens_bits = two_below + 1 + five_bits(five_below + 1);
    let power =
        |five: i32, two: i32| BigUint::from(5_u8).pow(five.unsigned_abs()) << two.unsigned_abs();
    let divisor = power(five_below, two_below);
    let mut state = Remainder {
        rest: BigUint::from(bits) * power(five_above, two_above),
        tens: &divisor * 10_u8,
        divisor,
        margin: power(five_above, two_margin),
        small: above_bits < 64 && tens_bits < 64,
    };
    let mut digits = Vec::new();
    let first = state.digit();
    let (mut low, mut high) = (state.low(), state.high());
    if first == 0 && !high {
        decimal -= 1;
    } else {
        digits.push(first);
    }
    // With an exponent there are at least two digits.
    if !(-3..8).contains(&decimal) {
        (low, high) = (false, false);
    }
    while !low && !high {
        let digit = state.digit();
        (low, high) = if state.overflows() {
            (true, true)
        } else {
            (state.low(), state.high())
        };
        digits.push(digit);
    }
    let up = match (high, low) {
        (false, _) => false,
        (true, false) => true,
        (true, true) => match (&state.rest << 1_u8).cmp(&state.tens) {
            Ordering::Equal => digits.last().is_some_and(|digit| digit % 2 == 1),
            order => order.is_gt(),
        },
    };
    if up {
        decimal += round_up(&mut digits);
    }
    let text = digits.iter().map(|digit| char::from(b'0' + digit));
    (text.collect(), decimal + 1)
}

/// Adds one to the last digit; 1 if there is a new first one.
fn round_up(digits: &mut [u8]) -> i32 {
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return 0;
        }
        *digit = 0;
    }
    if let Some(first) = digits.first_mut() {
        *first = 1;
    }
    1
}

/// A first guess at the decimal exponent.
#[expect(clippy::approx_constant, reason = "Java's own rounding of it")]
fn estimate(fraction: u64, exponent: i32) -> i32 {
    let mantissa = f64::from_bits(1023 << 52 | (fraction & ((1 << 52) - 1)));
    let guess = (mantissa - 1.5) * 0.289_529_654
        + 0.176_091_259
        + f64::from(exponent) * 0.301_029_995_663_981;
    guess.floor() as i32
}

#[cfg(test)]
mod tests {
    use super::print_double;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (value, printed) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.001, "0.001"),
            (1e-4, "1.0E-4"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (123_456.789, "123456.789"),
            (2e-3, "0.002"),
            (1e22, "1.0E22"),
            (1e23, "9.999999999999999E22"),
            (2e23, "1.9999999999999998E23"),
            (5.684341886080802E-14, "5.6843418860808015E-14"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::MAX, "1.7976931348623157E308"),
            (5e-324, "4.9E-324"),
            (2.2e-322, "2.2E-322"),
            (9_007_199_254_740_993.0, "9.007199254740992E15"),
        ] {
            let mut out = String::new();
            print_double(value, &mut out);
            assert_eq!(out, printed, "{value:e}");
        }
    }
}
