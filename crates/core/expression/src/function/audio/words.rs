//! Numbers and amounts in English words, as the vendor's examples have them.

pub(super) mod time;

use crate::value::rounded;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const GROUPS: [(u64, &str); 5] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1000, "thousand"),
    (100, "hundred"),
];
const ORDINALS: [(&str, &str); 6] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("five", "fifth"),
    ("eight", "eighth"),
    ("nine", "ninth"),
];
/// Names of one and of several, and of the hundredth part, of the currencies that are met most.
const MONEY: [(&str, [&str; 4]); 4] = [
    ("USD", ["dollar", "dollars", "cent", "cents"]),
    ("EUR", ["euro", "euros", "cent", "cents"]),
    ("GBP", ["pound", "pounds", "penny", "pence"]),
    ("CAD", ["dollar", "dollars", "cent", "cents"]),
];

/// A whole number: `two hundred one`.
fn whole(number: u64) -> String {
    for (size, name) in GROUPS {
        if number >= size {
            let rest = match number % size {
                0 => String::new(),
                rest => format!(" {}", whole(rest)),
            };
            return format!("{} {name}{rest}", whole(number / size));
        }
    }
    let small = |number: u64| usize::try_from(number).unwrap_or(0);
    match number {
        0..20 => SMALL[small(number)].to_owned(),
        _ if number.is_multiple_of(10) => TENS[small(number / 10)].to_owned(),
        _ => format!("{} {}", TENS[small(number / 10)], SMALL[small(number % 10)]),
    }
}

/// Each digit by itself; what is no digit is left out.
pub(super) fn digits(text: &str) -> String {
    let digits = text.chars().filter_map(|digit| digit.to_digit(10));
    let words = digits.map(|digit| SMALL[digit as usize]);
    words.collect::<Vec<_>>().join(" ")
}

/// A number with its digits behind the point one by one; so many of them, cut off or filled up, where they
/// are told. In front of the point it is spoken as a whole, or by its digits.
pub(super) fn number(number: Decimal, places: Option<i64>, by_digits: bool) -> String {
    let places = places.map(|places| u32::try_from(places.clamp(0, 28)).unwrap_or(0));
    let number = match places {
        Some(places) => {
            let mut cut = number.trunc_with_scale(places);
            cut.rescale(places);
            cut
        }
        None => number.normalize(),
    };
    let sign = if number.is_sign_negative() && !number.is_zero() {
        "negative "
    } else {
        ""
    };
    let text = number.abs().to_string();
    let (front, behind) = text.split_once('.').unwrap_or((&text, ""));
    let front = match by_digits {
        true => digits(front),
        false => whole(front.parse().unwrap_or(u64::MAX)),
    };
    match behind {
        "" => format!("{sign}{front}"),
        behind => format!("{sign}{front} point {}", digits(behind)),
    }
}

/// A place in a row: `two hundred and first`.
pub(super) fn ordinal(number: i64) -> String {
    let number = number.unsigned_abs();
    let (hundreds, rest) = (number - number % 100, number % 100);
    if hundreds > 0 && rest > 0 {
        return format!(
            "{} and {}",
            whole(hundreds),
            ordinal(i64::try_from(rest).unwrap_or(0))
        );
    }
    let words = whole(number);
    let (front, last) = match words.rsplit_once(' ') {
        Some((front, last)) => (format!("{front} "), last),
        None => (String::new(), words.as_str()),
    };
    let known = ORDINALS.iter().find(|(cardinal, _)| *cardinal == last);
    match (known, last) {
        (Some((_, ordinal)), _) => format!("{front}{ordinal}"),
        (None, "twelve") => format!("{front}twelfth"),
        (None, _) => match last.strip_suffix('y') {
            Some(stem) => format!("{front}{stem}ieth"),
            None => format!("{front}{last}th"),
        },
    }
}

/// An amount in whole units and hundredths, or as an option of `Format.Currency` says.
pub(super) fn amount(amount: Decimal, code: &str, option: &str) -> String {
    let [unit, units, part, parts] = names(code);
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "negative "
    } else {
        ""
    };
    let amount = rounded(amount.abs(), 2);
    let major = amount.trunc().to_u64().unwrap_or(u64::MAX);
    let minor = (amount.fract() * Decimal::from(100)).to_u64().unwrap_or(0);
    let spoken = match option {
        "majorUnitsOnly" => counted(major, [unit, units]),
        "minorUnitsOnly" => counted(minor, [part, parts]),
        "asMinorUnits" => counted(
            major.saturating_mul(100).saturating_add(minor),
            [part, parts],
        ),
        "playDigits" => {
            let text = amount.to_string();
            let (front, behind) = text.split_once('.').unwrap_or((&text, ""));
            format!("{} point {} {units}", digits(front), digits(behind))
        }
        _ => format!(
            "{} and {}",
            counted(major, [unit, units]),
            counted(minor, [part, parts])
        ),
    };
    format!("{sign}{spoken}")
}

/// A number of things, by the name of one and of several.
fn counted(number: u64, names: [&str; 2]) -> String {
    format!("{} {}", whole(number), names[usize::from(number != 1)])
}

/// An amount with so many digits behind the point.
pub(super) fn amount_in_decimals(amount: Decimal, code: &str, places: i64) -> String {
    let [_, units, ..] = names(code);
    format!("{} {units}", number(amount, Some(places), false))
}

fn names(code: &str) -> [&str; 4] {
    let known = MONEY.iter().find(|(known, _)| *known == code);
    known.map_or([code, code, "hundredth", "hundredths"], |(_, names)| *names)
}
