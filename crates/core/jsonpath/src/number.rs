//! Numbers as the reference has them.
//!
//! A whole number is an `Integer`, a `Long` or a `BigInteger`, whichever is large enough. A fraction is a
//! `Double`, so that `1.10` is 1.1 and prints so; one that is written with more than [`EXACT`] characters is a
//! `BigDecimal` and keeps its digits.

use crate::decimal::Decimal;
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use tollgate_java::print_double;

/// A fraction with more characters keeps all its digits.
const EXACT: usize = 18;

/// What the reference says of a number as JSON writes it (`toString`). None for a fraction so large that it is
/// infinite: comparing it is an error.
#[inline]
pub(crate) fn printed(written: &str) -> Option<Cow<'_, str>> {
    if !is_fraction(written) {
        return Some(Cow::Borrowed(if written == "-0" { "0" } else { written }));
    }
    if written.len() > EXACT || is_plain(written) {
        return Some(Cow::Borrowed(written));
    }
    let double: f64 = written.parse().ok()?;
    if !double.is_finite() {
        return None;
    }
    let mut text = String::new();
    print_double(double, &mut text);
    Some(Cow::Owned(text))
}

/// Whether a fraction prints as it is written, as most do: it has no exponent and no needless nought, lies
/// where Java writes none, and has so few digits that a double has them all.
fn is_plain(written: &str) -> bool {
    /// Digits that every double of them gives back.
    const SURE: usize = 15;
    let digits = written.strip_prefix('-').unwrap_or(written);
    let Some((whole, part)) = digits.split_once('.') else {
        return false;
    };
    let noughts = part.bytes().take_while(|digit| *digit == b'0').count();
    let needless = part.ends_with('0') && part != "0";
    !part.is_empty()
        && part.bytes().all(|digit| digit.is_ascii_digit())
        && !needless
        && whole.len() <= 7
        && whole.len() + part.len() <= SURE
        && (whole != "0" || noughts < 3)
}

fn is_fraction(written: &str) -> bool {
    written
        .bytes()
        .any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// Compares two numbers as they print; none if one of them is none.
#[inline]
pub(crate) fn compare(left: &str, right: &str) -> Option<Ordering> {
    if left == right {
        // Both may be no number, and then they don't compare.
        return Decimal::parse(left).map(|_| Ordering::Equal);
    }
    match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => Some(left.cmp(&right)),
        _ => Some(Decimal::parse(left)?.cmp(&Decimal::parse(right)?)),
    }
}

/// The text of a `BigDecimal` that was read from a number as it prints.
pub(crate) fn decimal(printed: &str) -> Cow<'_, str> {
    if !is_fraction(printed) && !printed.starts_with(['+', '0']) && !printed.starts_with("-0") {
        return Cow::Borrowed(printed);
    }
    let (negative, rest) = match printed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, printed.strip_prefix('+').unwrap_or(printed)),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i64>().unwrap_or(0)),
        None => (rest, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let scale = i64::try_from(part.len())
        .unwrap_or(0)
        .saturating_sub(exponent);
    let all = format!("{whole}{part}");
    let digits = match all.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if negative && digits != "0" { "-" } else { "" };
    let length = i64::try_from(digits.len()).unwrap_or(0);
    let exponent = (length - 1).saturating_sub(scale);
    Cow::Owned(if scale == 0 {
        format!("{sign}{digits}")
    } else if scale > 0 && exponent >= -6 {
        match usize::try_from(length - scale) {
            Ok(point @ 1..) => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
            _ => {
                let noughts = usize::try_from(scale - length).unwrap_or(0);
                format!("{sign}0.{}{digits}", "0".repeat(noughts))
            }
        }
    } else {
        let rest = if digits.len() > 1 {
            format!(".{}", &digits[1..])
        } else {
            String::new()
        };
        let power = if exponent == 0 {
            String::new()
        } else {
            format!("E{exponent:+}")
        };
        format!("{sign}{}{rest}{power}", &digits[..1])
    })
}

/// Whether two numbers of documents are the same object of Java: of one class and one value.
pub(crate) fn same(left: &Number, right: &Number) -> bool {
    let (left, right) = (left.as_str(), right.as_str());
    match (is_fraction(left), is_fraction(right)) {
        (false, false) => printed(left) == printed(right),
        (true, true) => match (left.len() > EXACT, right.len() > EXACT) {
            (true, true) => decimal(left) == decimal(right),
            (false, false) => {
                let bits = |text: &str| text.parse::<f64>().map(f64::to_bits);
                bits(left) == bits(right)
            }
            _ => false,
        },
        _ => false,
    }
}

/// A whole number of a literal, which may start with noughts; a minus alone is nought.
pub(crate) fn whole(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    match digits.trim_start_matches('0') {
        "" => Some(Value::from(0)),
        digits => parse(&format!("{sign}{digits}")),
    }
}

/// A fraction of a literal.
pub(crate) fn fraction(text: &str) -> Option<Value> {
    if text.len() > EXACT {
        let decimal = Decimal::parse(text)?;
        return parse(text).or_else(|| parse(&decimal.to_string()));
    }
    text.parse().ok().map(double)
}

fn parse(text: &str) -> Option<Value> {
    text.parse::<Number>().ok().map(Value::Number)
}

/// A double as a value. Where it is infinite or none, JSON has nothing but null.
pub(crate) fn double(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// The value of a number as a double.
pub(crate) fn value(number: &Number) -> f64 {
    number.as_str().parse().unwrap_or(f64::NAN)
}

/// The lowest 32 bits of a number without its fraction, as `intValue` gives them. Fractions of documents are
/// doubles, which are cut to the range instead.
pub(crate) fn int(number: &Number) -> i32 {
    let written = number.as_str();
    if is_fraction(written) && written.len() <= EXACT {
        return value(number) as i32;
    }
    bits(written)
}

/// The lowest 32 bits of a decimal without its fraction.
pub(crate) fn bits(text: &str) -> i32 {
    Decimal::parse(text).map_or(0, |decimal| decimal.bits())
}

#[cfg(test)]
mod tests {
    use super::{is_plain, printed};
    use tollgate_java::print_double;

    #[test]
    fn what_is_plain_prints_as_it_is_written() {
        let (mut state, mut plain) = (1_u64, 0);
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (number, length) = (state >> 20, (state >> 8) % 16 + 1);
            let point = (state >> 4) % length;
            let digits = number % 10_u64.pow(u32::try_from(length).unwrap_or(1));
            let scale = 10_u64.pow(u32::try_from(point).unwrap_or(0));
            let width = usize::try_from(point).unwrap_or(0);
            let written = format!("{}.{:0width$}", digits / scale, digits % scale);
            if is_plain(&written) {
                plain += 1;
                let mut java = String::new();
                print_double(written.parse().expect(&written), &mut java);
                assert_eq!(java, written);
            }
        }
        assert!(plain > 2_000, "{plain}");
    }

    #[test]
    fn numbers_print_as_java_prints_them() {
        for (written, java) in [
            ("1.10", "1.1"),
            ("0.0001", "1.0E-4"),
            ("10000000.5", "1.00000005E7"),
            ("1e2", "100.0"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("0.00", "0.0"),
            ("123456789012345678.5", "123456789012345678.5"),
        ] {
            assert_eq!(printed(written).as_deref(), Some(java), "{written}");
        }
        assert_eq!(printed("1e999"), None);
    }
}
