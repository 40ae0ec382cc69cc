//! Numbers compared by every digit they are written with.

use std::cmp::Ordering;
use std::fmt;

/// A number as it is written, without what doesn't matter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// From the first that is not nought to the last that is not; empty for nought.
    digits: Vec<u8>,
    /// How many digits stand before the point, counted from the first that is not nought.
    point: i64,
}

impl Decimal {
    /// Reads `-12.5e3` and the like; none if the text is no number.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let noughts = all().take_while(|byte| *byte == b'0').count();
        let mut digits: Vec<u8> = all().skip(noughts).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(noughts).ok()?;
        let nought = digits.is_empty();
        Some(Decimal {
            negative: negative && !nought,
            point: if nought {
                0
            } else {
                point + i64::from(exponent)
            },
            digits,
        })
    }

    /// The lowest 32 bits of the number without its fraction, in two's complement.
    pub(crate) fn bits(&self) -> i32 {
        /// Ten to this power, and to every higher one, ends in 32 bits of nought.
        const FAR: i64 = 32;
        let (mut value, length) = (0_u32, i64::try_from(self.digits.len()).unwrap_or(0));
        if self.point - length >= FAR {
            return 0;
        }
        for place in 0..self.point {
            let digit = usize::try_from(place)
                .ok()
                .and_then(|at| self.digits.get(at));
            let digit = digit.map_or(0, |digit| u32::from(*digit - b'0'));
            value = value.wrapping_mul(10).wrapping_add(digit);
        }
        let value = value.cast_signed();
        if self.negative {
            value.wrapping_neg()
        } else {
            value
        }
    }

    fn magnitude(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self
                .point
                .cmp(&other.point)
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let digits = std::str::from_utf8(&self.digits).unwrap_or_default();
        if digits.is_empty() {
            return f.write_str("0.0");
        }
        let length = i64::try_from(self.digits.len()).unwrap_or(0);
        write!(f, "{sign}{digits}e{}", self.point - length)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;
    use std::cmp::Ordering;

    #[test]
    fn every_digit_counts_and_no_notation_does() {
        for (left, right, order) in [
            ("1", "1.0", Ordering::Equal),
            ("0", "-0.00", Ordering::Equal),
            ("1e3", "1000", Ordering::Equal),
            ("0.1", "0.1000000000000000000001", Ordering::Less),
            ("-2", "1", Ordering::Less),
            ("-2", "-10", Ordering::Greater),
            ("9223372036854775807", "9223372036854775808", Ordering::Less),
            ("0.05", "0.5", Ordering::Less),
            ("12", "9", Ordering::Greater),
        ] {
            let read = |text| Decimal::parse(text).unwrap();
            assert_eq!(read(left).cmp(&read(right)), order, "{left} {right}");
        }
        for text in ["", "-", "x", "1x", ".", "1e", " 1", "0x1", "NaN"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
