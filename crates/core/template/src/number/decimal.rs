//! `BigDecimal`: a whole number and where its point is.

use super::big::{affordable, big};
use num_bigint::{BigInt, Sign};
use num_traits::{Pow as _, Signed as _, Zero as _};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Digits after the point, or zeros before it, of a number that may be calculated with.
const MAX_SCALE: i64 = 4096;

#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Decimal {
    pub(crate) unscaled: BigInt,
    /// Digits after the point; below zero, zeros before it.
    pub(crate) scale: i64,
}

impl Decimal {
    /// A number as JSON writes it; none if it is too long.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (digits, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let unscaled = big(&format!("{whole}{fraction}"))?;
        let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let fits = i32::try_from(scale).is_ok();
        fits.then_some(Decimal { unscaled, scale })
    }

    /// The exact value of a double; none if it has none.
    pub(super) fn of_double(double: f64) -> Option<Decimal> {
        if !double.is_finite() {
            return None;
        }
        let bits = double.to_bits();
        let exponent = i64::try_from(bits >> 52 & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let (mut digits, mut exponent) = match exponent {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, exponent - 1075),
        };
        if digits == 0 {
            return Some(Decimal {
                unscaled: BigInt::zero(),
                scale: 0,
            });
        }
        let zeros = digits.trailing_zeros();
        digits >>= zeros;
        exponent += i64::from(zeros);
        let power = u32::try_from(exponent.abs()).ok()?;
        let mut decimal = if exponent >= 0 {
            Decimal {
                unscaled: BigInt::from(digits) << power,
                scale: 0,
            }
        } else {
            Decimal {
                unscaled: BigInt::from(digits) * BigInt::from(5).pow(power),
                scale: i64::from(power),
            }
        };
        if double < 0.0 {
            decimal.unscaled = -decimal.unscaled;
        }
        Some(decimal)
    }

    pub(crate) fn add(&self, other: &Decimal, negated: bool) -> Result<Decimal, String> {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.scaled(scale)?, other.scaled(scale)?);
        Ok(Decimal {
            unscaled: if negated { a - b } else { a + b },
            scale,
        })
    }

    pub(crate) fn multiply(&self, other: &Decimal) -> Result<Decimal, String> {
        affordable(&self.unscaled)?;
        affordable(&other.unscaled)?;
        Ok(Decimal {
            unscaled: &self.unscaled * &other.unscaled,
            scale: bounded(self.scale + other.scale)?,
        })
    }

    /// To as many digits as this number has; a half is rounded down.
    pub(crate) fn divide(&self, other: &Decimal) -> Result<Decimal, String> {
        let (mut above, mut below) = (self.unscaled.clone(), other.unscaled.clone());
        let power = BigInt::from(10).pow(power(other.scale.abs())?);
        if other.scale >= 0 {
            above *= power;
        } else {
            below *= power;
        }
        let quotient = &above / &below;
        let rest = (&above % &below).abs();
        let up = rest * 2 > below.abs();
        let away = if (above.sign() == Sign::Minus) == (below.sign() == Sign::Minus) {
            1
        } else {
            -1
        };
        Ok(Decimal {
            unscaled: if up { quotient + away } else { quotient },
            scale: self.scale,
        })
    }

    pub(crate) fn compare(&self, other: &Decimal) -> Ordering {
        let signs = self.unscaled.sign().cmp(&other.unscaled.sign());
        if signs.is_ne() || self.unscaled.is_zero() {
            return signs;
        }
        // How many digits stand before the point decides, unless they are the same.
        let size = |it: &Decimal| digits(&it.unscaled) - it.scale;
        let sizes = size(self).cmp(&size(other));
        if sizes.is_ne() {
            return if self.unscaled.is_negative() {
                sizes.reverse()
            } else {
                sizes
            };
        }
        let scale = self.scale.max(other.scale);
        match (self.scaled(scale), other.scaled(scale)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => Ordering::Equal,
        }
    }

    pub(crate) fn to_double(&self) -> f64 {
        let text = format!("{}e{}", self.unscaled, -self.scale);
        text.parse().unwrap_or(f64::NAN)
    }

    /// Without what follows the point.
    pub(crate) fn whole(&self) -> Option<BigInt> {
        let power = BigInt::from(10).pow(power(self.scale.abs()).ok()?);
        Some(if self.scale > 0 {
            &self.unscaled / power
        } else {
            &self.unscaled * power
        })
    }

    /// `toString`: with an exponent where the point is far to the left, or to the right of the digits.
    pub(crate) fn print(&self, out: &mut String) {
        let digits = self.unscaled.magnitude().to_string();
        if self.unscaled.is_negative() {
            out.push('-');
        }
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let exponent = length - 1 - self.scale;
        if self.scale == 0 {
            out.push_str(&digits);
        } else if self.scale > 0 && exponent >= -6 {
            match usize::try_from(length - self.scale) {
                Ok(point @ 1..) => {
                    let _ = write!(out, "{}.{}", &digits[..point], &digits[point..]);
                }
                _ => {
                    let zeros = usize::try_from(self.scale - length).unwrap_or(0);
                    let _ = write!(out, "0.{}{digits}", "0".repeat(zeros));
                }
            }
        } else {
            out.push_str(&digits[..1]);
            if digits.len() > 1 {
                let _ = write!(out, ".{}", &digits[1..]);
            }
            if exponent != 0 {
                let _ = write!(out, "E{exponent:+}");
            }
        }
    }

    /// The digits, had it that many after the point.
    fn scaled(&self, scale: i64) -> Result<BigInt, String> {
        let power = power(scale - self.scale)?;
        Ok(&self.unscaled * BigInt::from(10).pow(power))
    }
}

fn bounded(scale: i64) -> Result<i64, String> {
    if scale.abs() > MAX_SCALE {
        return Err(format!("a number has more than {MAX_SCALE} digits"));
    }
    Ok(scale)
}

fn power(exponent: i64) -> Result<u32, String> {
    let exponent = bounded(exponent)?;
    u32::try_from(exponent).map_err(|_| "a number has too many digits".to_owned())
}

fn digits(big: &BigInt) -> i64 {
    i64::try_from(big.magnitude().to_string().len()).unwrap_or(i64::MAX)
}
